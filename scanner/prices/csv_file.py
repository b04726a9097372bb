"""Reads prices that the user brings: a CSV of asset, price, time and source, strictly."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from scanner.errors import AmountFormatError, ListFormatError, clip
from scanner.files.hashed import refuse_pipe
from scanner.model.registry import Registry
from scanner.prices.interface import MAX_SOURCE, Price, asset_names, make_price

COLUMNS = ("asset", "price_usd", "at", "source")
"""The header line, exactly."""
PREFIX = "csv: "
"""Before the source's own name, so that a file cannot pass for a reading of a chain."""
MAX_FILE = 64 * 1024 * 1024
"""Bytes of the largest file read: a million prices."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_FIRST = datetime(2009, 1, 3, tzinfo=UTC)  # Bitcoin's first block: nothing had a price before it


def read_prices(path: Path, registry: Registry, now: datetime) -> list[Price]:
    """Read every price of a file, in its order.

    The header is `asset,price_usd,at,source`. asset: our name, without regard to case. price_usd:
    of one whole coin, plain digits. at: ISO 8601 with time and offset. source: who says so.
    now: prices of later moments are refused.
    Raises ListFormatError with line and column: nothing of a file with one bad row is kept.
    """
    names = asset_names(registry)
    rows = _rows(path)
    _check_header(path.name, next(rows, (1, [])))
    found: dict[tuple[str, datetime, str], Price] = {}
    for line, cells in rows:
        price = _Row(path.name, line, cells).price(names, now)
        key = (price.asset, price.at, price.source)
        if found.setdefault(key, price) != price:
            what = f"{price.asset} has two prices with the same time and source"
            raise ListFormatError(path.name, what, line, 2)
    if not found:
        raise ListFormatError(path.name, "it has a header but no prices")
    return list(found.values())


class _Row:
    """One line of the file; every refusal names its line and column."""

    def __init__(self, file: str, line: int, cells: list[str]) -> None:
        self.file, self.line = file, line
        if len(cells) != len(COLUMNS):
            raise self.refusal(f"{len(cells)} fields, not {len(COLUMNS)}", len(cells))
        self.asset, self.text, self.at, self.source = (cell.strip() for cell in cells)

    def refusal(self, what: str, column: int) -> ListFormatError:
        return ListFormatError(self.file, what, self.line, column)

    def price(self, names: Mapping[str, str], now: datetime) -> Price:
        asset = names.get(self.asset.upper())
        if asset is None:
            what = f"unknown asset {clip(self.asset)!r} (see config/assets.csv)"
            raise self.refusal(what, 1)
        at = self._moment(now)
        if not (self.source.isprintable() and 0 < len(self.source) <= MAX_SOURCE - len(PREFIX)):
            what = f"a source is 1 to {MAX_SOURCE - len(PREFIX)} printable characters"
            raise self.refusal(what, 4)
        try:
            return make_price(asset, at, PREFIX + self.source, self.text)
        except AmountFormatError as e:
            raise self.refusal(str(e), 2) from None

    def _moment(self, now: datetime) -> datetime:
        example = "write a time with its offset: 2026-11-01T00:00:00Z"
        if not _TIME.fullmatch(self.at):
            raise self.refusal(f"not a time: {clip(self.at)!r}; {example}", 3)
        try:
            at = datetime.fromisoformat(self.at).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.refusal(f"no such time: {clip(self.at)!r}; {example}", 3) from None
        if at > now:
            raise self.refusal(f"{self.at} is in the future, so it has no known price", 3)
        if at < _FIRST:
            raise self.refusal(f"{self.at} is before the first coin", 3)
        return at


def _check_header(file: str, row: tuple[int, list[str]]) -> None:
    line, cells = row
    if tuple(cell.strip().lower() for cell in cells) != COLUMNS:
        what = f"the first line must name the columns: {','.join(COLUMNS)}"
        raise ListFormatError(file, what, line)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as e:
        raise ListFormatError(path.name, f"not a CSV line: {e}", reader.line_num) from None


def _text(path: Path) -> str:
    refuse_pipe(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as e:
        raise ListFormatError(str(path), e.strerror or "cannot be read") from None
    if len(data) > MAX_FILE:
        raise ListFormatError(path.name, f"larger than {MAX_FILE:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise ListFormatError(path.name, "not UTF-8 text", line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ListFormatError(path.name, "has a NUL byte: not a text file", line)
    return text
