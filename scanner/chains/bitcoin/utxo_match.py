"""Finds the groups of a snapshot that may hold wanted scripts; the pure Python engine.

An engine only points at groups: `utxo_scan` decodes those strictly. So an engine may point at too
many, and must never miss one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from scanner.chains.bitcoin.utxo_format import (
    MalformedError,
    TruncatedError,
    read_compact,
    read_varint,
    script_end,
)


@dataclass(slots=True)
class Found:
    """What an engine made of one buffer.

    end: where the last whole group ends. coins: in the groups before it. last_txid: of the last
    group, as stored. groups: where the groups start that may hold wanted scripts.
    """

    end: int
    coins: int
    last_txid: bytes
    groups: list[int]


class Engine(Protocol):
    """Walks whole groups of a buffer."""

    def walk(self, data: bytes, last_txid: bytes) -> Found:
        """Walk from the start of `data`, which is the start of a group, as far as it goes.

        last_txid: of the group before, b"" for the first: transactions come in ascending order,
        which an engine may check in samples.
        Raises MalformedError.
        """
        ...


# Coins as they nearly always are, in one pattern that the regular expression engine runs through
# without help from Python: an output number below 253, a height, an amount, a usual script.
_TEMPLATES = {
    "p2pkh": rb"\x00.{20}",
    "p2sh": rb"\x01.{20}",
    "p2tr": rb"\x28\x51.{33}",
    "p2wsh": rb"\x28\x00.{33}",
    "p2wpkh": rb"\x1c.{22}",
    "p2pk": rb"[\x02-\x05].{32}",
}
_BEFORE_SCRIPT = rb"[\x00-\xfc][\x80-\xff]{0,3}[\x00-\x7f][\x80-\xff]{0,7}[\x00-\x7f]"
_USUAL = 5
"""Groups of up to this many coins are matched as a whole: nearly all."""

_FEW = 3
_WINDOW = 32 * 1024  # bytes: what is made of them stays in the processor's cache
_COUNTS = [(n, bytes([n])) for n in range(1, _USUAL + 1)]
_PARTS = re.Match.groups


def _coin_pattern(wanted: Collection[bytes]) -> bytes:
    """A pattern for one coin that gives its script only if it may be wanted.

    A list of addresses seldom has every template, and a look-up in a large set is the dearest step:
    templates that the list does not have are passed over, and a few scripts of one are named.
    """
    scripts: dict[str, list[bytes]] = {}
    for (start, size), some in _by_start(wanted).items():
        like = start.ljust(size, b"\0")
        for name, pattern in _TEMPLATES.items():
            if re.fullmatch(b"(?s)" + pattern, like):
                scripts.setdefault(name, []).extend(some)
    yes: list[bytes] = []
    no: list[bytes] = []
    for name, pattern in _TEMPLATES.items():
        found = scripts.get(name, ())
        few = len(found) <= _FEW
        yes += map(re.escape, found) if few else [pattern]
        no += [pattern] if few else []
    asked = b"|".join(yes) or b"(?!)"  # nothing is asked for, and nothing matches this
    return _BEFORE_SCRIPT + b"(?:(" + asked + b")" + b"".join(b"|" + p for p in no) + b")"


def _by_start(wanted: Collection[bytes]) -> dict[tuple[bytes, int], list[bytes]]:
    """Scripts by their first two bytes and their length, the first few of each."""
    found: dict[tuple[bytes, int], list[bytes]] = {}
    for script in wanted:
        some = found.setdefault((script[:2], len(script)), [])
        if len(some) <= _FEW:
            some.append(script)
    return found


def _group_pattern(coin: bytes) -> bytes:
    """A pattern for groups of 1 to _USUAL coins: the count, then each coin's script."""
    before = bytes([_USUAL])
    for count in range(_USUAL - 1, 0, -1):
        before = rb"(?:" + bytes([count]) + rb"|" + before + coin + rb")"
    return rb".{32}(?=(.))" + before + coin


class PureEngine:
    """The engine that needs nothing but Python: two to three million coins a second."""

    def __init__(self, wanted: Collection[bytes]) -> None:
        self._wanted = frozenset(wanted)
        coin = _coin_pattern(self._wanted)
        self._group = re.compile(b"(?s)" + _group_pattern(coin))
        self._coin = re.compile(b"(?s)" + coin)

    def walk(self, data: bytes, last_txid: bytes) -> Found:
        """See Engine."""
        found = Found(0, 0, last_txid, [])
        while found.end < len(data):
            self._usual_groups(data, found)
            if found.end < len(data):
                try:
                    self._any_group(data, found)
                except TruncatedError:
                    break
        return found

    def _usual_groups(self, data: bytes, found: Found) -> None:
        """Take the groups of one window, until one that is not as usual or not whole."""
        scanner = self._group.scanner(data, found.end, found.end + _WINDOW)  # type: ignore[attr-defined]
        matches = list(iter(scanner.match, None))
        if not matches:
            return
        flat = list(chain.from_iterable(map(_PARTS, matches)))
        counts = flat[:: _USUAL + 1]
        found.coins += sum(number * counts.count(written) for number, written in _COUNTS)
        if not self._wanted.isdisjoint(flat):
            hits = {i // (_USUAL + 1) for i, part in enumerate(flat) if part in self._wanted}
            found.groups += [matches[hit].start() for hit in sorted(hits)]
        self._check_order(data, matches[0].start(), found)
        found.end = matches[-1].end()
        last = matches[-1].start()
        found.last_txid = data[last : last + 32]

    def _check_order(self, data: bytes, start: int, found: Found) -> None:
        """Compare once a window; repeated groups with wanted coins are found when decoded."""
        if data[start : start + 32] <= found.last_txid:
            raise MalformedError(start, "a transaction out of order, or twice")

    def _any_group(self, data: bytes, found: Found) -> None:
        start = found.end
        txid = data[start : start + 32]
        count, at = read_compact(data, start + 32)
        if count == 0:
            raise MalformedError(start, "a transaction without coins")
        self._check_order(data, start, found)
        hit = False
        for _ in range(count):
            match = self._coin.match(data, at)
            if match is not None:
                at, script = match.end(), match[1]
            else:
                begin = _script_start(data, at)
                at = script_end(data, begin)
                script = data[begin:at]
            hit = hit or script in self._wanted
        if hit:
            found.groups.append(start)
        found.end, found.last_txid = at, txid
        found.coins += count


def _script_start(data: bytes, at: int) -> int:
    _, at = read_compact(data, at)
    _, at = read_varint(data, at, 0xFFFFFFFF)
    _, at = read_varint(data, at, 2**64 - 1)
    return at
