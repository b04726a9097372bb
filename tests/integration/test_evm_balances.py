"""Balances from a real anvil, read back equal to what the chain was loaded with."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support import evm_chain as chain
from support.contracts import mined
from support.fault_proxy import FaultProxy

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.evm import evm_address
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
ETHEREUM = REGISTRY.network("ethereum")
USDT = REGISTRY.holding("USDT", "ethereum")
USDC = REGISTRY.holding("USDC", "ethereum")
ETH = REGISTRY.holding("ETH", "ethereum")
MANY = [chain.holder(n) for n in range(40)]


def contract(holding: Holding) -> bytes:
    return bytes.fromhex(holding.contract[2:])


def token(name: str, number: int) -> Holding:
    return Holding(name, "ethereum", "0x" + f"{number:040x}", 6)


ODD = {
    name: (token(name, 0xE000 + n), code)
    for n, (name, code) in enumerate(
        {
            "reverts": chain.REVERTS_FOR_ONE,
            "short": chain.SHORT_FOR_ONE,
            "empty": chain.EMPTY_FOR_ONE,
            "burns": chain.BURNS_FOR_ONE,
            "loops": chain.LOOPS_FOR_ONE,
        }.items()
    )
}
WRONG_DECIMALS = token("wrong", 0xF001)
NO_DECIMALS = token("none", 0xF002)
NO_CODE = token("gone", 0xF003)
SILENT = token("silent", 0xF004)


@pytest.fixture
def node(anvil_factory):
    native = {h: 10**18 + n for n, h in enumerate(MANY)}
    usdt = {h: 1000 + n for n, h in enumerate(MANY)}
    usdc = {h: 2**200 + n for n, h in enumerate(MANY[:20])}
    tokens = {
        contract(USDT): chain.token_account(chain.PLAIN, 6, usdt),
        contract(USDC): chain.token_account(chain.PLAIN, 6, usdc),
        contract(WRONG_DECIMALS): chain.token_account(chain.PLAIN, 18, usdt),
        contract(NO_DECIMALS): chain.token_account(chain.NO_DECIMALS, 6, {}),
        contract(SILENT): chain.token_account(chain.SILENT, 6, {}),
    }
    for holding, code in ODD.values():
        tokens[contract(holding)] = chain.token_account(code, 6, usdt)
    anvil = anvil_factory(chain.genesis(native, tokens))
    anvil.rpc("anvil_mine", "0x5")
    return anvil


def ask(holder: bytes, holding: Holding) -> BalanceQuery:
    return BalanceQuery(evm_address("ethereum", holder), holding)


@pytest.fixture
def source(node):
    made = make_source("ethereum_rpc", ETHEREUM, [node.endpoint("one")], REGISTRY)
    yield made
    made.close()


def test_every_balance_equals_what_was_loaded(source):
    at = source.pin(5)
    queries = [ask(h, holding) for h in MANY for holding in (ETH, USDT, USDC)]
    queries.append(queries[0])
    found = source.fetch_balances(queries, at)
    wanted = []
    for n in range(40):
        wanted += [10**18 + n, 1000 + n, 2**200 + n if n < 20 else 0]
    assert [b.amount for b in found] == [*wanted, 10**18]
    assert {b.evidence for b in found} == {Evidence.REPORTED}
    assert {b.sources for b in found} == {("one",)}


def test_revert_empty_short_no_code_and_true_zero_are_different_answers(source):
    at = source.pin(5)
    nobody = chain.holder(10**6)
    queries = [ask(chain.BAD_HOLDER, holding) for holding, _ in ODD.values()]
    queries += [ask(MANY[0], holding) for holding, _ in ODD.values()]
    queries += [ask(MANY[0], h) for h in (NO_CODE, SILENT, NO_DECIMALS, WRONG_DECIMALS)]
    queries += [ask(nobody, USDT), ask(nobody, ETH)]
    found = source.fetch_balances(queries, at)
    reasons = [b.reason for b in found[:5]]
    assert "reverted" in reasons[0]
    assert "fewer than 32 bytes" in reasons[1]
    assert "no data" in reasons[2]
    assert all(b.evidence is Evidence.UNAVAILABLE for b in found[:5])
    assert [b.amount for b in found[5:10]] == [1000] * 5
    assert [b.amount for b in found[10:14]] == [None] * 4
    assert "no contract" in found[10].reason
    assert "does not state its decimals" in found[11].reason
    assert "does not state its decimals" in found[12].reason
    assert "has 18 decimals, the tables say 6" in found[13].reason
    assert [b.amount for b in found[14:]] == [0, 0]


def test_pin_is_a_height_its_hash_and_time(source, node):
    at = source.pin(3)
    block = node.rpc("eth_getBlockByNumber", "0x3", False)
    assert (at.height, at.hash, at.chain) == (3, block["hash"], "1:dev")
    assert at.time == int(block["timestamp"], 16)
    with pytest.raises(HeightNotReachedError) as caught:
        source.pin(6)
    assert caught.value.tip == 5


def test_pin_without_a_height_takes_the_finalized_block(anvil_factory):
    node = anvil_factory(None, 1, ["--slots-in-an-epoch", "1"])
    node.rpc("anvil_mine", "0xa")
    source = make_source("ethereum_rpc", ETHEREUM, [node.endpoint("one")], REGISTRY)
    finalized = node.rpc("eth_getBlockByNumber", "finalized", False)
    assert source.pin(None).hash == finalized["hash"]
    assert source.pin(None).height == 8
    source.close()


def test_older_blocks_keep_their_balances(source, node):
    account = node.rpc("eth_accounts")[0]
    to = chain.holder(7000)
    for _ in range(2):
        paid = {"from": account, "to": "0x" + to.hex(), "value": hex(5 * 10**9)}
        mined(node, node.rpc("eth_sendTransaction", paid))
    found = [source.fetch_balances([ask(to, ETH)], source.pin(h))[0].amount for h in (5, 6, 7)]
    assert found == [0, 5 * 10**9, 10**10]


def test_a_reorg_is_an_error_of_its_own(source, node):
    at = source.pin(5)
    node.rpc("anvil_reorg", 2, [])
    with pytest.raises(ReorgError) as caught:
        source.fetch_balances([ask(MANY[0], ETH)], at)
    assert caught.value.expected_hash == at.hash
    assert caught.value.seen_hash == node.rpc("eth_getBlockByNumber", "0x5", False)["hash"]
    assert source.fetch_balances([ask(MANY[0], ETH)], source.pin(5))[0].amount == 10**18


def test_the_wrong_chain_is_refused_before_anything_is_asked(anvil_factory):
    node = anvil_factory(None, 10)
    endpoint = replace(node.endpoint("one"), chain="")
    source = make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY)
    with pytest.raises(
        SourceRejectedError, match="one: is on chain 10, not 1: set the endpoint's url or chain"
    ):
        source.pin(None)
    source.close()


def test_a_dead_node_is_an_error_and_holds_no_url(node, monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)
    endpoint = replace(node.endpoint("one"), url="http://127.0.0.1:1/secret-key-123")
    source = make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY)
    with pytest.raises(SourceUnavailableError) as caught:
        source.pin(None)
    assert "secret" not in str(caught.value)
    source.close()


def test_contract_calls(source):
    at = source.pin(5)
    decimals = bytes.fromhex("313ce567")
    assert source.call(contract(USDT), decimals, at) == (6).to_bytes(32)
    assert source.call(contract(NO_DECIMALS), decimals, at) == b""
    assert source.call(contract(NO_CODE), decimals, at) == b""


def test_filecoin_addresses_in_three_spellings(anvil_factory):
    filecoin = REGISTRY.network("filecoin")
    fil = REGISTRY.holding("FIL", "filecoin")
    spelled = FilecoinCodec("filecoin", "").encode(4, chain.holder(1))
    account = decode_address(filecoin, spelled)
    by_id = decode_address(filecoin, "f01729")
    masked = b"\xff" + bytes(11) + (1729).to_bytes(8)
    node = anvil_factory(chain.genesis({account.payload: 77, masked: 78}, {}), 314)
    node.rpc("anvil_mine", "0x1")
    source = make_source("ethereum_rpc", filecoin, [node.endpoint("one")], REGISTRY)
    secp = decode_address(filecoin, FilecoinCodec("filecoin", "").encode(1, chain.holder(2)))
    queries = [BalanceQuery(a, fil) for a in (account, by_id, secp)]
    found = source.fetch_balances(queries, source.pin(1))
    assert [b.amount for b in found] == [77, 78, None]
    source.close()


def test_a_quorum_needs_operators(node):
    from scanner.errors import ConfigError

    with pytest.raises(ConfigError, match="quorum of 2"):
        make_source("ethereum_rpc", ETHEREUM, [node.endpoint("one")], REGISTRY, ReadPolicy(2))


def test_what_an_endpoint_can_do(source):
    found = source.probe()
    assert list(found) == [
        *("client", "tip", "finalized", "by hash", "history", "ways", "batch", "proof", "speed"),
    ]
    assert found["client"].startswith("anvil")
    assert (found["tip"], found["finalized"], found["history"]) == ("5", "0", "any height")
    assert found["by hash"] == "yes"
    assert found["ways"] == "override sheet, revert sheet, deployless sheet, batch, single"
    assert found["batch"] == "1,000"
    assert found["speed"].endswith("ms a call")


def test_a_pruned_node_says_how_far_back_it_reaches(anvil_factory):
    node = anvil_factory(chain.genesis({MANY[0]: 5}, {}), 1, ["--prune-history", "200"])
    node.rpc("anvil_mine", hex(400))
    source = make_source("ethereum_rpc", ETHEREUM, [node.endpoint("one")], REGISTRY)
    assert source.probe()["history"] != "any height"
    with pytest.raises(HeightPrunedError):
        source.fetch_balances([ask(MANY[0], ETH)], source.pin(10))
    source.close()


def test_the_block_at_a_time(source, node):
    from scanner.errors import HeightNotReachedError as NotReached

    for n in range(1, 40):
        node.rpc("evm_setNextBlockTimestamp", 2_000_000_000 + 100 * n)
        node.rpc("anvil_mine", "0x1")
    node.rpc("anvil_mine", hex(70))
    times = [
        int(node.rpc("eth_getBlockByNumber", hex(h), False)["timestamp"], 16) for h in range(46)
    ]
    for time in {t + d for t in times[:44] for d in (-1, 0, 1, 99)} - {times[0] - 1}:
        assert source.height_at(time) == max(h for h in range(46) if times[h] <= time)
    with pytest.raises(NotReached):
        source.height_at(times[45] + 10**6)
    with pytest.raises(SourceRejectedError, match="first block is later"):
        source.height_at(times[0] - 1)


def test_a_syncing_node_is_refused(node):
    def syncing(request, answer):
        body = json.loads(answer[2])
        if request["method"] == "eth_syncing":
            body["result"] = {"startingBlock": "0x0", "currentBlock": "0x5", "highestBlock": "0x64"}
        return 200, {}, json.dumps(body).encode()

    with FaultProxy(node.url, [syncing], 1.0) as proxy:
        endpoint = replace(node.endpoint("slow"), url=proxy.url)
        source = make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY)
        with pytest.raises(SourceRejectedError, match=r"slow: is still syncing \(block 5 of 100\)"):
            source.pin(None)
        source.close()


def test_endpoints_on_two_branches_pin_nothing_with_a_quorum(anvil_factory):
    nodes = [anvil_factory(chain.genesis({MANY[n]: 5}, {}), 1) for n in range(2)]
    for n, node in enumerate(nodes):
        node.rpc("evm_setNextBlockTimestamp", 2_000_000_000 + n)
        node.rpc("anvil_mine", "0x3")
    endpoints = [replace(n.endpoint(f"n{k}"), operator=f"o{k}") for k, n in enumerate(nodes)]
    source = make_source("ethereum_rpc", ETHEREUM, endpoints, REGISTRY, ReadPolicy(2))
    with pytest.raises(SourceRejectedError, match="the endpoints disagree on block 2: n0 has 0x"):
        source.pin(2)
    source.close()


def answers_seven(request, answer):
    """Every contract call is answered by the number 7."""
    body = json.loads(answer[2])
    if request["method"] == "eth_call":
        body["result"] = "0x" + (7).to_bytes(32).hex()
    return 200, {}, json.dumps(body).encode()


def test_a_contract_call_on_which_operators_differ_is_put_to_a_third(node):
    decimals = bytes.fromhex("313ce567")
    with FaultProxy(node.url, [answers_seven], 1.0) as liar:
        bad = replace(node.endpoint("liar"), url=liar.url, operator="o0")
        good = [replace(node.endpoint(f"good{n}"), operator=f"o{n}") for n in (1, 2)]
        for endpoints in ([bad, *good], [good[0], bad, good[1]]):
            source = make_source("ethereum_rpc", ETHEREUM, endpoints, REGISTRY, ReadPolicy(2))
            assert source.call(contract(USDT), decimals, source.pin(5)) == (6).to_bytes(32)
            source.close()
        source = make_source("ethereum_rpc", ETHEREUM, [bad, good[0]], REGISTRY, ReadPolicy(2))
        with pytest.raises(SourceRejectedError, match="good1, liar disagree"):
            source.call(contract(USDT), decimals, source.pin(5))
        source.close()
