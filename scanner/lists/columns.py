"""Finds out which column of a table is which, by the names in its header and what the user says."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scanner.errors import ListFormatError, clip
from scanner.lists.days import names_day
from scanner.lists.names import (
    AMOUNT_WORDS,
    BASE_AMOUNT_WORDS,
    BY_NAME,
    FIELDS,
    WHY_NEEDLESS,
    normal,
    sign_in,
)
from scanner.lists.remedies import mapping
from scanner.model.claim import Unit
from scanner.model.registry import Registry
from scanner.model.speech import BASE_UNITS, MONEY

SETTINGS = frozenset({"ignore", "unit", "decimal"})
"""What a column map may say besides fields: columns that mean nothing, the unit, the decimal mark.

They stand in the same map so that a schedule or a stored command repeats them.
"""

AS_YOU_SAY = "as you asked"
"""Why a part is needless that the user calls so."""

UNITS = tuple(Unit)
DECIMALS = ("dot", "comma")

_LONGEST_NAME = 80  # of a name that is taken apart: a hostile one may be as long as a line
_IN_BRACKETS = re.compile(r"(.*?)[\s_]*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*", re.DOTALL)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[$€£]")


@dataclass(frozen=True, slots=True)
class Amount:
    """A column of amounts. coin: what its name says it is of, "" if nothing.

    unit: "" if its name does not say, `Unit.COIN`, or a name of BASE_UNITS.
    """

    index: int
    name: str
    unit: str = ""
    coin: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field is. `at`: field -> index from 0. width: number of columns.

    unit: of the amount column, as its name says. coin: which coin its name says the amount is of.
    wide: columns that each hold the amount of one coin. needless: index -> why.
    ignored: names that mean nothing to us, in order; unknown: their indices.
    dates: (index, name) of those that name the day of the row's amount. stated: columns of the
    header with the blank ones at its end, 0 if nobody counted them. chain_ids: networks are named
    by their EIP-155 numbers, as the column's name says.
    """

    at: Mapping[str, int]
    width: int
    ignored: tuple[str, ...] = ()
    unit: str = ""
    coin: str = ""
    wide: tuple[Amount, ...] = ()
    needless: Mapping[int, str] | None = None
    unknown: tuple[int, ...] = ()
    dates: tuple[tuple[int, str], ...] = ()
    stated: int = 0
    chain_ids: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The fields present."""
        return frozenset(self.at)


def amount_named(name: str, registry: Registry) -> Amount | str | None:
    """What a name says that is made of an amount and its unit, such as "Balance (BTC)".

    Returns why it is needless where the unit is money; None where it is no such name. The index
    is for the caller to set.
    """
    if len(name) > _LONGEST_NAME:
        return None
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)  # wide brackets are brackets
    for word, unit in _parted(name):
        if word.strip() and normal(word) not in BASE_AMOUNT_WORDS:
            continue
        told = normal(unit) or unit.strip()
        if told in MONEY:
            return "a value in money"
        if told in BASE_UNITS:
            return Amount(-1, name, told)
        if registry.names_coin(unit) and (not word.strip() or normal(word) in AMOUNT_WORDS):
            return Amount(-1, name, Unit.COIN if word.strip() else "", unit.strip())
    return None


def _parted(name: str) -> Iterable[tuple[str, str]]:
    """Ways to take a name apart into what is measured and its unit."""
    bracketed = _IN_BRACKETS.fullmatch(name)
    if bracketed:
        yield bracketed[1], bracketed[2]
        return
    yield "", name
    words = _WORDS.findall(name)
    if normal("".join(words)) != normal(name):
        return  # a letter of another script is left over: \u00b5BTC is no BTC
    for at in range(1, len(words)):
        yield "".join(words[:at]), "".join(words[at:])
        yield "".join(words[at:]), "".join(words[:at])
    if len(words) > 2 and words[-2].lower() == "in":
        yield "".join(words[:-2]), words[-1]


def find_columns(
    header: Sequence[str],
    file: str,
    line: int,
    chosen: Mapping[str, str] | None = None,
    registry: Registry | None = None,
) -> Columns:
    """Map a header to fields.

    chosen: our field name -> the file's column name (matched as `normal` does), or one of
    SETTINGS; what it does not name is found by the usual names. registry: to know coins in names.
    Trailing empty columns do not count.
    Raises ListFormatError (line, column) when two columns mean one field, or when a chosen
    column or field does not exist.
    """
    names = list(header)
    while names and not names[-1].strip():
        names.pop()
    finder = _Finder(names, file, line, chosen or {}, registry)
    for index, name in enumerate(names):
        finder.take(index, name)
    return replace(finder.columns(), stated=len(header))


class _Finder:
    """Goes through one header."""

    def __init__(
        self,
        names: Sequence[str],
        file: str,
        line: int,
        chosen: Mapping[str, str],
        registry: Registry | None,
    ) -> None:
        self._names, self._file, self._line = names, file, line
        self._registry = registry
        self._chosen = {f: n for f, n in chosen.items() if f not in SETTINGS}
        self._ignore = {normal(name) for name in chosen.get("ignore", "").split(",")} - {""}
        self._at = _chosen(names, file, line, self._chosen)
        self._taken = {index: field for field, index in self._at.items()}
        self._amounts: list[Amount] = []
        self._needless: dict[int, str] = {}
        self._unknown: list[int] = []
        self._dates: list[tuple[int, str]] = []

    def take(self, index: int, name: str) -> None:
        """Find the meaning of one column."""
        name = name.replace("\u20bf", "BTC").replace("\u039e", "ETH")
        key = normal(name)
        field = BY_NAME.get(key)
        if index in self._taken:
            if self._taken[index] == "amount" and self._registry:
                told = amount_named(name, self._registry)
                self._amounts += [replace(told, index=index)] if isinstance(told, Amount) else []
        elif key in self._ignore:
            self._needless[index] = AS_YOU_SAY
        elif sign := "" if name.isascii() and name.isalnum() else sign_in(name):
            # "Amount ($)" and "Balance %" are no amounts of coins, whatever their letters say.
            if sign == "money":
                self._needless[index] = "a value in money"
            else:
                self._unknown.append(index)
        elif field is not None and field not in self._chosen:
            self._claim_field(field, index)
        elif field is None and key in WHY_NEEDLESS:
            self._needless[index] = WHY_NEEDLESS[key]
            self._dates += [(index, name)] if names_day(name) else []
        else:
            told = amount_named(name, self._registry) if self._registry and not field else None
            if isinstance(told, Amount) and not {"amount", "base_units"} & set(self._chosen):
                self._amounts.append(replace(told, index=index))
            elif isinstance(told, str):
                self._needless[index] = told
            else:
                self._unknown.append(index)

    def _claim_field(self, field: str, index: int) -> None:
        if field in self._at:
            first, name = self._names[self._at[field]], self._names[index]
            what = f"two columns mean {field!r}: {clip(first)!r} and {clip(name)!r}"
            remedy = f"choose with --columns {field}=.. and --columns ignore=.."
            if normal(first) == normal(name):
                remedy = f"give each a name of its own, or use {mapping('ignore', name)} for both"
            if self._side_by_side():
                remedy = "two tables stand side by side: put one below the other, or into a file"
            raise ListFormatError(self._file, f"{what}; {remedy}", self._line, index + 1)
        self._at[field] = index

    def _side_by_side(self) -> bool:
        """Whether the header has all that makes a list more than once."""
        fields = Counter(BY_NAME.get(normal(name), "") for name in self._names)
        return fields["address"] > 1 and any(
            count > 1 for field, count in fields.items() if field not in ("", "address")
        )

    def columns(self) -> Columns:
        """What was found, of the whole header."""
        at, amounts = self._at, self._amounts
        self._signed_text()
        unit = coin = ""
        wide: tuple[Amount, ...] = ()
        stated = [name for name in ("amount", "base_units") if name in at]
        told = next((a for a in amounts if a.index == at.get("amount")), None)
        others = [a for a in amounts if a is not told]
        if told is not None:
            unit, coin = told.unit, told.coin
        elif len(others) == 1 and not stated and ("coin" in at or not others[0].coin):
            unit, coin = others[0].unit, others[0].coin
            at["amount"] = others[0].index
            others = []
        if others and (stated or told or "coin" in at or any(not a.coin for a in others)):
            self._clash(others, stated)
        elif others:
            wide = tuple(others)
        if "base_units" in at and normal(self._names[at["base_units"]]) in BASE_UNITS:
            unit = normal(self._names[at["base_units"]])
        ignored = tuple(self._names[i].strip() for i in self._unknown)
        return Columns(
            at,
            len(self._names),
            ignored,
            unit,
            coin,
            wide,
            self._needless,
            tuple(self._unknown),
            tuple(self._dates),
            chain_ids="network" in at and normal(self._names[at["network"]]) == "chainid",
        )

    def _signed_text(self) -> None:
        """Take "signedMessage" for the text where the signature has a column of its own."""
        at = self._at
        if "message" in at or "signature1" not in at or "signature1" in self._chosen:
            return
        names = [normal(self._names[i]) for i in range(len(self._names))]
        if names[at["signature1"]] == "signedmessage":
            del at["signature1"]
            self._unknown.append(names.index("signedmessage"))

    def _clash(self, others: list[Amount], stated: Sequence[str]) -> None:
        named = [self._names[self._at[name]] for name in stated] + [a.name for a in others]
        what = f"several columns state an amount: {clip(', '.join(named), 200)}"
        remedy = (
            "choose one with --columns amount=.. and leave out the others with --columns ignore=.."
        )
        raise ListFormatError(self._file, f"{what}; {remedy}", self._line, others[0].index + 1)


def _chosen(
    names: Sequence[str], file: str, line: int, chosen: Mapping[str, str]
) -> dict[str, int]:
    at: dict[str, int] = {}
    for field, name in chosen.items():
        found = [index for index, each in enumerate(names) if normal(each) == normal(name)]
        if len(found) > 1:  # names that differ in case or signs alone can be told apart
            found = [index for index in found if names[index].strip() == name.strip()] or found
        if not found:
            raise ListFormatError(file, no_column(name, names), line)
        if len(found) > 1:
            what = f"{len(found)} columns are called {clip(name)!r}: give each a name of its own"
            raise ListFormatError(file, what, line, found[1] + 1)
        at[field] = found[0]
    return at


def no_column(name: str, names: Sequence[str]) -> str:
    """Say that a column that the user named is not among those there are."""
    return f"there is no column {clip(name)!r}; the columns are: {clip(', '.join(names), 200)}"


def chosen_fields(file: str, columns: Mapping[str, str]) -> dict[str, str]:
    """A user's column map under our own field names: "asset" is `coin`, "type" `row_type`.

    Raises ListFormatError for a field that is none, or that is named twice, or for a setting
    (SETTINGS) of no such value.
    """
    fields: dict[str, str] = {}
    for name, column in columns.items():
        known = name if name in FIELDS or name in SETTINGS else BY_NAME.get(normal(name), "")
        if not known:
            what = (
                f"there is no field {clip(name)!r} to map a column to; the fields are: "
                f"{', '.join(FIELDS)}"
            )
            raise ListFormatError(file, what)
        if known in fields:
            raise ListFormatError(file, f"the field {known!r} is mapped twice")
        fields[known] = column
    for setting, values in (("unit", UNITS), ("decimal", DECIMALS)):
        if fields.get(setting, values[0]) not in values:
            what = f"{setting} is {' or '.join(values)}, not {clip(fields[setting])!r}"
            raise ListFormatError(file, what)
    return fields


def header_names(fields: Iterable[str]) -> frozenset[str]:
    """Fields that header cells mean, by the usual names; unknown cells are left out."""
    return frozenset(BY_NAME[n] for n in map(normal, fields) if n in BY_NAME)
