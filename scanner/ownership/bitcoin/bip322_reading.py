"""Takes BIP-322 signatures apart: which variant, the witness stack, the finalized PSBT.

Everything here reads hostile bytes; every error is a ValueError with the reason.
Source: BIP-322 version 2.0.0; BIP-141 for witness stacks; BIP-174 for PSBTs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scanner.ownership.primitives.base64text import decode_base64

MAX_TEXT = 200_000
"""Characters of the longest signature read: checking costs more than reading, see MAX_INPUTS."""
_MAX_ITEMS = 10_000
_PSBT_MAGIC = b"psbt\xff"
_UNSIGNED_TX, _PSBT_VERSION = b"\x00", b"\xfb"
_NON_WITNESS_UTXO, _WITNESS_UTXO = b"\x00", b"\x01"
_FINAL_SCRIPT_SIG, _FINAL_WITNESS = b"\x07", b"\x08"


class Variant(StrEnum):
    """The three encodings, by the prefix version 2.0 gives them."""

    SIMPLE = "smp"
    FULL = "ful"
    PROOF_OF_FUNDS = "pof"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A signature text taken apart. prefixed: whether it named its variant."""

    variant: Variant
    data: bytes
    prefixed: bool


@dataclass(frozen=True, slots=True)
class PsbtInput:
    """What a finalized PSBT says of one input; b"" and None where it says nothing.

    previous: the whole transaction that made the spent output. spent: that output, serialized.
    """

    script_sig: bytes
    witness: tuple[bytes, ...]
    previous: bytes
    spent: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """What one good signature shows. required: keys the address needs, 0 if not told by a script.

    keys: hex, distinct. notes: what a reader of the result should know. lock: the lock time
    that its script wants: what it shows holds from that height, or that time from 500,000,000 on.
    aged: whether its script wants coins of an age. leaf: the script of a
    taproot output that was signed by, b"" for any other.
    """

    required: int
    keys: tuple[str, ...]
    notes: tuple[str, ...] = ()
    lock: int = 0
    aged: bool = False
    leaf: bytes = b""


def read_text(text: str) -> Encoded:
    """Decode a signature text.

    Without a prefix it is what its bytes are: a PSBT by its magic, a witness stack if it reads as
    one to the last byte, else a transaction (drafts before version 2.0 had no prefixes).
    Raises ValueError.
    """
    if len(text) > MAX_TEXT:
        raise ValueError("signature is too long")
    prefixed = text[:3] in tuple(Variant)
    data = decode_base64(text[3:] if prefixed else text)
    if not data:
        raise ValueError("signature is not base64")
    if prefixed:
        return Encoded(Variant(text[:3]), data, True)
    if data.startswith(_PSBT_MAGIC):
        return Encoded(Variant.PROOF_OF_FUNDS, data, False)
    try:
        read_witness(data)
    except ValueError:
        return Encoded(Variant.FULL, data, False)
    return Encoded(Variant.SIMPLE, data, False)


def read_witness(data: bytes) -> tuple[bytes, ...]:
    """Read a serialized witness stack that takes all of `data`. Raises ValueError."""
    reader = Reader(data)
    count = reader.size()
    if count > _MAX_ITEMS:
        raise ValueError("too many witness items")
    stack = tuple(reader.sized() for _ in range(count))
    reader.expect_end()
    return stack


def read_psbt(data: bytes) -> tuple[bytes, list[PsbtInput]]:
    """Read a finalized version-0 PSBT: the unsigned transaction, and one entry per input map.

    The caller says whether there are as many maps as the transaction has inputs and outputs: the
    one output of `to_sign` has one map, the last. Raises ValueError.
    """
    reader = Reader(data)
    if reader.take(5) != _PSBT_MAGIC:
        raise ValueError("the proof of funds is not a PSBT")
    globals_ = _map(reader)
    if _PSBT_VERSION in globals_ and globals_[_PSBT_VERSION] != bytes(4):
        raise ValueError("PSBT is not version 0")
    if _UNSIGNED_TX not in globals_:
        raise ValueError("the PSBT has no unsigned transaction")
    maps = []
    while not reader.at_end():
        maps.append(_map(reader))
        if len(maps) > _MAX_ITEMS:
            raise ValueError("PSBT has too many maps")
    return globals_[_UNSIGNED_TX], [_psbt_input(m) for m in maps[:-1]]


def _psbt_input(fields: Mapping[bytes, bytes]) -> PsbtInput:
    script_sig = fields.get(_FINAL_SCRIPT_SIG, b"")
    witness = fields.get(_FINAL_WITNESS)
    return PsbtInput(
        script_sig,
        read_witness(witness) if witness is not None else (),
        fields.get(_NON_WITNESS_UTXO, b""),
        fields.get(_WITNESS_UTXO, b""),
    )


def _map(reader: Reader) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    while key := reader.sized():
        if key in fields:
            raise ValueError("PSBT repeats a key")
        fields[key] = reader.sized()
    return fields


class Reader:
    """Reads bytes from front to back; raises ValueError when they end too soon."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        """Next `count` bytes. Raises ValueError."""
        part = self._data[self._at : self._at + count]
        if len(part) != count:
            raise ValueError("ends too soon")
        self._at += count
        return part

    def size(self) -> int:
        """Next CompactSize, in its shortest form only. Raises ValueError."""
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        width = {0xFD: 2, 0xFE: 4, 0xFF: 8}[first]
        number = int.from_bytes(self.take(width), "little")
        if number < (0xFD, 0x10000, 0x1_0000_0000)[width.bit_length() - 2]:
            raise ValueError("a length is not in its shortest form")
        return number

    def sized(self) -> bytes:
        """Next CompactSize and as many bytes."""
        return self.take(self.size())

    def at_end(self) -> bool:
        """Whether everything is read."""
        return self._at == len(self._data)

    def expect_end(self) -> None:
        """Raise ValueError unless everything is read."""
        if not self.at_end():
            raise ValueError("bytes are left over")
