"""Lists of random headers, nestings and units: every claim comes out equal, or something is told.

1,500 lists by default; `make test-foreign-lists` makes 20,000.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.foreign_lists import Known, Made, make_list

from scanner.errors import InputError
from scanner.lists.open import open_list
from scanner.lists.reconcile import ListAudit
from scanner.model.addresses.table import address_key
from scanner.model.claim import Claim, Row, UnreadableRow
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight
from scanner.model.registry import Registry

LISTS = int(os.environ.get("SCANNER_LISTS", "1500"))
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_claim_is_equal_or_named(registry: Registry, tmp_path: Path, part: int) -> None:
    equal = 0
    for seed in range(part, LISTS, PARTS):
        made = make_list(seed)
        read = _read(registry, tmp_path, made)
        if read is None:
            continue  # refused, with a remedy
        rows, told = read
        wrong = _wrong(registry, made.known, [row for row in rows if isinstance(row, Claim)])
        weights = {finding.weight for finding in told}
        weights |= {
            WEIGHTS[FindingKind(row.kind)] for row in rows if isinstance(row, UnreadableRow)
        }
        assert Weight.FALSE not in weights, f"seed {seed}: accused of {told}: {made.data!r}"
        if wrong:
            assert Weight.UNSHOWN in weights, f"seed {seed}: nothing said of {wrong}: {made.data!r}"
        equal += not wrong
    assert equal > LISTS // PARTS // 4  # most forms are read, not only doubted


def _read(registry: Registry, folder: Path, made: Made) -> tuple[list[Row], list[Finding]] | None:
    path = folder / made.name
    path.write_bytes(made.data)
    try:
        with open_list(path, registry) as file:
            rows = list(file)
            audit = ListAudit(registry)
            for row in rows:
                audit.observe(row)
            return rows, audit.findings(file.summary())
    except InputError:
        return None


def _wrong(registry: Registry, known: tuple[Known, ...], claims: list[Claim]) -> set[object]:
    """What was read and is not claimed, and the other way round."""
    true = {
        (k.asset, k.network, address_key(registry.networks[k.network], k.address), k.amount, None)
        for k in known
    }
    read = [(c.asset, c.network, c.address_key, c.amount, c.height) for c in claims]
    return true ^ set(read) | ({"twice"} if len(read) != len(set(read)) else set())
