"""The other opinion: web3.py reads the same chain its own way; and nodes that take no block hash."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support import evm_chain as chain
from support import fault_proxy
from support.fault_proxy import FaultProxy

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import ReorgError, ScannerError
from scanner.model.addresses.evm import evm_address
from scanner.model.balance import BalanceQuery
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
ETHEREUM = REGISTRY.network("ethereum")
HOLDINGS = [REGISTRY.holding(name, "ethereum") for name in ("ETH", "USDT", "USDC")]
PEOPLE = [chain.holder(n) for n in range(12)]
ABI = [
    {
        "name": "balanceOf",
        "type": "function",
        "stateMutability": "view",
        "inputs": [{"name": "a", "type": "address"}],
        "outputs": [{"name": "", "type": "uint256"}],
    },
    {
        "name": "transfer",
        "type": "function",
        "stateMutability": "nonpayable",
        "inputs": [{"name": "to", "type": "address"}, {"name": "n", "type": "uint256"}],
        "outputs": [{"name": "", "type": "bool"}],
    },
]


@pytest.fixture
def node(anvil_factory):
    whale = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")  # anvil's first account
    tokens = {}
    for holding, slot in zip(
        HOLDINGS[1:], (2, 9), strict=True
    ):  # where the real contracts keep them
        code = chain.token_code(slot=slot)
        token = bytes.fromhex(holding.contract[2:])
        tokens[token] = chain.token_account(code, 6, {whale: 10**15}, slot)
    node = anvil_factory(chain.genesis({whale: 10**22}, tokens))
    node.rpc("anvil_mine", "0x1")
    return node


@pytest.fixture
def w3(node):
    """A chain with a history: coins and tokens change hands block by block, through web3.py."""
    import requests
    from web3 import HTTPProvider, Web3

    session = requests.Session()
    w3 = Web3(HTTPProvider(node.url, session=session))
    whale = w3.eth.accounts[0]
    for n, person in enumerate(PEOPLE):
        to = evm_address("ethereum", person).text
        w3.eth.send_transaction({"from": whale, "to": to, "value": 10**15 * (n + 1)})
        for holding in HOLDINGS[1:]:
            token = w3.eth.contract(holding.contract, abi=ABI)
            token.functions.transfer(to, 1000 + n).transact({"from": whale, "gas": 200_000})
    yield w3
    session.close()


@pytest.mark.parametrize("proof", [False, True])
def test_every_balance_at_every_height_equals_what_web3_reads(node, w3, proof):
    source = make_source(
        "ethereum_rpc", ETHEREUM, [node.endpoint("one")], REGISTRY, ReadPolicy(proof=proof)
    )
    addresses = [evm_address("ethereum", p) for p in PEOPLE]
    queries = [BalanceQuery(a, h) for a in addresses for h in HOLDINGS]
    for height in (1, 2, 9, 20, w3.eth.block_number):
        at = source.pin(height)
        assert at.hash == w3.eth.get_block(height)["hash"].to_0x_hex()
        found = source.fetch_balances(queries, at)
        wanted = []
        for address in addresses:
            wanted.append(w3.eth.get_balance(address.text, height))
            for holding in HOLDINGS[1:]:
                token = w3.eth.contract(holding.contract, abi=ABI)
                wanted.append(token.functions.balanceOf(address.text).call(block_identifier=height))
        assert [b.amount for b in found] == wanted
        evidence = "proven" if proof else "reported"
        assert [b.reason for b in found if b.evidence.value != evidence] == []
    assert sum(wanted) > 0
    source.close()


def takes_no_hash(call: dict) -> str:
    return "invalid argument: blockHash" if "blockHash" in str(call.get("params")) else ""


def test_an_endpoint_without_block_hashes_is_read_by_number_between_two_looks(node):
    with FaultProxy(node.url, [], 0.0, 0, takes_no_hash) as proxy:
        endpoint = replace(node.endpoint("plain"), url=proxy.url)
        source = make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY)
        at = source.pin(1)
        query = [BalanceQuery(evm_address("ethereum", PEOPLE[0]), h) for h in HOLDINGS]
        assert [b.amount for b in source.fetch_balances(query, at)] == [0, 0, 0]
        assert not source.pool.nodes[0].takes_hash(at)
        source.close()


def test_a_reorg_in_the_middle_of_a_reading_by_number_is_noticed(node, w3):
    """The balances come from the new branch, the first look saw the old one: nothing is kept."""
    tip = w3.eth.block_number
    done = []

    def reorganise(request, answer):
        if isinstance(request, dict) and request["method"] == "eth_call" and not done:
            done.append(node.rpc("anvil_reorg", 3, []))
        return answer

    with FaultProxy(node.url, [fault_proxy.reordered], 0.0, 0, takes_no_hash) as proxy:
        endpoint = replace(node.endpoint("plain"), url=proxy.url)
        source = make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY)
        at = source.pin(tip)
        query = [BalanceQuery(evm_address("ethereum", p), h) for p in PEOPLE for h in HOLDINGS]
        source.fetch_balances(query, at)
        proxy._faults, proxy.share = [reorganise], 1.0
        with pytest.raises(ReorgError):
            source.fetch_balances(query, at)
        assert done
        source.close()


CANARY = "sk-live-canary-0123456789"


TALKATIVE = ("html_error", "truncated", "dropped", "timeout", "limited_in_body", "stale", "")


@pytest.mark.parametrize("name", TALKATIVE, ids=lambda name: name or "dead")
def test_no_error_holds_the_key_of_the_endpoint(node, name, monkeypatch, caplog):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)
    caplog.set_level(0)
    faults = [getattr(fault_proxy, name)] if name else []
    with FaultProxy(node.url, faults, 0.0) as proxy:
        base = proxy.url if name else "http://127.0.0.1:1/"
        url = base.replace("://", f"://user:{CANARY}-pw@") + f"v3/{CANARY}?apikey={CANARY}"
        endpoint = replace(node.endpoint("named"), url=url, timeout=0.3)
        source = make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY)
        said = []
        try:
            at = source.pin(1)
            proxy.share = 1.0
            queries = [BalanceQuery(evm_address("ethereum", PEOPLE[0]), h) for h in HOLDINGS]
            said += [b.reason + b.detail for b in source.fetch_balances(queries, at)]
        except ScannerError as e:
            while e is not None:
                said += [str(e), repr(e)]
                e = e.__cause__ or (None if e.__suppress_context__ else e.__context__)
        source.close()
    assert not any(CANARY in text for text in (*said, caplog.text))
