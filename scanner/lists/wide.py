"""Tables with one column of amounts for each coin: a claim for each of them."""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.errors import clip
from scanner.lists.amounts import BadCellError
from scanner.lists.blanks import NULLS
from scanner.lists.cells import KeyOf
from scanner.lists.layout import TableLayout
from scanner.lists.marks import Marks
from scanner.lists.rows import RowParser
from scanner.model.addresses.table import address_key
from scanner.model.claim import Claim, DeclaredTotal, Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry
from scanner.model.speech import BASE_UNITS

_ZERO = re.compile(r"[+-]?0+(?:[.,]0*)?|[.,]0+")
_MOST_ABSENT = 4096


class WideParser(RowParser):
    """Makes of one record a claim for each coin of which it states an amount."""

    def __init__(
        self,
        layout: TableLayout,
        registry: Registry,
        key_of: KeyOf = address_key,
        marks: Marks | None = None,
    ) -> None:
        super().__init__(layout, registry, key_of, marks)
        self._parsers = [
            (index, coin, RowParser(_of_one(layout, index, coin, unit), registry, key_of, marks))
            for index, coin, unit in layout.wide
        ]
        self._absent: set[tuple[int, str]] = set()
        """Columns of coins that a network, as written, does not have."""

    def begin(self) -> None:
        """Forget what was told, of every column."""
        super().begin()
        for _, _, parser in self._parsers:
            parser.begin()

    def row(self, cells: list[str], line: int, record: str) -> Row | None:
        """The first claim of the record; the others are its asides.

        A cell that cannot be read hides none of the others. What is wrong with the record as a
        whole, such as its address, is said once.
        """
        if not any(map(str.strip, cells)):
            return None
        if 0 < self.layout.stated < len(cells):
            try:
                self._narrowed([*cells])
            except BadCellError as e:
                return UnreadableRow(line, e.column, e.kind, e.reason, clip(record, 200))
        return self._of_columns(cells, line, record)

    def _of_columns(self, cells: list[str], line: int, record: str) -> Row:
        """What each column of amounts gives, the first of them as the row."""
        made: list[Row] = []
        places: set[tuple[str, str]] = set()
        absent = self._absent
        label = cells[self._network] if 0 <= self._network < len(cells) else ""
        for index, coin, parser in self._parsers:
            stated = cells[index].strip() if index < len(cells) else ""
            if stated in NULLS or stated == "-":
                continue
            if absent and (index, label) in absent and _ZERO.fullmatch(stated):
                continue
            row = parser.row([*cells], line, record)
            if isinstance(row, Claim | DeclaredTotal):
                made.append(self._alone(row, places, index, coin, record))
            elif isinstance(row, UnreadableRow):
                made += self._unread(row, (index, label), stated, made)
            if parser.asides:
                # What is said of the record, such as of its label, is said once.
                made += [told for told in parser.taken_asides() if told not in made]
        if not made:
            reason = "an address without an amount in any of the columns"
            return UnreadableRow(line, 0, FindingKind.BAD_ROW, reason, record)
        if self.layout.blank:
            self._watch(cells, line)
        self.asides += made[1:]
        return made[0]

    def _unread(
        self, row: UnreadableRow, place: tuple[int, str], stated: str, made: list[Row]
    ) -> list[Row]:
        """What there is to say of one cell that gives no claim.

        Nothing of a zero of a coin that the network does not have, nor of what was said before of
        the record as a whole. place: the column, and the network as written.
        """
        if row.kind == FindingKind.UNKNOWN_COIN:
            if len(self._absent) < _MOST_ABSENT:
                self._absent.add(place)
            if _ZERO.fullmatch(stated):
                return []
        return [] if row in made else [row]

    def _alone(
        self,
        row: Claim | DeclaredTotal,
        places: set[tuple[str, str]],
        index: int,
        coin: str,
        record: str,
    ) -> Row:
        """The claim, unless a column before it has stated the same coin on the same network."""
        if isinstance(row, DeclaredTotal):
            return row
        state = self.registry.state(row.asset, row.network)
        if state not in places:
            places.add(state)
            return row
        reason = f"two columns state {row.asset} on {row.network}, one of them {coin!r}"
        return UnreadableRow(row.row, index + 1, FindingKind.BAD_ROW, reason, record)


def _of_one(layout: TableLayout, index: int, coin: str, unit: str) -> TableLayout:
    places = dict(layout.places) | {"amount": index}
    return replace(
        layout,
        places=tuple(sorted(places.items())),
        asset=coin,
        unit_is_base=layout.unit_is_base or unit in BASE_UNITS,
        unit_said=layout.unit_said or bool(unit),
        blank=(),  # watched for the record as a whole
        wide=(),
    )
