"""Cardano payment addresses: Shelley (CIP-19) in bech32, Byron in Base58 with a CBOR CRC-32."""

from __future__ import annotations

import zlib

from scanner.model import cbor
from scanner.model.addresses import base58, bech32
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec

_MAINNET = 1
_PATH, _MAGIC = 1, 2
"""Attributes of a Byron address: encrypted derivation path; number of another network."""
_KEY, _REDEEM = 0, 2
"""Types of a Byron address: of a key, and of a voucher of the first sale."""
# CIP-19 header type -> (our name, length after the header byte; 0 = pointer, varies)
_SHELLEY = {
    0: ("cardano_base", 56),
    1: ("cardano_base_script", 56),
    2: ("cardano_base", 56),
    3: ("cardano_base_script", 56),
    4: ("cardano_pointer", 0),
    5: ("cardano_pointer", 0),
    6: ("cardano_enterprise", 28),
    7: ("cardano_enterprise_script", 28),
}


class CardanoCodec(ParsingCodec):
    """Decodes main-network payment addresses.

    payload: the whole address, header byte first; bytes 1 to 28 of a Shelley one are the
    BLAKE2b-224 of the payment key (formats cardano_base, cardano_enterprise) or script.
    """

    def parse(self, text: str) -> Address:
        """Decode addr1... or a Byron address. Raises ValueError."""
        start = text.lower()
        if start.startswith("addr"):
            return self._shelley(text)
        if start.startswith("stake"):
            raise ValueError("a stake address, which holds no coins: publish the payment address")
        payload = base58.decode(text)
        _check_byron(payload)
        return Address(self.network, "cardano_byron", payload, payload.hex(), text)

    def encode(self, payload: bytes) -> str:
        """Write a Shelley address from its bytes."""
        return bech32.join("addr", bech32.from_bytes(payload), bech32.BECH32)

    def _shelley(self, text: str) -> Address:
        human, data, constant = bech32.split(text, limit=150)
        if human == "addr_test":
            raise ValueError("an address of a test network")
        if human != "addr" or constant != bech32.BECH32:
            raise ValueError("not an address of the main network")
        payload = bech32.to_bytes(data)
        if not payload or payload[0] & 15 != _MAINNET or payload[0] >> 4 not in _SHELLEY:
            raise ValueError("not an address of the main network")
        name, length = _SHELLEY[payload[0] >> 4]
        if len(payload) - 1 != length if length else not 32 <= len(payload) <= 59:
            raise ValueError("wrong length for its type")
        return Address(self.network, name, payload, payload.hex(), text.lower())


def _check_byron(data: bytes) -> None:
    """Check CBOR [24(bytes), crc32(bytes)], and what the bytes say: a key of the main network."""
    if data[:3] != b"\x82\xd8\x18":
        raise ValueError("neither addr1 bech32 nor a Byron address")
    try:
        outer = cbor.read(data)
        inner = outer[0].value if isinstance(outer, list) and _is_tagged(outer[0]) else b""
        body = cbor.read(inner)
    except ValueError as e:
        raise ValueError(f"broken Byron address: {e}") from None
    if not isinstance(outer, list) or len(outer) != 2 or outer[1] != zlib.crc32(inner):
        raise ValueError("wrong checksum")
    _check_byron_body(body)


def _is_tagged(value: object) -> bool:
    return isinstance(value, cbor.Tagged) and value.tag == 24 and isinstance(value.value, bytes)


def _check_byron_body(body: object) -> None:
    """Check [root hash of 28 bytes, attributes, type 0]. Source: Cardano's Byron address CDDL."""
    if not isinstance(body, list) or len(body) != 3 or not isinstance(body[1], dict):
        raise ValueError("a Byron address holds hash, attributes and type")
    root, attributes, kind = body
    if not isinstance(root, bytes) or len(root) != 28:
        raise ValueError("a Byron address holds a hash of 28 bytes")
    if _MAGIC in attributes:
        raise ValueError("an address of a test network")
    if not set(attributes) <= {_PATH} or not isinstance(attributes.get(_PATH, b""), bytes):
        raise ValueError("a Byron address with unknown attributes")
    if kind not in (_KEY, _REDEEM) or isinstance(kind, bool):
        raise ValueError("a Byron address of no kind that holds coins")
