"""The one place that knows every ownership scheme; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

from scanner.errors import ConfigError
from scanner.model.named import named
from scanner.model.network import Network
from scanner.ownership.interface import Verifier

VERIFIERS: Mapping[str, str] = {
    "adr36": "native.cosmos:Adr36",
    "algorand_mx": "native.algorand:algorand_mx",
    "antelope_key": "others.antelope_key:AntelopeKey",
    "aptos_text": "native.aptos:AptosText",
    "bip322": "bitcoin.bip322:Bip322",
    "bitcoin_message": "bitcoin.bitcoin_message:BitcoinMessage",
    "bls": "evm.bls:Bls",
    "cip23": "native.conflux:cip23",
    "cip8": "native.cardano:Cip8",
    "contract_owner": "evm.contract_owner:evm_contract_owner",
    "ed25519": "ed25519.ed25519:Ed25519",
    "evm_message": "evm.evm_message:evm_message",
    "filecoin_bls": "native.filecoin_bls:FilecoinBls",
    "filecoin_text": "native.filecoin:FilecoinText",
    "hedera_text": "native.hedera:HederaText",
    "nep413": "native.near:Nep413",
    "okx_contract_owner": "evm.contract_owner:okx_contract_owner",
    "okx_recover": "others.okx_recover:OkxRecover",
    "polkadot_text": "native.polkadot:PolkadotText",
    "sep53": "native.stellar:sep53",
    "solana_offchain": "native.solana:solana_offchain",
    "solana_text": "native.solana:solana_text",
    "stark": "others.stark:Stark",
    "sui_personal": "native.sui:SuiPersonal",
    "ton_connect": "native.ton:TonConnect",
    "tron_message": "others.tron_message:TronMessage",
    "xrpl_text": "native.xrpl:XrplText",
}
"""Scheme name -> "module:maker" of its verifier, imported when a row first needs it."""


@cache
def verifier(name: str) -> Verifier:
    """The verifier of one scheme. It has no state: one serves every row.

    Raises ConfigError if no scheme has that name.
    """
    if name not in VERIFIERS:
        raise ConfigError(
            f"unknown ownership scheme {name!r} (config/networks.csv, column schemes)"
        )
    return cast(Verifier, named(f"ownership.{VERIFIERS[name]}")())


def verifiers_of(network: Network) -> tuple[Verifier, ...]:
    """The schemes a network uses, in the order they are tried."""
    return _verifiers(network.schemes)


@cache
def _verifiers(names: tuple[str, ...]) -> tuple[Verifier, ...]:
    return tuple(map(verifier, names))
