"""`scanner verify-transactions` at several endpoints: who hides, who cannot, and who is believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, regtest
from support.command import Done
from support.esplora_stub import EsploraStub
from support.scripted_http import Said
from support.wallet import Wallet

from scanner.ownership.bitcoin.by_transaction import nonce_amount

pytestmark = pytest.mark.node
DIGEST = hashlib.sha256(b"a report").digest()
CARRIER = b"\x6a\x20" + DIGEST
HEADER = "network,address,kind,txid,amount,nonce_block,after,until"
Verify = Callable[..., Done]


@pytest.fixture(scope="module")
def bitcoin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("several")) as chain:
        yield chain


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A node as the user's own often is: without an index of transactions."""
    place = tmp_path_factory.mktemp("bare")
    with regtest(place, "-txindex=0", "-blockfilterindex=0") as chain:
        chain.mine(150)
        yield chain


@pytest.fixture(scope="module")
def paid(bitcoin: Chain) -> tuple[str, str, int]:
    """An address, the transaction that sent 1234 from it to itself, and the block before that."""
    wallet = Wallet(bitcoin)
    script, before = wallet.scripts["p2wpkh"], bitcoin.tip()
    txid = wallet.mine(wallet.signed(["p2wpkh"], [(script, 1234), (CARRIER, 0), (script, 77)]))
    bitcoin.mine(3)
    return f"raw({script.hex()})", txid, before


@pytest.fixture
def stubs(bitcoin: Chain) -> Iterator[dict[str, EsploraStub]]:
    with ExitStack() as open_:
        yield {name: open_.enter_context(EsploraStub(bitcoin).serve()) for name in "abc"}


@pytest.fixture
def rows(paid: tuple[str, str, int], bitcoin: Chain) -> list[str]:
    """The payment, named and not, with its time over."""
    address, txid, before = paid
    return [
        f"bitcoin,{address},send_to_self,{named},0.00001234,,{before},{bitcoin.tip()}"
        for named in (txid, "")
    ]


@pytest.fixture
def verify(scanner: Callable[..., Done], tmp_path: Path) -> Verify:
    def run(
        rows: Sequence[str], endpoints: Sequence[str], *options: object, header: str = HEADER
    ) -> Done:
        (tmp_path / "said.csv").write_text("\n".join([header, *rows]) + "\n")
        (tmp_path / "ends.toml").write_text("\n".join(endpoints))
        told = ("verify-transactions", "said.csv", "--endpoints", "ends.toml", "--jsonl", "-")
        return scanner(*told, *options)

    return run


def _server(name: str, stub: EsploraStub, operator: str | None = None) -> str:
    run_by = name if operator is None else operator
    return _endpoint(name, "esplora", stub.url, f'operator = "{run_by}"' if run_by else "")


def _endpoint(name: str, protocol: str, url: str, more: str = "") -> str:
    return (
        f'[[endpoint]]\nname = "{name}"\nnetwork = "bitcoin"\nprotocol = "{protocol}"\n'
        f'url = "{url}"\nchain = "regtest"\n{more}\n'
    )


def _dead(name: str) -> str:
    return _endpoint(name, "esplora", "http://127.0.0.1:9", f'operator = "{name}"')


def _verdicts(done: Done) -> list[tuple[str, str, str]]:
    return [(o["control"], o["evidence"], o["source"]) for o in done.objects]


def test_who_shows_it_outweighs_who_hides_it(
    verify: Verify, stubs: dict[str, EsploraStub], rows: list[str], paid: tuple[str, str, int]
) -> None:
    stubs["a"].hide.add(paid[1])
    done = verify(rows, [_server("a", stubs["a"]), _server("b", stubs["b"])])
    assert _verdicts(done) == [("controls", "reported", "b")] * 2, done.err
    assert done.status == 0
    assert "a says: transaction" in done.objects[0]["reason"]
    nameless = [_server("a", stubs["a"], ""), _server("b", stubs["b"], "")]
    assert _verdicts(verify(rows, nameless)) == [("controls", "reported", "b")] * 2


def test_one_foreign_servers_silence_is_not_false(
    verify: Verify, stubs: dict[str, EsploraStub], rows: list[str], paid: tuple[str, str, int]
) -> None:
    stubs["a"].hide.add(paid[1])
    stubs["b"].hide.add(paid[1])
    for ends in (
        [_server("a", stubs["a"])],
        [_server("a", stubs["a"]), _dead("dead")],
        [_server("a", stubs["a"]), _server("b", stubs["b"], "A")],
    ):
        done = verify(rows, ends)
        assert done.status == 3, done.err
        assert {o["control"] for o in done.objects} == {"unsupported"}
        for o in done.objects:
            assert "the last allowed block was" in o["reason"]
            assert "1 operator says so, and it takes 2 to call it false" in o["reason"]
            assert "your own node" in o["reason"]
            assert ("dead was passed over: " in o["reason"]) is (
                len(ends) == 2 and "dead" in ends[1]
            )
    assert done.objects[0]["source"] == "a, b", "both were asked, and are one operator"


