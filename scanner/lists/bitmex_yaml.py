"""BitMEX's reserve file: YAML of some 200 MB, read as events, one address at a time.

At the top: height, chain, optional blockhash, claim {m, n}, total (satoshi), keys, xpub. Then
`address`, a list of {addr_type, addr, script, balance}, and since 2026 `custodial`, a list of
{addr_type, addr, balance} held by third parties. Balances are satoshi. `total` is the sum over
all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, NoReturn

from scanner.errors import AmountFormatError, ListFormatError, clip
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.layout import TableLayout
from scanner.lists.names import WHY_NEEDLESS, normal
from scanner.lists.remedies import mapping
from scanner.lists.rows import RowParser
from scanner.model.amount import parse_amount
from scanner.model.claim import DeclaredTotal, Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.network import Holding
from scanner.model.registry import Registry

CHAINS = {"main": "BTC"}
"""Chain names of the file, and the coin whose network they are. Test chains hold no reserves."""

MAX_VALUE = 4_000_000
"""Bytes of the longest single value."""

_MARK = re.compile(rb"^(height|chain|claim|total|address):", re.MULTILINE)
_CELLS = {"addr": 0, "balance": 1, "script": 2}
_LAYOUT = TableLayout(
    (("address", 0), ("amount", 1), ("height", 4), ("row_type", 3), ("script", 2)),
    width=5,
    unit_is_base=True,
)
_FACTS = {
    "height": "height",
    "chain": "network",
    "blockhash": "hash of that block, for people",
    "claim": "how many keys must sign, for people",
    "total": "total of the list",
    "keys": "the publisher's keys, for people",
    "xpub": "the publisher's keys, for people",
}
_OF_ROWS = frozenset({"height", "chain"})  # must stand before the rows: these pass by only once
_SINGLE = _OF_ROWS | {"total"}
_ROW_KEYS = {
    "addr": "address", "balance": "amount in base units", "script": "script",
    "addr_type": "type of row",
}  # fmt: skip
_LISTS = {"address": "", "custodial": "custodial"}
_OCTAL = re.compile(r"0[0-7]+")  # a number of another base to YAML 1.1, and of ten to 1.2
_BATCH = 1000
_MOST_KEYS = 64
_TELLING = 20  # characters of a value that says more than a key's name


class BitmexYaml:
    """Reads the proof-of-reserves YAML."""

    name = "bitmex_yaml"

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether at least three of the file's own keys stand at the left margin."""
        return len({match[1] for match in _MARK.finditer(head)}) >= 3

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Rows in batches; the declared total last."""
        document = _Document(stream, registry, options, layout)
        batch: list[Row] = []
        for row in document.rows():
            batch.append(row)
            if len(batch) >= _BATCH:
                yield ReadyBlock(batch)
                batch = []
        yield ReadyBlock(batch)


class _Feed:
    """Hands bytes to the YAML parser; gives up on a value that does not end."""

    def __init__(self, stream: Bytes, file: str) -> None:
        self.file, self.since_event = file, 0
        self._stream = stream

    def read(self, size: int = 65_536, /) -> bytes:
        data = self._stream.read(size)
        self.since_event += len(data)
        if self.since_event > MAX_VALUE:
            raise ListFormatError(self.file, f"a single value is longer than {MAX_VALUE} bytes")
        return data


class _Event(NamedTuple):
    """One event: kind is "scalar", "[", "]", "{", "}", "alias" or "" (of no meaning here)."""

    kind: str
    text: str
    line: int
    column: int


def _events(feed: _Feed) -> Iterator[_Event]:
    """Events of a YAML stream. Raises ListFormatError where it is not YAML."""
    import yaml  # noqa: PLC0415 - heavy, and only a list in YAML needs it

    kinds: dict[type, str] = {
        yaml.ScalarEvent: "scalar",
        yaml.SequenceStartEvent: "[",
        yaml.SequenceEndEvent: "]",
        yaml.MappingStartEvent: "{",
        yaml.MappingEndEvent: "}",
        yaml.AliasEvent: "alias",
    }
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(feed, Loader=loader):
            feed.since_event = 0
            kind, mark = kinds.get(type(event), ""), event.start_mark
            assert mark is not None  # noqa: S101 - every parsed event has its place
            text = event.value if isinstance(event, yaml.ScalarEvent) else ""
            yield _Event(kind, text, mark.line + 1, mark.column + 1)
    except yaml.MarkedYAMLError as e:
        place = e.problem_mark or e.context_mark
        line, column = (place.line + 1, place.column + 1) if place else (None, None)
        what = f"not YAML: {clip(str(e.problem or e.context), 120)}"
        raise ListFormatError(feed.file, what, line, column) from None
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        what = f"not YAML: {clip(' '.join(str(e).split()), 120)}"
        raise ListFormatError(feed.file, what) from None


class _Document:
    """Walks the events of one file."""

    def __init__(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> None:
        self._events = _events(_Feed(stream, options.file))
        self._registry, self._options, self._layout = registry, options, layout
        self._facts: dict[str, tuple[str, int]] = {}
        self._seen: set[str] = set()
        self._holding: Holding | None = None
        self._begun = False  # whether a list of addresses has been opened
        self._nested = False  # whether the value just read has lists or mappings in it
        self._ignored = {normal(n) for n in options.columns.get("ignore", "").split(",")} - {""}

    def rows(self) -> Iterator[Row]:
        """Every address of the file, then its total."""
        top = self._next()
        while not top.kind:
            top = self._next()
        if top.kind != "{":
            self._fail("the document must be a mapping (height: .., address: ..)", top)
        while (event := self._next()).kind != "}":
            key = self._key(event, self._seen)
            if self._begun and key in _OF_ROWS:
                self._fail(
                    f"{key!r} comes after the addresses that it describes: put it first", event
                )
            value = self._next()
            if key in _LISTS:
                yield from self._addresses(value, _LISTS[key])
            else:
                self._fact(key, value)
        self._nothing_after()
        yield from self._total()
        self._layout.variant = self._variant()

    def _nothing_after(self) -> None:
        """A second document would be a second list: neither may stand for both."""
        for event in self._events:
            if event.kind:
                self._fail("a second YAML document begins: put each into a file of its own", event)

    def _next(self) -> _Event:
        event = next(self._events, None)
        if event is None:
            raise ListFormatError(self._options.file, "the YAML document ends too soon")
        if event.kind == "alias":
            self._fail("an alias (*name), which is not allowed here", event)
        return event

    def _key(self, event: _Event, seen: set[str]) -> str:
        """A mapping's key. Of two equal ones nobody can say which is meant."""
        if event.kind != "scalar":
            self._fail("a key must be a single value", event)
        if event.text in seen:
            self._fail(f"{clip(event.text)!r} is given twice", event)
        if len(seen) >= _MOST_KEYS:
            self._fail(f"more than {_MOST_KEYS} keys in one mapping", event)
        seen.add(event.text)
        return event.text

    def _fact(self, key: str, value: _Event) -> None:
        """Keep a scalar, or the scalars of a small list or mapping, as a note."""
        known = _FACTS.get(key)
        if key in _SINGLE and value.kind != "scalar":
            self._fail(f"{key!r} must be a single value", value)
        if key in _SINGLE and _OCTAL.fullmatch(value.text):
            self._fail(f"{key!r} {_two_bases(value.text)}", value)
        self._nested = value.kind == "{" and key != "claim"
        if known is None and value.kind != "scalar":
            text = self._skipped()
        else:
            text = value.text if value.kind == "scalar" else ",".join(self._scalars_within())
        self._facts[key] = text, value.line
        self._layout.notes[clip(key)] = clip(text, 4000)
        part, accounting = f"key {clip(key)!r}", self._layout.accounting
        if known and self._nested:
            accounting.unknown(part, f"it has more than {known}: leave the rest out", text)
        elif known:
            accounting.used(part, known, text)
        elif normal(key) in WHY_NEEDLESS:
            accounting.needless(part, WHY_NEEDLESS[normal(key)], text)
        elif normal(key) in self._ignored:
            accounting.needless(part, "as you asked", text)
        else:
            remedy = f"rows stand under 'address' and 'custodial'; use {mapping('ignore', key)}"
            accounting.unknown(part, remedy, text)

    def _skipped(self) -> str:
        """Pass over a list or mapping of any length; gives its first long value."""
        first, depth = "", 1
        while depth:
            event = self._next()
            if event.kind == "scalar":
                first = first if len(first) > _TELLING else event.text
            else:
                depth += 1 if event.kind in ("{", "[") else -1
        return first

    def _scalars_within(self) -> list[str]:
        """Scalars of the list or mapping whose start was just read, up to its end."""
        found: list[str] = []
        depth = 1
        while depth:
            event = self._next()
            self._nested |= event.kind in ("{", "[")
            if event.kind == "scalar":
                if len(found) >= _BATCH:
                    self._fail("too many values", event)
                found.append(event.text)
            else:
                depth += 1 if event.kind in ("{", "[") else -1
        return found

    def _addresses(self, opened: _Event, kind: str) -> Iterator[Row]:
        if opened.kind == "scalar" and opened.text in ("", "null", "~"):
            return
        if opened.kind != "[":
            self._fail("addresses must be a list", opened)
        self._begun = True
        parser = self._parser(opened)
        height = self._facts.get("height", ("", 0))[0]
        while (event := self._next()).kind != "]":
            yield self._row(parser, event, kind, height)
            if parser.asides:
                yield from parser.taken_asides()

    def _row(self, parser: RowParser, opened: _Event, kind: str, height: str) -> Row:
        if opened.kind != "{":
            if opened.kind == "[":
                self._scalars_within()
            return _bad(opened.line, "not a mapping of addr, script and balance", opened.text)
        cells = ["", "", "", kind, height]
        problem = ""
        seen: set[str] = set()
        while (event := self._next()).kind != "}":
            key = self._key(event, seen)
            value = self._next()
            if value.kind != "scalar":
                self._scalars_within()
                problem = problem or f"{clip(key)!r} is not a single value"
            elif key == "balance" and _OCTAL.fullmatch(value.text):
                problem = problem or f"balance {_two_bases(value.text)}"
            elif key == "addr_type":
                cells[3] = f"{kind} {value.text}".strip()
            elif key in _CELLS:
                cells[_CELLS[key]] = value.text
            else:
                self._stray(key, value.text)
        shown = clip(", ".join(cells), 200)
        if problem:
            return _bad(opened.line, problem, shown)
        return parser.row(cells, opened.line, shown) or _bad(opened.line, "no address", shown)

    def _stray(self, key: str, text: str) -> None:
        part = f"key 'address[].{clip(key)}'"
        if normal(key) in self._ignored:
            self._layout.accounting.needless(part, "as you asked", text)
        elif normal(key) in WHY_NEEDLESS:
            self._layout.accounting.needless(part, WHY_NEEDLESS[normal(key)], text)
        else:
            remedy = f"if it says nothing about the row, use {mapping('ignore', key)}"
            self._layout.accounting.unknown(part, remedy, text)

    def _parser(self, opened: _Event) -> RowParser:
        """The parser of the rows. `height` and `chain` must stand before them."""
        self._holding = self._find_holding(opened)
        for name, meaning in _ROW_KEYS.items():
            self._layout.accounting.used(f"key 'address[].{name}'", meaning)
        return RowParser(replace(_LAYOUT, network=self._holding.network), self._registry)

    def _find_holding(self, opened: _Event) -> Holding:
        if self._options.network:
            network = self._registry.network(self._options.network)
            return self._registry.holding(network.native, network.name)
        chain, line = self._facts.get("chain", ("", opened.line))
        if not chain:
            raise ListFormatError(self._options.file, "no chain before the addresses", line)
        if chain not in CHAINS:
            what = f"chain {clip(chain)!r} holds no reserves; use --network to read it anyway"
            raise ListFormatError(self._options.file, what, line)
        return self._registry.resolve(CHAINS[chain])

    def _total(self) -> Iterator[Row]:
        holding = self._holding
        if "total" not in self._facts or holding is None:
            return
        text, line = self._facts["total"]
        amount, reason = None, ""
        try:
            amount = parse_amount(text, 0)
        except AmountFormatError as e:
            reason = f"total {clip(text)!r}: {e.reason}"
        yield DeclaredTotal(
            line,
            "total",
            holding.asset,
            holding.network,
            holding.decimals,
            amount,
            None,
            reason=reason,
            places=holding.decimals,
        )

    def _variant(self) -> str:
        claim = self._facts.get("claim", ("", 0))[0].split(",")
        return f"claim {claim[1]} of {claim[3]}" if len(claim) == 4 else "no claim"

    def _fail(self, what: str, event: _Event) -> NoReturn:
        raise ListFormatError(self._options.file, what, event.line, event.column)


def _two_bases(text: str) -> str:
    return (
        f"{clip(text)!r} begins with 0: some programs read it in base 8, so write it without the 0"
    )


def _bad(line: int, reason: str, text: str) -> UnreadableRow:
    return UnreadableRow(line, 0, FindingKind.BAD_ROW, reason, clip(text, 200))
