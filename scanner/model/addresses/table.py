"""The one place that knows every address codec; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses.interface import Address, Codec
from scanner.model.network import Network


def _lazy(module: str, name: str) -> Callable[[str, str], Codec]:
    """Make a factory that imports its codec only when a network first needs it."""

    def make(network: str, parameters: str) -> Codec:
        codec: Codec = getattr(import_module(f"scanner.model.addresses.{module}"), name)(
            network, parameters
        )
        return codec

    return make


CODECS: Mapping[str, Callable[[str, str], Codec]] = {
    "base58check": _lazy("base58check", "Base58CheckCodec"),
    "bech32_evm": _lazy("evm", "Bech32EvmCodec"),
    "cashaddr": _lazy("cashaddr", "CashAddrCodec"),
    "evm": _lazy("evm", "EvmCodec"),
    "segwit": _lazy("segwit", "SegwitCodec"),
    "tron": _lazy("tron", "TronCodec"),
}
"""Codec name -> factory(network name, parameter text after the colon)."""


def decode_address(network: Network, text: str) -> Address:
    """Decode a published address with the network's codecs, tried in order.

    Raises AddressFormatError with the reason of the codec that came nearest (the last one).
    """
    problem: AddressFormatError | None = None
    for codec in _codecs(network.name, network.address_codec):
        try:
            return codec.decode(text)
        except AddressFormatError as e:
            problem = e
    raise problem or AddressFormatError(network.name, text, "the network has no address codec")


def address_key(network: Network, text: str) -> str:
    """Canonical key of a published address; "?" + text when it cannot be decoded."""
    try:
        return decode_address(network, text).key
    except AddressFormatError:
        return "?" + text


@cache
def _codecs(network: str, spec: str) -> tuple[Codec, ...]:
    made = []
    for part in spec.split("|"):
        name, _, parameters = part.partition(":")
        if name not in CODECS:
            raise ConfigError(f"{network}: no address codec {name!r}")
        made.append(CODECS[name](network, parameters))
    return tuple(made)
