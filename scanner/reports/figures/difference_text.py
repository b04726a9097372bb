"""Differences between two snapshots for people and programs, streamed page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from scanner.reports.figures.amounts import NOT_READ, in_short, reading_coins, whole_coins
from scanner.reports.figures.difference import AssetChange
from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.text import printable
from scanner.store.database.engine import Store
from scanner.store.reading.across import Change, Difference, Side, Taken, difference_page

FIRST_FEW = 10
"""How many differences of each kind people are shown."""
PAGE = 1_000
"""Differences read at a time."""

_WORDS = {
    Change.ADDED: "claimed now and not before",
    Change.GONE: "claimed before and not now",
    Change.MOVED: "claimed in both; the amount claimed or found differs or is unknown",
}


def differences(store: Store, old: Taken, new: Taken, change: Change) -> Iterator[Difference]:
    """Every claim that came, went or moved, in list order."""
    after: int | None = 0
    while after is not None:
        page = difference_page(store, old, new, change, after=after, limit=PAGE)
        yield from page.differences
        after = page.next


def difference_record(difference: Difference) -> dict[str, object]:
    """The object of one difference in `diff --jsonl`; amounts are strings, unknown is None."""
    return {
        "change": difference.change.value,
        "asset": difference.asset,
        "network": difference.network,
        "address": difference.address,
        "old": _side(difference.old),
        "new": _side(difference.new),
    }


def _side(side: Side | None) -> dict[str, object] | None:
    if side is None:
        return None
    return {
        "row": side.row,
        "decimals": side.decimals,
        "claimed": None if side.claimed is None else str(side.claimed),
        "found": None if side.found is None else str(side.found),
    }


def print_short(changes: Sequence[AssetChange], title: str, stream: TextIO) -> None:
    """Print what is claimed and verified now and by how much it changed; 80 columns, rounded."""
    names = ("claimed now", "change", "verified now", "change")
    columns = [Column("asset"), *(Column(name, right=True) for name in names)]
    print_grid(columns, [_short_row(change) for change in changes], title=title, stream=stream)


def _short_row(change: AssetChange) -> list[str | Cell]:
    cells: list[str | Cell] = [Cell(change.asset, "bold")]
    sides = (
        (change.claimed_new, change.claimed_by, "not stated"),
        (change.verified_new, change.verified_by, NOT_READ),
    )
    for new, by, absent in sides:
        unknown = absent if change.in_new else "not listed"
        cells.append(unknown if new is None else _read(new, change))
        if by is None:
            cells.append(Cell("not known", "dim"))
        elif not change.in_old:
            cells.append(Cell("new", "dim"))
        else:
            cells.append(_signed(by, _read(abs(by), change)))
    return cells


def _read(amount: int, change: AssetChange) -> str:
    return in_short(reading_coins(amount, change.decimals, change.asset))


def _signed(by: int, text: str) -> Cell:
    if not by:
        return Cell("-", "dim")
    return Cell(f"-{text}", "red") if by < 0 else Cell(f"+{text}", "green")


def print_changes(changes: Sequence[AssetChange], title: str, stream: TextIO) -> None:
    """Print totals against totals, every digit."""
    columns = [Column("asset")]
    names = ("claimed before", "claimed now", "change", "verified before", "verified now", "change")
    columns += [Column(name, right=True) for name in names]
    print_grid(columns, [_row(change) for change in changes], title=title, stream=stream)


def _row(change: AssetChange) -> list[str | Cell]:
    def coins(amount: int | None, absent: str, *, listed: bool) -> str:
        if amount is None:
            return absent if listed else "not listed"
        return whole_coins(amount, change.decimals)

    def by(amount: int | None) -> Cell:
        if not amount:
            return Cell("not known" if amount is None else "-", "dim")
        text = whole_coins(amount, change.decimals)
        return Cell(text if amount < 0 else f"+{text}", "red" if amount < 0 else "green")

    claimed: list[str | Cell] = [
        coins(change.claimed_old, "not stated", listed=change.in_old),
        coins(change.claimed_new, "not stated", listed=change.in_new),
        by(change.claimed_by),
    ]
    verified: list[str | Cell] = [
        coins(change.verified_old, NOT_READ, listed=change.in_old),
        coins(change.verified_new, NOT_READ, listed=change.in_new),
        by(change.verified_by),
    ]
    return [Cell(change.asset, "bold"), *claimed, *verified]


def print_differences(found: Iterator[Difference], change: Change, stream: TextIO) -> None:
    """Print the first few differences of one kind, and how many there are."""
    count, lines = 0, []
    for difference in found:
        count += 1
        if count <= FIRST_FEW:
            lines.append(f"  {_line(difference)}")
    if count > FIRST_FEW:
        lines.append(f"  and {count - FIRST_FEW:,} more (all of them: --jsonl)")
    for line in [f"{change.value}: {count:,} ({_WORDS[change]})", *lines]:
        stream.write(printable(line) + "\n")


def _line(difference: Difference) -> str:
    about = f"{difference.asset} {difference.network} {difference.address}"
    old, new = difference.old, difference.new
    if old is not None and new is not None:
        return f"{about}: claimed {_step(old, new, 'claimed')}, found {_step(old, new, 'found')}"
    side = new or old
    if side is None:
        return about
    return f"{about}: claimed {_coins(side, side.claimed)}, found {_coins(side, side.found)}"


def _step(old: Side, new: Side, name: str) -> str:
    before, now = _coins(old, getattr(old, name)), _coins(new, getattr(new, name))
    return now if before == now else f"{before} -> {now}"


def _coins(side: Side, amount: int | None) -> str:
    return "unknown" if amount is None else whole_coins(amount, side.decimals)
