# mypy: disable-error-code="no-untyped-call"
"""Walks Bitcoin Core's file of all coins, and hashes them, in loops that numba compiles.

They run ahead over what is usual and leave the rest to the strict decoder, so that they report the
same coins as the engine of plain Python. Importing this module needs numba (the extra `fast`);
compiling takes about two seconds, once a process.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from scanner.chains.bitcoin.utxo_format import MalformedError, TruncatedError, read_group
from scanner.chains.bitcoin.utxo_hash import serialize_group
from scanner.chains.bitcoin.utxo_loops import KINDS, fill, serialize, walk
from scanner.chains.bitcoin.utxo_match import Found

Bytes = npt.NDArray[np.uint8]
_OUT = 1 << 16
_SERIALIZED = 8 << 20


class FastEngine:
    """The compiled walk: more than 15 million coins a second, whatever the number of scripts."""

    def __init__(self, wanted: Collection[bytes]) -> None:
        self._wanted = frozenset(wanted)
        scripts = list(self._wanted)
        # One zero byte more: a script of one byte has no second byte to look at.
        data = np.frombuffer(b"".join(scripts) + b"\0", np.uint8)
        ends = np.cumsum(np.fromiter(map(len, scripts), np.int64, len(scripts)))
        starts = np.concatenate((np.zeros(1, np.int64), ends))[: len(scripts)]
        first = data[starts].astype(np.int64)
        long = first >= 0x80  # a VARINT of two bytes
        codes = np.where(long, ((first & 0x7F) + 1) << 7 | data[starts + 1], first)
        offsets = np.ravel(np.column_stack((starts + 1 + long, ends)))
        room = max(1 << 10, 1 << (2 * len(scripts)).bit_length())
        filter_words = min(room // 8, 1 << 16)  # stays in the processor's second cache
        word_shift = np.uint64(64 - filter_words.bit_length() + 1)
        table_shift = np.uint64(64 - room.bit_length() + 1)
        while True:
            # Secret keys: nobody can make a list of addresses that all fall into one place.
            keys = np.frombuffer(secrets.token_bytes(40), np.uint64) | np.uint64(1)
            words, table = np.zeros(filter_words, np.uint64), np.zeros(room, np.uint64)
            setup = (keys, np.zeros(KINDS, np.uint8), words, word_shift, table, table_shift)
            if fill(data, offsets, codes, setup):
                break
        self._setup = setup
        self._out = np.zeros(_OUT, np.int64)

    def walk(self, data: bytes, last_txid: bytes) -> Found:
        """See Engine."""
        found = Found(0, 0, last_txid, [])
        array = np.frombuffer(data, np.uint8)
        try:
            if not last_txid:  # the compiled loop compares each transaction with the one before
                self._any_group(data, found)
            while found.end < len(data):
                if not self._usual_groups(data, array, found):
                    self._any_group(data, found)
        except TruncatedError:
            pass
        return found

    def _usual_groups(self, data: bytes, array: Bytes, found: Found) -> bool:
        """Run ahead. Returns whether the buffer of hits was full, and running on makes sense."""
        last = np.frombuffer(found.last_txid, np.uint8)
        stopped, coins, last_at, filled = walk(array, found.end, last, self._setup, self._out)
        found.groups += self._out[:filled].tolist()
        found.end, found.coins = int(stopped), found.coins + int(coins)
        if last_at >= 0:
            found.last_txid = data[last_at : last_at + 32]
        return found.end == len(data) or int(filled) == _OUT

    def _any_group(self, data: bytes, found: Found) -> None:
        start = found.end
        txid, coins, end = read_group(data, start)
        if txid <= found.last_txid:
            raise MalformedError(start, "a transaction out of order, or twice")
        if any(coin.script in self._wanted for coin in coins):
            found.groups.append(start)
        found.end, found.last_txid = end, txid
        found.coins += len(coins)


class FastSetHash:
    """The compiled serialization, hashed by OpenSSL."""

    def __init__(self) -> None:
        self.newest = 0
        self._hash = hashlib.sha256()
        self._out = np.zeros(_SERIALIZED, np.uint8)

    def update(self, data: bytes, end: int) -> None:
        """See SetHash."""
        array = np.frombuffer(data, np.uint8)
        at = 0
        while at < end:
            stopped, written, newest = serialize(array, at, end, self._out)
            self.newest = max(self.newest, int(newest))
            if written:
                self._hash.update(self._out[:written].data)
            at = int(stopped)
            if not written and at < end:
                text, at, newest = serialize_group(data, at)
                self.newest = max(self.newest, newest)
                self._hash.update(text)

    def result(self) -> str:
        """See SetHash."""
        return hashlib.sha256(self._hash.digest()).digest()[::-1].hex()
