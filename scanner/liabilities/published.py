"""Reads published liability figures: a small CSV of assets and amounts in whole coins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from scanner.errors import AmountFormatError, ListFormatError, clip
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.amount import parse_amount
from scanner.model.registry import Registry

MAX_FILE = 1_000_000
"""Bytes of the largest file read: one line an asset needs far less."""

_ASSET_NAMES = ("asset", "coin", "currency", "symbol")
_AMOUNT_NAMES = ("amount", "liability", "liabilities", "balance", "total")
_DATE_NAMES = ("as_of", "date", "time")


def asset_decimals(registry: Registry) -> dict[str, int]:
    """The unit each asset is totalled in: the most decimals it has on any network."""
    found: dict[str, int] = {}
    for holding in registry.holdings():
        found[holding.asset] = max(found.get(holding.asset, 0), holding.decimals)
    return found


def read_liabilities(path: Path, known: Registry | Mapping[str, int]) -> list[Liability]:
    """Read `asset,amount[,as_of]` with a header line, in file order.

    known: the registry, or our asset names with the decimals to give the amounts in. Names in the
        file match without regard to case; amounts are whole coins, exact.
    Raises ListFormatError with line and column: unreadable file, unknown or repeated asset, an
    amount that is negative, rounded or not plain digits.
    """
    decimals = asset_decimals(known) if isinstance(known, Registry) else known
    by_name = {name.upper(): name for name in decimals}
    found: dict[str, Liability] = {}
    rows = _rows(path)
    header_line, header = next(rows, (1, []))
    asset_at, amount_at, date_at = _columns(path.name, header_line, header)
    for line, cells in rows:
        asset = by_name.get(_cell(cells, asset_at).upper())
        if asset is None:
            what = f"unknown asset {clip(_cell(cells, asset_at))!r} (see config/assets.csv)"
            raise ListFormatError(path.name, what, line, asset_at + 1)
        if asset in found:
            raise ListFormatError(path.name, f"{asset} is given twice", line, asset_at + 1)
        if any(cell.strip() for cell in cells[len(header) :]):
            what = "more fields than the header: is there a comma in an amount?"
            raise ListFormatError(path.name, what, line, len(header) + 1)
        try:
            amount = parse_amount(_cell(cells, amount_at), decimals[asset])
        except AmountFormatError as e:
            raise ListFormatError(path.name, str(e), line, amount_at + 1) from None
        as_of = _cell(cells, date_at) if date_at is not None else ""
        found[asset] = Liability(
            asset, amount, decimals[asset], LiabilityEvidence.PUBLISHED, path.name, as_of
        )
    if not found:
        raise ListFormatError(path.name, "no liabilities in it: a header and no rows")
    return list(found.values())


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as e:
        raise ListFormatError(path.name, f"not a CSV line: {e}", reader.line_num) from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as e:
        raise ListFormatError(str(path), e.strerror or "cannot be read") from None
    if len(data) > MAX_FILE:
        raise ListFormatError(path.name, f"larger than {MAX_FILE} bytes: not a list of liabilities")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise ListFormatError(path.name, "not UTF-8 text", line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ListFormatError(path.name, "has a NUL byte: not a text file", line)
    return text


def _columns(file: str, line: int, header: list[str]) -> tuple[int, int, int | None]:
    names = [cell.strip().lower().replace(" ", "_") for cell in header]

    def place(wanted: tuple[str, ...]) -> int | None:
        return next((names.index(name) for name in wanted if name in names), None)

    asset, amount = place(_ASSET_NAMES), place(_AMOUNT_NAMES)
    if asset is None or amount is None:
        what = "the first line must name the columns: asset,amount"
        raise ListFormatError(file, what, line)
    return asset, amount, place(_DATE_NAMES)


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""
