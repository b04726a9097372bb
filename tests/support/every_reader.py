"""Where every protocol's contract stands, and so the stub whose answers can be changed."""

from __future__ import annotations

from importlib import import_module

import pytest

from scanner.chains.bitcoin import core_rpc, index_source
from scanner.chains.fleet import pool
from scanner.net import ending
from support.coin_world import CoinWorld
from support.reader_contract import ReaderContract

UNIT = "tests.unit.chains"
CONTRACTS = {
    "xrpl_rpc": f"{UNIT}.xrpl.test_reader:TestContract",
    "tron_http": f"{UNIT}.tron.test_reader:TestContract",
    "solana_rpc": f"{UNIT}.solana.test_reader:TestContract",
    "ton_http": f"{UNIT}.ton.test_reader:TestContract",
    "aptos_rest": f"{UNIT}.aptos.test_reader:TestContract",
    "substrate_rpc": f"{UNIT}.substrate.test_reader:TestContract",
    "antelope_rpc": f"{UNIT}.antelope.test_reader:TestContract",
    "sui_graphql": f"{UNIT}.sui.test_reader:TestContract",
    "starknet_rpc": f"{UNIT}.starknet.test_reader:TestContract",
    "cosmos_rest": f"{UNIT}.cosmos.test_reader:TestContract",
    "stellar_horizon": f"{UNIT}.stellar.test_reader:TestStellar",
    "near_rpc": f"{UNIT}.near.test_reader:TestContract",
    "cardano_koios": f"{UNIT}.cardano.test_reader:TestContract",
    "algorand_rest": f"{UNIT}.algorand.test_reader:TestContract",
    "hedera_mirror": f"{UNIT}.hedera.test_reader:TestContract",
    "aelf_http": f"{UNIT}.aelf.test_reader:TestContract",
    "beacon": f"{UNIT}.evm.test_contracts:TestBeacon",
    "filecoin_rpc": f"{UNIT}.evm.test_contracts:TestFilecoin",
    "ethereum_rpc": f"{UNIT}.evm.test_contracts:TestEthereum",
    "bitcoin_core": f"{UNIT}.bitcoin.test_contracts:TestCoreScan",
    "bitcoin_filters": f"{UNIT}.bitcoin.test_contracts:TestCoreFilters",
    "electrum": f"{UNIT}.bitcoin.test_contracts:TestElectrum",
    "esplora": f"{UNIT}.bitcoin.test_contracts:TestEsplora",
    "blockbook": f"{UNIT}.bitcoin.test_blockbook:TestDogecoin",
}
"""Protocol -> the contract whose stub answers it; each answer is changed here."""
ALIKE = {
    "aelf_side_http": "the reader of aelf_http asks both chains",
    "utxo_snapshot": "a file: its format is among the parsers, its reading in test_utxo_scan",
}


def contract_class(protocol: str) -> type[ReaderContract]:
    """The contract of a protocol's reader."""
    module, _, name = CONTRACTS[protocol].partition(":")
    found = getattr(import_module(module), name)
    assert issubclass(found, ReaderContract)
    return found


def contract_without_waits(protocol: str, monkeypatch: pytest.MonkeyPatch) -> ReaderContract:
    """The contract of a protocol's reader, which gives up after a second try and waits for nothing.

    Of coins that count blocks the chain is that of its stub, not the one that is known.
    """
    monkeypatch.setattr(pool, "TRIES", 2)
    monkeypatch.setattr(ending, "pause", lambda _: None)
    if protocol != "blockbook":
        mark = (0, CoinWorld({}).hash(0))
        for module in (core_rpc, index_source):
            monkeypatch.setattr(module, "chain_marker", lambda *_: mark)
    return contract_class(protocol)()
