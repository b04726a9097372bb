"""Bitcoin's relatives by table: a real litecoind, over its RPC and behind an ElectrumX."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, address, query, transaction
from support.electrumx import electrumx
from support.litecoin import litecoin_regtest

from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.bitcoin.electrum import ElectrumServer
from scanner.chains.bitcoin.transaction import parse_transaction
from scanner.chains.table import make_source
from scanner.errors import HeightPrunedError, SourceRejectedError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.network import Holding
from scanner.ownership.bitcoin.by_transaction import Announcement, Kind
from scanner.settings.tables import load_registry
from scanner.snapshots.announced import AnnouncementJudge

pytestmark = pytest.mark.node
REGISTRY = load_registry()
LITECOIN = REGISTRY.network("litecoin")
LTC = Holding("LTC", "litecoin", "", 8)
ADDRESSES = [
    address(f, b"\x21" * n, "litecoin")
    for f, n in (("p2pkh", 20), ("p2sh", 20), ("p2wpkh", 20), ("p2wsh", 32))
]
QUERIES = [query(a, LTC) for a in ADDRESSES]
NOBODY = address("p2pkh", b"\x22" * 20, "litecoin")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with litecoin_regtest(tmp_path_factory.mktemp("litecoin")) as chain:
        coins = chain.fund(3)
        chain.pay(coins[0], [(script_pubkey(a), 5000 + n) for n, a in enumerate(ADDRESSES)])
        yield chain


def test_the_same_dialect(chain: Chain) -> None:
    source = make_source("bitcoin_core", LITECOIN, [chain.node.endpoint("ltc")], REGISTRY)
    at = source.pin(None)
    answers = source.fetch_balances(QUERIES, at, lambda share: None)
    assert [b.amount for b in answers] == [5000, 5001, 5002, 5003]
    assert {b.evidence for b in answers} == {Evidence.PROVEN}
    theirs = make_source(
        "bitcoin_core", LITECOIN, [chain.node.endpoint("theirs", own=False)], REGISTRY
    )
    told = theirs.fetch_balances([*QUERIES, query(NOBODY, LTC)], theirs.pin(None))
    assert [b.amount for b in told] == [5000, 5001, 5002, 5003, 0]
    theirs.close()
    coin = (chain.node.rpc("getblock", chain.node.rpc("getblockhash", 2), 1)["tx"][0], 0)
    chain.pay(coin, [(b"\x51", 5)])
    with pytest.raises(HeightPrunedError, match="version does not report"):  # 0.21 has no prevouts
        source.fetch_balances(QUERIES, at)
    source.close()


def test_a_litecoin_node_is_no_bitcoin_node(chain: Chain) -> None:
    assert chain_marker("litecoin", "regtest") == (0, chain.node.rpc("getblockhash", 0))
    source = make_source(
        "bitcoin_core", REGISTRY.network("bitcoin"), [chain.node.endpoint("ltc")], REGISTRY
    )
    with pytest.raises(SourceRejectedError, match="is not a bitcoin node"):
        source.pin(None)
    source.close()


def test_electrum(chain: Chain, tmp_path: Path) -> None:
    with electrumx(chain.node, tmp_path, coin="Litecoin") as endpoint:
        source = make_source("electrum", LITECOIN, [endpoint], REGISTRY)
        answers = source.fetch_balances(QUERIES, source.pin(chain.tip()))
        assert [b.amount for b in answers] == [5000, 5001, 5002, 5003]
        source.close()


def test_control_shown_by_a_payment(chain: Chain) -> None:
    """By the transaction's id; an older relative cannot look for what was not named."""
    node = chain.node
    node.rpc("createwallet", "spender")
    texts = [node.rpc("getnewaddress", "", kind) for kind in ("legacy", "p2sh-segwit", "bech32")]
    scripts = [bytes.fromhex(node.rpc("validateaddress", text)["scriptPubKey"]) for text in texts]
    fresh = (node.rpc("getblock", node.rpc("getblockhash", 3), 1)["tx"][0], 0)
    funding = chain.pay(fresh, [(script, 10**6) for script in scripts])
    announced = chain.tip()
    rows = []
    for n, script in enumerate(scripts):
        raw = transaction([(funding, n)], [(script, 4321)])
        signed = node.rpc("signrawtransactionwithwallet", raw)
        assert signed["complete"]
        node.rpc("generateblock", "raw(51)", [signed["hex"]])
        txid = node.rpc("decoderawtransaction", signed["hex"])["txid"]
        holder = Address("litecoin", "script", script, script.hex(), "")
        rows.append(
            Announcement(
                n + 2, "litecoin", holder, Kind.SEND_TO_SELF, txid, amount=4321, after=announced
            )
        )
    endpoints = {"litecoin": [chain.node.endpoint("ltc")]}
    with closing(AnnouncementJudge(REGISTRY, endpoints)) as judge:
        judged = judge.judge_all([*rows, replace(rows[0], txid="")])
    assert [one.result.shows_control for one in judged] == [True, True, True, False]
    assert {one.evidence for one in judged[:3]} == {Evidence.PROVEN}
    assert "does not know scanblocks" in judged[3].result.reason


def test_blocks_whose_last_transaction_is_the_extension_blocks(tmp_path: Path) -> None:
    """It has a mark of its own in its bytes: its payees are rows, and those of others canaries."""
    with litecoin_regtest(tmp_path / "node") as chain:
        node = chain.node
        node.rpc("createwallet", "mimble")
        miner = node.rpc("getnewaddress", "", "bech32")
        node.rpc("generatetoaddress", 431, miner)
        inside = node.rpc("getnewaddress", "", "mweb")
        node.rpc("sendtoaddress", inside, 100)  # the first block of the rules needs one that enters
        node.rpc("generatetoaddress", 1, miner)
        outside = node.rpc("getnewaddress", "", "legacy")
        node.rpc("sendtoaddress", outside, 7, "", "", True)
        node.rpc("generatetoaddress", 1, miner)
        last = [
            node.rpc("getblock", node.rpc("getblockhash", chain.tip() - n), 1)["tx"] for n in (1, 0)
        ]
        raw = bytes.fromhex(node.rpc("getrawtransaction", last[0][-1]))
        assert raw[4:6] == b"\0\x08", "the mark"
        assert parse_transaction(raw).txid == last[0][-1]
        with electrumx(node, tmp_path / "x", coin="Litecoin") as endpoint:
            source = make_source("electrum", LITECOIN, [endpoint], REGISTRY)
            server = ElectrumServer(endpoint, LITECOIN)
            # The reward, and in the second block a payment: what enters the first is no address.
            for height, payees in ((432, 1), (433, 2)):
                at = source.pin(height)
                holders = server.holders(at)
                assert len(holders) == payees
                found = source.fetch_balances([query(h.address, LTC) for h in holders], at)
                assert all((b.amount or 0) >= h.least for b, h in zip(found, holders, strict=True))
            server.close()
            source.close()
