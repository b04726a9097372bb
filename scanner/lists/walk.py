"""Walks JSON of any nesting: what has an address is a row, and all else is accounted for.

Rows come out as soon as they are whole, so a document of any length takes the memory of a few
objects. What stands above a row is about it: keys that name a coin or a network, and values of
the objects around it that were read before it. A value that comes after rows it may be about, an
object without address, a list of other things: each is declared as not understood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scanner.errors import clip
from scanner.lists.days import names_day
from scanner.lists.interface import Layout, ReadOptions
from scanner.lists.keys import ADDRESS
from scanner.lists.levels import INHERITED, Levels
from scanner.lists.names import BY_NAME, LISTS_OF_COINS, WHY_NEEDLESS, normal
from scanner.lists.objects import MAX_KEYS, ObjectRows, scalar_text
from scanner.lists.remedies import left_out, mapping
from scanner.lists.spoken import says_beside_rows
from scanner.model.claim import Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry

MAX_WAITING = 1000
"""Objects without address that wait for one around them; the rest are counted only."""
MAX_WEIGHT = 8_000_000
"""Characters of all their values."""

_OF_ROWS = frozenset({"amount", "base_units", "message", "signature1"})
_SIGNATURES = ("signature1", "signature2")
_LISTS_OF_SIGNATURES = frozenset({"signatures", "sigs"})
_MOST_FACTS = 50

TOTALS = (("reservesTotal.amount", "reservesTotal.currency"),)
"""Where documents state the total of all rows: (amount, coin), as dotted names."""


@dataclass(slots=True)
class _Waiting:
    """An object that is no row by itself. name: its key, "" in an array.

    above: keys between it and the object that it waits in.
    """

    name: str
    values: dict[str, str]
    in_array: bool
    above: tuple[str, ...] = ()


@dataclass(slots=True)
class _Frame:
    """One object or array that is open. name: its key, "" in an array.

    weight: characters of what waits. rows: made of it or in it so far; here: of its own elements.
    held: the one nested object with an address that may be part of this one. opened: keys, a few of
    them, that objects and arrays stand under.
    """

    is_array: bool
    name: str
    skipped: bool = False
    values: dict[str, str] = field(default_factory=dict)
    key: str = ""
    repeated: str = ""
    opened: set[str] = field(default_factory=set)
    waiting: list[_Waiting] = field(default_factory=list)
    held: dict[str, str] | None = None
    held_name: str = ""
    keyed: bool = False
    rows: int = 0
    here: int = 0
    dropped: int = 0
    weight: int = 0


class Walker:
    """Takes the events of one document, or of one after another, and gives rows.

    Events are those of `ijson.basic_parse`: ("start_map", None), ("map_key", "x"), ...
    """

    def __init__(self, registry: Registry, options: ReadOptions, layout: Layout) -> None:
        self._registry, self._layout = registry, layout
        self._objects = ObjectRows(registry, options, layout)
        self._above = Levels(registry, options, layout)
        self._ignored = {normal(n) for n in options.columns.get("ignore", "").split(",")} - {""}
        self._frames: list[_Frame] = []
        self.facts: dict[str, str] = {}
        self.paths: Counter[str] = Counter()
        self.count = 0
        self.line: int | None = None
        """The number rows get; None counts them."""

    @property
    def comma_shown(self) -> bool:
        """Whether an amount had the comma for its decimal mark."""
        return bool(self._objects.marks.comma)

    @property
    def depth(self) -> int:
        """Objects and arrays that are open."""
        return len(self._frames)

    def take(self, event: str, value: object) -> Iterator[Row]:
        """Take the next event; gives the rows that it completes."""
        if event == "map_key":
            self._frames[-1].key = str(value)
        elif event in ("start_map", "start_array"):
            self._open(event == "start_array")
        elif event in ("end_map", "end_array"):
            yield from self._close()
        elif self._frames:
            yield from self._scalar(self._frames[-1], scalar_text(value))

    def _open(self, is_array: bool) -> None:
        above = self._frames[-1] if self._frames else None
        name = above.key if above and not above.is_array else ""
        skipped = bool(above and above.skipped) or (bool(name) and normal(name) in self._ignored)
        if above and not above.is_array and not skipped:
            if name in above.opened or name in above.values:
                self._late(f"key {self._path(name)!r}", _TWICE, name)
            elif len(above.opened) < MAX_KEYS:
                above.opened.add(name)
        if skipped and not (above and above.skipped):
            self._layout.accounting.needless(f"key {self._path(name)!r}", "as you asked")
        self._frames.append(_Frame(is_array, name, skipped))

    def _path(self, last: str = "") -> str:
        parts = [f.name + "[]" * f.is_array for f in self._frames]
        return ".".join(filter(None, [*parts, last])).replace(".[]", "[]")

    def _scalar(self, frame: _Frame, text: str) -> Iterator[Row]:
        if frame.skipped:
            return
        if frame.is_array:
            yield from self._element(frame, text)
            return
        key = frame.key
        if ADDRESS.fullmatch(key) and normal(key) not in BY_NAME:
            yield from self._row({"address": key, "amount": text})
            return
        if key in frame.values or key in frame.opened:
            frame.repeated = key
            self._late(f"key {self._path(key)!r}", _TWICE, frame.values.get(key, text))
        if frame.rows and BY_NAME.get(normal(key)) in INHERITED:
            self._late(f"key {self._path(key)!r}", _LATE, text)
        if len(frame.values) <= MAX_KEYS:
            frame.values[key] = text

    def _late(self, part: str, remedy: str, text: str) -> None:
        self._layout.accounting.unknown(part, remedy, text)

    def _element(self, frame: _Frame, text: str) -> Iterator[Row]:
        """A scalar in an array: an address, a signature of the object around it, or unknown."""
        name = normal(frame.name)
        above = self._frames[-2] if len(self._frames) > 1 else None
        if name in _LISTS_OF_SIGNATURES and above is not None and not above.is_array:
            free = [s for s in _SIGNATURES if s not in above.values]
            if free:
                above.values[free[0]] = text
                return
        if name in LISTS_OF_COINS:
            remedy = f"it lists coins or contracts, no holders: use {mapping('ignore', frame.name)}"
            self._layout.accounting.unknown(f"values in {self._path()}", remedy, text)
        elif ADDRESS.fullmatch(text.strip()):
            if above is not None and above.is_array:
                remedy = "a list in a list: give its values keys, such as coin and address"
                self._layout.accounting.unknown(f"addresses in {self._path()}", remedy, text)
            frame.here += 1
            yield from self._row({"address": text})
        elif name in WHY_NEEDLESS and not says_beside_rows(text):
            self._layout.accounting.needless(f"values in {self._path()}", WHY_NEEDLESS[name], text)
        else:
            remedy = f"it has no address, and no key says what it is: {left_out(frame.name)}"
            self._layout.accounting.unknown(f"values in {self._path()}", remedy, text)

    def _close(self) -> Iterator[Row]:
        frame = self._frames[-1]
        if frame.skipped:
            self._frames.pop()
            return
        if frame.is_array:
            yield from self._close_array(frame)
        else:
            yield from self._close_object(frame)

    def _close_array(self, frame: _Frame) -> Iterator[Row]:
        path = self._path()
        if frame.here:
            for waiting in frame.waiting:
                yield from self._no_row(waiting)
            self._frames.pop()
            return
        self._frames.pop()
        above = self._frames[-1] if self._frames else None
        if above is None or above.is_array or frame.rows or frame.dropped:
            self._account_for(frame, path)
        else:
            for waiting in frame.waiting:
                if waiting.name:
                    waiting.above = (waiting.name, *waiting.above)
                waiting.name = frame.name
                above.waiting.append(waiting)

    def _no_row(self, waiting: _Waiting) -> Iterator[Row]:
        self.count += 1
        shown = clip(str(waiting.values), 200)
        reason = f"no address among {clip(', '.join(waiting.values), 100)}"
        number = self.line or self.count
        yield UnreadableRow(number, 0, FindingKind.BAD_ROW, reason, shown)

    def _close_object(self, frame: _Frame) -> Iterator[Row]:
        flat, lists = self._flat(frame)
        own = self._objects.names_address(flat)
        if frame.held is not None:
            inner = {f"{frame.held_name}.{k}": v for k, v in frame.held.items()}
            if not own and {BY_NAME.get(normal(k)) for k in flat} & _OF_ROWS:
                flat, own = flat | inner, True
            else:
                yield from self._row(frame.held, self._path(), (frame.held_name,))
        keyed = bool(ADDRESS.fullmatch(frame.name)) and not own and not frame.rows
        if keyed:
            flat, own = {"address": frame.name, **flat}, True
        path = self._path()
        self._frames.pop()
        above = self._frames[-1] if self._frames else None
        if not own:
            yield from self._no_address(frame, flat, lists, path)
        elif frame.repeated:
            self.count += 1
            reason = f"the key {clip(frame.repeated)!r} is given twice"
            number, shown = self.line or self.count, clip(str(flat), 200)
            yield UnreadableRow(number, 0, FindingKind.BAD_ROW, reason, shown)
        elif above is None or above.is_array or above.keyed or keyed or lists:
            yield from self._rows(flat, lists, path, () if keyed else (frame.name,))
        else:
            yield from self._hold(above, flat, frame.name, path)
        if above is not None and own:
            above.here += 1

    def _flat(self, frame: _Frame) -> tuple[dict[str, str], list[_Waiting]]:
        """An object's values, nested ones under dotted names; and what is of one coin each."""
        flat = dict(frame.values)
        lists = [w for w in frame.waiting if w.in_array or self._of_coin(w)]
        for waiting in frame.waiting:
            if waiting not in lists:
                start = ".".join((*waiting.above, waiting.name))
                flat.update({f"{start}.{k}": v for k, v in waiting.values.items()})
        return flat, lists

    def _hold(self, above: _Frame, flat: dict[str, str], name: str, path: str) -> Iterator[Row]:
        """Keep the first object with an address: the one around it may be the row."""
        if above.held is None:
            above.held, above.held_name = flat, name
            return
        above.keyed = True
        held, above.held = above.held, None
        yield from self._row(held, path, (above.held_name,))
        yield from self._row(flat, path, (name,))

    def _of_coin(self, waiting: _Waiting) -> bool:
        """Whether an object maps coins to amounts, or is under a coin's name."""
        if self._above.is_coin(waiting.name):
            return True
        return bool(waiting.values) and all(map(self._above.is_coin, waiting.values))

    def _rows(
        self, flat: dict[str, str], lists: list[_Waiting], path: str, names: tuple[str, ...]
    ) -> Iterator[Row]:
        """An object with an address, and what it says of several coins: a row for each."""
        states = {BY_NAME.get(normal(key.rpartition(".")[2])) for key in flat}
        parts: list[tuple[dict[str, str], tuple[str, ...]]] = []
        for waiting in lists:
            made = list(self._parts(waiting))
            if made and not {"amount", "base_units"} & states:
                map_of_coins = not (waiting.in_array or self._above.is_coin(waiting.name))
                around = (*waiting.above, waiting.name) if map_of_coins else waiting.above
                parts += [(part, around) for part in made]
            elif waiting.values:
                where = f"{path}.{waiting.name}".strip(".")
                self._unknown_object(where, waiting.values)
        for part, around in parts:
            own = {key: value for key, value in flat.items() if key not in part}
            yield from self._row(own | part, path, names + around)
        if not parts:
            yield from self._row(flat, path, names)

    def _parts(self, waiting: _Waiting) -> Iterator[dict[str, str]]:
        values, name = waiting.values, waiting.name
        ends = {BY_NAME.get(normal(key.rpartition(".")[2])) for key in values}
        if not waiting.in_array and self._above.is_coin(name):
            yield {"coin": name, **{f"{name}.{key}": value for key, value in values.items()}}
        elif not waiting.in_array:
            for coin, amount in values.items():
                yield {"coin": coin, "amount": amount}
        elif ends & {"coin", "amount", "base_units", "contract"}:
            yield {f"{name}.{key}": value for key, value in values.items()}

    def _no_address(
        self, frame: _Frame, flat: dict[str, str], lists: list[_Waiting], path: str
    ) -> Iterator[Row]:
        """An object that is no row: part of the one around it, facts, or not understood."""
        above = self._frames[-1] if self._frames else None
        if above is None or frame.rows:
            self._account_for(frame, path)
            return
        waiting = _Waiting(frame.name, flat, above.is_array)
        for inner in lists if frame.name else ():
            inner.above = (frame.name, *inner.above)
        if above.is_array and above.here:
            yield from self._no_row(waiting)
        elif lists and not flat and not above.is_array:
            above.waiting += lists
        elif len(above.waiting) < MAX_WAITING and above.weight < MAX_WEIGHT:
            above.waiting += [waiting, *lists]
            above.weight += sum(map(len, flat.values()))
        else:
            above.dropped += 1
            self._unknown_object(path, flat)

    def _account_for(self, frame: _Frame, path: str) -> None:
        """Declare what is left in an object or array whose rows, if any, have been made."""
        prefix = path + "." if path else ""
        for key, text in frame.values.items():
            self._fact(prefix + key, text, frame)
            self._day(key, text, frame)
        for waiting in frame.waiting:
            if waiting.in_array:
                where = prefix + waiting.name if waiting.name else path
                self._unknown_object(where, waiting.values)
                continue
            for key, text in waiting.values.items():
                self._fact(f"{prefix}{waiting.name}.{key}", text, None)
                self._day(key, text, frame)

    def _day(self, key: str, text: str, frame: _Frame) -> None:
        """Take in a day that an object around rows names, where none of them states a height."""
        name = key.rpartition(".")[2]
        if not (frame.rows and names_day(name) and self._objects.without_height):
            return
        stated = any(BY_NAME.get(normal(other)) == "height" for other in frame.values)
        if not stated and normal(name) not in self._ignored:
            self._layout.days.take(f"around {self.depth} {normal(name)}", text, name)

    def _unknown_object(self, path: str, values: Mapping[str, str]) -> None:
        names = path.replace("[]", "").rpartition(".")[2]
        remedy = "they have no address: name the key with --columns address=.."
        remedy += f", or {mapping('ignore', names)}" if names else ""
        telling = next((v for v in values.values() if ADDRESS.fullmatch(v.strip())), str(values))
        self._layout.accounting.unknown(f"objects in {path or 'the file'}", remedy, telling)

    def _fact(self, name: str, text: str, frame: _Frame | None) -> None:
        """A value that stands outside all rows."""
        end = normal(name.rpartition(".")[2])
        accounting, part = self._layout.accounting, f"key {name!r}"
        if len(self.facts) < _MOST_FACTS:
            self.facts[name] = clip(text, 200)
        if any(name in pair for pair in TOTALS):
            accounting.used(part, "total of the list", text)
        elif end in self._ignored or normal(name) in self._ignored:
            accounting.needless(part, "as you asked", text)
        elif frame is not None and frame.rows and BY_NAME.get(end) in INHERITED:
            accounting.used(part, f"{BY_NAME[end]} of the rows below", text)
        elif end in WHY_NEEDLESS and not ADDRESS.fullmatch(text) and not says_beside_rows(text):
            accounting.needless(part, WHY_NEEDLESS[end], text)
        elif not text:
            accounting.needless(part, "blank")
        else:
            remedy = f"if it says nothing about the rows, use {mapping('ignore', name)}"
            accounting.unknown(part, remedy, text)

    def _row(
        self, values: dict[str, str], path: str | None = None, names: tuple[str, ...] = ()
    ) -> Iterator[Row]:
        """Make a row of an object, with what the objects and keys around it say.

        names: keys it stands under itself, besides those of the open frames.
        """
        self.count += 1
        path = self._path() if path is None else path
        levels = tuple(n for n in (*(f.name for f in self._frames), *names) if n)
        around = self._above.around(values, [f.values for f in self._frames], levels)
        level = self._above.level(path, levels, values, around)
        for frame in self._frames:
            frame.rows += 1
        self.paths[path or "the file"] += 1
        yield from self._objects.rows(values | around, self.line or self.count, level)


_TWICE = "it is given twice, and other programs take one of them only: give it once"
_LATE = "it comes after rows that it may describe: put it before them"
