"""Witness addresses of UTXO networks: bech32 for version 0, bech32m for 1 to 16.

Parameter text: the human-readable part ("bc"). Source: BIP-173, BIP-350.
"""

from __future__ import annotations

from scanner.errors import AddressFormatError
from scanner.model.addresses import base58, bech32, scripts
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import ParsingCodec

_new = tuple.__new__


class TexCodec(ParsingCodec):
    """Zcash's TEX addresses: a P2PKH hash that only takes transparent coins. Source: ZIP 320.

    Parameter text: the human-readable part, "+" and the version of P2PKH in hex ("tex+1cb8").
    """

    def parse(self, text: str) -> Address:
        """Decode; it is the same holder as the t1 address of the hash. Raises ValueError."""
        human, data, constant = bech32.split(text)
        wanted, _, version = self.parameters.partition("+")
        if human != wanted or constant != bech32.BECH32M:
            raise ValueError("not a TEX address of the main network")
        payload = bech32.to_bytes(data)
        if len(payload) != 20:
            raise ValueError(f"{len(payload)} bytes, not 20")
        key = scripts.p2pkh(payload).hex()
        canonical = base58.encode_check(bytes.fromhex(version) + payload)
        return Address(self.network, "p2pkh", payload, key, canonical)


class SegwitCodec:
    """Decodes and encodes the witness addresses of one network."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network
        self.human = parameters

    def decode(self, text: str) -> Address:
        """Decode a witness address of version 0 to 16. Raises AddressFormatError."""
        try:
            version, program = self._program(text)
            name = scripts.witness_format(version, program)
        except ValueError as e:
            raise AddressFormatError(self.network, text, str(e)) from None
        script = scripts.witness(version, program)
        # As `Address(..)` does, but quicker: lists have hundreds of thousands of rows.
        return _new(Address, (self.network, name, program, script.hex(), text.lower()))

    def encode(self, version: int, program: bytes) -> str:
        """Write a witness program as an address."""
        letters = bech32.CHARSET[version] + bech32.from_bytes(program)
        return bech32.join(self.human, letters, bech32.BECH32M if version else bech32.BECH32)

    def _program(self, text: str) -> tuple[int, bytes]:
        human, data, constant = bech32.split(text)
        if human != self.human:
            raise ValueError(f"starts with {human + '1'!r} and not {self.human + '1'!r}")
        version = bech32.CHARSET.index(data[0]) if data else 99
        if version > 16:
            raise ValueError("witness version is not 0 to 16")
        if constant != (bech32.BECH32M if version else bech32.BECH32):
            raise ValueError("the checksum is of the other bech32 type (BIP-350)")
        program = bech32.to_bytes(data[1:])
        if not 2 <= len(program) <= 40:
            raise ValueError("witness program is not 2 to 40 bytes")
        return version, program
