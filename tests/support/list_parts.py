"""Blocks of a list made of signed rows; importable in the processes that judge them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scanner.errors import ListFormatError
from scanner.model.claim import Claim, Row, UnreadableRow
from scanner.model.control import ControlResult
from scanner.model.registry import Registry
from scanner.ownership.parallel import Judged
from support.signed_rows import signed_rows

ROWS = [r.claim for r in signed_rows() if r.scheme not in ("bls", "stark")]


@dataclass(frozen=True)
class Part:
    """A block of a list: its number, its claims, and what goes wrong in it."""

    number: int
    claims: tuple[Claim, ...]
    fault: str = ""

    def parse(self, registry: Registry) -> Sequence[Row]:
        if self.fault == "error":
            raise ListFormatError("list.csv", "broken", self.number)
        if self.fault == "crash" and os.environ.get("CRASH_PID") != str(os.getpid()):
            os.kill(os.getpid(), signal.SIGKILL)
        return [UnreadableRow(self.number, 0, "bad_row", "for the test"), *self.claims]


def render(judged: Iterable[Judged]) -> tuple[int, int, list[ControlResult | None]]:
    """Row number of the first row, the process, and the verdicts."""
    rows, verdicts = zip(*judged, strict=True)
    return rows[0].row, os.getpid(), list(verdicts)


def parts(count: int, fault_at: int = -1, fault: str = "") -> Iterator[Part]:
    for number in range(count):
        claims = tuple(ROWS[(number + i) % len(ROWS)] for i in range(5))
        yield Part(number, claims, fault if number == fault_at else "")
