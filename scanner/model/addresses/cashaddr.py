"""CashAddr addresses, with or without prefix; also the 40-bit checksum Conflux shares.

Parameter text: prefixes that mean this network, the first one preferred: "bitcoincash".
Source: the Bitcoin Cash address specification (cashaddr.md).
"""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import getitem, xor
from typing import Any

from scanner.errors import AddressFormatError
from scanner.model.addresses import bech32, scripts
from scanner.model.addresses.interface import Address

_TOKEN_AWARE = 0x10
_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
# Version byte: four type bits, then three for the size, 0 for 160 bits.
# Types 2 and 3 say that the wallet understands tokens; they pay to the same scripts.
_TYPES = {
    0x00: ("p2pkh", scripts.p2pkh),
    0x08: ("p2sh", scripts.p2sh),
    0x10: ("p2pkh", scripts.p2pkh),
    0x18: ("p2sh", scripts.p2sh),
}


class CashAddrCodec:
    """Decodes and encodes CashAddr P2PKH and P2SH addresses with 20-byte hashes."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network
        self.prefixes = tuple(parameters.split("+"))

    def decode(self, text: str) -> Address:
        """Decode with or without its prefix. Raises AddressFormatError."""
        try:
            prefix, letters = self._letters(text)
            data = bech32.to_bytes(letters)
        except ValueError as e:
            raise AddressFormatError(self.network, text, str(e)) from None
        kind = _TYPES.get(data[0]) if len(data) == 21 else None
        if kind is None:
            raise AddressFormatError(self.network, text, "address type is not P2PKH or P2SH")
        name, script = kind
        canonical = f"{prefix}:{text.lower().rpartition(':')[2]}"
        if data[0] >= _TOKEN_AWARE:
            canonical = self.encode(name, data[1:])
        return Address(self.network, name, data[1:], script(data[1:]).hex(), canonical)

    def encode(self, name: str, payload: bytes) -> str:
        """Write a 20-byte hash as a "p2pkh" or "p2sh" address with its prefix."""
        kind = next(version for version, (known, _) in _TYPES.items() if known == name)
        letters = bech32.from_bytes(bytes((kind,)) + payload)
        return f"{self.prefixes[0]}:{letters}{checksum_letters(self.prefixes[0], letters)}"

    def _letters(self, text: str) -> tuple[str, str]:
        if not text.isascii():
            raise ValueError("not ASCII")
        lower = text.lower()
        if text not in (lower, text.upper()):
            raise ValueError("mixed upper and lower case")
        prefix, colon, data = lower.rpartition(":")
        prefixes = (prefix,) if colon else self.prefixes
        if prefixes[0] not in self.prefixes:
            raise ValueError(f"prefix is not {self.prefixes[0]!r}")
        if not 8 < len(data) <= 112:
            raise ValueError("wrong length")
        for candidate in prefixes:
            if is_valid(candidate, data):
                return candidate, data[:-8]
        raise ValueError("wrong checksum")


def is_valid(prefix: str, letters: str) -> bool:
    """Whether the last 8 letters are the checksum. Raises ValueError on a foreign letter."""
    return _checksum(prefix, letters) == 1


def checksum_letters(prefix: str, letters: str) -> str:
    """Give the 8 letters that follow `letters` under that prefix."""
    remainder = _checksum(prefix, letters + "qqqqqqqq") ^ 1
    return "".join(bech32.CHARSET[remainder >> 5 * (7 - i) & 31] for i in range(8))


def _checksum(prefix: str, letters: str) -> int:
    size = len(letters)
    try:
        return reduce(
            xor, map(getitem, _tables(size), letters.encode("ascii")), _start(prefix, size)
        )
    except (TypeError, UnicodeEncodeError):  # the tables hold None for foreign letters
        raise ValueError("a character is not of the address alphabet") from None


def _step(checksum: int, value: int) -> int:
    top = checksum >> 35
    checksum = (checksum & 0x07FFFFFFFF) << 5 ^ value
    for i, generator in enumerate(_GENERATOR):
        if top >> i & 1:
            checksum ^= generator
    return checksum


@lru_cache(maxsize=256)
def _start(prefix: str, letters: int) -> int:
    checksum = 1
    for value in (*(ord(c) & 31 for c in prefix), *([0] * (letters + 1))):
        checksum = _step(checksum, value)
    return checksum


@lru_cache(maxsize=128)
def _tables(letters: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(_row(position) for position in reversed(range(letters)))


@lru_cache(maxsize=128)
def _row(position: int) -> tuple[Any, ...]:
    row: list[int | None] = [None] * 128
    for value, letter in enumerate(bech32.CHARSET):
        checksum = value
        for _ in range(position):
            checksum = _step(checksum, 0)
        row[ord(letter)] = checksum
    return tuple(row)
