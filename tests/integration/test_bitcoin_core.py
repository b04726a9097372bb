"""Bitcoin Core as a source: a real node, and a scripted server for what a node rarely says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest
from support.bitcoin_chain import ANYONE, BTC, Chain, address, query, regtest, transaction
from support.scripted_http import Said, serving

from scanner.chains.bitcoin import core_scan, core_undo
from scanner.chains.bitcoin.core_rpc import CoreRpc, RpcFailure
from scanner.chains.bitcoin.core_scan import CoreScan
from scanner.chains.interface import BalanceSource, Reach
from scanner.chains.table import make_source
from scanner.demo.nodes import Bitcoind
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
BITCOIN = load_registry().network("bitcoin")

ADDRESSES = [
    address("p2pkh", b"\x01" * 20),
    address("p2sh", b"\x02" * 20),
    address("p2wpkh", b"\x03" * 20),
    address("p2wsh", b"\x04" * 32),
    address("p2tr", b"\x05" * 32),
]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("core")) as chain:
        coins = chain.fund(3)
        outputs = [(script_pubkey(a), 100_000_000 + n) for n, a in enumerate(ADDRESSES)]
        chain.pay(coins[0], [*outputs, (script_pubkey(ADDRESSES[0]), 7)])
        chain.mine(2, script_pubkey(ADDRESSES[4]))
        yield chain


@pytest.fixture
def source(chain: Chain) -> Iterator[BalanceSource]:
    made = make_source("bitcoin_core", BITCOIN, [chain.node.endpoint("own")], load_registry())
    yield made
    made.close()


def test_every_address_type_dust_and_immature_rewards(source: BalanceSource) -> None:
    at = source.pin(None)
    asked = [*ADDRESSES, ADDRESSES[0], address("p2pkh", b"\xee" * 20)]
    shares: list[float] = []
    answers = source.fetch_balances([query(a) for a in asked], at, shares.append)
    reward = 2 * 50 * 10**8
    expected = [100_000_000 + n for n in range(5)]
    expected[0] += 7
    expected[4] += reward
    assert [b.amount for b in answers] == [*expected, expected[0], 0]
    assert {b.evidence for b in answers} == {Evidence.PROVEN}
    assert answers[0].sources == ("own",)
    first, last = json.loads(answers[0].detail), json.loads(answers[4].detail)
    assert (first["outputs"], first["dust"]) == (2, "7")
    assert last["immature"] == str(reward)
    assert "100 of immature block rewards" in answers[4].reason
    assert shares[-1] == 1.0


def test_a_foreign_node_only_reports(chain: Chain) -> None:
    source = CoreScan(BITCOIN, chain.node.endpoint("theirs", own=False))
    answer = source.fetch_balances([query(ADDRESSES[1])], source.pin(None))[0]
    source.close()
    assert (answer.amount, answer.evidence) == (100_000_001, Evidence.REPORTED)


def test_what_cannot_be_asked_is_unavailable_not_zero(source: BalanceSource) -> None:
    omni = Holding("USDT", "bitcoin", "omni:31", 8)
    other = address("p2pkh", b"\x01" * 20, "litecoin")
    account = type(other)("bitcoin", "evm", b"\0" * 20, "x", "x")
    answers = source.fetch_balances(
        [query(ADDRESSES[0], omni), query(other), query(account), query(ADDRESSES[1])],
        source.pin(None),
    )
    assert [b.evidence for b in answers[:3]] == [Evidence.UNAVAILABLE] * 3
    assert "Omni Layer" in answers[0].reason
    assert answers[3].amount == 100_000_001


def test_calls_are_split_and_still_one_answer(
    source: BalanceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = source.pin(None)
    whole = source.fetch_balances([query(a) for a in ADDRESSES], at)
    monkeypatch.setattr(core_scan, "MAX_DESCRIPTORS", 2)
    shares: list[float] = []
    assert source.fetch_balances([query(a) for a in ADDRESSES], at, shares.append) == whole
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    monkeypatch.setattr(core_scan, "MAX_BODY", 80)
    assert source.fetch_balances([query(a) for a in ADDRESSES], at) == whole
    assert source.fetch_balances([], at) == []


def test_heights(source: BalanceSource, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    tip = chain.tip()
    assert source.ability.reach is Reach.WINDOW
    assert source.pin(tip) == source.pin(None)
    assert source.pin(tip - 1).height == tip - 1
    with pytest.raises(HeightNotReachedError, match=f"height {tip + 1} is above its tip {tip}"):
        source.pin(tip + 1)
    monkeypatch.setattr(core_scan, "RECENT", 10)
    with pytest.raises(HeightPrunedError, match="blocks back"):
        source.pin(tip - 11)


def test_recent_blocks_are_taken_back(chain: Chain, source: BalanceSource) -> None:
    """Coins of a later block are left out, coins that later blocks spent are put back."""
    mine = address("p2wsh", b"\x33" * 32)
    anyone = address("p2wsh", hashlib.sha256(b"\x51").digest())  # spendable with its script alone
    scripts = [script_pubkey(a) for a in (mine, anyone)]
    coin = (chain.node.rpc("getblock", chain.node.rpc("getblockhash", 2), 1)["tx"][0], 0)
    funding = chain.pay(coin, [(scripts[1], 900), (scripts[0], 70), (b"\x51", 10**6)])
    at = source.pin(None)
    before = [b.amount for b in source.fetch_balances([query(mine), query(anyone)], at)]
    assert before == [70, 900]
    spend = transaction([(funding, 0)], [(scripts[0], 800)], witness=[[b"\x51"]])
    chain.node.rpc("generateblock", ANYONE, [spend])
    spent_again = chain.pay((funding, 2), [(scripts[1], 5000)])
    chain.node.rpc(
        "generateblock",
        ANYONE,
        [transaction([(spent_again, 0)], [(scripts[0], 4000)], witness=[[b"\x51"]])],
    )
    now = source.pin(None)
    asked = [query(mine), query(anyone)]
    assert [b.amount for b in source.fetch_balances(asked, now)] == [4870, 0]
    again = source.fetch_balances(asked, at)
    assert [b.amount for b in again] == before
    assert again[1].evidence is Evidence.PROVEN
    assert json.loads(again[1].detail)["coins"] == [[f"{funding}:0", "900", at.height]]


def test_a_tip_that_moves_does_no_harm_and_a_reorganisation_gives_no_number(
    source: BalanceSource, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = source.pin(None)
    expected = source.fetch_balances([query(ADDRESSES[4])], at)[0].amount
    moved = chain.mine(1, script_pubkey(ADDRESSES[4]))[0]
    assert source.fetch_balances([query(ADDRESSES[4])], at)[0].amount == expected
    again = source.pin(None)
    chain.node.rpc("invalidateblock", moved)
    with pytest.raises(ReorgError):
        source.fetch_balances([query(ADDRESSES[0])], again)
    chain.mine(2, b"\x52")
    with pytest.raises(ReorgError) as caught:
        source.fetch_balances([query(ADDRESSES[0])], again)
    assert caught.value.expected_hash == moved
    assert caught.value.seen_hash != moved
    monkeypatch.setattr(core_undo, "RECENT", 1)
    with pytest.raises(HeightPrunedError):
        source.fetch_balances([query(ADDRESSES[0])], at)


def test_another_chain_and_a_syncing_node_are_refused(
    chain: Chain, tmp_path_factory: pytest.TempPathFactory
) -> None:
    node = chain.node
    wrong = CoreScan(BITCOIN, Endpoint("n", "bitcoin", "bitcoin_core", node.url))
    with pytest.raises(SourceRejectedError, match=r"is on chain 'regtest', bitcoin needs 'main'"):
        wrong.pin(None)
    wrong.close()
    with Bitcoind(tmp_path_factory.mktemp("mainnet"), chain="main") as fresh:
        syncing = CoreScan(BITCOIN, fresh.endpoint("fresh"))
        with pytest.raises(SourceUnavailableError, match="still syncing"):
            syncing.pin(None)
        syncing.close()


def test_credentials_methods_and_bodies_the_node_refuses(chain: Chain) -> None:
    node = chain.node
    wrong = CoreRpc(
        Endpoint("n", "bitcoin", "bitcoin_core", f"http://u:wrong-pass@127.0.0.1:{node.port}")
    )
    with pytest.raises(SourceRejectedError, match="refused the credentials") as caught:
        wrong.call("getblockcount")
    assert "wrong-pass" not in str(caught.value)
    wrong.close()
    rpc = CoreRpc(node.endpoint("n"))
    with pytest.raises(SourceRejectedError, match="does not know getunicorn"):
        rpc.call("getunicorn")
    with pytest.raises(SourceRejectedError, match="too large"):
        rpc.call("scantxoutset", ["start", ["raw(" + "51" * (17 * 1024 * 1024) + ")"]])
    with pytest.raises(SourceRejectedError, match=r"error -5|error -8"):
        rpc.call("getblockheader", ["00" * 32])
    answers = rpc.batch(
        [("getblockhash", [0]), ("getblockhash", [10**6]), ("getblockhash", {"height": 0})]
    )
    assert answers[0] == answers[2]
    assert isinstance(answers[1], RpcFailure)
    assert answers[1].code == -8
    assert rpc.batch([]) == []
    assert rpc.block_hash(10**6) == ""
    rpc.close()


def test_rpc_answers_of_other_kinds() -> None:
    said: list[Said] = []
    with serving(lambda r: said.pop(0)) as host:
        rpc = CoreRpc(Endpoint("n", "bitcoin", "bitcoin_core", f"http://{host}"))

        def expect(error: type[SourceError], words: str, *answer: Said) -> None:
            said[:] = answer
            with pytest.raises(error, match=words):
                rpc.call("getblockcount")

        def body(value: object) -> bytes:
            return json.dumps(value).encode()

        old = {"result": None, "id": 0}
        expect(
            SourceUnavailableError, "work queue is full", Said(503, b"Work queue depth exceeded")
        )
        expect(SourceUnavailableError, "overloaded", Said(503, b"<html>"))
        expect(SourceRejectedError, "too large", Said(413, b"<html>"))
        expect(SourceRejectedError, "forbids", Said(403))
        expect(
            SourceUnavailableError,
            "still starting.*-28",
            Said(500, body({**old, "error": {"code": -28, "message": "warming up"}})),
        )
        expect(
            SourceRejectedError,
            "does not know",
            Said(404, body({**old, "error": {"code": -32601, "message": "Method not found"}})),
        )
        expect(SourceUnavailableError, "not JSON", Said(200, b"<html>hello"))
        expect(SourceUnavailableError, "not asked", Said(200, body({"result": 1, "id": 9})))
        expect(SourceUnavailableError, "answer is not dict", Said(200, body([1])))
        expect(
            SourceUnavailableError,
            "message is missing",
            Said(200, body({"id": 0, "error": {"code": 1}})),
        )
        said[:] = [Said(200, body([{"id": 0, "result": 1}]))]
        with pytest.raises(SourceUnavailableError, match="answered 1 of 2"):
            rpc.batch([("a", []), ("b", [])])
        rpc.close()


def test_same_answer_for_the_same_script_in_two_networks_spellings(source: BalanceSource) -> None:
    queries = [query(ADDRESSES[n % 5], BTC) for n in range(1000)]
    answers = source.fetch_balances(queries, source.pin(None))
    assert len(answers) == 1000
    assert answers[:5] * 200 == answers