def test_a_server_that_knows_nothing_is_passed_over(
    verify: Verify, stubs: dict[str, EsploraStub], rows: list[str]
) -> None:
    """It answers for its tip and the chain's mark, and with 404 to all else."""
    honest = EsploraStub._answer

    def empty(parts: list[str]) -> Said:
        known = parts[:2] == ["blocks", "tip"] or parts[0] == "block-height"
        return honest(stubs["a"], parts) if known else Said(404, b"Not found")

    stubs["a"]._answer = empty  # type: ignore[method-assign]
    a, b = _server("a", stubs["a"]), _server("b", stubs["b"])
    done = verify(rows, [a])
    assert (done.status, {o["control"] for o in done.objects}) == (3, {"unsupported"}), done.err
    assert "a: does not show what is in its own block" in done.objects[0]["reason"]
    done = verify(rows, [a, b])
    assert (done.status, _verdicts(done)) == (0, [("controls", "reported", "b")] * 2), done.err
    assert "a was passed over for 1 row: does not show" in done.err


def test_two_operators_or_ones_own_node_make_it_false(
    verify: Verify,
    bitcoin: Chain,
    stubs: dict[str, EsploraStub],
    rows: list[str],
    paid: tuple[str, str, int],
) -> None:
    for stub in stubs.values():
        stub.hide.add(paid[1])
    two = [_server("a", stubs["a"]), _server("b", stubs["b"])]
    done = verify(rows, two)
    assert (done.status, _verdicts(done)) == (1, [("mismatch", "agreed", "a, b")] * 2), done.err
    three = [*two, _server("c", stubs["c"])]
    done = verify(rows, three, "--quorum", 3)
    assert _verdicts(done) == [("mismatch", "agreed", "a, b, c")] * 2
    stubs["c"].hide.clear()
    assert [v[0] for v in _verdicts(verify(rows, three, "--quorum", 3))] == ["controls"] * 2
    done = verify(rows, two, "--quorum", 3)
    assert (done.status, done.out) == (2, b"")
    assert "a quorum of 3 needs as many operators, the endpoints have 2" in done.err
    own = _endpoint("mine", "bitcoin_core", bitcoin.node.url, "own = true")
    false = [row.replace("0.00001234", "0.5").replace(paid[1], "ab" * 32) for row in rows]
    done = verify(false, [*two, own])
    assert (done.status, _verdicts(done)) == (1, [("mismatch", "proven", "mine")] * 2), done.err


def test_who_cannot_is_passed_over_and_named(
    verify: Verify, bare: Chain, stubs: dict[str, EsploraStub], rows: list[str]
) -> None:
    own = _endpoint("my-core", "bitcoin_core", bare.node.url, "own = true")
    honest = EsploraStub._answer
    stubs["c"]._answer = lambda parts: (  # type: ignore[method-assign]
        Said(200, b"ab" * 32) if parts[0] == "block-height" else honest(stubs["c"], parts)
    )
    done = verify(rows, [own, _server("b", stubs["b"])])
    assert (done.status, _verdicts(done)) == (0, [("controls", "reported", "b")] * 2), done.err
    assert "my-core was passed over for 2 rows: has no transaction index" in done.err
    done = verify(rows, [own])
    assert (done.status, {o["control"] for o in done.objects}) == (3, {"unsupported"})
    assert "the chain could not be asked: my-core: has no" in done.objects[0]["reason"]
    done = verify(rows, [_server("c", stubs["c"]), _server("a", stubs["a"])])
    assert (done.status, _verdicts(done)) == (0, [("controls", "reported", "a")] * 2), done.err
    assert "c was passed over for 1 row: is not on bitcoin regtest" in done.err
    done = verify(rows, [own, _dead("dead")])
    assert (done.status, {o["control"] for o in done.objects}) == (3, {"unsupported"})
    for words in ("could not be asked", "my-core: has no transaction index", "dead: "):
        assert words in done.objects[0]["reason"]


def test_a_server_is_waited_for(
    verify: Verify, stubs: dict[str, EsploraStub], rows: list[str]
) -> None:
    stubs["a"].queue += [Said(429, b"", {"retry-after": "1"}), Said(503), Said(500)]
    done = verify(rows, [_server("a", stubs["a"])])
    assert (done.status, _verdicts(done)) == (0, [("controls", "reported", "a")] * 2), done.err


def test_a_quorum_shows_it(
    verify: Verify, stubs: dict[str, EsploraStub], rows: list[str], paid: tuple[str, str, int]
) -> None:
    two = [_server("a", stubs["a"]), _server("b", stubs["b"])]
    done = verify(rows, two, "--quorum", 2)
    assert (done.status, _verdicts(done)) == (0, [("controls", "agreed", "a, b")] * 2), done.err
    done = verify(rows, [two[0], _dead("dead")], "--quorum", 2)
    assert (done.status, {o["control"] for o in done.objects}) == (3, {"unsupported"})
    assert "1 operator shows it, and it takes 2" in done.objects[0]["reason"]
    assert "dead was passed over: " in done.objects[0]["reason"]
    # Who hides it has its block: his own chain has it, whatever he says.
    stubs["b"].hide.add(paid[1])
    done = verify(rows, two, "--quorum", 2)
    assert (done.status, _verdicts(done)) == (0, [("controls", "reported", "a")] * 2), done.err
    assert "b says: " in done.objects[0]["reason"]


