"""Avalanche X- and P-chain addresses: the chain's letter, a dash, bech32 of 20 bytes."""

from __future__ import annotations

from scanner.model.addresses import bech32
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec

_CHAINS = ("X", "P")
_HUMAN = "avax"


class AvalancheCodec(ParsingCodec):
    """Decodes main-network addresses; the same 20 bytes on X and P are two holders."""

    def parse(self, text: str) -> Address:
        """Decode e.g. X-avax1...; the chain's letter is a capital.

        Raises SourceError and ValueError.
        """
        chain, dash, spelled = text.partition("-")
        if not dash or chain not in _CHAINS:
            raise ValueError("does not start with X- or P-")
        human, data, constant = bech32.split(spelled)
        payload = bech32.to_bytes(data)
        if human != _HUMAN or constant != bech32.BECH32 or len(payload) != 20:
            raise ValueError("not a bech32 avax1 address of 20 bytes")
        key = f"{chain}:{payload.hex()}"
        return Address(self.network, "avalanche", payload, key, f"{chain}-{spelled.lower()}")

    def encode(self, chain: str, payload: bytes) -> str:
        """Write 20 account bytes as an address of a chain ("X" or "P")."""
        return f"{chain}-" + bech32.join(_HUMAN, bech32.from_bytes(payload), bech32.BECH32)
