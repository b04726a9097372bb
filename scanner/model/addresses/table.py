"""The one place that knows every address codec; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from hashlib import sha256

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses.interface import Address, Codec
from scanner.model.addresses.parsing import MAX_LENGTH
from scanner.model.named import named
from scanner.model.network import Network

CODECS: Mapping[str, str] = {
    "aelf": "base58_keys:AelfCodec",
    "algorand": "base32_keys:AlgorandCodec",
    "antelope": "names:AntelopeCodec",
    "aptos": "hexadecimal:AptosCodec",
    "avalanche": "avalanche:AvalancheCodec",
    "base58check": "base58check:Base58CheckCodec",
    "bech32_cosmos": "cosmos:CosmosCodec",
    "bech32_evm": "evm:Bech32EvmCodec",
    "cardano": "cardano:CardanoCodec",
    "cashaddr": "cashaddr:CashAddrCodec",
    "conflux": "base32_keys:ConfluxCodec",
    "descriptor": "descriptors:DescriptorCodec",
    "evm": "evm:EvmCodec",
    "filecoin": "filecoin:FilecoinCodec",
    "hedera": "names:HederaCodec",
    "near": "names:NearCodec",
    "ripple": "base58_keys:RippleCodec",
    "segwit": "segwit:SegwitCodec",
    "solana": "base58_keys:SolanaCodec",
    "ss58": "base58_keys:Ss58Codec",
    "starknet": "hexadecimal:StarknetCodec",
    "strkey": "base32_keys:StrkeyCodec",
    "sui": "hexadecimal:SuiCodec",
    "tex": "segwit:TexCodec",
    "ton": "ton:TonCodec",
    "tron": "tron:TronCodec",
    "validator_key": "hexadecimal:ValidatorKeyCodec",
}
"""Codec name -> "module:class" of it, imported when a network first needs it.

Made of the network's name and the text behind the colon in networks.csv.
"""

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
        return _decode(network.name, network.address_codec, text).key
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
        codec: Codec = named(f"model.addresses.{CODECS[name]}")(network, parameters)
        made.append((name, codec, getattr(codec, "longest", _NO_LIMIT)))
    return tuple(made)
