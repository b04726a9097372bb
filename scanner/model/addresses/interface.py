"""What an address is once decoded, and what a codec must do.

Addresses are compared by decoded bytes, never by text: base58 is case-sensitive, bech32 and hex
are not, and one holder may have several spellings (legacy and CashAddr, EQ and UQ, 0x and ex1).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Address(NamedTuple):
    """One decoded address. A tuple, for there are as many of them as claims.

    network: our name. format: "p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr", "evm", "tron",
        "solana", "near_implicit", ...: each codec's docstring or table names its own.
    payload: what the address commits to (hash160, witness program, 20 account bytes, key).
    key: text that is equal for every spelling of the same on-chain holder and different
        otherwise; used for finding duplicates.
    text: canonical spelling (EIP-55, lower-case bech32, base58 as is).
    """

    network: str
    format: str
    payload: bytes
    key: str
    text: str


class Codec(Protocol):
    """Decodes the address formats of one family."""

    def decode(self, text: str) -> Address:
        """Decode one address of the codec's network, checksum included.

        Raises AddressFormatError saying what is wrong; never returns a guess.
        """
        ...
