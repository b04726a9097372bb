"""Filecoin f0 to f4 addresses; f410f is an EVM account in another spelling.

Source: the Filecoin specification, appendix Address; FIP-0048 for f4 and the 0xff id form.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from scanner.model.addresses.evm import EvmCodec, evm_address
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec, base32_decode, base32_encode

_ID = re.compile(r"f0(0|[1-9][0-9]{0,18})")
_FORMS = {1: ("filecoin_secp256k1", 20), 2: ("filecoin_actor", 20), 3: ("filecoin_bls", 48)}
_MASK = b"\xff" + bytes(11)
"""What an id has before its 8 bytes where a 20-byte EVM address is wanted."""
_MASKED = re.compile(r"0[xX][fF]{2}0{22}[0-9a-fA-F]{16}")
_EAM = 10
"""Actor id of the Ethereum address manager, the namespace of f410f addresses."""


class FilecoinCodec(ParsingCodec):
    """Decodes main-network (f...) addresses. Keys: f0 and f410 share the 0x forms' keys.

    An actor's number is a number in both spellings (f0, 0xff): the actor has an address of its
    own besides, and only the chain knows that the two are one.
    """

    def parse(self, text: str) -> Address:
        """Decode; test-network spellings (t...) are refused."""
        number = _ID.fullmatch(text)
        if number and int(number[1]) < 2**63:
            payload = int(number[1]).to_bytes(8, "big")
            masked = "0x" + (_MASK + payload).hex()
            return Address(self.network, "filecoin_id", payload, masked, text)
        if _MASKED.fullmatch(text):
            spelled = EvmCodec(self.network, "").decode(text)
            payload = spelled.payload[len(_MASK) :]
            return Address(self.network, "filecoin_id", payload, spelled.key, spelled.text)
        if text.startswith("f410f"):
            account = _checked(text[5:], bytes((4, _EAM)), 20)
            if account.startswith(_MASK):
                raise ValueError("an id has no f410 address")
            return evm_address(self.network, account)
        protocol = int(text[1]) if re.fullmatch(r"f[123][a-z2-7]+", text) else 0
        if not protocol:
            raise ValueError("not f0, f1, f2, f3 or f410")
        name, length = _FORMS[protocol]
        payload = _checked(text[2:], bytes((protocol,)), length)
        return Address(self.network, name, payload, f"f{protocol}:{payload.hex()}", text)

    def encode(self, protocol: int, payload: bytes) -> str:
        """Write f1, f2, f3 or, with protocol 4, the f410f address of 20 EVM account bytes."""
        head = bytes((4, _EAM)) if protocol == 4 else bytes((protocol,))
        start = "f410f" if protocol == 4 else f"f{protocol}"
        return start + base32_encode(payload + _checksum(head + payload)).lower()


def _checked(letters: str, head: bytes, length: int) -> bytes:
    if letters != letters.lower():
        raise ValueError("capitals")
    raw = base32_decode(letters.upper())
    payload = raw[:-4]
    if len(payload) != length:
        raise ValueError("wrong length")
    if _checksum(head + payload) != raw[-4:]:
        raise ValueError("wrong checksum")
    return payload


def _checksum(data: bytes) -> bytes:
    return blake2b(data, digest_size=4).digest()
