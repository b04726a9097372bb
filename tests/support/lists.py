"""What one reading of a published list gives, for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from scanner.lists.interface import Block
from scanner.model.claim import Claim, DeclaredTotal, ListSummary, Row, UnreadableRow
from scanner.model.finding import Finding, FindingKind
from scanner.settings.tables import load_registry


class Read(NamedTuple):
    """Rows, summary and the audit's findings."""

    rows: list[Row]
    summary: ListSummary
    findings: list[Finding]

    @property
    def claims(self) -> list[Claim]:
        return [row for row in self.rows if isinstance(row, Claim)]

    @property
    def unreadable(self) -> list[UnreadableRow]:
        return [row for row in self.rows if isinstance(row, UnreadableRow)]

    @property
    def told(self) -> list[tuple[int | None, str, str]]:
        """Row, kind and reason of what is wrong with rows, whether they give a claim or not."""
        beside = [row for row in self.rows if isinstance(row, Finding)]
        return [(u.row, str(u.kind), u.reason) for u in (*self.unreadable, *beside)]

    @property
    def totals(self) -> list[DeclaredTotal]:
        return [row for row in self.rows if isinstance(row, DeclaredTotal)]


def asked(read: Read) -> list[FindingKind]:
    """Kinds of what is asked about a list, but for doubts whether it may be of a unit."""
    return [f.kind for f in undated(read) if f.kind is not FindingKind.UNIT_DOUBTED]


def undated(read: Read) -> list[Finding]:
    """The findings, but for the note that the list names its day."""
    return [f for f in read.findings if f.kind is not FindingKind.LIST_DATED]


Reader = Callable[..., Read]
"""Reads a list: from a path, or from bytes through a real file; options as of open_list."""


def parse_block(block: Block) -> list[Row]:
    """What a worker process does with a block: nothing but its own tables to go by."""
    return list(block.parse(load_registry()))
