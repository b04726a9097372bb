"""Raw transactions taken apart, and checked against the id they were asked by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from scanner.chains.bitcoin.coins import MAX_COIN
from scanner.chains.bitcoin.utxo_format import MalformedError, TruncatedError, read_compact

MAX_SIZE = 4_000_000
"""Bytes: no block has room for more."""


_WITNESS, _EXTENSION = 1, 8
_MARKS = frozenset(bytes((0, flags)) for flags in (1, 8, 9))
"""What stands in place of a number of inputs, and says which parts follow."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction. txid: as shown (reversed).

    inputs: (txid as shown, output number) of the coins spent; none for a coinbase.
    outputs: (script, amount in base units), by output number. size: without witness.
    """

    txid: str
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[bytes, int], ...]
    coinbase: bool
    size: int


def sha256d(data: bytes) -> bytes:
    """SHA-256 twice."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def parse_transaction(data: bytes) -> Transaction:
    """Read one whole transaction, with or without witness (BIP-144).

    Litecoin marks the last transaction of a block, which pays what left the extension block, with a
    bit of its own (LIP-3; Litecoin Core, primitives/transaction.h): it has an empty part more.
    Raises ValueError (MalformedError, TruncatedError) for anything else, bytes left over included.
    """
    reader, flags = _begun(data)
    start = reader.at
    inputs = [reader.input() for _ in range(reader.count(41))]
    outputs = tuple(reader.output() for _ in range(reader.count(9)))
    body = data[start : reader.at]
    if flags & _WITNESS:
        for _ in inputs:
            for _ in range(reader.count(1)):
                reader.take(reader.compact())
    if flags & _EXTENSION and reader.take(1) != b"\0":
        raise MalformedError(reader.at, "a transaction of the extension block")
    locktime = reader.take(4)
    if reader.at != len(data) or not inputs:
        raise MalformedError(reader.at, "not a whole transaction")
    plain = data[:4] + body + locktime
    coinbase = len(inputs) == 1 and inputs[0] == ("00" * 32, 0xFFFFFFFF)
    spent = () if coinbase else tuple(inputs)
    return Transaction(sha256d(plain)[::-1].hex(), spent, outputs, coinbase, len(plain))


Unlocking = tuple[bytes, tuple[bytes, ...]]
"""What an input shows to spend its coin: scriptSig and witness stack."""


def read_unlocking(data: bytes) -> tuple[Unlocking, ...]:
    """What each input of a whole transaction shows, in order; the witness is not part of its id.

    Raises ValueError (MalformedError, TruncatedError); never for what `parse_transaction` reads.
    """
    reader, flags = _begun(data)
    scripts = [reader.signature_script() for _ in range(reader.count(41))]
    for _ in range(reader.count(9)):
        reader.output()
    stacks = [reader.stack() if flags & _WITNESS else () for _ in scripts]
    return tuple(zip(scripts, stacks, strict=True))


def _begun(data: bytes) -> tuple[_Reader, int]:
    """A reader that stands where the inputs begin, and which parts follow behind the outputs."""
    reader = _Reader(data)
    reader.take(4)
    flags = data[5] if data[4:6] in _MARKS else 0
    if flags:
        reader.take(2)
    return reader, flags


class _Reader:
    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_SIZE:
            raise MalformedError(0, "a transaction larger than a block")
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise TruncatedError
        part = self.data[self.at : end]
        self.at = end
        return part

    def compact(self) -> int:
        value, self.at = read_compact(self.data, self.at)
        return value

    def count(self, least: int) -> int:
        """A number of things of at least `least` bytes each: no more than could be there."""
        number = self.compact()
        if number * least > len(self.data) - self.at:
            raise TruncatedError
        return number

    def input(self) -> tuple[str, int]:
        txid = self.take(32)[::-1].hex()
        vout = int.from_bytes(self.take(4), "little")
        self.take(self.compact())
        self.take(4)
        return txid, vout

    def signature_script(self) -> bytes:
        self.take(36)
        script = self.take(self.compact())
        self.take(4)
        return script

    def stack(self) -> tuple[bytes, ...]:
        return tuple(self.take(self.compact()) for _ in range(self.count(1)))

    def output(self) -> tuple[bytes, int]:
        amount = int.from_bytes(self.take(8), "little")
        if amount > MAX_COIN:
            raise MalformedError(self.at - 8, "an amount that is too large")
        return self.take(self.compact()), amount
