"""The one place that knows every ownership scheme; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import cast

from scanner.errors import ConfigError
from scanner.model.network import Network
from scanner.ownership.interface import Verifier


def _lazy(module: str, maker: str) -> Callable[[], Verifier]:
    """Make a factory that imports its scheme only when a row first needs it."""

    def make() -> Verifier:
        made = getattr(import_module(f"scanner.ownership.{module}"), maker)()
        return cast(Verifier, made)

    return make


VERIFIERS: Mapping[str, Callable[[], Verifier]] = {
    "adr36": _lazy("native.cosmos", "Adr36"),
    "algorand_mx": _lazy("native.algorand", "algorand_mx"),
    "antelope_key": _lazy("others.antelope_key", "AntelopeKey"),
    "aptos_text": _lazy("native.aptos", "aptos_text"),
    "bip322": _lazy("bitcoin.bip322", "Bip322"),
    "bitcoin_message": _lazy("bitcoin.bitcoin_message", "BitcoinMessage"),
    "bls": _lazy("evm.bls", "Bls"),
    "cip23": _lazy("native.conflux", "cip23"),
    "cip8": _lazy("native.cardano", "Cip8"),
    "contract_owner": _lazy("evm.contract_owner", "evm_contract_owner"),
    "ed25519": _lazy("ed25519.ed25519", "Ed25519"),
    "evm_message": _lazy("evm.evm_message", "evm_message"),
    "hedera_text": _lazy("native.hedera", "hedera_text"),
    "nep413": _lazy("native.near", "Nep413"),
    "okx_contract_owner": _lazy("evm.contract_owner", "okx_contract_owner"),
    "okx_recover": _lazy("others.okx_recover", "OkxRecover"),
    "polkadot_text": _lazy("native.polkadot", "PolkadotText"),
    "sep53": _lazy("native.stellar", "sep53"),
    "solana_offchain": _lazy("native.solana", "solana_offchain"),
    "solana_text": _lazy("native.solana", "solana_text"),
    "stark": _lazy("others.stark", "Stark"),
    "sui_personal": _lazy("native.sui", "SuiPersonal"),
    "ton_connect": _lazy("native.ton", "TonConnect"),
    "tron_message": _lazy("others.tron_message", "TronMessage"),
    "xrpl_text": _lazy("native.xrpl", "XrplText"),
}
"""Scheme name -> how to make its verifier. Verifiers have no state: one serves every row."""


@cache
def verifier(name: str) -> Verifier:
    """The verifier of one scheme. Raises ConfigError if no scheme has that name."""
    if name not in VERIFIERS:
        raise ConfigError(
            f"unknown ownership scheme {name!r} (config/networks.csv, column schemes)"
        )
    return VERIFIERS[name]()


def verifiers_of(network: Network) -> tuple[Verifier, ...]:
    """The schemes a network uses, in the order they are tried."""
    return _verifiers(network.schemes)


@cache
def _verifiers(names: tuple[str, ...]) -> tuple[Verifier, ...]:
    return tuple(map(verifier, names))
