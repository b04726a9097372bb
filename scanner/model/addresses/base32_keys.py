"""Addresses in base32: Stellar strkeys, Algorand, Conflux (CIP-37)."""

from __future__ import annotations

import re

from Crypto.Hash import SHA512

from scanner.model.addresses import bech32, cashaddr
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec, base32_decode, base32_encode, crc16

# The first four bits of a Conflux account say what it is (CIP-37 names the types).
_CONFLUX_TYPES = {0x00: ("builtin", "null"), 0x10: ("user",), 0x80: ("contract",)}


class StrkeyCodec(ParsingCodec):
    """Stellar and its relatives: G account keys, M accounts with an id, C contracts (SEP-23)."""

    _ACCOUNT, _MUXED, _CONTRACT = 6 << 3, 12 << 3, 2 << 3

    def parse(self, text: str) -> Address:
        """Decode; an M address is the same holder as its G account.

        Raises ValueError and SourceError.
        """
        raw = base32_decode(text)
        if len(raw) not in (35, 43):
            raise ValueError("wrong length")
        body = raw[:-2]
        if crc16(body) != int.from_bytes(raw[-2:], "little"):
            raise ValueError("wrong checksum")
        version, payload = body[0], body[1:33]
        if version == self._CONTRACT and len(raw) == 35:
            return Address(self.network, "stellar_contract", payload, text, text)
        if version != (self._ACCOUNT if len(raw) == 35 else self._MUXED):
            raise ValueError("not an account or contract")
        canonical = self.encode(payload)
        return Address(self.network, "stellar", payload, canonical, canonical)

    def encode(self, payload: bytes) -> str:
        """Write a 32-byte Ed25519 key as a G address."""
        body = bytes((self._ACCOUNT,)) + payload
        return base32_encode(body + crc16(body).to_bytes(2, "little"))


class AlgorandCodec(ParsingCodec):
    """Algorand: the 32-byte key and the end of its SHA-512/256."""

    def parse(self, text: str) -> Address:
        """Decode 58 letters. Raises ValueError."""
        if len(text) != 58:
            raise ValueError("not 58 characters")
        raw = base32_decode(text)
        payload = raw[:32]
        if self.encode(payload) != text:
            raise ValueError("wrong checksum")
        return Address(self.network, "algorand", payload, payload.hex(), text)

    def encode(self, payload: bytes) -> str:
        """Write a 32-byte Ed25519 key."""
        return base32_encode(payload + SHA512.new(payload, truncate="256").digest()[-4:])


class ConfluxCodec(ParsingCodec):
    """Conflux Core addresses. Parameter: the network number, 1029 for the main network."""

    _LETTERS = "abcdefghjkmnprstuvwxyz0123456789"
    _TO_BECH32 = str.maketrans(_LETTERS, bech32.CHARSET)
    _FROM_BECH32 = str.maketrans(bech32.CHARSET, _LETTERS)

    def __init__(self, network: str, parameters: str) -> None:
        super().__init__(network, parameters)
        self.prefix = {"1029": "cfx", "1": "cfxtest"}.get(parameters, "net" + parameters)

    def parse(self, text: str) -> Address:
        """Decode "cfx:..." or "CFX:TYPE.USER:..."; payload is the 20 account bytes.

        Raises ValueError and SourceError.
        """
        lower = text.lower()
        if text not in (lower, text.upper()):
            raise ValueError("mixed upper and lower case")
        prefix, *options = lower.split(":")
        if prefix != self.prefix or not options:
            raise ValueError(f"does not start with {self.prefix!r} and a colon")
        data = options.pop()
        if not re.fullmatch(f"[{self._LETTERS}]{{42}}", data):
            raise ValueError("not 42 letters of the address alphabet")
        letters = data.translate(self._TO_BECH32)
        if not cashaddr.is_valid(prefix, letters):
            raise ValueError("wrong checksum")
        raw = bech32.to_bytes(letters[:-8])
        kinds = _CONFLUX_TYPES.get(raw[1] & 0xF0)
        if raw[0] != 0 or kinds is None:
            raise ValueError("unknown version or account type")
        if options and options not in [[f"type.{kind}"] for kind in kinds]:
            raise ValueError("the named type is not the address's")
        return Address(self.network, "conflux", raw[1:], raw[1:].hex(), f"{prefix}:{data}")

    def encode(self, payload: bytes) -> str:
        """Write 20 account bytes."""
        letters = bech32.from_bytes(b"\0" + payload)
        letters += cashaddr.checksum_letters(self.prefix, letters)
        return f"{self.prefix}:{letters.translate(self._FROM_BECH32)}"
