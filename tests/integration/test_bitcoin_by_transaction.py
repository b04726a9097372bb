"""Control shown by a transaction, as several exchanges do it: on a real chain, and each way to fail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, regtest, transaction
from support.large_chain import BY_WITNESS
from support.scripted_http import Said, Seen, serving
from support.wallet import EVERY, FUNDS, Wallet

from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.bitcoin.mined import (
    block_holds,
    block_nonce,
    mined_transaction,
    spending_transactions,
)
from scanner.errors import HeightNotReachedError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, Freshness
from scanner.ownership.bitcoin.by_transaction import (
    Announcement,
    Kind,
    judge_transaction,
    nonce_amount,
)
from scanner.settings.tables import load_registry
from scanner.snapshots import announced
from scanner.snapshots.announced import AnnouncementJudge

pytestmark = pytest.mark.node
BITCOIN = load_registry().network("bitcoin")
DIGEST = hashlib.sha256(b"the report of this month").digest()
CARRIER = b"\x6a\x20" + DIGEST
KEYS = {"p2sh": 2, "p2wsh": 2, "p2sh_p2wsh": 2, "bare": 2}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("by_transaction")) as chain:
        yield chain


@pytest.fixture(scope="module")
def wallet(chain: Chain) -> Wallet:
    return Wallet(chain)


@pytest.fixture
def rpc(chain: Chain) -> Iterator[CoreRpc]:
    made = CoreRpc(chain.node.endpoint("node"))
    yield made
    made.close()


def _said(script: bytes, **more: object) -> Announcement:
    address = Address("bitcoin", "script", script, script.hex(), "")
    said = Announcement(2, "bitcoin", address, Kind.SEND_TO_SELF, amount=1234, after=1)
    return replace(said, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", EVERY)
def test_every_kind_of_address_by_its_own_keys(
    wallet: Wallet, chain: Chain, rpc: CoreRpc, kind: str
) -> None:
    script = wallet.scripts[kind]
    announced = chain.tip()
    txid = wallet.mine(wallet.signed([kind], [(script, 1234), (CARRIER, 0), (script, 9 * 10**5)]))
    mined = mined_transaction(rpc, BITCOIN, txid)
    assert mined is not None
    assert (mined.inputs[0].script, mined.inputs[0].amount) == (script, FUNDS)
    assert spending_transactions(rpc, [script], announced + 1, chain.tip()) == {script: [txid]}
    assert spending_transactions(rpc, [script], 1, announced) == {script: []}
    for said in (
        _said(script, after=announced, until=announced + 1),
        _said(script, kind=Kind.COMMITMENT, digest=DIGEST, after=0),
    ):
        result = judge_transaction(said, mined)
        assert (result.control, result.binding, result.freshness) == (
            Control.CONTROLS,
            Binding.ON_CHAIN,
            Freshness.BLOCK_STAMPED,
        ), result
        assert result.shows_control
        assert result.required == KEYS.get(kind, 1)
        assert len(result.signed_by) == (0 if kind in KEYS else 1)
        assert txid in result.reason


@pytest.mark.parametrize("kind", ["p2pkh", "p2wpkh", "p2tr", "p2wsh", "p2sh_p2wpkh"])
@pytest.mark.parametrize("sighash", ["NONE", "SINGLE", "ALL|ANYONECANPAY", "NONE|ANYONECANPAY"])
def test_a_signature_that_can_be_put_into_another_transaction_shows_nothing(
    wallet: Wallet, rpc: CoreRpc, kind: str, sighash: str
) -> None:
    """Whoever finds such a signature can add the outputs he likes: he need not hold the key."""
    wallet.fund()
    script = wallet.scripts[kind]
    txid = wallet.mine(wallet.signed([kind], [(script, 1234), (CARRIER, 0)], sighash))
    mined = mined_transaction(rpc, BITCOIN, txid)
    assert mined is not None
    result = judge_transaction(_said(script), mined)
    assert result.control is Control.UNSUPPORTED
    assert "does not cover the whole transaction" in result.reason
    assert not result.shows_control


def test_a_coin_that_anyone_can_spend_shows_nothing(chain: Chain, rpc: CoreRpc) -> None:
    (coin,) = chain.fund(1)
    funding = chain.pay(coin, [(BY_WITNESS, 10**6)])
    raw = transaction([(funding, 0)], [(BY_WITNESS, 1234)], witness=[[b"\x51"]])
    chain.node.rpc("generateblock", "raw(51)", [raw])
    mined = mined_transaction(rpc, BITCOIN, chain.node.rpc("decoderawtransaction", raw)["txid"])
    assert mined is not None
    result = judge_transaction(_said(BY_WITNESS), mined)
    assert result.control is Control.UNSUPPORTED
    assert "only its keys can spend" in result.reason


def test_what_is_not_as_announced(wallet: Wallet, chain: Chain, rpc: CoreRpc) -> None:
    wallet.fund()
    own, other = wallet.scripts["p2wpkh"], wallet.scripts["p2pkh"]
    outputs = [(own, 1234), (other, 77), (CARRIER, 0)]
    mined = mined_transaction(rpc, BITCOIN, wallet.mine(wallet.signed(["p2wpkh"], outputs)))
    assert mined is not None
    height = mined.block.height
    commitment = _said(own, kind=Kind.COMMITMENT, digest=DIGEST)
    for said, words in (
        (_said(own, amount=1235), "exactly 0.00001235 BTC"),
        (_said(own, amount=77), "back to the address"),
        (_said(own, after=height), "not after the announcement"),
        (_said(own, until=height - 1), f"later than {height - 1}"),
        (_said(other), "spends nothing of this address"),
        (replace(commitment, digest=bytes(32)), "no OP_RETURN output"),
        (replace(commitment, digest=DIGEST[:31]), "no OP_RETURN output"),
        (replace(commitment, digest=DIGEST + b"\0"), "no OP_RETURN output"),
        (replace(commitment, address=_said(other).address), "spends nothing"),
    ):
        result = judge_transaction(said, mined)
        assert result.control is Control.MISMATCH, words
        assert words in result.reason
        assert not result.shows_control
    reward = chain.node.rpc("getblock", chain.node.rpc("getbestblockhash"), 1)["tx"][0]
    coinbase = mined_transaction(rpc, BITCOIN, reward)
    assert coinbase is not None
    assert coinbase.inputs == ()
    assert judge_transaction(_said(b"\x51"), coinbase).control is Control.MISMATCH


def test_nonces(chain: Chain, rpc: CoreRpc) -> None:
    assert [nonce_amount(n, 4) for n in (2083236893, 12, 0, 2**32 - 1)] == [2083, 12, 0, 4294]
    for nonce, digits in ((-1, 4), (2**32, 4), (5, 0), (5, 11)):
        with pytest.raises(ValueError, match="32 bits"):
            nonce_amount(nonce, digits)
    header = chain.node.rpc("getblockheader", chain.node.rpc("getblockhash", 0))
    assert block_nonce(rpc, BITCOIN, 0) == header["nonce"]
    with pytest.raises(HeightNotReachedError):
        block_nonce(rpc, BITCOIN, 10**6)


def test_a_busy_address_must_have_its_transaction_named(
    wallet: Wallet, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet.fund()
    script = wallet.scripts["p2wpkh"]
    txid = wallet.mine(wallet.signed(["p2wpkh"], [(script, 4567)]))
    said = _said(script, amount=4567)
    monkeypatch.setattr(announced, "MAX_CANDIDATES", 0)
    endpoints = {"bitcoin": [chain.node.endpoint("other", own=False), chain.node.endpoint("mine")]}
    with closing(AnnouncementJudge(load_registry(), endpoints)) as judge:
        searched, named = judge.judge_all([said, replace(said, txid=txid)])
    assert searched.result.control is Control.UNSUPPORTED
    assert "name the transaction" in searched.result.reason
    assert searched.evidence is Evidence.UNAVAILABLE
    assert named.result.shows_control
    assert (named.evidence, named.source) == (Evidence.PROVEN, "mine"), "one's own node first"


def test_a_node_without_indexes_and_bad_ids(tmp_path: Path, chain: Chain, rpc: CoreRpc) -> None:
    with pytest.raises(SourceRejectedError, match="not a transaction id"):
        mined_transaction(rpc, BITCOIN, "nonsense")
    assert mined_transaction(rpc, BITCOIN, "ab" * 32) is None
    with regtest(tmp_path, "-txindex=0", "-blockfilterindex=0") as bare:
        block = bare.mine(1)[0]
        txid = bare.node.rpc("getblock", block, 1)["tx"][0]
        without = CoreRpc(bare.node.endpoint("bare"))
        with pytest.raises(SourceRejectedError, match="-txindex"):
            mined_transaction(without, BITCOIN, txid)
        with pytest.raises(SourceRejectedError, match="-blockfilterindex"):
            spending_transactions(without, [b"\x51"], 0, 1)
        without.close()


def test_a_node_that_is_still_indexing_does_not_know_what_is_not_there(chain: Chain) -> None:
    """Core's own words until its index of transactions is complete; the code is that of no such."""
    words = (
        "No such mempool transaction. Blockchain transactions are still in the process of being "
        "indexed. Use gettransaction for wallet transactions."
    )

    def answer(request: Seen) -> Said:
        call = json.loads(request.body)
        said = {"jsonrpc": "2.0", "id": call["id"]}
        if call["method"] == "getrawtransaction":
            said["error"] = {"code": -5, "message": words}
        else:
            said["result"] = chain.node.rpc(call["method"], *call["params"])
        return Said(200, json.dumps(said, default=str).encode())

    script = b"\x51"
    with serving(answer) as host:
        endpoint = replace(chain.node.endpoint("mine"), url=f"http://{host}")
        with (
            closing(CoreRpc(endpoint)) as rpc,
            pytest.raises(SourceUnavailableError, match="not indexed all transactions yet"),
        ):
            mined_transaction(rpc, BITCOIN, "ab" * 32)
        with closing(AnnouncementJudge(load_registry(), {"bitcoin": [endpoint]})) as judge:
            (judged,) = judge.judge_all([_said(script, txid="ab" * 32, until=chain.tip())])
    assert judged.result.control is Control.UNSUPPORTED
    assert judged.evidence is Evidence.UNAVAILABLE


def test_the_block_of_a_transaction_is_shown(
    chain: Chain, rpc: CoreRpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    reward = chain.node.rpc("getblock", chain.node.rpc("getbestblockhash"), 1)["tx"][0]
    mined = mined_transaction(rpc, BITCOIN, reward)
    assert mined is not None
    block_holds(rpc, mined)
    with pytest.raises(SourceUnavailableError, match="without the transaction"):
        block_holds(rpc, replace(mined, txid="ab" * 32))
    elsewhere = replace(mined.block, hash=chain.node.rpc("getblockhash", 1))
    with pytest.raises(SourceUnavailableError, match="without the transaction"):
        block_holds(rpc, replace(mined, block=elsewhere))
    honest = CoreRpc.call

    def invented(self: CoreRpc, method: str, *args: object) -> object:
        said = honest(self, method, *args)  # type: ignore[arg-type]
        return {"tx": [reward, "ab" * 32]} if method == "getblock" else said

    monkeypatch.setattr(CoreRpc, "call", invented)
    with pytest.raises(SourceUnavailableError, match="without the transaction"):
        block_holds(rpc, mined)
