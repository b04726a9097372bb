"""Nothing that takes a stranger's bytes apart is left out of the fuzzing."""

from __future__ import annotations

import ast
import random
import re
from importlib import import_module
from pathlib import Path

import pytest
from support.fuzz_parsers import PARSERS, WITHIN
from support.fuzzing import fuzz
from support.reader_contract import CHANGES as READER_CHANGES
from support.reader_contract import ReaderContract
from support.replay import Trap
from support.wire import anything_is_read_or_refused

import scanner
from scanner.chains.table import SOURCES

ROOT = Path(scanner.__file__).parent
ROOMS = ("chains", "ownership", "liabilities", "model", "files", "net", "lists")
NAMES = re.compile(
    r"(read|parse|decode|decompress|look_up|value_under|unwrap|operations|fields|recognis)"
)
BYTES = {"bytes", "bytes | str", "bytes | bytearray"}
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


def _found():
    """Every public function of the rooms that is named as a parser and takes bytes first."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.parse(path.read_text()).body:
                if not isinstance(node, ast.FunctionDef) or not NAMES.match(node.name):
                    continue
                given = [ast.unparse(a.annotation) for a in node.args.args if a.annotation]
                if given and (given[0] in BYTES or (given[0] == "str" and given[1:2] == ["bytes"])):
                    yield f"{module}:{node.name}"


def test_every_parser_of_bytes_has_a_corpus():
    found = set(_found())
    assert len(found) > 25
    left = found - set(PARSERS) - set(WITHIN)
    assert not left, f"add them to tests/support/fuzz_parsers.py: {sorted(left)}"
    gone = {p for p in set(PARSERS) | set(WITHIN) if not _exists(p.partition(",")[0])}
    assert not gone, f"they are no more: {sorted(gone)}"


def _exists(place):
    module, _, name = place.partition(":")
    return hasattr(import_module(f"scanner.{module}"), name)


def test_every_protocol_has_a_contract_with_a_stub():
    left = set(SOURCES) - set(CONTRACTS) - set(ALIKE)
    assert not left, f"no ReaderContract answers for {sorted(left)}"
    assert set(CONTRACTS) | set(ALIKE) == set(SOURCES)
    for place in CONTRACTS.values():
        assert issubclass(_contract(place), ReaderContract)


def _contract(place):
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_parses_or_refuses(name):
    fuzz(PARSERS[name])


@pytest.mark.parametrize("protocol", CONTRACTS)
def test_any_answer_of_any_server_is_read_or_refused(protocol, monkeypatch):
    contract = _contract(CONTRACTS[protocol])()
    changes = max(20, READER_CHANGES // 3)
    with contract.wired(monkeypatch, Trap.NONE) as (wire, steps):
        anything_is_read_or_refused(wire, steps, changes, random.randrange(2**32))
