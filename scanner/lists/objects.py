"""JSON objects as table rows: keys are column names, nested keys are joined with dots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from scanner.errors import ListFormatError, clip
from scanner.lists.blocks import new_parser
from scanner.lists.columns import AS_YOU_SAY, SETTINGS, Columns, find_columns, header_names
from scanner.lists.generic_csv import coins_named
from scanner.lists.heading import meaning
from scanner.lists.interface import Layout, ReadOptions
from scanner.lists.keys import ADDRESS, always_asked, is_coin, is_network, is_structure
from scanner.lists.layout import TableLayout
from scanner.lists.names import BY_NAME, NAMES_A_COIN, WHY_NEEDLESS, normal
from scanner.lists.remedies import mapping
from scanner.lists.rows import RowParser
from scanner.model.claim import Claim, Row, Unit, UnreadableRow
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry

MAX_KEYS = 64
"""Keys of the largest object taken for a row."""

_MOST_PARSERS = 256


@dataclass(frozen=True, slots=True)
class Level:
    """Where a row stands. path: "data[].wallets[]". doubted: a key above it may say its coin.

    inherited: keys that are those of objects around it, which are accounted for there.
    days: levels that name the day of the rows below them.
    """

    path: str = ""
    doubted: bool = False
    inherited: frozenset[str] = frozenset()
    days: tuple[str, ...] = ()


class ObjectRows:
    """Turns flat objects into rows; each object is read by its own keys, all accounted for."""

    def __init__(self, registry: Registry, options: ReadOptions, layout: Layout) -> None:
        self._registry, self._options, self._layout = registry, options, layout
        self._chosen = {f: n for f, n in options.columns.items() if f not in SETTINGS}
        self._said = {f: n for f, n in options.columns.items() if f in SETTINGS}
        self._named = coins_named(options, registry)
        self.marks = layout.marks
        self.without_height = False
        """Whether a row stated none."""
        self._places: set[bool | None] = set()  # whether objects named their network; None: asked
        self._parsers: dict[tuple[tuple[str, ...], Level], tuple[RowParser | str, list[int]]] = {}
        """With the keys that were blank in all such objects so far: a value in one is told."""

    def names_address(self, keys: Mapping[str, str]) -> bool:
        """Whether one of the keys is the address."""
        chosen = self._chosen.get("address")
        if chosen is not None:
            return normal(chosen) in map(normal, keys)
        return "address" in header_names([*keys, *(key.rpartition(".")[2] for key in keys)])

    def rows(self, found: Mapping[str, str], number: int, level: Level) -> Iterator[Row]:
        """One object as a claim or an unreadable row, with what else there is to say of it.

        found: key -> scalar as text, exactly as written. number: line or object number, from 1.
        """
        shown = clip(str(dict(found)), 200)
        if len(found) > MAX_KEYS:
            reason = f"an object with {len(found)} keys is not a row"
            yield UnreadableRow(number, 0, FindingKind.BAD_ROW, reason, shown)
            return
        parser = self._parser(found, level)
        if isinstance(parser, str):
            yield UnreadableRow(number, 0, FindingKind.BAD_ROW, parser, shown)
            return
        made = parser.row(list(found.values()), number, shown)
        if made is None:
            yield UnreadableRow(number, 0, FindingKind.BAD_ROW, "an object of blanks", shown)
            return
        yield made
        yield from parser.taken_asides()
        if isinstance(made, Claim):
            yield from self._places_of(parser, made)
            if made.height is None:
                self._take_days(parser, found, level)

    def _take_days(self, parser: RowParser, found: Mapping[str, str], level: Level) -> None:
        """Take in of which day a row is that states no height."""
        days, self.without_height = self._layout.days, True
        for name in level.days:
            days.take("level", name, f"level {name}")
        if dates := parser.layout.dates:
            values = list(found.values())
            for at, name in dates:
                days.take(f"column {normal(name)}", values[at], name)

    def _places_of(self, parser: RowParser, claim: Claim) -> Iterator[Finding]:
        """Ask once where some objects name their network and others, of such coins, do not."""
        if parser.names_network:
            self._places |= {True}
        elif False not in self._places and not self._options.network:
            home = len(self._registry.networks_of(claim.asset)) > 1
            self._places |= {False} if home else set()
        if self._places == {True, False}:
            self._places = {None}
            reason = (
                "some objects name their network and others do not, and were read as on the coin's "
                "own: name it in each, or say --network for those that name none"
            )
            yield Finding(FindingKind.ROWS_DOUBTED, reason)

    def _parser(self, found: Mapping[str, str], level: Level) -> RowParser | str:
        """The parser for objects with just these keys there; or why they are no row."""
        place = tuple(found), level
        made, blank = self._parsers.get(place, (None, None))
        if blank:
            values = list(found.values())
            if any(values[at].strip() for at in blank):
                made = None
        if made is None:
            made, now = self._made(found, level)
            if len(self._parsers) >= _MOST_PARSERS:
                self._parsers.clear()
            self._parsers[place] = made, now if blank is None else [i for i in now if i in blank]
        return made

    def _made(self, found: Mapping[str, str], level: Level) -> tuple[RowParser | str, list[int]]:
        """A new parser, or why there is none; and which keys it is taken for granted are blank."""
        blank: list[int] = []
        try:
            return self._make(found, level, blank), blank
        except ListFormatError as e:
            return e.what, []

    def _make(self, found: Mapping[str, str], level: Level, blank: list[int]) -> RowParser:
        keys, chosen = tuple(found), self._chosen
        present = {normal(key) for key in keys}
        here = {field: name for field, name in chosen.items() if normal(name) in present}
        names = _last_names(keys, here)
        said = here | ({"ignore": self._said["ignore"]} if "ignore" in self._said else {})
        columns = find_columns(names, "", 0, said, self._registry)
        # A field the user named a key for comes from that key or not at all.
        at = {f: i for f, i in columns.at.items() if f in here or f not in chosen}
        if "address" not in at:
            raise ListFormatError("", f"no address among {clip(', '.join(keys), 100)}")
        if {"amount", "base_units"} <= at.keys():
            raise ListFormatError(
                "", "it has both an amount and base units, which may contradict each other"
            )
        columns = replace(columns, at=at, width=len(keys))
        asset = self._options.asset or ("" if "coin" in at else columns.coin)
        table = TableLayout.of(columns, False, self._options.network, asset, self._said)
        coin = bool({"coin", "contract"} & at.keys() or asset or columns.wide)
        doubted = self._account(found, columns, level, coin, blank)
        if "signature1" in at and not {"message", "signed_hex"} & at.keys():
            places = tuple(p for p in table.places if not p[0].startswith("signature"))
            table = replace(table, places=places)
            remedy = (
                "nothing gives the signed text, so no signature is checked: use "
                "--columns message=.."
            )
            self._layout.accounting.unknown(f"signatures in {level.path or 'the file'}", remedy)
        if "amount" in dict(table.places) and not table.unit_said:
            self._layout.unit = Unit.COIN
        self._layout.native_assumed |= not coin
        native = not (doubted or level.doubted or "decimals" in at)
        # Of this file alone: what it has read of others must not change what it says of this one.
        table = replace(table, native=native, named=self._named, typed=True)
        return new_parser(table, self._registry, self.marks)

    def _account(
        self,
        found: Mapping[str, str],
        columns: Columns,
        level: Level,
        coin: bool,
        blank: list[int],
    ) -> bool:
        """Declare every key. Returns whether one is not understood. blank: takes blank ones."""
        accounting, needless = self._layout.accounting, columns.needless or {}
        fields = {index: field for field, index in columns.at.items()}
        wide = {amount.index: amount.coin for amount in columns.wide}
        doubted = False
        for index, (key, example) in enumerate(found.items()):
            if key in level.inherited:
                continue
            part = f"key {'.'.join(filter(None, (level.path, key)))!r}"
            end = key.rpartition(".")[2]
            above = self._not_understood(key, found) if index in fields or index in wide else ""
            if above:
                accounting.unknown(part, _key_remedy(above, key, coin=coin), example)
                doubted = True
            elif index in fields and (coin or normal(end) not in NAMES_A_COIN):
                accounting.used(part, meaning(fields[index], columns), example)
            elif index in wide:
                accounting.used(part, f"amount of {wide[index]}", example)
            elif needless.get(index) == AS_YOU_SAY:
                accounting.needless(part, AS_YOU_SAY, example)
            elif normal(end) in WHY_NEEDLESS and (coin or normal(end) not in NAMES_A_COIN):
                accounting.needless(part, WHY_NEEDLESS[normal(end)], example)
            elif index in needless and (coin or normal(end) not in NAMES_A_COIN):
                accounting.needless(part, needless[index], example)
            elif not example.strip():
                accounting.needless(part, "blank")
                blank.append(index)
            else:
                remedy = f"use {mapping('FIELD', key)}, or {mapping('ignore', key)}"
                accounting.unknown(part, remedy, example)
                doubted = True
        return doubted

    def _not_understood(self, key: str, found: Mapping[str, str]) -> str:
        """The first name before the end of a dotted key that nobody knows; "" if there is none.

        A coin or network is one that the row itself names, or it is of another one.
        """
        names = key.split(".")[:-1]
        if not names or normal(key) in map(normal, self._chosen.values()):
            return ""
        of_row = {normal(v) for k, v in found.items() if _end(k) in ("coin", "network")}
        for name in names:
            place = is_coin(name, self._registry) or is_network(name, self._registry)
            known = normal(name) in of_row if place else is_structure(name)
            if _end(key) == "address" and _end(name) == "coin":
                known = False  # it may be the contract of that coin
            said = bool(self._options.asset) and not (place or always_asked(name))
            if not (known or said or ADDRESS.fullmatch(name)):
                return name
        return ""


def _end(key: str) -> str:
    return BY_NAME.get(normal(key.rpartition(".")[2]), "")


def _key_remedy(name: str, key: str, *, coin: bool) -> str:
    if not (coin or always_asked(name)):
        return f"{name!r} may name the coin: use --asset"
    return (
        f"{name!r} may mean that it is not a holding of the row, or give its unit: use "
        f"{mapping('FIELD', key)} if it is one, or {mapping('ignore', name)} to leave it out"
    )


def _last_names(keys: tuple[str, ...], chosen: Mapping[str, str]) -> list[str]:
    """Column names for keys: the whole dotted name where it or the user says so, else its end."""
    wanted = {normal(name) for name in chosen.values()}
    direct = header_names(key for key in keys if "." not in key)
    names = []
    for key in keys:
        end = key.rpartition(".")[2]
        means = header_names([end])
        if normal(key) in wanted or "." not in key or means <= direct:
            names.append(key)
        else:
            names.append(end)
    return names


def scalar_text(value: object) -> str:
    """A JSON scalar as text, numbers in plain digits; "" for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        # 1e400 and 1e999999999 are refused as amounts; written out, the latter would fill memory.
        if isinstance(exponent, int) and -100 <= exponent <= 100:
            return format(value, "f")
    return str(value)
