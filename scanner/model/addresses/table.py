"""The one place that knows every address codec; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from importlib import import_module

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses.interface import Address, Codec
from scanner.model.addresses.parsing import MAX_LENGTH
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
    "aelf": _lazy("base58_keys", "AelfCodec"),
    "algorand": _lazy("base32_keys", "AlgorandCodec"),
    "antelope": _lazy("names", "AntelopeCodec"),
    "aptos": _lazy("hexadecimal", "AptosCodec"),
    "avalanche": _lazy("avalanche", "AvalancheCodec"),
    "base58check": _lazy("base58check", "Base58CheckCodec"),
    "bech32_cosmos": _lazy("cosmos", "CosmosCodec"),
    "bech32_evm": _lazy("evm", "Bech32EvmCodec"),
    "cardano": _lazy("cardano", "CardanoCodec"),
    "cashaddr": _lazy("cashaddr", "CashAddrCodec"),
    "conflux": _lazy("base32_keys", "ConfluxCodec"),
    "descriptor": _lazy("descriptors", "DescriptorCodec"),
    "evm": _lazy("evm", "EvmCodec"),
    "filecoin": _lazy("filecoin", "FilecoinCodec"),
    "hedera": _lazy("names", "HederaCodec"),
    "near": _lazy("names", "NearCodec"),
    "ripple": _lazy("base58_keys", "RippleCodec"),
    "segwit": _lazy("segwit", "SegwitCodec"),
    "solana": _lazy("base58_keys", "SolanaCodec"),
    "ss58": _lazy("base58_keys", "Ss58Codec"),
    "starknet": _lazy("hexadecimal", "StarknetCodec"),
    "strkey": _lazy("base32_keys", "StrkeyCodec"),
    "sui": _lazy("hexadecimal", "SuiCodec"),
    "tex": _lazy("segwit", "TexCodec"),
    "ton": _lazy("ton", "TonCodec"),
    "tron": _lazy("tron", "TronCodec"),
    "validator_key": _lazy("hexadecimal", "ValidatorKeyCodec"),
}
"""Codec name -> factory(network name, parameter text after the colon)."""

_Codec = tuple[str, Codec, int]
"""A codec of a network: its name, itself, and how long a text is that it may take (`longest`)."""

_NO_LIMIT = 2**31


def decode_address(network: Network, text: str) -> Address:
    """Decode a published address with the network's codecs, tried in order.

    Raises AddressFormatError with the reason of each codec.
    """
    return _decode(network.name, network.address_codec, text)


@lru_cache(maxsize=4096)
def _decode(network: str, spec: str, text: str) -> Address:
    """Decode; the last few thousand are remembered, as a list's reader and its judge both ask."""
    codecs, length = _codecs(network, spec), len(text)
    reasons: dict[str, str] = {}
    for name, codec, longest in codecs:
        if length <= longest:
            try:
                return codec.decode(text)
            except AddressFormatError as e:
                reasons[name] = e.reason
    raise _refusal(network, text, codecs, reasons)


def _refusal(
    network: str, text: str, codecs: Iterable[_Codec], reasons: dict[str, str]
) -> AddressFormatError:
    """Why no codec takes a text. reasons: of those that have seen it."""
    problems = []
    for name, codec, _ in codecs:
        if name not in reasons:
            try:
                codec.decode(text)
            except AddressFormatError as e:
                reasons[name] = e.reason
        if reasons[name]:  # none: the text is nothing like what the codec decodes
            problems.append((name, reasons[name]))
    if len(problems) == 1:
        reason = problems[0][1]
    else:
        reason = "; ".join(f"as {name}: {why}" for name, why in problems)
    return AddressFormatError(network, text, reason)


def address_key(network: Network, text: str) -> str:
    """Canonical key of a published address; "?" + text when it cannot be decoded.

    Keys are short enough for an index whatever the text: a long one is cut and its sha256 added.
    """
    try:
        return decode_address(network, text).key
    except AddressFormatError:
        return undecoded_key(text)


def undecoded_key(text: str) -> str:
    """The key of a text that is no address of its network."""
    if len(text) <= MAX_LENGTH:
        return "?" + text
    # Longer than any key of the other kind, so that no short text can pass for a long one.
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"?{text[: MAX_LENGTH - len(digest)]}#{digest}"


@cache
def _codecs(network: str, spec: str) -> tuple[_Codec, ...]:
    made: list[_Codec] = []
    for part in spec.split("|"):
        name, _, parameters = part.partition(":")
        if name not in CODECS:
            raise ConfigError(f"{network}: no address codec {name!r}")
        codec = CODECS[name](network, parameters)
        made.append((name, codec, getattr(codec, "longest", _NO_LIMIT)))
    return tuple(made)
