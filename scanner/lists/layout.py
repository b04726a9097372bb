"""What a header says, as one hashable value: the context that rows are parsed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.errors import ListFormatError
from scanner.lists.columns import Columns
from scanner.lists.names import FOUND, HOLDER, LABEL, OF_WORDS
from scanner.model.claim import Unit
from scanner.model.speech import BASE_UNITS


@dataclass(frozen=True)
class TableLayout:
    """Where fields are and how cells are read.

    places: (field, index) pairs. width: columns of the header. unit_is_base: amounts are base
    units, not whole coins. network, asset: for rows that name none; "" if the rows must.
    comments: lines that start with "#" are no rows.
    delimiter: parts the fields. unit_said: the file or the user says the unit; else an amount that
    cannot exist is doubted. unit_decimals: which the asset must have, where the unit's name says
    it. of_coin: which coin the amounts are of, by the column's name. decimal: "dot", "comma" or "".
    needless: columns in which text may be of any encoding.
    native: a row without coin stands for its network's own coin; but where the file's name has
    names of coins (`named`: assets), only if that is one of them. any_network: a token without
    network is one of the table's choice, as in the files that the table is made of.
    coins_said: the user says that amounts are whole coins, whatever decimals stand beside them.
    notes: columns of free words and dates, which may say something of the row all the same.
    labels: columns of free words, and of where a row was found. holders: of owners and companies,
    whose words may say that a row is not held.
    typed: numbers that are no texts, as in JSON, have dots for decimals whatever the user says.
    blank: columns without a name that are blank in the first rows: a value below them is told.
    comma_shown: a number of the file has the comma for its decimal mark.
    dates: (index, name) of columns that name the day of the row's amount. days: (index, text) of
    them, the first that the file has: other days are asked about.
    wide: (index, coin, unit) of each column that is the amount of one coin.
    chain_ids: as of `Columns`.
    stated: as of `Columns`: longer records may hold numbers that a comma has parted.
    """

    places: tuple[tuple[str, int], ...]
    width: int
    unit_is_base: bool = False
    network: str = ""
    asset: str = ""
    comments: bool = False
    delimiter: str = ","
    unit_said: bool = True
    unit_decimals: int | None = None
    of_coin: str = ""
    decimal: str = ""
    needless: frozenset[int] = frozenset()
    native: bool = True
    named: frozenset[str] = frozenset()
    any_network: bool = True
    wide: tuple[tuple[int, str, str], ...] = ()
    notes: tuple[int, ...] = ()
    coins_said: bool = False
    typed: bool = False
    labels: frozenset[int] = frozenset()
    holders: frozenset[int] = frozenset()
    comma_shown: bool = False
    blank: tuple[int, ...] = ()
    dates: tuple[tuple[int, str], ...] = ()
    days: tuple[tuple[int, str], ...] = ()
    stated: int = 0
    chain_ids: bool = False

    @property
    def dots_doubted(self) -> bool:
        """Whether the dot of 1.234 may part thousands, for all that the file and the user say."""
        if self.decimal:
            return self.typed and self.decimal == "comma"
        return self.comma_shown or self.delimiter in ";\t"

    @classmethod
    def of(
        cls,
        columns: Columns,
        unit_is_base: bool = False,
        network: str = "",
        asset: str = "",
        said: Mapping[str, str] | None = None,
        delimiter: str = ",",
    ) -> TableLayout:
        """Make one from mapped columns. A `base_units` column counts as amount in base units.

        said: what the user says of unit and decimal mark (`scanner.lists.columns.SETTINGS`).
        """
        at, said = dict(columns.at), said or {}
        unit_said = bool(said.get("unit") or columns.unit or "decimals" in at)
        if "base_units" in at:
            at["amount"], unit_is_base, unit_said = at.pop("base_units"), True, True
        elif columns.unit in BASE_UNITS or said.get("unit") == Unit.BASE:
            unit_is_base = True
        elif said.get("unit") == Unit.COIN:
            unit_is_base = False
        needless = columns.needless or {}
        owners = {index for field, index in at.items() if field in ("owner1", "owner2")}
        holders = frozenset({*owners, *(i for i, why in needless.items() if why == HOLDER)})
        return cls(
            places=tuple(sorted(at.items())),
            width=columns.width,
            unit_is_base=unit_is_base,
            network=network,
            asset=asset,
            delimiter=delimiter,
            unit_said=unit_said,
            unit_decimals=BASE_UNITS.get(columns.unit),
            of_coin=columns.coin,
            decimal=said.get("decimal", ""),
            needless=frozenset(needless) | frozenset(columns.unknown),
            any_network=False,
            wide=tuple((a.index, a.coin, a.unit) for a in columns.wide),
            coins_said=said.get("unit") == Unit.COIN,
            labels=frozenset(i for i, w in needless.items() if w in (LABEL, FOUND)),
            holders=holders,
            dates=columns.dates,
            stated=columns.stated,
            chain_ids=columns.chain_ids,
            notes=(*(i for i, w in needless.items() if w in OF_WORDS), *sorted(owners)),
        )


def check_unit(columns: Columns, said: Mapping[str, str], file: str, line: int) -> None:
    """Raise ListFormatError where the user's unit contradicts the column's name."""
    unit = said.get("unit", "")
    named = Unit.BASE if columns.unit in BASE_UNITS or "base_units" in columns.at else columns.unit
    if unit and named and unit != named:
        what = f"--unit {unit}, but the column's name says {columns.unit or 'base units'}"
        raise ListFormatError(file, f"{what}: map another column with --columns amount=..", line)
