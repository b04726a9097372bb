"""What endpoints answered, for `endpoints check`: names only, never an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.text import printable
from scanner.reports.tables.times import block_time


@dataclass(frozen=True, slots=True)
class Answer:
    """One endpoint's answer. tip: the newest block that is final enough to be read at; None if it
    gave none, then `problem` says why.

    milliseconds: until that block was there, connecting included. history: how far back it
    answers, in words. features: what else was found out about it, name -> words.
    """

    endpoint: Endpoint
    tip: BlockRef | None = None
    milliseconds: int | None = None
    history: str = ""
    features: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def answer_record(answer: Answer) -> dict[str, object]:
    """The object of one endpoint in `endpoints check --json`."""
    endpoint, tip = answer.endpoint, answer.tip
    return {
        "name": endpoint.name,
        "network": endpoint.network,
        "protocol": endpoint.protocol,
        "operator": endpoint.operator,
        "answers": tip is not None,
        "milliseconds": answer.milliseconds,
        "height": tip.height if tip else None,
        "block_time": block_time(tip) if tip else None,
        "history": answer.history,
        "features": dict(answer.features),
        "problem": answer.problem,
    }


def print_answers(answers: Sequence[Answer], stream: TextIO) -> None:
    """Print a table, one line per endpoint, and below it what was found out about each."""
    columns = [Column(t) for t in ("endpoint", "network", "protocol")]
    columns += [Column("ms", right=True), Column("final block", right=True)]
    columns += [Column("its time"), Column("answers at"), Column("problem")]
    print_grid(columns, [_row(a) for a in answers], stream=stream)
    for answer in answers:
        if answer.features:
            stream.write(f"\n{answer.endpoint.name}\n")
            for name, words in answer.features.items():
                stream.write(f"  {name}: {printable(words)}\n")


def _row(answer: Answer) -> list[str | Cell]:
    endpoint, tip = answer.endpoint, answer.tip
    start: list[str | Cell] = [endpoint.name, endpoint.network, endpoint.protocol]
    if tip is None:
        return [*start, "-", "-", "-", "-", Cell(answer.problem, "red")]
    numbers = [f"{answer.milliseconds:,}", f"{tip.height:,}"]
    return [*start, *numbers, block_time(tip) or "-", answer.history, ""]
