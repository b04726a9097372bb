"""`scanner verify-transactions` on a chain with real payments, and on all that can be wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, regtest
from support.command import Done
from support.wallet import EVERY, Wallet

from scanner.ownership.bitcoin.by_transaction import nonce_amount

pytestmark = pytest.mark.node
REPORT = b"the report of this month"
DIGEST = hashlib.sha256(REPORT).digest()
CARRIER = b"\x6a\x20" + DIGEST
HEADER = (
    "network,address,kind,txid,amount,nonce_block,nonce_digits,nonce_divisor,digest,after,until"
    ",document"
)
KEYS = [
    "row", "network", "address", "kind", "amount", "decimals", "digest", "control", "binding", "freshness",
    "scheme", "required", "signed_by", "txid", "height", "block_hash", "evidence", "source",
    "reason", "chain",
]  # fmt: skip
Verify = Callable[..., Done]


@pytest.fixture(scope="module")
def bitcoin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("transactions")) as chain:
        yield chain


@pytest.fixture(scope="module")
def wallet(bitcoin: Chain) -> Wallet:
    return Wallet(bitcoin)


@pytest.fixture
def verify(scanner: Callable[..., Done], bitcoin: Chain, tmp_path: Path) -> Verify:
    """Write rows into a file and verify them, with the node as endpoint."""

    def run(*rows: str, own: bool = True, network: str = "bitcoin", url: str = "") -> Done:
        whole = [row if row.endswith(".pdf") else f"{row}," for row in rows]
        (tmp_path / "said.csv").write_text("\n".join([HEADER, *whole]) + "\n")
        (tmp_path / "report.pdf").write_bytes(REPORT)
        (tmp_path / "endpoints.toml").write_text(
            f'[[endpoint]]\nname = "my-node"\nnetwork = "{network}"\nprotocol = "bitcoin_core"\n'
            f'url = "{url or bitcoin.node.url}"\nchain = "regtest"\nown = {str(own).lower()}\n'
        )
        return scanner(
            "verify-transactions", "said.csv", "--endpoints", "endpoints.toml", "--jsonl", "-"
        )

    return run


def _raw(script: bytes) -> str:
    return f"raw({script.hex()})"


def test_payments_named_and_found(verify: Verify, wallet: Wallet, bitcoin: Chain) -> None:
    """Every kind of address sends 0.00001234 to itself; half of the rows name the transaction."""
    announced = bitcoin.tip()
    rows, txids = [], []
    for number, (kind, script) in enumerate(wallet.scripts.items()):
        txids.append(wallet.mine(wallet.signed([kind], [(script, 1234), (script, 5)])))
        named = txids[-1] if number % 2 else ""
        rows.append(f"bitcoin,{_raw(script)},send_to_self,{named},0.00001234,,,,,{announced},")
    done = verify(*rows)
    assert done.status == 0, done.err
    assert [list(o) for o in done.objects] == [KEYS] * len(EVERY)
    assert [o["txid"] for o in done.objects] == txids
    assert [o["row"] for o in done.objects] == list(range(2, 2 + len(EVERY)))
    first = done.objects[0]
    assert first["height"] == announced + 1
    assert first["block_hash"] == bitcoin.node.rpc("getblockhash", announced + 1)
    for o in done.objects:
        assert (o["control"], o["binding"], o["freshness"], o["evidence"], o["source"]) == (
            "controls", "on_chain", "block_stamped", "proven", "my-node",
        )  # fmt: skip
        assert (o["amount"], o["digest"], o["kind"]) == ("1234", "", "send_to_self")
    assert done.lines[-2:] == [
        "NOT THE REAL bitcoin: read on the chain 'regtest'",
        f"All {len(EVERY)} rows verified: the announced transactions were made.",
    ]


def test_a_nonce_fixes_the_amount(verify: Verify, wallet: Wallet, bitcoin: Chain) -> None:
    """Bybit's form: the first three digits of a block's nonce, divided by 1,000,000."""
    wallet.fund()
    block = bitcoin.tip()
    nonce = bitcoin.node.rpc("getblockheader", bitcoin.node.rpc("getblockhash", block))["nonce"]
    amount = nonce_amount(nonce, 3) * 100
    script = wallet.scripts["p2wpkh"]
    wallet.mine(wallet.signed(["p2wpkh"], [(script, amount), (script, 9)]))
    row = f"bitcoin,{_raw(script)},send_to_self,,,{block},,,,,"
    done = verify(row)
    assert (done.status, done.object["amount"]) == (0, str(amount)), done.err
    later = row.replace(f",{block},", f",{block + 1},")
    assert verify(later).status == 3, "made before the block that fixes the amount"
    beyond = row.replace(f",{block},", ",999999,")
    done = verify(beyond)
    assert (done.status, done.object["evidence"]) == (3, "unavailable")
    assert "999999" in done.object["reason"]


def test_the_hash_of_a_report(verify: Verify, wallet: Wallet, bitcoin: Chain) -> None:
    wallet.fund()
    script, other = wallet.scripts["p2wsh"], wallet.scripts["p2tr"]
    txid = wallet.mine(wallet.signed(["p2wsh"], [(other, 400), (CARRIER, 0)]))
    good = f"bitcoin,{_raw(script)},commitment,,,,,,{DIGEST.hex()},,,report.pdf"
    done = verify(good)
    assert (done.status, done.object["txid"], done.object["required"]) == (0, txid, 2)
    done = verify(good.removesuffix(",report.pdf"))
    assert (done.status, done.object["control"]) == (3, "unsupported"), "it may be of anything"
    announced = bitcoin.tip() - 1
    done = verify(f"bitcoin,{_raw(script)},commitment,,,,,,{DIGEST.hex()},{announced},")
    assert (done.status, done.object["txid"]) == (0, txid)
    done = verify(f"bitcoin,{_raw(script)},commitment,,,,,,{'00' * 32},{announced},")
    assert (done.status, done.object["control"]) == (3, "unsigned")
    named = f"bitcoin,{_raw(script)},commitment,{txid},,,,,{'00' * 32},{announced},"
    done = verify(good, named)
    assert (done.status, done.objects[1]["control"]) == (1, "mismatch")
    assert done.lines[-1] == "2 rows: 1 verified, 1 false, 0 not verified."


def test_what_was_not_done(verify: Verify, wallet: Wallet, bitcoin: Chain) -> None:
    wallet.fund()
    tip, script = bitcoin.tip(), wallet.scripts["p2pkh"]
    waiting = f"bitcoin,{_raw(script)},send_to_self,,0.5,,,,,{tip - 1},"
    unknown = f"bitcoin,{_raw(script)},send_to_self,{'ab' * 32},0.5,,,,,{tip - 1},"
    done = verify(waiting, unknown)
    assert (done.status, {o["control"] for o in done.objects}) == (3, {"unsigned"})
    assert {o["txid"] for o in done.objects} == {""}
    over = verify(f"{waiting}{tip}", f"{unknown}{tip}")
    assert (over.status, {o["control"] for o in over.objects}) == (1, {"mismatch"})
    assert f"the last allowed block was {tip}" in over.objects[0]["reason"]
    # In the memory pool it is not mined, whatever the node says of it.
    raw = wallet.signed(["p2pkh"], [(script, 5 * 10**5)])
    txid = bitcoin.node.rpc("sendrawtransaction", raw, 0)
    done = verify(f"bitcoin,{_raw(script)},send_to_self,{txid},0.005,,,,,{tip - 1},")
    assert (done.status, done.object["control"]) == (3, "unsigned")
    bitcoin.mine(1)
    again = verify(f"bitcoin,{_raw(script)},send_to_self,{txid},0.005,,,,,{tip - 1},")
    assert again.status == 0


def test_the_word_of_somebody_elses_node_is_graded(verify: Verify, wallet: Wallet) -> None:
    wallet.fund()
    script = wallet.scripts["p2tr"]
    txid = wallet.mine(wallet.signed(["p2tr"], [(script, 4321)]))
    done = verify(f"bitcoin,{_raw(script)},send_to_self,{txid},0.00004321,,,,,1,", own=False)
    assert (done.status, done.object["evidence"]) == (0, "reported")


def test_a_signature_that_covers_too_little(verify: Verify, wallet: Wallet) -> None:
    wallet.fund()
    script = wallet.scripts["p2wpkh"]
    wallet.mine(wallet.signed(["p2wpkh"], [(script, 8765)], "NONE|ANYONECANPAY"))
    done = verify(f"bitcoin,{_raw(script)},send_to_self,,0.00008765,,,,,1,")
    assert (done.status, done.object["control"]) == (3, "unsupported")
    assert "does not cover the whole transaction" in done.object["reason"]


def test_rows_and_nodes_that_cannot_be_read_are_told(verify: Verify, wallet: Wallet) -> None:
    script = _raw(wallet.scripts["p2tr"])
    rows = [
        f"bitcoin,{script},send_to_self,,1,,,,,,",
        "bitcoin,nonsense,send_to_self,,1,,,,,5,",
        f"litecoin,{script},send_to_self,,1,,,,,5,",
    ]
    done = verify(*rows)
    assert [o["control"] for o in done.objects] == ["unsupported", "malformed", "unsupported"]
    assert {o["evidence"] for o in done.objects} == {"unavailable"}
    assert "no endpoint of litecoin is configured" in done.objects[2]["reason"]
    assert done.status == 3  # what cannot be decoded is not read; it is no lie
    dead = verify(f"bitcoin,{script},send_to_self,,1,,,,,5,", url="http://u:s3cret@127.0.0.1:9/")
    assert (dead.status, dead.object["evidence"]) == (3, "unavailable")
    assert "s3cret" not in dead.err + dead.out.decode()
    assert "my-node" in dead.object["reason"]


def test_files_that_announce_nothing(scanner: Callable[..., Done], tmp_path: Path) -> None:
    said = tmp_path / "said.csv"
    said.write_text(HEADER + "\n")
    assert scanner("verify-transactions", said).status == 3
    said.write_text("network,address,kind,amonut\n")
    done = scanner("verify-transactions", said)
    assert (done.status, done.out) == (2, b"")
    assert "unknown or repeated column 'amonut'" in done.err
    assert scanner("verify-transactions", tmp_path / "none.csv").status == 2
    said.write_text(HEADER + "\n")
    assert scanner("verify-transactions", said, "--jsonl", said).status == 2
