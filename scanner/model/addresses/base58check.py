"""P2PKH and P2SH addresses of UTXO networks in Base58Check.

Parameter text: format=version[+version...] separated by commas, versions in hex of one or two
bytes, the first one preferred when encoding: "p2pkh=30,p2sh=32+05", "p2pkh=1cb8,p2sh=1cbd".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses import base58, scripts
from scanner.model.addresses.interface import Address

_SCRIPTS: Mapping[str, Callable[[bytes], bytes]] = {"p2pkh": scripts.p2pkh, "p2sh": scripts.p2sh}


class Base58CheckCodec:
    """Decodes and encodes the legacy addresses of one network. Raises ConfigError."""

    longest = 36
    """Letters of 26 bytes, version and checksum included: longer texts need no look."""

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network
        self._formats: dict[bytes, tuple[str, Callable[[bytes], bytes]]] = {}
        self._preferred: dict[str, bytes] = {}
        for part in parameters.split(","):
            name, _, versions = part.partition("=")
            if name not in _SCRIPTS or not versions:
                raise ConfigError(f"{network}: bad base58check parameter {part!r}")
            for version in map(bytes.fromhex, versions.split("+")):
                self._formats[version] = name, _SCRIPTS[name]
                self._preferred.setdefault(name, version)

    def decode(self, text: str) -> Address:
        """Decode a P2PKH or P2SH address. Raises AddressFormatError."""
        try:
            data = base58.decode_check(text)
        except ValueError as e:
            raise AddressFormatError(self.network, text, str(e)) from None
        known = self._formats.get(data[:-20])
        if known is None:
            what = "wrong length" if len(data) not in (21, 22) else "another network's version"
            raise AddressFormatError(self.network, text, what)
        name, script = known
        payload = data[-20:]
        return Address(self.network, name, payload, script(payload).hex(), text)

    def encode(self, name: str, payload: bytes) -> str:
        """Write a 20-byte hash as a "p2pkh" or "p2sh" address with the preferred version."""
        return base58.encode_check(self._preferred[name] + payload)
