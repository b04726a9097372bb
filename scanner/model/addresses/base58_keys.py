"""Addresses in Base58 without a Bitcoin script behind them: Solana, SS58, XRP Ledger, aelf."""

from __future__ import annotations

import re
from hashlib import blake2b

from scanner.errors import ConfigError
from scanner.model.addresses import base58
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec

_GENERIC = 42
"""SS58 prefix of an account on any network, and of test networks."""


class SolanaCodec(ParsingCodec):
    """Solana: the 32-byte key itself, no checksum."""

    def parse(self, text: str) -> Address:
        """Decode 32 bytes. Raises ValueError."""
        payload = base58.decode(text)
        if len(payload) != 32:
            raise ValueError(f"{len(payload)} bytes, not 32")
        return Address(self.network, "solana", payload, payload.hex(), text)


class Ss58Codec(ParsingCodec):
    """Substrate SS58 with 32-byte accounts. Parameter: accepted prefixes, first preferred.

    Raises ConfigError.
    """

    def __init__(self, network: str, parameters: str) -> None:
        super().__init__(network, parameters)
        try:
            self.prefixes = tuple(int(p) for p in parameters.split("+"))
        except ValueError:
            raise ConfigError(f"{network}: ss58 needs numeric prefixes") from None

    def parse(self, text: str) -> Address:
        """Decode; the checksum is the start of BLAKE2b-512 over "SS58PRE" and the rest.

        Raises ValueError.
        """
        raw = base58.decode(text)
        if len(raw) not in (35, 36):
            raise ValueError("not an SS58 account of 32 bytes")
        body, checksum = raw[:-2], raw[-2:]
        if blake2b(b"SS58PRE" + body).digest()[:2] != checksum:
            raise ValueError("wrong checksum")
        prefix, payload = _ss58_prefix(body[:-32]), body[-32:]
        if prefix == _GENERIC and prefix not in self.prefixes:
            raise ValueError(
                f"SS58 prefix {prefix} is of no network alone: publish the same account with "
                f"prefix {self.prefixes[0]}, as {self.encode(payload)}"
            )
        if prefix not in self.prefixes:
            raise ValueError(f"SS58 prefix {prefix} is another network's")
        return Address(self.network, "ss58", payload, payload.hex(), self.encode(payload))

    def encode(self, payload: bytes) -> str:
        """Write a 32-byte account with the preferred prefix."""
        prefix = self.prefixes[0]
        if prefix < 64:
            head = bytes((prefix,))
        else:  # 14 bits, little-endian with the two marker bits "01" on top of the first byte
            head = bytes((0x40 | (prefix & 0xFC) >> 2, prefix >> 8 | (prefix & 3) << 6))
        body = head + payload
        return base58.encode(body + blake2b(b"SS58PRE" + body).digest()[:2])


def _ss58_prefix(head: bytes) -> int:
    if len(head) == 1 and head[0] < 64:
        return head[0]
    if len(head) == 2 and 64 <= head[0] < 128:
        prefix = (head[0] & 0x3F) << 2 | head[1] >> 6 | (head[1] & 0x3F) << 8
        if prefix >= 64:  # smaller ones have one byte: one spelling per account
            return prefix
    raise ValueError("reserved or needlessly long SS58 prefix")


class RippleCodec(ParsingCodec):
    """XRP Ledger classic addresses (r...) and X-addresses (X...: the account with a tag)."""

    def parse(self, text: str) -> Address:
        """Decode to the 20-byte account id; a tag does not make another holder.

        Raises ValueError.
        """
        data = base58.decode_check(text, base58.RIPPLE)
        if len(data) == 21 and data[0] == 0:
            payload = data[1:]
        elif len(data) == 31 and data[:2] == b"\x05\x44":
            payload, flag, tag = data[2:22], data[22], data[23:]
            if flag > 1 or tag[4:] != bytes(4) or (flag == 0 and tag != bytes(8)):
                raise ValueError("X-address with a malformed tag")
        else:
            raise ValueError("not an account of the main ledger")
        return Address(self.network, "xrpl", payload, payload.hex(), self.encode(payload))

    def encode(self, payload: bytes) -> str:
        """Write a 20-byte account id as a classic address."""
        return base58.encode_check(b"\0" + payload, base58.RIPPLE)


class AelfCodec(ParsingCodec):
    """aelf main chain: Base58Check of 32 bytes, bare or as ELF_..._AELF."""

    _WRAPPED = re.compile(r"ELF_([1-9A-Za-z]+)_AELF")

    def parse(self, text: str) -> Address:
        """Decode; a wrapping that names another chain is refused."""
        wrapped = self._WRAPPED.fullmatch(text)
        if wrapped is None and "_" in text:
            raise ValueError("not wrapped as ELF_..._AELF")
        payload = base58.decode_check(wrapped[1] if wrapped else text)
        if len(payload) != 32:
            raise ValueError(f"{len(payload)} bytes, not 32")
        return Address(self.network, "aelf", payload, payload.hex(), self.encode(payload))

    def encode(self, payload: bytes) -> str:
        """Write 32 bytes as a bare address."""
        return base58.encode_check(payload)
