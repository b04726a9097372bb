"""Cardano payment addresses: Shelley (CIP-19) in bech32, Byron in Base58 with a CBOR CRC-32."""

from __future__ import annotations

import zlib

from scanner.model.addresses import base58, bech32
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec

_MAINNET = 1
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
        """Decode addr1... or a Byron address."""
        if text.lower().startswith("addr"):
            return self._shelley(text)
        payload = base58.decode(text)
        _check_byron(payload)
        return Address(self.network, "cardano_byron", payload, payload.hex(), text)

    def encode(self, payload: bytes) -> str:
        """Write a Shelley address from its bytes."""
        return bech32.join("addr", bech32.from_bytes(payload), bech32.BECH32)

    def _shelley(self, text: str) -> Address:
        human, data, constant = bech32.split(text, limit=150)
        if human != "addr" or constant != bech32.BECH32:
            raise ValueError("not a payment address of the main network")
        payload = bech32.to_bytes(data)
        if not payload or payload[0] & 15 != _MAINNET or payload[0] >> 4 not in _SHELLEY:
            raise ValueError("not a payment address of the main network")
        name, length = _SHELLEY[payload[0] >> 4]
        if len(payload) - 1 != length if length else not 32 <= len(payload) <= 59:
            raise ValueError("wrong length for its type")
        return Address(self.network, name, payload, payload.hex(), text.lower())


def _check_byron(data: bytes) -> None:
    """Check CBOR [24(bytes), crc32(bytes)] without a CBOR library: the shape is fixed."""
    if len(data) < 5 or data[:4] != b"\x82\xd8\x18\x58":
        raise ValueError("neither addr1 bech32 nor a Byron address")
    end = 5 + data[4]
    inner, crc = data[5:end], data[end:]
    widths = {0x18: 2, 0x19: 3, 0x1A: 5}
    width = widths.get(crc[0], 1) if crc else 0
    if len(inner) != data[4] or len(crc) != width or crc[0] > 0x1A:
        raise ValueError("broken Byron address")
    number = int.from_bytes(crc[1:], "big") if width > 1 else crc[0]
    if number != zlib.crc32(inner):
        raise ValueError("wrong checksum")
