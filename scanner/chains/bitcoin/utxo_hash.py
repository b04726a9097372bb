"""The hash of a whole UTXO set, `hash_serialized_3`: what a node says its set is.

SHA-256 twice over every coin, transactions in ascending order and outputs in numeric order:
txid, output number (u32), 2 * height + coinbase (u32), amount (u64), script with its length.
Source: Bitcoin Core src/kernel/coinstats.cpp.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Protocol

from scanner.chains.bitcoin.utxo_format import decompress_script, read_group

_COIN = struct.Struct("<IIq")


class SetHash(Protocol):
    """Hashes whole groups of a snapshot, buffer by buffer.

    newest: the highest block among the coins so far. At the end it is the block of the set: a
    block's own reward cannot be spent in it, so that its height is always there (a block whose
    reward goes to nobody excepted).
    """

    newest: int

    def update(self, data: bytes, end: int) -> None:
        """Take the groups of `data` up to `end`. Raises MalformedError."""
        ...

    def result(self) -> str:
        """The hash as nodes show it: reversed hex."""
        ...


class PureSetHash:
    """The hash with nothing but Python: about 0.3 million coins a second."""

    def __init__(self) -> None:
        self.newest = 0
        self._hash = hashlib.sha256()

    def update(self, data: bytes, end: int) -> None:
        """See SetHash."""
        at = 0
        while at < end:
            written, at, newest = serialize_group(data, at)
            self.newest = max(self.newest, newest)
            self._hash.update(written)

    def result(self) -> str:
        """See SetHash."""
        return hashlib.sha256(self._hash.digest()).digest()[::-1].hex()


def serialize_group(data: bytes, at: int) -> tuple[bytes, int, int]:
    """Write one group's coins as they are hashed.

    Returns the bytes, where the group ends, and its block. Raises MalformedError.
    """
    txid, coins, end = read_group(data, at)
    parts: list[bytes] = []
    for coin in sorted(coins, key=lambda c: c.vout):
        script = decompress_script(coin.script)
        code = coin.height << 1 | coin.coinbase
        size = len(script)
        length = bytes([size]) if size < 253 else b"\xfd" + size.to_bytes(2, "little")
        parts += (txid, _COIN.pack(coin.vout, code, coin.amount), length, script)
    return b"".join(parts), end, max(coin.height for coin in coins)
