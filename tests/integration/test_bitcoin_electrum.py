"""Electrum servers as a source: a real ElectrumX, and a scripted server that cheats."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, address, query, regtest, transaction
from support.command import COMMAND
from support.electrumx import electrumx, wait_for

from scanner.chains.bitcoin import electrum
from scanner.chains.bitcoin.core_scan import CoreScan
from scanner.chains.bitcoin.electrum_rpc import ElectrumFailure, ElectrumRpc
from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
ADDRESSES = [
    address(f, bytes([7]) * n)
    for f, n in (("p2pkh", 20), ("p2sh", 20), ("p2wpkh", 20), ("p2wsh", 32), ("p2tr", 32))
]
ANYONE = address("p2wsh", b"\x77" * 32)
QUERIES = [query(a) for a in [*ADDRESSES, address("p2sh", b"\xee" * 20)]]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("node"), "-acceptnonstdtxn=1") as chain:
        coins = chain.fund(3)
        first = chain.pay(
            coins[0],
            [(script_pubkey(a), 1000 + n) for n, a in enumerate(ADDRESSES)]
            + [(b"\x51", 10**6)] * 90,
        )
        for n in range(70):
            chain.pay((first, 5 + n), [(script_pubkey(ADDRESSES[0]), 100 + n)])
        chain.mine(2, script_pubkey(ADDRESSES[4]))
        yield chain


@pytest.fixture(scope="module")
def server(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with electrumx(chain.node, tmp_path_factory.mktemp("electrumx")) as endpoint:
        yield endpoint


def _source(*endpoints: Endpoint, quorum: int = 1, proof: bool = False) -> BalanceSource:
    return make_source(
        "electrum", BITCOIN, endpoints, REGISTRY, ReadPolicy(quorum=quorum, proof=proof)
    )


@pytest.fixture
def source(server: Endpoint) -> Iterator[BalanceSource]:
    made = _source(server)
    yield made
    made.close()


def test_the_tip_and_every_height_like_the_node_itself(chain: Chain, source: BalanceSource) -> None:
    node = CoreScan(BITCOIN, chain.node.endpoint("n"))
    tip = source.pin(chain.tip())
    assert tip == node.pin(None)
    by_node = node.fetch_balances(QUERIES, tip)
    answers = source.fetch_balances([*QUERIES, QUERIES[0]], tip)
    assert [b.amount for b in answers] == [*(b.amount for b in by_node), by_node[0].amount]
    assert {b.evidence for b in answers} == {Evidence.REPORTED}
    assert json.loads(answers[4].detail)["coins"] == json.loads(by_node[4].detail)["coins"]
    assert "immature" in answers[4].reason
    past = source.pin(tip.height - 62)
    amounts = [b.amount for b in source.fetch_balances(QUERIES, past)]
    assert amounts == [1000 + sum(100 + n for n in range(10)), 1001, 1002, 1003, 1004, 0]
    assert source.pin(None).height == chain.tip() - 5
    with pytest.raises(HeightNotReachedError):
        source.pin(chain.tip() + 1)
    with pytest.raises(ReorgError):
        source.fetch_balances(QUERIES, replace(tip, hash="ab" * 32))
    node.close()


def test_busy_scripts_by_confirmed_balance(
    chain: Chain, source: BalanceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = source.pin(chain.tip())
    whole = source.fetch_balances(QUERIES, at)
    assert "coins" not in whole[0].detail, "71 transactions: the balance call was enough"
    monkeypatch.setattr(electrum, "FEW", 1000)
    assert [b.amount for b in source.fetch_balances(QUERIES, at)] == [b.amount for b in whole]
    monkeypatch.setattr(electrum, "MANY", 10)
    monkeypatch.setattr(electrum, "FEW", 0)
    early = source.fetch_balances(QUERIES, source.pin(at.height - 5))
    assert (early[0].evidence, early[1].amount) == (Evidence.UNAVAILABLE, 1001)
    assert "more than 10 transactions" in early[0].reason


def test_merkle_proofs_against_headers_with_work(
    chain: Chain, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _source(server, proof=True)
    at = source.pin(None)
    answers = source.fetch_balances(QUERIES, at)
    assert json.loads(answers[1].detail)["merkle_proofs"] == 1
    assert answers[1].evidence is Evidence.REPORTED, "mined is not yet unspent"

    def lie(self: ElectrumRpc, calls: list[tuple[str, list[object]]]) -> list[object]:
        answers = honest(self, calls)
        if calls[0][0] == "blockchain.transaction.get_merkle":
            answers[0]["merkle"] = ["00" * 32, *answers[0]["merkle"][1:]]  # type: ignore[index]
        return answers

    honest = ElectrumRpc.batch
    monkeypatch.setattr(ElectrumRpc, "batch", lie)
    with pytest.raises(SourceRejectedError, match="is not in block"):
        source.fetch_balances(QUERIES[1:2], at)
    source.close()


def test_new_blocks_are_seen(chain: Chain, server: Endpoint, source: BalanceSource) -> None:
    at = source.pin(chain.tip())
    before = source.fetch_balances(QUERIES, at)
    chain.mine(1, script_pubkey(ADDRESSES[1]))
    wait_for(server, chain.tip())
    assert [b.amount for b in source.fetch_balances(QUERIES, at)] == [b.amount for b in before]
    assert source.fetch_balances(QUERIES, source.pin(chain.tip()))[1].amount == 1001 + 25 * 10**8


def test_unconfirmed_is_told_and_not_counted(
    chain: Chain, server: Endpoint, source: BalanceSource
) -> None:
    paid = query(address("p2wpkh", b"\x55" * 20))
    first = chain.node.rpc("getblockhash", 2)  # the first block's reward paid everything else
    reward = (chain.node.rpc("getblock", first, 1)["tx"][0], 0)
    raw = transaction([reward], [(script_pubkey(paid.address), 3210)])
    chain.node.rpc("sendrawtransaction", raw, 0)
    rpc = ElectrumRpc(server)
    key = hashlib.sha256(script_pubkey(paid.address)).digest()[::-1].hex()
    deadline = time.monotonic() + 20
    while not rpc.call("blockchain.scripthash.get_mempool", key):
        assert time.monotonic() < deadline, "the server does not see the transaction"
        time.sleep(0.1)
    rpc.close()
    answer = source.fetch_balances([paid], source.pin(chain.tip()))[0]
    assert answer.amount == 0
    assert json.loads(answer.detail)["unconfirmed_transactions"] == 1
    chain.mine(1)
    wait_for(server, chain.tip())
    mined = source.fetch_balances([paid], source.pin(chain.tip()))[0]
    assert mined.amount == 3210
    assert "unconfirmed" not in mined.detail


def test_many_addresses_in_batches(chain: Chain, source: BalanceSource) -> None:
    many = [query(address("p2tr", n.to_bytes(32, "big"))) for n in range(3000)]
    shares: list[float] = []
    answers = source.fetch_balances([*many, *QUERIES], source.pin(None), shares.append)
    assert [b.amount for b in answers[:3000]] == [0] * 3000
    assert answers[3001].amount == 1001
    assert len(shares) == 7


# A scripted server: answers batches from the real one, changed as a test wants.
Trick = Callable[[str, list[object], object], object]


def _relay(real: Endpoint, trick: Trick, client: socket.socket) -> None:
    rpc = ElectrumRpc(real)
    with contextlib.suppress(OSError, ValueError), client, client.makefile("rwb") as stream:
        for line in stream:
            calls = json.loads(line)
            if calls[0]["method"] == "server.version":
                answers: list[object] = ["cheat 1.0"]
            else:
                answers = rpc.batch([(c["method"], c["params"]) for c in calls])
            out = [
                {"id": c["id"], "error": {"code": a.code, "message": a.message}}
                if isinstance(a, ElectrumFailure)
                else {"id": c["id"], "result": trick(c["method"], c["params"], a)}
                for c, a in zip(calls, answers, strict=True)
            ]
            stream.write(json.dumps(out, default=str).encode() + b"\n")
            stream.flush()
    rpc.close()


@contextmanager
def cheating(
    real: Endpoint, trick: Trick, context: ssl.SSLContext | None = None
) -> Iterator[Endpoint]:
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def accept() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                if context is not None:
                    client = context.wrap_socket(client, server_side=True)
                threading.Thread(target=_relay, args=(real, trick, client), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    scheme = "ssl" if context else "tcp"
    try:
        yield replace(real, name="cheat", operator="cheat", url=f"{scheme}://127.0.0.1:{port}")
    finally:
        stop.set()
        listener.close()
        thread.join(0.2)


def _history(change: Callable[[list[object]], object]) -> Trick:
    return lambda method, _, answer: (
        change(answer) if method.endswith("get_history") and answer else answer
    )  # type: ignore[arg-type]


def test_a_hidden_transaction_is_a_disagreement(chain: Chain, server: Endpoint) -> None:
    with cheating(server, _history(lambda h: h[:-1])) as liar:
        source = _source(server, liar, quorum=2)
        at = source.pin(None)
        answers = source.fetch_balances(QUERIES, at)
        assert {b.evidence for b in answers[2:4]} == {Evidence.UNAVAILABLE}
        assert set(json.loads(answers[2].detail)["disagree"]) == {"electrumx", "cheat"}
        assert (answers[5].amount, answers[5].evidence) == (0, Evidence.AGREED)
        source.close()


def test_a_hidden_transaction_is_a_finding(chain: Chain, server: Endpoint, tmp_path: Path) -> None:
    """The whole way: two servers in the table, a list, and what the user is told of it."""
    texts = [f"raw({script_pubkey(q.address).hex()})" for q in QUERIES]
    claims = ["network,coin,address,amount", f"bitcoin,BTC,{texts[2]},0.00001002"]
    claims.append(f"bitcoin,BTC,{texts[5]},0")
    (tmp_path / "list.csv").write_text("\n".join(claims) + "\n")
    with cheating(server, _history(lambda h: h[:-1])) as liar:
        (tmp_path / "endpoints.toml").write_text(
            "".join(
                f'[[endpoint]]\nname = "{e.name}"\nnetwork = "bitcoin"\nprotocol = "electrum"\n'
                f'url = "{e.url}"\noperator = "{e.operator}"\nchain = "regtest"\n'
                for e in (server, liar)
            )
        )
        command = [*COMMAND, "snapshot", "list.csv", "--endpoints", "endpoints.toml"]
        command += ["--quorum", "2", "--at", f"bitcoin={chain.tip() - 3}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "FALSE: sources_disagree, 1 " in done.stderr
    assert texts[2] in done.stderr


CHEATS: dict[str, tuple[Trick, str]] = {
    "another transaction": (
        lambda m, p, a: ("01000000" + str(a)[8:]) if m.endswith("transaction.get") else a,
        "got ",
    ),
    "no transaction": (
        lambda m, p, a: "00" if m.endswith("transaction.get") else a,
        "cannot be read",
    ),
    "twice": (_history(lambda h: [*h, *h]), "twice"),
    "not a list": (_history(lambda h: {"a": 1}), "is not list"),
    "no height": (_history(lambda h: [{"tx_hash": "00" * 32}]), "height is missing"),
}


@pytest.mark.parametrize("name", CHEATS)
def test_what_a_server_cannot_change(chain: Chain, server: Endpoint, name: str) -> None:
    trick, words = CHEATS[name]
    with cheating(server, trick) as liar:
        source = _source(liar)
        at = source.pin(None)
        with pytest.raises(SourceUnavailableError, match=words):
            source.fetch_balances(QUERIES[:2], at)
        source.close()


def test_other_chains_dead_servers_and_bad_urls(chain: Chain, server: Endpoint) -> None:
    mainnet = _source(replace(server, chain=""))
    with pytest.raises(SourceRejectedError, match="is not on bitcoin"):
        mainnet.pin(None)
    mainnet.close()
    dead = _source(replace(server, url="tcp://127.0.0.1:1"))
    with pytest.raises(SourceUnavailableError, match="no connection"):
        dead.pin(None)
    for url in ("http://host:1", "tcp://host", "ssl://:5"):
        with pytest.raises(ConfigError):
            _source(replace(server, url=url))


def test_garbage_silence_and_refused_batches(server: Endpoint) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    said = [
        b"\xff\xff\n",
        b"[1]\n",
        b'{"id": null, "error": {"message": "batch too large"}}\n',
        b'[{"id": 9, "result": 1}]\n',
        b"",
        b'{"id":0}\n',
    ]
    stop = threading.Event()

    def serve() -> None:
        for text in said:
            client, _ = listener.accept()
            with client:
                client.recv(1000)
                client.sendall(text)
        client, _ = listener.accept()
        with client:
            stop.wait(5)

    thread = threading.Thread(target=serve)
    thread.start()
    endpoint = replace(server, url=f"tcp://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3)
    rpc = ElectrumRpc(endpoint)
    for words in (
        "not JSON",
        "is not dict",
        "refused the whole batch",
        "not asked",
        "no connection",
        "result is missing",
        "in time",
    ):
        with pytest.raises(SourceError, match=words):
            rpc.call("server.ping")
    stop.set()
    thread.join()
    listener.close()
    rpc.close()


def test_tls_certificates(server: Endpoint, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "cert"
    made = subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            "-days",
            "2",
            "-subj",
            "/CN=electrum",
        ],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("openssl is not on this machine")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    print_ = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
    with cheating(server, lambda m, p, a: a, context) as endpoint:
        with pytest.raises(SourceRejectedError, match="not valid"):
            ElectrumRpc(endpoint).call("server.ping")
        with pytest.raises(SourceRejectedError, match="another fingerprint"):
            ElectrumRpc(replace(endpoint, url=endpoint.url + "?sha256=" + "00" * 32)).call(
                "server.ping"
            )
        rpc = ElectrumRpc(replace(endpoint, url=endpoint.url + "?sha256=" + print_))
        assert rpc.call("blockchain.headers.subscribe")
        rpc.close()
