"""A node that is not the user's own is tried by its own scans, before its zeros are believed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from support.coin_world import REWARD, TIP, CoinWorld, reward_script
from support.core_replay import CoreReplay
from support.replay import Sent, Trap

from scanner.chains.bitcoin import core_rpc, core_scan
from scanner.chains.fleet import pool
from scanner.chains.fleet.tried import TRIED, End
from scanner.chains.interface import BalanceSource
from scanner.chains.table import make_source
from scanner.errors import ReorgError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.scripts import p2pkh, script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NODES = ("bitcoin_core", "bitcoin_filters")
ASKED = [
    (network.name, protocol)
    for network in REGISTRY.networks.values()
    for protocol in NODES
    if protocol in network.sources
]
(BIRD,) = REGISTRY.canaries("bitcoin")
SCRIPT = script_pubkey(decode_address(REGISTRY.network("bitcoin"), BIRD.address))
HELD = 27_734_251
FUNDED = CoinWorld({SCRIPT: [(5, HELD)]})
PAYEE = reward_script(TIP)


@pytest.fixture(autouse=True)
def _known_by_its_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_rpc, "chain_marker", lambda *_: (0, FUNDED.hash(0)))
    monkeypatch.setattr(pool, "pause", lambda _: None)


@pytest.fixture
def node() -> Iterator[CoreReplay]:
    with closing(CoreReplay(FUNDED)) as stub:
        yield stub


def tables(*birds: Canary) -> Registry:
    return Registry(REGISTRY.networks.values(), (), REGISTRY.holdings(), birds)


KNOWN = tables(replace(BIRD, since=5))


def nobody(number: int, network: str = "bitcoin") -> BalanceQuery:
    script = p2pkh(number.to_bytes(20))
    address = Address(network, "p2pkh", number.to_bytes(20), script.hex(), str(number))
    native = REGISTRY.network(network).native
    return BalanceQuery(address, REGISTRY.holding(native, network))


def made(
    node: CoreReplay,
    protocol: str = "bitcoin_core",
    network: str = "bitcoin",
    known: Registry = KNOWN,
    **more: object,
) -> BalanceSource:
    endpoint = replace(node.endpoint("a", **more), network=network, protocol=protocol)
    return make_source(protocol, REGISTRY.network(network), [endpoint], known)


def read(source: BalanceSource, *queries: BalanceQuery, height: int | None = None) -> list[Balance]:
    return source.fetch_balances(queries, source.pin(height))


def scans(node: CoreReplay) -> list[list[str]]:
    """The descriptors of each scan that was started."""
    calls = [json.loads(body) for _, _, body in node.asked]
    return [
        [d.removeprefix("raw(").removesuffix(")") for d in call["params"][1]]
        for call in calls
        if call["method"] in ("scantxoutset", "scanblocks") and call["params"][0] == "start"
    ]


@pytest.mark.parametrize(("network", "protocol"), ASKED)
def test_the_zeros_of_a_foreign_node_that_is_empty_are_no_answer(
    node: CoreReplay, network: str, protocol: str
) -> None:
    """On every network that a node is asked on: the table has none of so early a block."""
    with closing(made(node, protocol, network, REGISTRY)) as source:
        (balance,) = read(source, nobody(1, network))
        assert (balance.amount, balance.evidence) == (0, Evidence.REPORTED)
        assert scans(node) == [[p2pkh((1).to_bytes(20)).hex(), PAYEE.hex()]], "no second scan"
        node.trap = Trap.ZEROES
        coin = REGISTRY.network(network).native
        with pytest.raises(SourceRejectedError, match=f"holds less {coin} after .* not trusted"):
            read(source, nobody(1, network))


@pytest.mark.parametrize("protocol", NODES)
def test_the_canary_of_the_table_is_in_the_same_scan(node: CoreReplay, protocol: str) -> None:
    with closing(made(node, protocol)) as source:
        assert read(source, nobody(1))[0].amount == 0
        assert scans(node) == [[p2pkh((1).to_bytes(20)).hex(), SCRIPT.hex()]]
        node.trap = Trap.ZEROES
        words = f"a: says {BIRD.address} holds no BTC at block {TIP}, where it is known to hold"
        with pytest.raises(SourceRejectedError, match=words):
            read(source, nobody(1))


@pytest.mark.parametrize("protocol", NODES)
@pytest.mark.parametrize("known", [KNOWN, REGISTRY], ids=["table", "block"])
def test_an_own_node_is_asked_for_the_rows_alone(
    node: CoreReplay, protocol: str, known: Registry
) -> None:
    node.trap = Trap.ZEROES
    with closing(made(node, protocol, known=known, own=True)) as source:
        (balance,) = read(source, nobody(1))
    assert (balance.amount, balance.evidence) == (0, Evidence.PROVEN)
    assert scans(node) == [[p2pkh((1).to_bytes(20)).hex()]]
    assert not [body for _, _, body in node.asked if b'"getblock"' in body]


@pytest.mark.parametrize("protocol", NODES)
def test_a_canary_that_is_a_row_is_asked_for_once_and_told(
    node: CoreReplay, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a list takes several scans: it is in each of them, and counts once."""
    monkeypatch.setattr(core_scan, "MAX_DESCRIPTORS", 2)
    address = decode_address(REGISTRY.network("bitcoin"), BIRD.address)
    row = BalanceQuery(address, REGISTRY.holding("BTC", "bitcoin"))
    with closing(made(node, protocol)) as source:
        found = read(source, row, *(nobody(n) for n in range(4)))
        assert [b.amount for b in found] == [HELD, 0, 0, 0, 0]
        assert all(some.count(SCRIPT.hex()) == 1 for some in scans(node))
        assert len(scans(node)) == (3 if protocol == "bitcoin_core" else 1)
        asked = len(node.asked)
        assert source.fetch_balances([], source.pin(None)) == []
        assert len(scans(node)) == (3 if protocol == "bitcoin_core" else 1)
        assert len(node.asked) > asked


