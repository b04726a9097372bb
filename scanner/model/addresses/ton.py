"""TON account addresses: raw "workchain:hex", and the friendly base64 forms (EQ, UQ)."""

from __future__ import annotations

import base64
import re

from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec, crc16

_RAW = re.compile(r"(-1|0):([0-9a-fA-F]{64})")
_FRIENDLY = re.compile(r"[A-Za-z0-9+/]{48}|[A-Za-z0-9_-]{48}")
_BOUNCEABLE, _NON_BOUNCEABLE, _TESTNET = 0x11, 0x51, 0x80


class TonCodec(ParsingCodec):
    """Decodes every spelling of a TON account to one key, "workchain:hex"."""

    def parse(self, text: str) -> Address:
        """Decode; payload is the 32-byte account id, the key also holds the workchain.

        Raises ValueError.
        """
        raw = _RAW.fullmatch(text)
        if raw:
            return self._address(int(raw[1]), bytes.fromhex(raw[2]))
        if not _FRIENDLY.fullmatch(text):
            raise ValueError("neither workchain:hex nor 48 characters of base64")
        data = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
        if crc16(data[:34]) != int.from_bytes(data[34:], "big"):
            raise ValueError("wrong checksum")
        if data[0] & _TESTNET:
            raise ValueError("marked as test network only")
        if data[0] not in (_BOUNCEABLE, _NON_BOUNCEABLE):
            raise ValueError("unknown address tag")
        workchain = int.from_bytes(data[1:2], "big", signed=True)
        if workchain not in (0, -1):
            raise ValueError(f"workchain {workchain} does not exist")
        return self._address(workchain, data[2:34])

    def encode(self, workchain: int, account: bytes, bounceable: bool = True) -> str:
        """Write the friendly URL-safe form: EQ... if bounceable, else UQ..."""
        tag = _BOUNCEABLE if bounceable else _NON_BOUNCEABLE
        data = bytes((tag, workchain & 0xFF)) + account
        return base64.urlsafe_b64encode(data + crc16(data).to_bytes(2, "big")).decode()

    def _address(self, workchain: int, account: bytes) -> Address:
        key = f"{workchain}:{account.hex()}"
        return Address(self.network, "ton", account, key, self.encode(workchain, account))
