"""Turns records of a table into claims: the one parser behind every delimited format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from scanner.errors import AmountFormatError, UnknownAssetError, clip
from scanner.files.records import RecordError, split_record
from scanner.lists.columns import Columns
from scanner.lists.cutter import Piece, records
from scanner.lists.interface import MAX_LINE
from scanner.model.addresses.table import address_key
from scanner.model.amount import parse_amount
from scanner.model.claim import Claim, Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.network import Holding, Network
from scanner.model.registry import Registry

NULLS = frozenset({"", "null", "NULL", r"\N"})
"""What publishers write where there is nothing."""

SIGNATURES = ("signature1", "signature2")
OWNERS = ("owner1", "owner2")

_HEIGHT = re.compile(r"\d{1,18}", re.ASCII)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_CACHE = 4096
_MOST_PARTED = 32  # fields that unquoted brackets may have been parted into

KeyOf = Callable[[Network, str], str]


@dataclass(frozen=True)
class TableLayout:
    """What a header says, as one hashable value: the context that rows are parsed in.

    places: (field, index) pairs. width: columns of the header. unit_is_base: amounts are base
    units, not whole coins. network, asset: for rows that name none; "" if the rows must.
    comments: lines that start with "#" are no rows.
    """

    places: tuple[tuple[str, int], ...]
    width: int
    unit_is_base: bool = False
    network: str = ""
    asset: str = ""
    comments: bool = False

    @classmethod
    def of(
        cls, columns: Columns, unit_is_base: bool = False, network: str = "", asset: str = ""
    ) -> TableLayout:
        """Make one from mapped columns. A `base_units` column counts as amount in base units."""
        at = dict(columns.at)
        if "base_units" in at:
            at["amount"], unit_is_base = at.pop("base_units"), True
        return cls(tuple(sorted(at.items())), columns.width, unit_is_base, network, asset)


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Records of a table with the context to parse them in. Small to pickle beside its bytes."""

    layout: TableLayout
    piece: Piece

    def parse(self, registry: Registry) -> Iterator[Row]:
        """Every non-blank record as one claim or one unreadable row."""
        return parser_for(self.layout, registry).parse(self.piece)


class _BadCellError(ValueError):
    """One cell makes the row unreadable. column: from 1, 0 for the row as a whole."""

    def __init__(self, column: int, kind: FindingKind, reason: str) -> None:
        super().__init__(reason)
        self.column, self.kind, self.reason = column, kind, reason