def test_a_block_that_does_not_hold_it_shows_nothing(
    verify: Verify,
    stubs: dict[str, EsploraStub],
    rows: list[str],
    paid: tuple[str, str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that contradicts another one must show the block, too."""
    stubs["a"].hide.add(paid[1])
    honest = EsploraStub._inside

    def invented(self: EsploraStub, block_hash: str, what: str) -> Said:
        said = honest(self, block_hash, what)
        if self is stubs["b"] and what == "txids":
            return Said(200, json.dumps([*json.loads(said.body), "ab" * 32]).encode())
        return said

    monkeypatch.setattr(EsploraStub, "_inside", invented)
    done = verify(rows, [_server("a", stubs["a"]), _server("b", stubs["b"])])
    assert (done.status, {o["control"] for o in done.objects}) == (3, {"unsupported"}), done.err
    assert "b was passed over: " in done.objects[0]["reason"]


def test_coins_of_somebody_else_are_not_spent(
    verify: Verify, bitcoin: Chain, stubs: dict[str, EsploraStub], paid: tuple[str, str, int]
) -> None:
    """A real payment of a real block, said to be from an address that spent nothing."""
    true, other = paid[0][4:-1], "0014" + "77" * 20
    honest = stubs["b"]._answer

    def lying(parts: list[str]) -> Said:
        if parts[0] == "scripthash":
            parts = [parts[0], hashlib.sha256(bytes.fromhex(true)).hexdigest(), *parts[2:]]
        said = honest(parts)
        if parts[0] in ("scripthash", "tx") and parts[-1] != "hex":
            return Said(said.status, said.body.replace(true.encode(), other.encode()))
        return said

    stubs["b"]._answer = lying  # type: ignore[method-assign]
    header = "network,address,kind,digest,after,until"
    row = f"bitcoin,raw({other}),commitment,{DIGEST.hex()},{paid[2]},{bitcoin.tip()}"
    two = [_server("a", stubs["a"]), _server("b", stubs["b"])]
    for ends, options in ((two, ()), (two, ("--quorum", 2)), (two[1:], ())):
        done = verify([row], ends, *options, header=header)
        assert (done.status, done.object["control"]) == (3, "unsupported"), done.err
        assert "reports another coin than the one that was made" in done.object["reason"]
    one_true = row.replace(other, true)
    done = verify([one_true], two[:1], header=header)
    assert (done.status, done.object["control"]) == (0, "controls"), done.err


def test_a_transaction_that_does_something_else(
    verify: Verify,
    stubs: dict[str, EsploraStub],
    rows: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its bytes are one server's to show; who was paid before, and when, is two servers' to say."""
    one = [_server("a", stubs["a"])]
    done = verify([rows[0].replace("0.00001234", "0.00001235")], one)
    assert (done.status, _verdicts(done)) == (1, [("mismatch", "reported", "a")]), done.err
    early = rows[0].split(",")
    late = ",".join([*early[:6], early[7], str(int(early[7]) + 9)])
    done = verify([late], one)
    assert (done.status, _verdicts(done)) == (3, [("unsupported", "reported", "a")]), done.err
    assert "not after the announcement" in done.objects[0]["reason"]
    done = verify([late], [*one, _server("b", stubs["b"])])
    assert (done.status, _verdicts(done)) == (1, [("mismatch", "agreed", "a, b")]), done.err


def test_one_server_does_not_fix_the_amount(
    verify: Verify, bitcoin: Chain, stubs: dict[str, EsploraStub], paid: tuple[str, str, int]
) -> None:
    address, _, before = paid
    block = bitcoin.node.rpc("getblockhash", before)
    nonce = bitcoin.node.rpc("getblockheader", block)["nonce"]
    row = f"bitcoin,{address},send_to_self,,,{before},,{bitcoin.tip()}"
    honest = EsploraStub._answer

    def lying(self: EsploraStub, parts: list[str]) -> Said:
        said = honest(self, parts)
        if self is stubs["a"] and parts == ["block", block]:
            told = json.loads(said.body)
            return Said(200, json.dumps({**told, "nonce": nonce ^ 0xFFFFFFF}).encode())
        return said

    two = [_server("a", stubs["a"]), _server("b", stubs["b"])]
    done = verify([row], two)
    assert (done.status, done.object["control"]) == (1, "mismatch"), "another amount was sent"
    assert done.object["amount"] == str(nonce_amount(nonce, 3) * 100)
    done = verify([row], two[:1])
    assert (done.status, done.object["control"]) == (3, "unsupported")
    stubs["a"]._answer = lying.__get__(stubs["a"])  # type: ignore[method-assign]
    done = verify([row], two)
    assert (done.status, done.object["control"]) == (3, "unsupported"), done.err
    assert "nonce" in done.object["reason"]