def test_a_scan_that_loses_the_canary_later_in_the_list(
    node: CoreReplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that is emptied between two scans of one list is not believed either."""
    monkeypatch.setattr(core_scan, "MAX_DESCRIPTORS", 2)
    real = node.answer

    def answer(method: str, path: str, body: bytes) -> Sent:
        if len(scans(node)) > 1:
            node.trap = Trap.ZEROES
        return real(method, path, body)

    monkeypatch.setattr(node, "answer", answer)
    with closing(made(node)) as source, pytest.raises(SourceRejectedError, match="not trusted"):
        read(source, *(nobody(n) for n in range(4)))


@pytest.mark.parametrize("known", [KNOWN, REGISTRY], ids=["table", "block"])
def test_a_past_block(node: CoreReplay, known: Registry) -> None:
    with closing(made(node, known=known)) as source:
        assert read(source, nobody(1), height=TIP - 2)[0].amount == 0


def test_the_table_is_not_asked_on_a_test_chain(node: CoreReplay) -> None:
    """Nothing of it has to be there: who is paid by a block there is."""
    endpoint = replace(node.endpoint("a"), chain="signet")
    node.trap = Trap.WRONG_CHAIN
    with closing(make_source("bitcoin_core", REGISTRY.network("bitcoin"), [endpoint], KNOWN)) as s:
        at = BlockRef("bitcoin", "signet", TIP, FUNDED.hash(TIP, Trap.WRONG_CHAIN))
        assert s.fetch_balances([nobody(1)], at)[0].amount == 0
    assert scans(node)[0][1] == PAYEE.hex()


def output(amount: str, script: bytes) -> dict[str, Any]:
    return {"value": f"@{amount}@", "scriptPubKey": {"hex": script.hex()}}


def block(*transactions: Sequence[dict[str, Any]], **more: object) -> dict[str, Any]:
    return {"hash": FUNDED.hash(TIP), "tx": [{"vout": some} for some in transactions], **more}


NOTHING, BURNED = output("0.00000000", b""), output("7.00000000", b"\x6a\x01\x01")
PAID = output(f"{REWARD // 10**8}.00000000", PAYEE)
LONG = output("1.00000000", b"\x51" * 10_001)
BLOCKS = {
    "work": block([PAID]),
    "burned first": block([BURNED, LONG, NOTHING, PAID]),
    "stake": block([NOTHING], [NOTHING, PAID]),
    "stake, and a witness commitment": block([NOTHING, output("0.0", b"\x6a")], [NOTHING, PAID]),
}
NOBODY = {
    "no transactions": block(),
    "all burned": block([BURNED]),
    "a payment, which may be spent": block([NOTHING], [PAID]),
    "a reward that pays, and no stake": block([BURNED], [NOTHING, PAID]),
}


def showing(node: CoreReplay, shown: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(node, "_getblock", lambda *_: shown, raising=False)


@pytest.mark.parametrize("kind", BLOCKS)
def test_whom_a_block_surely_leaves_its_reward(
    node: CoreReplay, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing(node, BLOCKS[kind], monkeypatch)
    with closing(made(node, known=REGISTRY)) as source:
        assert read(source, nobody(1))[0].amount == 0
        assert scans(node)[0][1] == PAYEE.hex()
        more = json.dumps(BLOCKS[kind]).replace(PAID["value"], "@50.00000001@")
        showing(node, json.loads(more), monkeypatch)
        with pytest.raises(SourceRejectedError, match="not trusted"):
            read(source, nobody(1))


@pytest.mark.parametrize("kind", NOBODY)
def test_a_block_that_names_nobody_says_what_to_do(
    node: CoreReplay, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing(node, NOBODY[kind], monkeypatch)
    words = 'pays nobody whom it could be tried by: ask at another block, or set "own = true"'
    with closing(made(node, known=REGISTRY)) as source:
        with pytest.raises(SourceRejectedError, match=words):
            read(source, nobody(1))
        assert not scans(node)


def test_the_first_block_pays_nobody(node: CoreReplay) -> None:
    with closing(made(node, "bitcoin_filters", known=REGISTRY)) as source:
        assert read(source, nobody(1), height=0)[0].amount == 0


@pytest.mark.parametrize("protocol", NODES)
def test_another_block_than_the_pinned_one(
    node: CoreReplay, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(made(node, protocol, known=REGISTRY)) as source:
        at = source.pin(None)
        showing(node, block([PAID], hash="ab" * 32), monkeypatch)
        with pytest.raises(SourceUnavailableError, match="another block than the one asked for"):
            source.fetch_balances([nobody(1)], at)
        node.trap = Trap.FORK
        with pytest.raises(ReorgError):
            source.fetch_balances([nobody(1)], at)
    assert not scans(node)


@pytest.mark.parametrize("protocol", NODES)
def test_a_single_node_is_counted_and_asked_again(
    node: CoreReplay, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every other endpoint: its questions are in the worker's metrics, a hiccup ends nothing."""
    real, hiccups = node.answer, iter([Sent(b"{}", 502)])
    monkeypatch.setattr(node, "answer", lambda *a: next(hiccups, None) or real(*a))
    endpoint = replace(node.endpoint("only", own=True), protocol=protocol)
    before = {(name, end): n for name, end, n in TRIED.ends()}
    with closing(make_source(protocol, REGISTRY.network("bitcoin"), [endpoint], KNOWN)) as source:
        assert read(source, nobody(1))[0].evidence is Evidence.PROVEN
    after = {(name, end): n - before.get((name, end), 0) for name, end, n in TRIED.ends()}
    assert (after["only", End.ANSWERED], after["only", End.FAILED]) == (2, 1)