class RowParser:
    """Parses records of one layout. Every non-blank record gives exactly one row."""

    def __init__(
        self, layout: TableLayout, registry: Registry, key_of: KeyOf = address_key
    ) -> None:
        self.layout, self.registry, self.key_of = layout, registry, key_of
        at = dict(layout.places)
        # Index -1 is an empty cell that is added to every record: a column that is not there.
        place = {name: at.get(name, -1) for name in _ALL_FIELDS}
        self._at = at
        self._coin, self._network = place["coin"], place["network"]
        self._address, self._amount = place["address"], place["amount"]
        self._height, self._message = place["height"], place["message"]
        self._script, self._row_type = place["script"], place["row_type"]
        self._status = place["status"]
        self._signatures = tuple(at[name] for name in SIGNATURES if name in at)
        self._owners = tuple(at[name] for name in OWNERS if name in at)
        self._known: dict[tuple[str, str], tuple[str, Holding, Network]] = {}
        self._heights: dict[str, int | None] = {"": None, "-": None}

    def parse(self, piece: Piece) -> Iterator[Row]:
        """Rows of a piece, in file order, one by one; blank records give none."""
        if piece.too_long:
            start = piece.data[:200].decode("utf-8", "replace")
            reason = f"the line is longer than {MAX_LINE} bytes"
            yield _unreadable(piece.first_line, 0, FindingKind.BAD_ROW, reason, start)
            return
        text = _plain_text(piece.data)
        if text is None:
            yield from self._records(piece)
            return
        if "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        if self.layout.comments and "#" in text:
            text = _COMMENT.sub("", text)
        row = self.row
        for line, record in enumerate(text.split("\n"), piece.first_line):
            cells = record.split(",")
            if len(cells) > 1 or record.strip():
                made = row(cells, line, record)
                if made is not None:
                    yield made

    def row(self, cells: list[str], line: int, record: str) -> Row | None:
        """One record's cells as a claim or an unreadable row; None if all are blank.

        cells: changed in place. record: the record's text, for an unreadable row.
        """
        width = self.layout.width
        try:
            if len(cells) < width:
                if not any(map(str.strip, cells)):
                    return None
                if len(cells) <= max(self._address, self._amount):
                    raise self._too_short(cells)
                cells += [""] * (width - len(cells))
            elif len(cells) > width:
                cells = self._narrowed(cells)
            cells.append("")
            return self._claim(cells, line)
        except _BadCellError as e:
            if not any(map(str.strip, cells)):
                return None
            return _unreadable(line, e.column, e.kind, e.reason, record)

    def _claim(self, cells: list[str], line: int) -> Claim:
        coin, holding, network = self._resolve(cells)
        address = cells[self._address].strip()
        message = cells[self._message]  # never trimmed: these are the characters that were signed
        if address in NULLS:
            raise _BadCellError(self._address + 1, FindingKind.BAD_ROW, "no address")
        row_type = cells[self._row_type].strip()
        if not row_type and cells[self._status].strip():
            row_type = "status " + cells[self._status].strip()
        return Claim(
            line,
            coin,
            holding.asset,
            holding.network,
            address,
            self.key_of(network, address),
            holding.decimals,
            self._amount_of(cells, holding),
            self._height_of(cells),
            message if message not in NULLS else "",
            _present(cells, self._signatures),
            _value(cells[self._script]),
            _present(cells, self._owners),
            row_type,
        )

    def _resolve(self, cells: list[str]) -> tuple[str, Holding, Network]:
        named = cells[self._coin], cells[self._network]
        try:
            return self._known[named]
        except KeyError:
            pass
        coin, label = (cell.strip() for cell in named)
        try:
            found = self._look_up(coin, label)
        except UnknownAssetError as e:
            unknown_network = bool(e.network) and not e.coin
            at = self._network if unknown_network else self._coin
            kind = FindingKind.UNKNOWN_NETWORK if unknown_network else FindingKind.UNKNOWN_COIN
            raise _BadCellError(at + 1, kind, str(e)) from None
        if len(self._known) < _CACHE:
            self._known[named] = found
        return found

    def _look_up(self, coin: str, label: str) -> tuple[str, Holding, Network]:
        label = label or self.layout.network
        name = coin or self.layout.asset
        if not name and label and self._coin < 0:
            # A list without a coin column names wallets: the network's own coin is meant.
            network = self.registry.network(label)
            name = network.native
            holding = self.registry.holding(name, network.name)
        else:
            holding = self.registry.resolve(name, label)
        return name, holding, self.registry.networks[holding.network]

    def _amount_of(self, cells: list[str], holding: Holding) -> int | None:
        if self._amount < 0:
            return None
        text = cells[self._amount]
        try:
            return parse_amount(text, 0 if self.layout.unit_is_base else holding.decimals)
        except AmountFormatError as e:
            reason = f"amount {clip(text)!r}: {e.reason}"
            if self.layout.unit_is_base:
                reason += "; this layout states whole base units"
            raise _BadCellError(self._amount + 1, FindingKind.BAD_AMOUNT, reason) from None

    def _height_of(self, cells: list[str]) -> int | None:
        text = cells[self._height]
        try:
            return self._heights[text]
        except KeyError:
            pass
        stripped = text.strip()
        if stripped in NULLS or stripped == "-":
            height = None
        elif _HEIGHT.fullmatch(stripped):
            height = int(stripped)
        else:
            reason = f"height {clip(text)!r} is not a block number"
            raise _BadCellError(self._height + 1, FindingKind.BAD_HEIGHT, reason)
        if len(self._heights) < _CACHE:
            self._heights[text] = height
        return height

    def _too_short(self, cells: list[str]) -> _BadCellError:
        reason = f"{len(cells)} fields; the header names {self.layout.width}"
        return _BadCellError(0, FindingKind.BAD_ROW, reason)

    def _narrowed(self, cells: list[str]) -> list[str]:
        """Bring a record that is wider than the header to its width, or refuse it."""
        width = self.layout.width
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        joined = _join_brackets(cells) if len(cells) <= width + _MOST_PARTED else cells
        if len(joined) > width:
            reason = f"{len(cells)} fields; the header names {width}"
            raise _BadCellError(width + 1, FindingKind.BAD_ROW, reason)
        return joined + [""] * (width - len(joined))

    def _records(self, piece: Piece) -> Iterator[Row]:
        for record in records(piece.data, piece.first_line):
            if self.layout.comments and record.data.lstrip().startswith(b"#"):
                continue
            made = self._record(record.data, record.line)
            if made is not None:
                yield made

    def _record(self, data: bytes, line: int) -> Row | None:
        try:
            text = data.decode()
        except UnicodeDecodeError as e:
            column = data.count(b",", 0, e.start) + 1
            shown = data.decode("utf-8", "backslashreplace")
            return _unreadable(line, column, FindingKind.BAD_ROW, "not UTF-8 text", shown)
        if "\0" in text:
            column = text.count(",", 0, text.index("\0")) + 1
            return _unreadable(line, column, FindingKind.BAD_ROW, "has a NUL byte", text)
        try:
            return self.row(split_record(text), line, text)
        except RecordError as e:
            cells = self._unquoted_object(text)
            if cells is not None:
                return self.row(cells, line, text)
            return _unreadable(line, e.column, FindingKind.BAD_ROW, e.reason, text)

    def _unquoted_object(self, text: str) -> list[str] | None:
        """Cells of a record that is no CSV only because a JSON object stands in it unquoted."""
        cells = text.split(",")
        if "{" not in text or len(cells) > self.layout.width + _MOST_PARTED:
            return None
        joined = _join_brackets(cells)
        quoted = any(cell.lstrip().startswith('"') for cell in joined)
        return None if quoted or len(joined) > self.layout.width else joined


