"""Tron addresses: Base58Check of 0x41 and the last 20 bytes of the key's Keccak-256."""

from __future__ import annotations

from scanner.errors import AddressFormatError
from scanner.model.addresses import base58
from scanner.model.addresses.interface import Address

_VERSION = b"\x41"


class TronCodec:
    """Decodes and encodes T... addresses."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network

    def decode(self, text: str) -> Address:
        """Decode a T... address; payload is the 20 bytes. Raises AddressFormatError."""
        try:
            data = base58.decode_check(text)
        except ValueError as e:
            raise AddressFormatError(self.network, text, str(e)) from None
        if len(data) != 21 or data[:1] != _VERSION:
            raise AddressFormatError(self.network, text, "not version 0x41 and 20 bytes")
        return Address(self.network, "tron", data[1:], data.hex(), text)

    def encode(self, payload: bytes) -> str:
        """Write 20 account bytes as a T... address."""
        return base58.encode_check(_VERSION + payload)
