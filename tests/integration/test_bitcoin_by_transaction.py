"""Control shown by a transaction, as several exchanges do it: on a real chain, and each way to fail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_chain import ANYONE, Chain, regtest, transaction

from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.bitcoin.mined import mined_transaction
from scanner.errors import SourceRejectedError
from scanner.model.block import BlockRef
from scanner.model.control import Binding, Control, Freshness
from scanner.model.spend import MinedTransaction
from scanner.ownership.by_transaction import judge_commitment, judge_send_to_self, nonce_amount
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
BITCOIN = load_registry().network("bitcoin")
OWN = b"\x00\x20" + hashlib.sha256(b"\x51").digest()
OTHER = b"\x00\x14" + bytes(20)
DIGEST = hashlib.sha256(b"the report of this month").digest()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("by_transaction")) as chain:
        yield chain


@pytest.fixture
def rpc(chain: Chain) -> Iterator[CoreRpc]:
    made = CoreRpc(chain.node.endpoint("node"))
    yield made
    made.close()


def _mine(chain: Chain, raw: str) -> str:
    chain.node.rpc("generateblock", ANYONE, [raw])
    return str(chain.node.rpc("decoderawtransaction", raw)["txid"])


def test_bybit_and_op_return_forms_on_a_chain(chain: Chain, rpc: CoreRpc) -> None:
    funding = chain.pay(chain.fund(1)[0], [(OWN, 10**8)])
    # The announcement: the first four digits of this block's nonce.
    announced = chain.tip()
    nonce = chain.node.rpc("getblockheader", chain.node.rpc("getbestblockhash"))["nonce"]
    amount = nonce_amount(nonce, 4) + 1000  # regtest nonces are tiny; dust would not be relayed
    carrier = b"\x6a\x20" + DIGEST
    raw = transaction(
        [(funding, 0)], [(OWN, amount), (OWN, 10**7), (carrier, 0)], witness=[[b"\x51"]]
    )
    assert mined_transaction(rpc, BITCOIN, "ab" * 32) is None
    txid = _mine(chain, raw)
    mined = mined_transaction(rpc, BITCOIN, txid)
    assert mined is not None
    assert (mined.inputs, mined.block.height) == (((OWN, 10**8),), announced + 1)

    result = judge_send_to_self(OWN, amount, announced, mined)
    assert (result.control, result.binding, result.freshness) == (
        Control.CONTROLS,
        Binding.ON_CHAIN,
        Freshness.BLOCK_STAMPED,
    )
    assert result.is_proof
    assert txid in result.reason
    assert judge_commitment(OWN, DIGEST, announced, mined).is_proof
    reward = chain.node.rpc("getblock", chain.node.rpc("getbestblockhash"), 1)["tx"][0]
    coinbase = mined_transaction(rpc, BITCOIN, reward)
    assert coinbase is not None
    assert coinbase.inputs == ()


AT = BlockRef("bitcoin", "regtest", 100, "aa" * 32)
GOOD = MinedTransaction(
    "11" * 32, AT, ((OWN, 5000), (OTHER, 7)), ((OWN, 1234), (b"\x6a\x20" + DIGEST, 0))
)


@pytest.mark.parametrize(
    ("script", "amount", "announced", "mined", "words"),
    [
        (OWN, 1235, 99, GOOD, "exactly 1235"),
        (OWN, 1234, 100, GOOD, "not after the announcement"),
        (b"\x51", 1234, 99, GOOD, "spends nothing of this address"),
        (OWN, 1234, 99, None, "not mined"),
        (OWN, 1234, 99, replace(GOOD, outputs=((OTHER, 1234),)), "back to the address"),
        (OWN, 1234, 99, replace(GOOD, inputs=()), "spends nothing"),
    ],
)
def test_what_is_not_as_announced(
    script: bytes, amount: int, announced: int, mined: MinedTransaction | None, words: str
) -> None:
    result = judge_send_to_self(script, amount, announced, mined)
    assert result.control is Control.MISMATCH
    assert words in result.reason
    assert not result.is_proof


def test_commitments_must_be_exact() -> None:
    assert judge_commitment(OWN, DIGEST, 0, GOOD).control is Control.CONTROLS
    assert judge_commitment(OTHER, DIGEST, 0, GOOD).control is Control.CONTROLS
    for digest in (bytes(32), DIGEST[:31], DIGEST + b"\0"):
        assert judge_commitment(OWN, digest, 0, GOOD).control is Control.MISMATCH
    assert judge_commitment(OWN, DIGEST, 100, GOOD).control is Control.MISMATCH
    with pytest.raises(ValueError, match="20 to 75"):
        judge_commitment(OWN, b"", 0, GOOD)


def test_nonce_amounts() -> None:
    assert [nonce_amount(n, 4) for n in (2083236893, 12, 0, 2**32 - 1)] == [2083, 12, 0, 4294]
    for nonce, digits in ((-1, 4), (2**32, 4), (5, 0), (5, 11)):
        with pytest.raises(ValueError, match="32 bits"):
            nonce_amount(nonce, digits)


def test_a_node_without_an_index_and_bad_ids(tmp_path: Path, rpc: CoreRpc) -> None:
    with pytest.raises(SourceRejectedError, match="not a transaction id"):
        mined_transaction(rpc, BITCOIN, "nonsense")
    with regtest(tmp_path, "-txindex=0") as bare:
        block = bare.mine(1)[0]
        txid = bare.node.rpc("getblock", block, 1)["tx"][0]
        without = CoreRpc(bare.node.endpoint("bare"))
        with pytest.raises(SourceRejectedError, match="-txindex"):
            mined_transaction(without, BITCOIN, txid)
        without.close()
