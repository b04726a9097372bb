"""Payments looked up at a node and at an Esplora server: the same, and nothing that was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from support.bitcoin_chain import Chain, regtest
from support.esplora_stub import EsploraStub
from support.scripted_http import Said
from support.wallet import EVERY, Wallet

from scanner.chains.bitcoin.payments import EsploraPayments, NodePayments
from scanner.errors import (
    HeightNotReachedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.interface import Address
from scanner.model.balance import Evidence
from scanner.model.control import Control
from scanner.model.endpoint import Endpoint
from scanner.ownership.bitcoin.by_transaction import Announcement, Kind
from scanner.settings.tables import load_registry
from scanner.snapshots.announced import AnnouncementJudge

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("payments")) as chain:
        yield chain


@pytest.fixture(scope="module")
def paid(chain: Chain) -> dict[bytes, str]:
    """Script -> the transaction that sent 1234 from it to itself."""
    wallet = Wallet(chain)
    return {
        wallet.scripts[kind]: wallet.mine(wallet.signed([kind], [(wallet.scripts[kind], 1234)]))
        for kind in EVERY
    }


@pytest.fixture
def stub(chain: Chain) -> Iterator[EsploraStub]:
    with EsploraStub(chain).serve() as stub:
        yield stub


@pytest.fixture
def server(stub: EsploraStub) -> Iterator[EsploraPayments]:
    with closing(EsploraPayments(_endpoint(stub), BITCOIN)) as source:
        yield source


def _endpoint(stub: EsploraStub, **more: object) -> Endpoint:
    made = Endpoint("server", "bitcoin", "esplora", stub.url, "x", "regtest")
    return replace(made, **more)  # type: ignore[arg-type]


def _said(script: bytes, **more: object) -> Announcement:
    address = Address("bitcoin", "script", script, script.hex(), "")
    said = Announcement(2, "bitcoin", address, Kind.SEND_TO_SELF, amount=1234, after=1)
    return replace(said, **more)  # type: ignore[arg-type]


def test_both_say_the_same(chain: Chain, paid: dict[bytes, str], server: EsploraPayments) -> None:
    with closing(NodePayments(chain.node.endpoint("node"), BITCOIN)) as node:
        assert (node.evidence, server.evidence) == (Evidence.PROVEN, Evidence.REPORTED)
        assert node.tip() == server.tip() == chain.tip()
        for txid in paid.values():
            assert node.mined(txid) == server.mined(txid) is not None
        scripts = list(paid)
        whole = {script: [txid] for script, txid in paid.items()}
        for first, last in ((1, chain.tip()), (chain.tip() - 3, chain.tip() - 1), (1, 100)):
            found = server.spends(scripts, first, last)
            assert found == node.spends(scripts, first, last)
            assert (found == whole) is (first == 1 and last > 100)
        reward = chain.node.rpc("getblock", chain.node.rpc("getbestblockhash"), 1)["tx"][0]
        assert node.mined(reward) == server.mined(reward)
        assert server.mined("ab" * 32) is None
        assert [server.nonce(h) for h in range(5)] == [node.nonce(h) for h in range(5)]
        for source in (node, server):
            with pytest.raises(HeightNotReachedError):
                source.nonce(10**6)
            with pytest.raises(SourceRejectedError, match="not a transaction id"):
                source.mined("../../x")


def test_a_server_judges_rows_that_no_node_does(
    chain: Chain, paid: dict[bytes, str], stub: EsploraStub
) -> None:
    """The next endpoint is asked when one is dead, one's own before others."""
    rows = [
        _said(script, txid=txid if n % 2 else "") for n, (script, txid) in enumerate(paid.items())
    ]
    dead = replace(chain.node.endpoint("dead"), url="http://127.0.0.1:1")
    for endpoints, name in (
        ([_endpoint(stub)], "server"),
        ([_endpoint(stub), dead], "server"),
        ([_endpoint(stub), chain.node.endpoint("mine")], "mine"),
        ([_endpoint(stub, own=True), chain.node.endpoint("other", own=False)], "server"),
        ([_endpoint(stub), chain.node.endpoint("other", own=False)], "other"),
    ):
        with closing(AnnouncementJudge(REGISTRY, {"bitcoin": endpoints})) as judge:
            judged = judge.judge_all(rows)
        assert all(one.result.shows_control for one in judged), [one.result for one in judged]
        assert {one.source for one in judged} == {name}
        expected = Evidence.PROVEN if name == "mine" else Evidence.REPORTED
        assert {one.evidence for one in judged} == {expected}


def test_what_a_server_hides_is_not_shown(paid: dict[bytes, str], stub: EsploraStub) -> None:
    script, txid = next(iter(paid.items()))
    stub.hide.add(txid)
    with closing(AnnouncementJudge(REGISTRY, {"bitcoin": [_endpoint(stub)]})) as judge:
        judged = judge.judge_all([_said(script), _said(script, txid=txid)])
    assert {one.result.control for one in judged} == {Control.UNSIGNED}


