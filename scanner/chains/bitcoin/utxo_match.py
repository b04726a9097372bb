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
_TEMPLATES = (
    (rb"\x00", 0, 19),  # P2PKH
    (rb"\x28\x51", 1, 31),  # P2TR
    (rb"\x1c", 2, 19),  # P2WPKH
    (rb"\x01", 0, 19),  # P2SH
    (rb"\x28\x00", 1, 31),  # P2WSH
    (rb"[\x02-\x05]", 0, 31),  # P2PK
)
"""How a script begins, and how many bytes are before and after one byte of its hash or key."""

_BEFORE_SCRIPT = rb"[\x00-\xfc][\x80-\xff]{0,3}[\x00-\x7f][\x80-\xff]{0,7}[\x00-\x7f]"
_USUAL = 5
"""Groups of up to this many coins are matched as a whole: nearly all."""

_FEW = 64
"""Of templates with more bytes than this at that place, every script is looked up."""

_WINDOW = 32 * 1024  # bytes: what is made of them stays in the processor's cache
_COUNTS = [(n, bytes([n])) for n in range(1, _USUAL + 1)]
_PARTS = re.Match.groups


def _coin_pattern(wanted: Collection[bytes]) -> bytes:
    """A pattern for one coin that gives its script only if it may be wanted.

    A list of addresses seldom has every template, and a look-up in a large set is the dearest step:
    templates that the list does not have are passed over, and where it has few scripts of one, all
    that differ from them in one byte of the hash. Those are tried first: most coins are of them.
    """
    by_start: dict[tuple[bytes, int], list[bytes]] = {}
    for script in wanted:
        by_start.setdefault((script[:2], len(script)), []).append(script)
    passed: list[bytes] = []
    asked: list[bytes] = []
    for head, before, after in _TEMPLATES:
        whole = head + b".{%d}" % (before + 1 + after)
        found = [g for g in by_start.values() if re.fullmatch(b"(?s)" + whole, g[0])]
        seen = {script[-after - 1] for some in found for script in some}
        if len(seen) <= _FEW:
            other = b"[^" + b"".join(b"\\x%02x" % n for n in sorted(seen)) + b"]" if seen else b"."
            passed.append(head + b".{%d}" % before * bool(before) + other + b".{%d}" % after)
        if seen:
            asked.append(whole)
    # Nothing is asked for: a group that nothing matches.
    passed.append(b"(" + (b"|".join(asked) or b"(?!)") + b")")
    return _BEFORE_SCRIPT + b"(?:" + b"|".join(passed) + b")"


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
