"""However a hostile list is cut and by whomever it is judged, the same bytes come out."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from support.hostile_list import hostile_list
from support.signed_rows import MESSAGE
from support.statements import accepting

from scanner.lists import cutter
from scanner.lists.open import open_list
from scanner.model.claim import Claim, UnreadableRow
from scanner.ownership.judge import judge
from scanner.ownership.parallel import SHORT, judge_blocks
from scanner.reports.commands.ownership import OwnershipSummary, render_block
from scanner.settings.tables import load_registry

RENDER = partial(render_block, lines=True, rule=accepting(MESSAGE))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "hostile.csv"
    path.write_bytes(hostile_list(700, seed=7))
    return path


@pytest.fixture(scope="module")
def by_rows(published: Path) -> tuple[OwnershipSummary, bytes]:
    """Read row by row, judged one by one, here."""
    registry = load_registry()
    with open_list(published, registry) as rows:
        judged = [(r, judge(r, registry) if isinstance(r, Claim) else None) for r in rows]
        counted = rows.summary()
    summary, lines = RENDER(judged)
    about_rows = [o for o in map(json.loads, lines.splitlines()) if "finding" not in o]
    assert counted.data_rows == summary.rows == len(about_rows)
    assert (counted.claims, counted.unreadable) == (
        sum(isinstance(row, Claim) for row, _ in judged),
        sum(isinstance(row, UnreadableRow) for row, _ in judged),
    )
    return summary, lines


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("block", [700, 4_096, 262_144])
def test_blocks_and_processes_change_nothing(
    published: Path,
    by_rows: tuple[OwnershipSummary, bytes],
    block: int,
    workers: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cutter, "BLOCK", block)
    whole, parts = OwnershipSummary(), []
    with open_list(published, load_registry()) as rows:
        for part, lines in judge_blocks(rows.blocks(), RENDER, workers=workers):
            whole.merge(part)
            parts.append(lines)
    assert b"".join(parts) == by_rows[1]
    assert whole == by_rows[0]
    assert len(parts) > SHORT or block == 262_144


def test_every_line_is_accounted_for(
    published: Path, by_rows: tuple[OwnershipSummary, bytes]
) -> None:
    """Each line of the detail part is in the result under its own number, or is blank or inside."""
    text = published.read_bytes().split(b"\n")
    start = next(n for n, line in enumerate(text, 1) if line.startswith(b"coin,Type")) + 1
    lines = [json.loads(line) for line in by_rows[1].splitlines()]
    told = [line["row"] for line in lines if "finding" not in line]
    assert told == sorted(set(told))
    silent = set(range(start, len(text) + 1)) - set(told)
    for number in silent:
        line = text[number - 1]
        inside = line.startswith(b"lines, ")  # the second line of a quoted message
        assert inside or not line.strip(b", \r"), (number, line[:80])
    assert whole_classes(by_rows[0]) >= {"verified", "malformed", "unreadable"}


def whole_classes(summary: OwnershipSummary) -> set[str]:
    return {name for counts in summary.counts.values() for name in counts}
