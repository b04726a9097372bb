"""UTXO snapshots written by a real node: every source must say the same, and spoiled files nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, address, query, regtest
from support.utxo_file import any_script

from scanner.chains.bitcoin import utxo_source
from scanner.chains.bitcoin.core_filters import CoreFilters
from scanner.chains.bitcoin.core_scan import CoreScan
from scanner.chains.bitcoin.utxo_engines import compiled_available
from scanner.chains.bitcoin.utxo_hash import PureSetHash
from scanner.chains.bitcoin.utxo_match import PureEngine
from scanner.chains.bitcoin.utxo_scan import SnapshotFile
from scanner.chains.interface import BalanceSource, Reach, ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
)
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Balance, Evidence
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
SIZES = {"p2pkh": 20, "p2sh": 20, "p2wpkh": 20, "p2wsh": 32, "p2tr": 32}
ADDRESSES = [address(f, bytes([n]) * size) for n in range(8) for f, size in SIZES.items()]
QUERIES = [query(a) for a in [*ADDRESSES, ADDRESSES[0], address("p2sh", b"\xee" * 20)]]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Blocks with every kind of script, outputs in the thousands, spends, and a reorganisation."""
    r = random.Random(4)
    with regtest(tmp_path_factory.mktemp("utxo")) as chain:
        coins = chain.fund(4)
        outputs = [(script_pubkey(a), r.randint(1, 10**6)) for a in ADDRESSES for _ in range(3)]
        outputs += [(any_script(r)[:9000], r.randint(0, 10**4)) for _ in range(400)]
        outputs += [(b"\x51", 20_000)] * 17_000  # output numbers beyond 16512, spendable below
        first = chain.pay(coins[0], outputs)
        # Spend from it to our addresses again, then lose a block to a reorganisation.
        chain.pay((first, 600), [(script_pubkey(ADDRESSES[0]), 11_111)])
        lost = chain.pay(coins[1], [(script_pubkey(ADDRESSES[1]), 22_222)])
        assert lost
        chain.node.rpc("invalidateblock", chain.node.rpc("getbestblockhash"))
        chain.mine(3, b"\x52")
        chain.pay((first, 16_999), [(script_pubkey(ADDRESSES[2]), 3_333), (b"", 1)])
        yield chain


def _endpoint(chain: Chain, folder: Path, own: bool = True) -> Endpoint:
    at = chain.node.endpoint("my-node", own=own)
    return Endpoint(
        "my-node",
        "bitcoin",
        "utxo_snapshot",
        f"{at.url}?snapshots={folder}",
        chain="regtest",
        own=own,
    )


def _file(path: Path, **query_: int) -> Endpoint:
    query_text = "&".join(f"{k}={v}" for k, v in query_.items())
    return Endpoint(
        "my-file", "bitcoin", "utxo_snapshot", f"file://{path}?{query_text}", chain="regtest"
    )


def _source(*endpoints: Endpoint, proof: bool = False) -> BalanceSource:
    return make_source("utxo_snapshot", BITCOIN, endpoints, REGISTRY, ReadPolicy(proof=proof))


def _amounts(answers: list[Balance]) -> list[int | None]:
    return [b.amount for b in answers]


def test_tip_and_past_height_from_the_users_node(chain: Chain, tmp_path: Path) -> None:
    source = _source(_endpoint(chain, tmp_path))
    assert source.ability.reach is Reach.ANY
    tip = CoreScan(BITCOIN, chain.node.endpoint("rpc"))
    at = source.pin(None)
    assert at == tip.pin(None)
    shares: list[float] = []
    answers = source.fetch_balances(QUERIES, at, shares.append)
    by_rpc = tip.fetch_balances(QUERIES, at)
    assert _amounts(answers) == _amounts(by_rpc)
    assert [b.detail for b in answers] == [b.detail for b in by_rpc]
    assert {b.evidence for b in answers} == {Evidence.PROVEN}
    assert shares[-1] == 1.0

    past = source.pin(at.height - 4)  # before the second spend
    assert past.height == at.height - 4
    then = source.fetch_balances(QUERIES, past)
    assert then[2].amount == (answers[2].amount or 0) - 3_333
    assert then[0].amount == answers[0].amount
    assert chain.node.rpc("getbestblockhash") == at.hash
    assert len(list(tmp_path.glob("*.dat"))) == 2
    made = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.dat")}
    assert _amounts(source.fetch_balances(QUERIES, past)) == _amounts(then)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.dat")} == made, "not dumped again"
    with pytest.raises(HeightNotReachedError):
        source.pin(at.height + 1)
    source.close()
    tip.close()


