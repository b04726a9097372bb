"""Turns records of a table into claims: the one parser behind every delimited format."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.errors import UnknownAssetError, clip
from scanner.files.records import RecordError, split_record
from scanner.lists.accounting import maybe_of_unit
from scanner.lists.amounts import BadCellError
from scanner.lists.cells import NO_LIMIT, CellReader
from scanner.lists.columns import header_names
from scanner.lists.cutter import Piece, records
from scanner.lists.interface import MAX_LINE
from scanner.lists.numbers import decimals_in
from scanner.lists.spoken import says_beside_rows
from scanner.lists.total_rows import coin_of_total, total_word
from scanner.model.claim import DeclaredTotal, Row, UnreadableRow
from scanner.model.finding import Finding, FindingKind
from scanner.model.speech import MOST_LETTERS, may_be_one_number, says_unit

_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_RULE = re.compile(r"[|: \t]*-{3}[-|: \t]*")
_FEW = 2  # cells of a line that may be words about the rows next to it
_MOST_PARTED = 32  # fields that unquoted brackets may have been parted into


class RowParser(CellReader):
    """Parses records of one layout. Every non-blank record gives exactly one row."""

    def parse(self, piece: Piece) -> Iterator[Row]:
        """Rows of a piece, in file order, one by one; blank records give none."""
        if piece.too_long:
            start = piece.data[:200].decode("utf-8", "replace")
            reason = f"the line is longer than {MAX_LINE} bytes"
            yield _unreadable(piece.first_line, 0, FindingKind.BAD_ROW, reason, start)
            return
        self.begin()
        text = _plain_text(piece.data)
        if text is None:
            yield from self._records(piece)
            return
        if "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        if self.layout.comments and "#" in text:
            text = _COMMENT.sub("", text)
        row, asides, delimiter = self.row, self.asides, self.layout.delimiter
        for line, record in enumerate(text.split("\n"), piece.first_line):
            cells = record.split(delimiter)
            if len(cells) > 1 or record.strip():
                made = row(cells, line, record)
                if made is not None:
                    yield made
                    if asides:
                        yield from self.taken_asides()

    def begin(self) -> None:
        """Forget what was told: a piece gives the same rows whatever was read before it."""
        self._seen.clear()
        self.amounts.wholes.clear()
        self._told_days = False

    def row(self, cells: list[str], line: int, record: str) -> Row | None:
        """One record's cells as a claim or an unreadable row; None if all are blank.

        cells: changed in place. record: the record's text, for an unreadable row.
        Raises ListFormatError.
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
            if self._blank:
                self._watch(cells, line)
            return self._claim(cells, line)
        except BadCellError as e:
            if not any(map(str.strip, cells)) or self._is_rule(record):
                return None
            if (total := self._total(cells, line)) is not None:
                return total
            if self._is_header(cells):
                reason = "the header again: leave it out"
                return _unreadable(line, 0, FindingKind.BAD_ROW, reason, record)
            self._look_for_header(cells, line)
            return _unreadable(line, e.column, e.kind, e.reason, record)

    def _total(self, cells: list[str], line: int) -> DeclaredTotal | None:
        """A line of totals among the rows; None if it is none. It has no address."""
        shown = cells + [""] * (self.layout.width + 1 - len(cells))
        places = (self._address, self._coin, self._network, self._row_type, 0)
        words = [word for at in places if (word := total_word(shown[at]))]
        holder = shown[self._address].strip() if self._address >= 0 else ""
        if not words or (holder and not total_word(holder)):
            return None
        coin, label = (
            "" if total_word(shown[at]) else shown[at].strip() for at in (self._coin, self._network)
        )
        if not coin and not self.layout.asset:
            coin = next(filter(None, (coin_of_total(w, self.registry) for w in words)), "")
        text = shown[self._amount].strip() if self._amount >= 0 else ""
        try:
            known = coin or self.layout.asset
            if known and not label and not self.layout.network:  # of its rows on all networks
                name, holding = known, self.registry.resolve(known)
            else:
                name, holding = self._holding(coin, label, "")
        except UnknownAssetError as e:
            reason = str(e) if coin else "it names no coin"
            return DeclaredTotal(line, words[0], "", "", 0, None, None, reason=reason, beside=True)
        told = len(self.asides)
        try:
            amount = self.amounts.read(shown, holding, NO_LIMIT, line) if text else None
            reason = "" if text else "it states no amount"
        except BadCellError as e:
            amount, reason = None, e.reason
        for aside in self.asides[told:]:  # why it was not taken
            reason = aside.reason if isinstance(aside, Finding) and amount is None else reason
        del self.asides[told:]
        places_shown = decimals_in(text, self.layout.decimal) if text else None
        return DeclaredTotal(
            *(line, name, holding.asset, holding.network, holding.decimals, amount, None),
            *(False, reason, places_shown, True),
        )

    def _look_for_header(self, cells: list[str], line: int) -> None:
        """Tell what a row that is none may say of the rows below it: a unit, other columns."""
        amount = cells[self._amount].strip() if 0 <= self._amount < len(cells) else ""
        filled = [cell.strip() for cell in cells if cell.strip()]
        words = " ".join(filled)[:MOST_LETTERS] if len(filled) <= _FEW else ""
        if amount and not any(map(str.isdigit, amount)) and says_unit(amount):
            self.asides.append(maybe_of_unit(amount, line))
        elif words and says_unit(words):
            self.asides.append(maybe_of_unit(words))  # as a footnote, it may be of all rows
        elif words and (says_beside_rows(words) or self._heads(filled)):
            reason = (
                f"{clip(words, 60)!r} may say what the rows below it are, of another coin or "
                "network, or not held: put it into a column, or leave it out"
            )
            self.asides.append(Finding(FindingKind.ROWS_DOUBTED, reason, line))
        elif (fields := header_names(cell for cell in cells if cell)) and "address" in fields:
            here = {name for name, _ in self.layout.places}
            if (len(fields) > 1 and not fields <= here) or self._moved(cells):
                reason = "another header: the rows below it may have other columns"
                self.asides.append(Finding(FindingKind.ROWS_DOUBTED, reason, line))

    def _is_header(self, cells: list[str]) -> bool:
        """Whether a record names the same columns in the same places as the header."""
        fields = header_names(cell for cell in cells if cell)
        here = {name for name, _ in self.layout.places}
        return len(fields) > 1 and "address" in fields and fields == here and not self._moved(cells)

    def _heads(self, filled: list[str]) -> bool:
        """Whether the one cell of a line is a coin or network, as a heading of the rows below."""
        if len(filled) > 1:
            return False
        named = self.registry.names_coin(filled[0]) or self.registry.names_network(filled[0])
        return named or self.registry.asset_named(filled[0]) != ""

    def _moved(self, cells: list[str]) -> bool:
        """Whether names of columns stand in other places than those of the header."""
        places = dict(self.layout.places)
        return any(
            places.get(field, at) != at
            for at, cell in enumerate(cells)
            if cell
            for field in header_names([cell])
        )

    def _is_rule(self, record: str) -> bool:
        """Whether a record is the line below the header of a table in Markdown."""
        return self.layout.delimiter == "|" and _RULE.fullmatch(record) is not None

    def _too_short(self, cells: list[str]) -> BadCellError:
        reason = f"{len(cells)} fields; the header names {self.layout.width}"
        return BadCellError(0, FindingKind.BAD_ROW, reason)

    def _narrowed(self, cells: list[str]) -> list[str]:
        """Bring a record that is wider than the header to its width, or refuse it."""
        width, stated = self.layout.width, self.layout.stated
        shifted = 0 < stated < len(cells)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if shifted and len(cells) <= width:
            self._refuse_parted(cells)
        joined = (
            _join_brackets(cells, self.layout.delimiter)
            if len(cells) <= width + _MOST_PARTED
            else cells
        )
        if len(joined) > width:
            reason = f"{len(cells)} fields; the header names {width}"
            raise BadCellError(width + 1, FindingKind.BAD_ROW, reason)
        return joined + [""] * (width - len(joined))

    def _refuse_parted(self, cells: list[str]) -> None:
        """Raise where a record is longer than the header, and a comma may have parted its amount.

        What follows is then in the columns of others, and only blank ones at its end are left over.
        """
        places = [index for index, _, _ in self.layout.wide] or [self._amount]
        for at in places if self.layout.delimiter == "," else ():
            if at + 1 in self.layout.labels:  # its amount is not taken, whatever the length
                continue
            if 0 <= at < len(cells) - 1 and may_be_one_number(cells[at], cells[at + 1]):
                reason = (
                    f"more fields than the header, and {clip(cells[at].strip())!r} with "
                    f"{clip(cells[at + 1].strip())!r} in the next one may be one number, split by "
                    "a comma: put quotes around it, or remove the blank fields at the end"
                )
                raise BadCellError(at + 1, FindingKind.BAD_AMOUNT, reason)

    def _records(self, piece: Piece) -> Iterator[Row]:
        for record in records(piece.data, piece.first_line, self.layout.delimiter):
            if self.layout.comments and record.data.lstrip().startswith(b"#"):
                continue
            made = self._record(record.data, record.line)
            if made is not None:
                yield made
                yield from self.taken_asides()

    def _record(self, data: bytes, line: int) -> Row | None:
        delimiter = self.layout.delimiter
        try:
            text = data.decode()
        except UnicodeDecodeError as e:
            cells = self._other_text(data)
            if cells is not None:
                return self.row(cells, line, data.decode("latin-1"))
            column = data.count(delimiter.encode(), 0, e.start) + 1
            shown = data.decode("utf-8", "backslashreplace")
            return _unreadable(line, column, FindingKind.BAD_ROW, "not UTF-8 text", shown)
        if "\0" in text:
            column = text.count(delimiter, 0, text.index("\0")) + 1
            return _unreadable(line, column, FindingKind.BAD_ROW, "has a NUL byte", text)
        try:
            return self.row(split_record(text, delimiter), line, text)
        except RecordError as e:
            cells = self._unquoted_object(text)
            if cells is not None:
                return self.row(cells, line, text)
            return _unreadable(line, e.column, FindingKind.BAD_ROW, e.reason, text)

    def _other_text(self, data: bytes) -> list[str] | None:
        """Cells of a record of which only needless columns are in another encoding."""
        text = data.decode("utf-8", "surrogateescape")
        try:
            cells = split_record(text, self.layout.delimiter)
        except RecordError:
            return None
        wrong = {at for at, cell in enumerate(cells) if not cell.isascii() and _escaped(cell)}
        return cells if wrong <= self.layout.needless else None

    def _unquoted_object(self, text: str) -> list[str] | None:
        """Cells of a record that is no CSV only because a JSON object stands in it unquoted."""
        cells = text.split(self.layout.delimiter)
        if "{" not in text or len(cells) > self.layout.width + _MOST_PARTED:
            return None
        joined = _join_brackets(cells, self.layout.delimiter)
        quoted = any(cell.lstrip().startswith('"') for cell in joined)
        return None if quoted or len(joined) > self.layout.width else joined


def _escaped(cell: str) -> bool:
    return any("\udc80" <= c <= "\udcff" for c in cell)


def _plain_text(data: bytes) -> str | None:
    """Text of records that commas and line ends alone take apart; None if it takes more."""
    if b'"' in data or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _unreadable(line: int, column: int, kind: FindingKind, reason: str, text: str) -> UnreadableRow:
    return UnreadableRow(line, column, kind, reason, clip(text, 200))


def _join_brackets(cells: list[str], delimiter: str) -> list[str]:
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
        joined.append(delimiter.join(cells[at : end + 1]))
        at = end + 1
    return joined
