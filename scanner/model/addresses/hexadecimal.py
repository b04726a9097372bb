"""Addresses that are plain hex numbers: Aptos and Sui accounts, Starknet felts, validator keys."""

from __future__ import annotations

import re

from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec

_SHORT_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}|[0-9a-fA-F]{64}")
_FULL_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")
_VALIDATOR = re.compile(r"(?:0x)?[0-9a-fA-F]{96}")
_STARKNET_ADDRESS_LIMIT = 2**251 - 256
"""Contract addresses are taken modulo this by the protocol."""


class _Hex32Codec(ParsingCodec):
    """0x and up to 64 hex digits, or all 64 bare; leading zeros do not make another holder."""

    form = ""
    limit = 2**256

    shape, said = _SHORT_HEX, "0x and 1 to 64 hex digits, nor 64 hex digits alone"

    def parse(self, text: str) -> Address:
        """Decode; the canonical text has all 64 digits."""
        if not self.shape.fullmatch(text):
            raise ValueError(f"not {self.said}")
        number = int(text, 16)
        if number >= self.limit:
            raise ValueError("number is out of range")
        payload = number.to_bytes(32, "big")
        canonical = "0x" + payload.hex()
        return Address(self.network, self.form, payload, canonical, canonical)


class AptosCodec(_Hex32Codec):
    """Aptos accounts; exchanges print them with leading zeros cut (AIP-40 forms are both read)."""

    form = "aptos"


class SuiCodec(_Hex32Codec):
    """Sui accounts: all 64 digits, for wallets write no other and a lost one is another account."""

    form = "sui"
    shape, said = _FULL_HEX, "0x and 64 hex digits"


class StarknetCodec(_Hex32Codec):
    """Starknet contract addresses."""

    form = "starknet"
    limit = _STARKNET_ADDRESS_LIMIT


class ValidatorKeyCodec(ParsingCodec):
    """48-byte compressed BLS12-381 G1 keys of beacon-chain validators, with or without 0x."""

    def parse(self, text: str) -> Address:
        """Decode; that it is a point of the right subgroup is for the signature check to say.

        Raises ValueError.
        """
        if not _VALIDATOR.fullmatch(text):
            raise ValueError("not 96 hex digits")
        payload = bytes.fromhex(text.removeprefix("0x"))
        if payload[0] & 0xE0 not in (0x80, 0xA0):
            raise ValueError("not a compressed, finite BLS12-381 point")
        key = "0x" + payload.hex()
        return Address(self.network, "validator_key", payload, key, key)
