"""20-byte EVM addresses: hex with EIP-55 checksum, and the bech32 spelling some chains use."""

from __future__ import annotations

import re

from scanner.errors import AddressFormatError
from scanner.model.addresses import bech32
from scanner.model.addresses.interface import Address
from scanner.model.addresses.keccak import keccak256

_HEX_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{40}")
# EIP-55: a letter is upper-case where the hash has a nibble of 8 or more. As ASCII, upper-case is
# the letter minus 0x20, so both tables give 0x20 or 0 and one AND of big integers does it.
_LETTERS = bytes(0x20 if c in b"abcdef" else 0 for c in range(256))
_HIGH_NIBBLES = bytes(0x20 if c in b"89abcdef" else 0 for c in range(256))


def checksum_text(payload: bytes) -> str:
    """Write 20 bytes as 0x-hex with EIP-55 capitals."""
    letters = payload.hex().encode()
    hashed = keccak256(letters).hex().encode()[:40]
    capitals = int.from_bytes(letters.translate(_LETTERS), "big") & int.from_bytes(
        hashed.translate(_HIGH_NIBBLES), "big"
    )
    return "0x" + (int.from_bytes(letters, "big") - capitals).to_bytes(40, "big").decode()


def evm_address(network: str, payload: bytes) -> Address:
    """Make the Address of 20 account bytes."""
    return Address(network, "evm", payload, "0x" + payload.hex(), checksum_text(payload))


class EvmCodec:
    """Decodes 0x addresses; mixed case must carry the right EIP-55 checksum."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network

    def decode(self, text: str) -> Address:
        """Decode 0x and 40 hex digits. Raises AddressFormatError."""
        if not _HEX_ADDRESS.fullmatch(text):
            raise AddressFormatError(self.network, text, "not 0x and 40 hex digits")
        digits = text[2:]
        address = evm_address(self.network, bytes.fromhex(digits))
        if digits != address.text[2:] and digits not in (digits.lower(), digits.upper()):
            raise AddressFormatError(self.network, text, "wrong EIP-55 checksum (capitals)")
        return address


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