_ALL_FIELDS = (
    "coin",
    "network",
    "address",
    "amount",
    "height",
    "message",
    "script",
    "row_type",
    "status",
)


@lru_cache(maxsize=8)
def parser_for(layout: TableLayout, registry: Registry) -> RowParser:
    """The parser of a layout: made once in each process."""
    return RowParser(layout, registry)


def _plain_text(data: bytes) -> str | None:
    """Text of records that commas and line ends alone take apart; None if it takes more."""
    if b'"' in data or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _value(text: str) -> str:
    stripped = text.strip()
    return "" if stripped in NULLS else stripped


def _present(cells: list[str], places: tuple[int, ...]) -> tuple[str, ...]:
    """What stands in those of the cells that are not empty."""
    found: tuple[str, ...] = ()
    for at in places:
        text = cells[at]
        if text and (text := text.strip()) not in NULLS:
            found += (text,)
    return found


def _unreadable(line: int, column: int, kind: FindingKind, reason: str, text: str) -> UnreadableRow:
    return UnreadableRow(line, column, kind, reason, clip(text, 200))


def _join_brackets(cells: list[str]) -> list[str]:
    """Put cells together again that a comma inside unquoted {..} or [..] has parted.

    OKX writes a JSON object into the key column, quoted or not. A bracket without its end joins
    nothing.
    """
    joined: list[str] = []
    at = 0
    while at < len(cells):
        opening = cells[at].lstrip()[:1]
        closing = {"{": "}", "[": "]"}.get(opening, "")
        end = at
        if closing:
            ends = (i for i in range(at, len(cells)) if cells[i].rstrip().endswith(closing))
            end = next(ends, at)
        joined.append(",".join(cells[at : end + 1]))
        at = end + 1
    return joined
