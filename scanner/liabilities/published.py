"""Reads published liability figures: a small CSV of assets and amounts in whole coins."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import AmountFormatError, ListFormatError, clip
from scanner.files.interface import read_up_to
from scanner.files.records import DELIMITERS
from scanner.liabilities.figure_columns import FigureColumns, find, names_both, read_ratio
from scanner.liabilities.figure_notes import (
    ask_about_names,
    ask_about_notes,
    comma_shown,
    one_meaning,
)
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.liabilities.opening import beside, opened
from scanner.model.amount import parse_amount
from scanner.model.registry import Registry

MAX_FILE = 1_000_000
"""Bytes of the largest file read: one line an asset needs far less."""

_SEPARATOR = re.compile(r"sep=.?", re.IGNORECASE)


def asset_decimals(registry: Registry) -> dict[str, int]:
    """The unit each asset is totalled in: the most decimals it has on any network."""
    found: dict[str, int] = {}
    for holding in registry.holdings():
        found[holding.asset] = max(found.get(holding.asset, 0), holding.decimals)
    return found


def read_liabilities(
    path: Path, known: Registry | Mapping[str, int], settled: Collection[str] = ()
) -> list[Liability]:
    """Read `asset,amount[,as_of,published_ratio,unit,scope]` with a header; one liability an asset.

    known: the registry, or our asset names with the decimals to give the amounts in. Names in the
        file match without regard to case; a publisher's names of one asset on several networks
        ("USDT-ERC20", "USDT-TRC20") are added up. Amounts are whole coins, exact.
    settled: of "unit" and "scope" those that the user says of the whole table (--in, --of).
    A unit that is not the asset itself, and of whom the amounts are, stand in the detail.
    In file order. Fields may be parted by commas, semicolons, tabs or bars, as the header shows.
    Raises ListFormatError with line and column: unreadable file, unknown or repeated name, an
    amount that is negative, rounded or not plain digits, "1.500" where commas part no fields or
    decimals, or a note, a comment or the file's name that may say a unit, a scale or whose it is.
    """
    decimals = asset_decimals(known) if isinstance(known, Registry) else known
    names = _Names(decimals, known if isinstance(known, Registry) else None)
    found: dict[str, Liability] = {}
    table = _read(path)
    columns = find(path.name, table.header_line, table.header)
    ask_about_names(path.name, *beside(path), columns, settled)
    asset_at, amount_at = columns.asset, columns.amount
    for line, cells in table.rows:
        asset, reason = names.asset(_cell(cells, asset_at))
        if reason:
            raise ListFormatError(path.name, reason, line, asset_at + 1)
        _check_row(path.name, line, cells, table, columns, settled)
        amount = _amount(path.name, _cell(cells, amount_at), decimals[asset], line, amount_at + 1)
        as_of = _cell(cells, columns.as_of)
        ratio_at = columns.published_ratio
        ratio = read_ratio(path.name, _cell(cells, ratio_at), line, (ratio_at or 0) + 1)
        before = found.get(asset)
        if before is not None and before.as_of != as_of:
            what = f"{asset} is given as of {before.as_of!r} and as of {as_of!r}"
            raise ListFormatError(path.name, what, line)
        amount += before.amount if before else 0
        level = LiabilityEvidence.PUBLISHED
        detail = dict(before.detail) if before else {}
        if ratio and detail.setdefault("published_ratio", ratio) != ratio:
            raise ListFormatError(path.name, f"two ratios of {asset}", line, (ratio_at or 0) + 1)
        unit, scope = _cell(cells, columns.unit), _cell(cells, columns.scope)
        said = {"unit": "" if names.is_coin(unit, asset) else unit, "scope": scope}
        for name, text in said.items():
            if before is not None and detail.get(name, "") != text:
                what = f"{asset} is given in two parts with a different {name}: add them up"
                raise ListFormatError(path.name, what, line)
            detail |= {name: text} if text else {}
        found[asset] = Liability(
            asset, amount, decimals[asset], level, path.name, as_of, detail=detail
        )
    if not found:
        raise ListFormatError(path.name, "it has a header but no liabilities")
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Table:
    """rows: (line, cells) below the header. dots_doubted: whether a dot may part thousands."""

    header_line: int
    header: list[str]
    rows: list[tuple[int, list[str]]]
    dots_doubted: bool


def _read(path: Path) -> _Table:
    with opened(path) as table:
        data = read_up_to(table, MAX_FILE + 1)
    text = _text(path.name, data)
    delimiter = _delimiter(text)
    rows = _rows(path.name, text, delimiter)
    line, header = next(rows, (1, []))
    if _SEPARATOR.fullmatch(delimiter.join(header)):
        line, header = next(rows, (1, []))
    body = list(rows)
    doubted = delimiter != "," or comma_shown(cells for _, cells in body)
    return _Table(line, header, body, doubted)


def _check_row(
    file: str,
    line: int,
    cells: list[str],
    table: _Table,
    columns: FigureColumns,
    settled: Collection[str],
) -> None:
    """Raise ListFormatError for a row that may mean something else than its cells say."""
    if any(cell.strip() for cell in cells[len(table.header) :]):
        what = "more fields than the header: is there a comma in an amount?"
        raise ListFormatError(file, what, line, len(table.header) + 1)
    if table.dots_doubted:
        one_meaning(file, line, cells, (columns.amount, columns.published_ratio))
    ask_about_notes(file, line, cells, columns, settled)


class _Names:
    """Tells which asset a name means; each name once, and no asset beside its own parts."""

    def __init__(self, decimals: Mapping[str, int], registry: Registry | None) -> None:
        self._assets = {name.upper(): name for name in decimals}
        self._coins = registry.coins if registry is not None else {}
        self._seen: dict[str, set[str]] = {}

    def is_coin(self, unit: str, asset: str) -> bool:
        """Whether a unit is the asset itself, by any of its names; or is not said."""
        upper = unit.upper()
        coin = self._coins[upper].holding.asset if upper in self._coins else self._assets.get(upper)
        return upper in ("", "COIN", "COINS", "TOKEN", "TOKENS", "NATIVE") or coin == asset

    def asset(self, text: str) -> tuple[str, str]:
        """The asset, and why it cannot be taken; one of both is ""."""
        name = text.upper()
        asset = self._assets.get(name, "")
        if not asset and name in self._coins:
            asset = self._coins[name].holding.asset
        if asset not in self._assets.values():
            return "", f"unknown asset {clip(text)!r} (see config/assets.csv)"
        seen = self._seen.setdefault(asset, set())
        if name in seen:
            return "", f"{asset} is given twice"
        if seen and asset.upper() in (name, *seen):
            other = clip(next(iter(seen)))
            return (
                "",
                f"{other} and {clip(text)}: does {asset} include the other? Add them up first",
            )
        seen.add(name)
        return asset, ""


def _amount(file: str, text: str, decimals: int, line: int, column: int) -> int:
    try:
        return parse_amount(text, decimals)
    except AmountFormatError as e:
        remedy = ": write 1500.5, with a point and without marks between thousands"
        what = str(e) + (remedy if "," in text else "")
        raise ListFormatError(file, what, line, column) from None


def _delimiter(text: str) -> str:
    """What the first line that names both columns is parted by; a comma if none does."""
    for line in text.splitlines()[:5]:
        for delimiter in DELIMITERS:
            if names_both(line.split(delimiter)):
                return delimiter
    return ","


def _rows(file: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as e:
        raise ListFormatError(file, f"not a CSV line: {e}", reader.line_num) from None


def _text(file: str, data: bytes) -> str:
    if len(data) > MAX_FILE:
        raise ListFormatError(file, f"larger than {MAX_FILE} bytes: not a list of liabilities")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise ListFormatError(file, "not UTF-8 text", line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ListFormatError(file, "has a NUL byte: not a text file", line)
    return text


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at].strip() if at is not None and at < len(cells) else ""
