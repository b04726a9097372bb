"""Reads a whole list for `lists inspect` and for the page that checks one: rows, sums, problems."""

from __future__ import annotations

from collections.abc import Callable

from scanner.lists.interface import OpenList
from scanner.lists.reconcile import ListAudit
from scanner.lists.spelling import address_finding
from scanner.lists.unreadable import finding_of
from scanner.model.claim import Claim, ListSummary, UnreadableRow
from scanner.model.registry import Registry
from scanner.reports.commands.inspection import Inspection

EVERY = 1_000
"""Rows between two words of progress."""


def read_through(
    rows: OpenList, registry: Registry, told: Callable[[int], None] = lambda _: None
) -> tuple[ListSummary, Inspection]:
    """Read every row once. told: called now and then with the rows read so far.

    Raises ListFormatError for what turns out unreadable further on.
    """
    audit, found = ListAudit(registry), Inspection()
    observe, add = audit.observe, found.add
    for number, row in enumerate(rows, 1):
        add(row, observe(row))
        if isinstance(row, Claim):
            if row.address_key[:1] == "?":
                found.problems.add(address_finding(row, registry))
        elif isinstance(row, UnreadableRow):
            found.problems.add(finding_of(row))
        if number % EVERY == 0:
            told(number)
    summary = rows.summary()
    for finding in audit.findings(summary):
        found.problems.add(finding)
    return summary, found
