"""Short words that the report and the web pages share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def minute(moment: str) -> str:
    """An ISO time to the minute: "2026-11-20 12:00"."""
    return moment[:16].replace("T", " ")


def block_span(times: Iterable[str | None]) -> str:
    """When balances are of, from the ISO times of their blocks: one moment, or two with "to"."""
    known = sorted(time for time in times if time)
    if not known:
        return ""
    first, last = minute(known[0]), minute(known[-1])
    return first if first == last else f"{first} to {last}"


def read_span(blocks: Iterable[Mapping[str, Any]]) -> str:
    """When balances are of, from the blocks of a document: of the newest state where one was."""
    return block_span(block["read_until"] or block["time"] for block in blocks)


def counted_kinds(findings: Sequence[Mapping[str, Any]], weight: str) -> str:
    """Kinds of one weight, each with its number: "unsigned (5), shortfall (1)"; may be ""."""
    return ", ".join(
        f"{f['kind'].replace('_', ' ')} ({f['count']:,})" for f in findings if f["weight"] == weight
    )