def test_other_chains_busy_addresses_and_broken_answers(
    chain: Chain, paid: dict[bytes, str], stub: EsploraStub, server: EsploraPayments
) -> None:
    with (
        closing(EsploraPayments(_endpoint(stub, chain=""), BITCOIN)) as main,
        pytest.raises(SourceRejectedError, match="is not on bitcoin main"),
    ):
        main.tip()
    script, txid = next(iter(paid.items()))
    other = list(paid.values())[1]
    assert server.mined(txid) is not None
    honest = json.loads(stub.answer_for(f"tx/{txid}").body)
    raw = stub.answer_for(f"tx/{txid}/hex").body

    def tip() -> Said:
        return Said(200, str(chain.tip()).encode())

    def about(**change: object) -> Said:
        return Said(200, json.dumps({**honest, **change}).encode())

    vin = honest["vin"][0]
    moved = {**honest["status"], "block_hash": "ab" * 32}
    for answers, words in (
        ([tip(), about(), Said(200, b"zz")], "not hex"),
        ([tip(), about(), Said(200, b"00")], "cannot be read"),
        ([tip(), about(), stub.answer_for(f"tx/{other}/hex")], "asked for"),
        ([tip(), about(vin=[]), Said(200, raw)], "leaves out"),
        ([tip(), about(vin=[{**vin, "vout": 7}]), Said(200, raw)], "another coin"),
        (
            [tip(), about(vin=[{**vin, "prevout": {"scriptpubkey": "x"}}]), Said(200, raw)],
            "not hex",
        ),
        ([tip(), about(vin=[{**vin, "prevout": None}]), Said(200, raw)], "prevout"),
        ([tip(), about(status=moved), Said(200, raw)], "was replaced"),
        ([tip(), about(status={}), Said(200, raw)], "confirmed is missing"),
        ([tip(), Said(500)], "server: "),
    ):
        stub.queue[:] = answers
        with pytest.raises(SourceUnavailableError, match=words):
            server.mined(txid)
        stub.queue.clear()
    stub.queue[:] = [tip(), about(status={"confirmed": False})]
    assert server.mined(txid) is None
    stub.queue[:] = [Said(400, b"Too many history entries")]
    with pytest.raises(SourceRejectedError, match="name the transaction"):
        server.spends([script], 1, chain.tip())
    block = {"height": 1, "timestamp": 5, "nonce": 2**32}
    stub.queue[:] = [tip(), Said(200, b"ab" * 32), Said(200, json.dumps(block).encode())]
    with pytest.raises(SourceError, match="nonce"):
        server.nonce(1)


def test_a_server_that_does_not_know_its_own_block_is_not_believed(
    paid: dict[bytes, str], stub: EsploraStub, server: EsploraPayments
) -> None:
    """It lists nothing, and knows no transaction: so it says nothing about the one asked for."""
    honest = stub._answer

    def empty(parts: list[str]) -> Said:
        if parts[0] == "scripthash":
            return Said(200, b"[]")
        return Said(404) if parts[0] == "tx" else honest(parts)

    stub._answer = empty  # type: ignore[method-assign]
    script, txid = next(iter(paid.items()))
    for ask in (lambda: server.mined(txid), lambda: server.spends([script], 1, 9)):
        with pytest.raises(SourceRejectedError, match="its silence is not trusted"):
            ask()
    stub._answer = honest  # type: ignore[method-assign]
    assert server.mined("ab" * 32) is None
    stub._answer = empty  # type: ignore[method-assign]
    assert server.mined(txid) is None, "it was found to know its block, once"


def test_what_a_server_proves(
    paid: dict[bytes, str], stub: EsploraStub, server: EsploraPayments
) -> None:
    """The block by its ids and header, and the coins by the bytes that made them."""
    script, txid = next(iter(paid.items()))
    mined = server.mined(txid)
    assert mined is not None
    assert server.prove(mined, script)
    on_main = replace(mined, block=replace(mined.block, chain="main"))
    assert not server.prove(on_main, script), "nobody worked for this block"
    honest = stub._answer
    elsewhere = replace(
        mined, block=replace(mined.block, hash=honest(["block-height", "1"]).body.decode())
    )
    with pytest.raises(SourceUnavailableError, match="without the transaction"):
        server.prove(elsewhere, script)
    (coin,) = mined.inputs
    for lie in (replace(coin, amount=7), replace(coin, script=b"\x51")):
        with pytest.raises(SourceUnavailableError, match="another coin than the one"):
            server.prove(replace(mined, inputs=(lie,)), lie.script)

    def change(what: str, said: Said) -> None:
        stub._answer = lambda parts: said if parts[-1] == what else honest(parts)  # type: ignore[method-assign]

    change("txids", Said(404))
    assert not server.prove(mined, script), "it shows no blocks: then its word is what it was"
    for what, said in (
        ("header", Said(200, b"00" * 80)),
        ("header", Said(200, b"zz")),
        ("txids", Said(200, json.dumps([txid]).encode())),
        ("txids", Said(200, b"[]")),
    ):
        change(what, said)
        with pytest.raises(SourceUnavailableError, match="do not make its header"):
            server.prove(mined, script)
