"""Cosmos accounts: bech32 of 20 bytes (keys) or 32 bytes (contracts). Parameter: human part."""

from __future__ import annotations

from scanner.model.addresses import bech32
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec


class CosmosCodec(ParsingCodec):
    """Decodes and encodes the accounts of one Cosmos chain."""

    def parse(self, text: str) -> Address:
        """Decode. Raises ValueError and SourceError."""
        human, data, constant = bech32.split(text)
        if human != self.parameters or constant != bech32.BECH32:
            raise ValueError(f"not a bech32 {self.parameters}1 address")
        payload = bech32.to_bytes(data)
        if len(payload) not in (20, 32):
            raise ValueError("not 20 or 32 bytes")
        return Address(self.network, "cosmos", payload, payload.hex(), text.lower())

    def encode(self, payload: bytes) -> str:
        """Write account bytes."""
        return bech32.join(self.parameters, bech32.from_bytes(payload), bech32.BECH32)
