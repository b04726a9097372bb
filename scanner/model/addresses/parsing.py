"""What most codecs share: a parser that says ValueError, turned into AddressFormatError."""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod

from scanner.errors import AddressFormatError
from scanner.model.addresses.interface import Address

MAX_LENGTH = 256
"""No supported address is longer; anything over it is refused before it is looked at."""


class ParsingCodec(ABC):
    """A codec whose `parse` raises ValueError with the reason."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network
        self.parameters = parameters

    @abstractmethod
    def parse(self, text: str) -> Address:
        """Decode `text`, ASCII of at most MAX_LENGTH; raises ValueError saying what is wrong."""

    def decode(self, text: str) -> Address:
        """Decode one address. Raises AddressFormatError."""
        if len(text) > MAX_LENGTH or not text.isascii():
            reason = "too long" if len(text) > MAX_LENGTH else "not ASCII"
            raise AddressFormatError(self.network, text, reason)
        try:
            return self.parse(text)
        except ValueError as e:
            raise AddressFormatError(self.network, text, str(e)) from None


def base32_decode(text: str) -> bytes:
    """Decode upper-case RFC 4648 base32 without padding, one spelling per value.

    Raises ValueError for other characters or if bits left over at the end are not zero.
    """
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise ValueError("not base32") from None
    if base32_encode(data) != text:
        raise ValueError("not canonical base32")
    return data


def base32_encode(data: bytes) -> str:
    """Encode as upper-case RFC 4648 base32 without padding."""
    return base64.b32encode(data).decode().rstrip("=")


def crc16(data: bytes) -> int:
    """CRC-16/XMODEM: polynomial 0x1021, start 0."""
    return binascii.crc_hqx(data, 0)
