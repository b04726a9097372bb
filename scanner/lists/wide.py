"""Tables with one column of amounts for each coin: a claim for each of them."""

from __future__ import annotations

from dataclasses import replace

from scanner.lists.cells import NULLS, KeyOf
from scanner.lists.layout import TableLayout
from scanner.lists.marks import Marks
from scanner.lists.names import BASE_UNITS
from scanner.lists.rows import RowParser
from scanner.model.addresses.table import address_key
from scanner.model.claim import Claim, Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry


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

    def row(self, cells: list[str], line: int, record: str) -> Row | None:
        """The first claim of the record; the others are its asides."""
        if not any(map(str.strip, cells)):
            return None
        made: list[Row] = []
        places: set[tuple[str, str]] = set()
        for index, coin, parser in self._parsers:
            stated = cells[index].strip() if index < len(cells) else ""
            if stated in NULLS or stated == "-":
                continue
            row = parser.row([*cells], line, record)
            if isinstance(row, UnreadableRow):
                made.append(row)
                break
            if isinstance(row, Claim):
                state = self.registry.state(row.asset, row.network)
                if state in places:
                    reason = f"two columns state {row.asset} on {row.network}, one of them {coin!r}"
                    row = UnreadableRow(line, index + 1, FindingKind.BAD_ROW, reason, record)
                else:
                    places.add(state)
                made += [row, *parser.taken_asides()]
        if not made:
            reason = "an address, and no amount in any of the columns"
            return UnreadableRow(line, 0, FindingKind.BAD_ROW, reason, record)
        self.asides += made[1:]
        return made[0]


def _of_one(layout: TableLayout, index: int, coin: str, unit: str) -> TableLayout:
    places = dict(layout.places) | {"amount": index}
    return replace(
        layout,
        places=tuple(sorted(places.items())),
        asset=coin,
        unit_is_base=layout.unit_is_base or unit in BASE_UNITS,
        unit_said=layout.unit_said or bool(unit),
        wide=(),
    )
