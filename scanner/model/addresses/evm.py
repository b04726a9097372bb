"""20-byte EVM addresses: hex with EIP-55 checksum, and the bech32 spelling some chains use."""

from __future__ import annotations

from binascii import hexlify, unhexlify

from scanner.errors import AddressFormatError
from scanner.model.addresses import bech32
from scanner.model.addresses.interface import Address
from scanner.model.addresses.keccak import keccak256

_new, _number = tuple.__new__, int.from_bytes
_PREFIXES = ("0x", "0X")
_CASE_BIT = bytes(0x20 if digit in b"89abcdef" else 0 for digit in range(256))
"""From a hex digit of 8 or more to the bit that tells capitals from small letters; 0 of others."""


def checksum_text(payload: bytes) -> str:
    """Write 20 bytes as 0x-hex with EIP-55 capitals."""
    return _spell(payload.hex())


def _spell(lower: str) -> str:
    """Write 40 lower-case hex digits with EIP-55 capitals.

    A letter is upper-case where the hash of the digits has a nibble of 8 or more. All 40 at once,
    as one number of ASCII codes: capitals lack the bit 0x20. A letter has bit 0x40 and a digit
    has not, which decides together with the hash's nibbles in hex, each turned into that bit.
    """
    letters = lower.encode()
    number = _number(letters, "big")
    high = _number(hexlify(keccak256(letters)[:20]).translate(_CASE_BIT), "big")
    return "0x" + (number - (number >> 1 & high)).to_bytes(40, "big").decode()


def evm_address(network: str, payload: bytes) -> Address:
    """Make the Address of 20 account bytes."""
    lower = payload.hex()
    # As `Address(..)` does, but quicker: lists have hundreds of thousands of rows.
    return _new(Address, (network, "evm", payload, "0x" + lower, _spell(lower)))


class EvmCodec:
    """Decodes 0x addresses; mixed case must carry the right EIP-55 checksum."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network

    def decode(self, text: str) -> Address:
        """Decode 0x and 40 hex digits. Raises AddressFormatError."""
        digits = text[2:]
        try:
            payload = unhexlify(digits)
        except ValueError:
            payload = b""
        if len(payload) != 20 or text[:2] not in _PREFIXES:
            raise AddressFormatError(self.network, text, "not 0x and 40 hex digits")
        lower = payload.hex()
        key, spelled = "0x" + lower, _spell(lower)
        plain = text == key or text == spelled or digits in (lower, spelled[2:])  # noqa: PLR1714 - quicker than a tuple of both
        if not plain and digits != digits.upper():
            raise AddressFormatError(self.network, text, "wrong EIP-55 checksum (capitals)")
        # As `Address(..)` does, but quicker: lists have hundreds of thousands of rows.
        return _new(Address, (self.network, "evm", payload, key, spelled))


class Bech32EvmCodec:
    """Decodes the bech32 spelling of the same 20 bytes. Parameter text: human part ("ex")."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network
        self.human = parameters

    def decode(self, text: str) -> Address:
        """Decode e.g. ex1... as the EVM address it spells. Raises AddressFormatError."""
        try:
            human, data, constant = bech32.split(text)
            payload = bech32.to_bytes(data)
        except ValueError as e:
            raise AddressFormatError(self.network, text, str(e)) from None
        if human != self.human or constant != bech32.BECH32 or len(payload) != 20:
            reason = f"not a bech32 {self.human}1 address of 20 bytes"
            raise AddressFormatError(self.network, text, reason)
        return evm_address(self.network, payload)

    def encode(self, payload: bytes) -> str:
        """Write 20 account bytes in bech32."""
        return bech32.join(self.human, bech32.from_bytes(payload), bech32.BECH32)