@pytest.fixture(scope="module")
def dumped(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """A file of the tip as the node's owner would make it; its height and the node's own hash."""
    path = tmp_path_factory.mktemp("brought") / "utxo.dat"
    said = chain.node.rpc("dumptxoutset", str(path), "latest")
    return path, said["base_height"], said["txoutset_hash"]


def test_own_hash_equals_the_nodes(dumped: tuple[Path, int, str], chain: Chain) -> None:
    path, height, said = dumped
    check = PureSetHash()
    SnapshotFile("f", path).scan([], PureEngine, check=check)
    assert check.result() == said == chain.node.rpc("gettxoutsetinfo")["hash_serialized_3"]
    assert check.newest == height
    if compiled_available():
        from scanner.chains.bitcoin.utxo_fast import FastEngine, FastSetHash

        fast = FastSetHash()
        SnapshotFile("f", path).scan([], FastEngine, check=fast)
        assert (fast.result(), fast.newest) == (said, height)


def test_a_file_alone_is_reported_and_its_height_checked(dumped: tuple[Path, int, str]) -> None:
    path, height, said = dumped
    source = _source(_file(path, height=height))
    at = source.pin(None)
    assert at == source.pin(height)
    answer = source.fetch_balances(QUERIES[:1], at)[0]
    assert (answer.evidence, answer.sources) == (Evidence.REPORTED, ("my-file",))
    assert said in answer.reason
    with pytest.raises(HeightPrunedError):
        source.pin(height - 1)
    wrong = _source(_file(path, height=height - 1))
    with pytest.raises(SourceRejectedError, match=f"up to block {height}"):
        wrong.fetch_balances(QUERIES[:1], wrong.pin(height - 1))
    silent = _source(_file(path))
    assert silent.pin(height).hash == at.hash
    with pytest.raises(ConfigError, match="does not say its height"):
        silent.pin(None)


def test_a_file_that_a_known_hash_confirms_is_proven(
    dumped: tuple[Path, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, height, said = dumped
    base = SnapshotFile("f", path).header().base_hash
    monkeypatch.setitem(utxo_source.KNOWN_SETS, base, (height, said))
    source = _source(_file(path))
    assert source.fetch_balances(QUERIES[:1], source.pin(None))[0].evidence is Evidence.PROVEN
    monkeypatch.setitem(utxo_source.KNOWN_SETS, base, (height, "00" * 32))
    with pytest.raises(SourceRejectedError, match="is not the UTXO set of block"):
        source.fetch_balances(QUERIES[:1], source.pin(None))


def test_a_file_beside_a_node_gets_its_height_from_the_node(
    dumped: tuple[Path, int, str], chain: Chain
) -> None:
    path, height, _ = dumped
    node = chain.node.endpoint("n")
    plain = Endpoint("n", "bitcoin", "utxo_snapshot", node.url, chain="regtest", own=True)
    source = _source(plain, _file(path))
    assert source.pin(None).height == height
    with pytest.raises(HeightPrunedError, match="no snapshot file is of that block"):
        source.pin(height - 1)
    source.close()


def test_other_network_other_block_spoiled_and_missing(
    dumped: tuple[Path, int, str], chain: Chain, tmp_path: Path
) -> None:
    path, height, _ = dumped
    main = Endpoint("f", "bitcoin", "utxo_snapshot", f"file://{path}")
    with pytest.raises(SourceRejectedError, match="of another network"):
        _source(main).pin(height)
    source = _source(_file(path, height=height))
    at = source.pin(None)
    with pytest.raises((ReorgError, HeightPrunedError)):
        source.fetch_balances(QUERIES, type(at)(at.network, at.chain, height, "ab" * 32))
    with pytest.raises(ConfigError, match="no UTXO snapshots are known"):
        make_source(
            "utxo_snapshot",
            REGISTRY.network("litecoin"),
            [Endpoint("f", "litecoin", "utxo_snapshot", "file:///x")],
            REGISTRY,
        )
    for url in ("file://host/x", "file:///x?height=-1"):
        with pytest.raises(ConfigError):
            _source(Endpoint("f", "bitcoin", "utxo_snapshot", url, chain="regtest")).pin(None)

    # A dump whose bytes changed on the disk: the node's own hash does not fit any more.
    folder = tmp_path / "dumps"
    folder.mkdir()
    node = _source(_endpoint(chain, folder), proof=True)
    tip = node.pin(None)
    node.fetch_balances(QUERIES, tip)
    file = next(folder.glob("*.dat"))
    data = bytearray(file.read_bytes())
    r = random.Random(5)
    for place in [0, 5, 7, 20, 43, *(r.randrange(51, len(data)) for _ in range(25)), len(data) - 1]:
        spoiled = bytearray(data)
        spoiled[place] ^= 1 << r.randrange(8)
        file.write_bytes(spoiled)
        with pytest.raises(SourceError):
            node.fetch_balances(QUERIES, tip)
    file.write_bytes(data)
    assert node.fetch_balances(QUERIES, tip)[0].evidence is Evidence.PROVEN
    node.close()


def test_a_folder_the_node_cannot_write_to(chain: Chain, tmp_path: Path) -> None:
    source = _source(_endpoint(chain, tmp_path / "none"))
    with pytest.raises(SourceRejectedError, match="must be able to write"):
        source.fetch_balances(QUERIES, source.pin(None))
    source.close()


def test_a_foreign_nodes_note_confirms_no_file_that_is_named_beside_it(
    chain: Chain, tmp_path: Path
) -> None:
    source = _source(_endpoint(chain, tmp_path, own=False))
    at = source.pin(None)
    source.fetch_balances(QUERIES[:1], at)
    source.close()
    (dump,) = tmp_path.glob("*.dat")  # with the node's note beside it
    for own, evidence in ((False, Evidence.REPORTED), (True, Evidence.PROVEN)):
        source = _source(_endpoint(chain, tmp_path, own=own), _file(dump, height=at.height))
        assert source.fetch_balances(QUERIES[:1], at)[0].evidence is evidence
        source.close()


def test_a_foreign_nodes_dump_is_only_reported(chain: Chain, tmp_path: Path) -> None:
    source = _source(_endpoint(chain, tmp_path, own=False))
    assert source.ability.evidence is Evidence.REPORTED
    assert source.fetch_balances(QUERIES[:1], source.pin(None))[0].evidence is Evidence.REPORTED
    source.close()


def _of_two(*endpoints: Endpoint) -> BalanceSource:
    return make_source("utxo_snapshot", BITCOIN, endpoints, REGISTRY, ReadPolicy(quorum=2))


def test_a_quorum_is_of_operators(
    chain: Chain, dumped: tuple[Path, int, str], tmp_path: Path
) -> None:
    path, height, _ = dumped
    mine = replace(_endpoint(chain, tmp_path), operator="me")
    for more in ((), (replace(_file(path, height=height), operator="me"),)):
        with pytest.raises(ConfigError, match="a quorum of 2 needs as many operators"):
            _of_two(mine, *more)
    theirs = replace(mine, name="theirs", operator="others", own=False)
    file = replace(_file(path, height=height), operator="somebody")
    for other, name in ((theirs, "theirs"), (file, "my-file")):
        source = _of_two(other, mine)
        assert source.name == "my-node"
        answer = source.fetch_balances(QUERIES[:1], source.pin(height))[0]
        assert (answer.evidence, answer.sources) == (
            Evidence.PROVEN,
            tuple(sorted(("my-node", name))),
        )
        source.close()
    source = _of_two(theirs, file)
    answer = source.fetch_balances(QUERIES[:1], source.pin(height))[0]
    assert (answer.evidence, answer.sources) == (Evidence.AGREED, ("my-file", "theirs"))
    source.close()


def test_the_next_node_when_one_is_dead(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)
    mine = _endpoint(chain, tmp_path)
    dead = replace(mine, name="dead", url=f"http://u:p@127.0.0.1:9/?snapshots={tmp_path}")
    source = _source(dead, mine)
    answer = source.fetch_balances(QUERIES[:1], source.pin(None))[0]
    assert (answer.evidence, answer.sources) == (Evidence.PROVEN, ("my-node",))
    source.close()


def test_without_the_compiled_engine(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(utxo_source, "compiled_available", lambda: False)
    monkeypatch.setattr(utxo_source, "engine", lambda: PureEngine)
    monkeypatch.setattr(utxo_source, "set_hash", PureSetHash)
    source = _source(_endpoint(chain, tmp_path))
    at = source.pin(None)
    proven = source.fetch_balances(QUERIES, at)
    assert {b.evidence for b in proven} == {Evidence.PROVEN}
    monkeypatch.setattr(utxo_source, "SMALL", 10)
    fast = source.fetch_balances(QUERIES, at)
    assert _amounts(fast) == _amounts(proven)
    assert {b.evidence for b in fast} == {Evidence.REPORTED}
    assert "not computed" in fast[0].reason
    source.close()


def test_a_pruned_node_cannot_go_back(tmp_path: Path) -> None:
    """Nor say what happened in blocks it has deleted: by no source, and with no number."""
    flags = ("-txindex=0", "-prune=1", "-fastprune", "-coinstatsindex=0")
    with regtest(tmp_path / "node", *flags) as chain:
        paid = script_pubkey(ADDRESSES[0])
        chain.mine(3, paid)
        chain.mine(797)
        deadline = (
            time.monotonic() + 60
        )  # nothing is deleted that the filters have yet to be made of
        while not chain.node.rpc("getindexinfo")["basic block filter index"]["synced"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        chain.node.rpc("pruneblockchain", 400)
        folder = tmp_path / "dumps"
        folder.mkdir()
        source = _source(_endpoint(chain, folder))
        with pytest.raises(HeightPrunedError, match="pruned below"):
            source.pin(20)
        assert source.fetch_balances(QUERIES, source.pin(None))[0].amount == 150 * 10**8
        source.close()
        filters = CoreFilters(BITCOIN, chain.node.endpoint("filters"))
        with pytest.raises(SourceRejectedError, match="pruned"):
            filters.fetch_balances(QUERIES[:1], filters.pin(None))
        filters.close()
