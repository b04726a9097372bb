"""Accounts that have names or numbers: NEAR, Hedera, Antelope (EOS, Vaulta)."""

from __future__ import annotations

import re

from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec


class NearCodec(ParsingCodec):
    """NEAR: implicit accounts are the hex of a key; the rest are names."""

    _IMPLICIT = re.compile(r"[0-9a-f]{64}")
    _ETH_IMPLICIT = re.compile(r"0x[0-9a-f]{40}")
    _PART = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")

    def parse(self, text: str) -> Address:
        """Decode; account ids are lower-case by definition, so case is not folded.

        Raises ValueError.
        """
        if self._IMPLICIT.fullmatch(text):
            return Address(self.network, "near_implicit", bytes.fromhex(text), text, text)
        if self._ETH_IMPLICIT.fullmatch(text):
            return Address(self.network, "near_eth_implicit", bytes.fromhex(text[2:]), text, text)
        parts = text.split(".")
        if not 2 <= len(text) <= 64 or not all(map(self._PART.fullmatch, parts)):
            raise ValueError("not an account id")
        return Address(self.network, "near_named", text.encode(), text, text)


class HederaCodec(ParsingCodec):
    """Hedera 0.0.n, optionally with its HIP-15 checksum ("0.0.123-vfmkw")."""

    _ID = re.compile(r"(0\.0\.(0|[1-9][0-9]{0,18}))(?:-([a-z]{5}))?")

    def parse(self, text: str) -> Address:
        """Decode; payload is the account number as 8 bytes. Raises ValueError."""
        match = self._ID.fullmatch(text)
        if match is None or int(match[2]) >= 2**63:
            raise ValueError("not 0.0.number")
        if match[3] and match[3] != hedera_checksum(match[1]):
            raise ValueError("wrong HIP-15 checksum")
        number = int(match[2]).to_bytes(8, "big")
        return Address(self.network, "hedera", number, match[1], match[1])


def hedera_checksum(account: str) -> str:
    """Five letters over "0.0.n" on the main ledger (HIP-15)."""
    digits = [10 if c == "." else int(c) for c in account]
    weighted, letters, limit = 0, 26**3, 26**5
    for digit in digits:
        weighted = (weighted * 31 + digit) % letters
    ledger = 0  # hash over ledger id 0x00 and six zero bytes is 0
    total = (len(account) % 5 * 11 + sum(digits[0::2]) % 11) * 11 + sum(digits[1::2]) % 11
    total = (total * letters + weighted + ledger) % limit * 1_000_003 % limit
    return "".join(chr(97 + total // 26**i % 26) for i in reversed(range(5)))


class AntelopeCodec(ParsingCodec):
    """Antelope account names: up to 13 of a-z, 1-5 and the dot (the 13th only a-j, 1-5)."""

    _NAME = re.compile(r"(?!\.)[a-z1-5.]{1,12}(?:(?<=.{12})[a-j1-5])?(?<!\.)")
    _LETTERS = ".12345abcdefghijklmnopqrstuvwxyz"

    def parse(self, text: str) -> Address:
        """Decode; payload is the 64-bit number the chain stores, 8 bytes. Raises ValueError."""
        if not self._NAME.fullmatch(text):
            raise ValueError("not an account name")
        number = 0
        for letter in text.ljust(12, ".")[:12]:
            number = number << 5 | self._LETTERS.index(letter)
        number = number << 4 | self._LETTERS.index(text[12:] or ".")
        return Address(self.network, "antelope", number.to_bytes(8, "big"), text, text)
