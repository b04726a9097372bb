"""Whom a block pays: what is certain of it, and servers that tell it wrong, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from support.blockbook_replay import TIP as BOOKED
from support.blockbook_replay import BlockbookReplay, recorded
from support.coin_world import REWARD, TIP, CoinWorld, branch_of, reward_script
from support.electrum_replay import ElectrumReplay
from support.esplora_replay import EsploraReplay
from support.replay import Sent, Trap

from scanner.chains.bitcoin import electrum
from scanner.chains.bitcoin.blockbook import BlockbookServer
from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.bitcoin.electrum import ElectrumServer
from scanner.chains.bitcoin.esplora import EsploraServer
from scanner.chains.bitcoin.index_source import IndexReader, IndexServer
from scanner.chains.bitcoin.paid import holders_of
from scanner.chains.bitcoin.transaction import Transaction
from scanner.chains.fleet.interface import Holder
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.errors import SourceError
from scanner.model.addresses.scripts import p2pkh, p2sh, script_pubkey, witness
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
LITECOIN = REGISTRY.network("litecoin")


def script(n: int) -> bytes:
    return p2pkh(bytes([n]) * 20)


def payment(name: str, *outputs: tuple[bytes, int], of: Any = ()) -> Transaction:
    txid = hashlib.sha256(name.encode()).hexdigest()
    return Transaction(txid, tuple(of), outputs, coinbase=name == "reward", size=200)


def told(holders: list[Holder]) -> list[tuple[bytes, int]]:
    return [(script_pubkey(h.address), h.least) for h in holders]


def test_the_last_ones_first_and_the_reward_at_the_end() -> None:
    reward = payment("reward", (b"\x6a", 0), (script(1), 50))
    a = payment("a", (script(2), 5), (script(3), 7))
    b = payment("b", (script(4), 9))
    found = holders_of("litecoin", reward, [a, b])
    assert told(found) == [(script(4), 9), (script(2), 5), (script(1), 50)]
    assert {h.address.network for h in found} == {"litecoin"}


def test_what_the_same_block_spends_is_left_out() -> None:
    reward = payment("reward", (script(1), 50))
    a = payment("a", (script(2), 5), (script(3), 7))
    b = payment("b", (script(4), 9), of=[(a.txid, 0)])
    c = payment("c", (b"\x6a", 0), of=[(b.txid, 0)])
    assert told(holders_of("litecoin", reward, [a, b, c])) == [(script(3), 7), (script(1), 50)]


def test_only_kinds_of_outputs_that_have_an_address() -> None:
    plain = [
        p2sh(b"\1" * 20),
        witness(0, b"\1" * 20),
        witness(0, b"\1" * 32),
        witness(1, b"\1" * 32),
    ]
    others = [
        *(b"", b"\x51", b"\x6a" + b"\1" * 24, bytes(23), bytes(25), b"\x51" + bytes(33)),
        *(witness(9, b"\1" * 32), witness(8, b"\1" * 32), b"\x21" + b"\2" * 33 + b"\xac"),
    ]
    for number, one in enumerate(plain):
        paid = payment("a", *((other, 3) for other in others), (one, number + 1))
        assert told(holders_of("litecoin", payment("reward"), [paid])) == [(one, number + 1)]
    assert holders_of("litecoin", payment("reward", *((o, 3) for o in others)), []) == []


BUSY = 60
"""A block of several payments; the first one is spent in the next block."""
PAID = [script(n) for n in range(2, 9)]
KINDS = ["esplora", "electrum", "electrumx"]
HELD = {paid: [(BUSY, n + 1)] for n, paid in enumerate(PAID)}


def world(payments: int = len(PAID)) -> CoinWorld:
    return CoinWorld(dict(list(HELD.items())[:payments]))


@contextmanager
def serving(kind: str, of: CoinWorld) -> Iterator[tuple[Any, IndexServer]]:
    stub: Any = EsploraReplay(of) if kind == "esplora" else ElectrumReplay(of)
    endpoint = stub.endpoint("a")
    made = EsploraServer(endpoint) if kind == "esplora" else ElectrumServer(endpoint, BITCOIN)
    stub.is_electrumx = kind == "electrumx"
    with closing(stub), closing(made) as server:
        yield stub, server


BITCOIN = REGISTRY.network("bitcoin")


def block(of: CoinWorld, height: int = BUSY) -> BlockRef:
    return BlockRef("bitcoin", "main", height, of.hash(height))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("payments", range(8))
def test_payees_of_a_block_however_many_it_has(kind: str, payments: int) -> None:
    made = world(payments)
    with serving(kind, made) as (_, server):
        found = server.holders(block(made))
    last = list(enumerate(PAID[:payments], 1))[-4:][::-1]
    assert told(found) == [*((s, n) for n, s in last), (reward_script(BUSY), REWARD)]


def test_the_size_of_a_block_is_found_in_a_few_rounds() -> None:
    class Counted:
        def __init__(self, count: int) -> None:
            self.count, self.rounds, self.asked = count, 0, 0

        def batch(self, calls: list[Any]) -> list[object]:
            self.rounds, self.asked = self.rounds + 1, self.asked + len(calls)
            refused = electrum.ElectrumFailure(1, "no such position")
            return ["aa" if n < self.count else refused for _, (_, n, _) in calls]

    server: Any = object.__new__(ElectrumServer)
    for count in [*range(1, 70), 255, 256, 257, 4_000, 4_096, 4_097, 131_072]:
        server._rpc = rpc = Counted(count)
        depth = (count - 1).bit_length()
        assert server._count(1, depth) == count
        assert rpc.rounds <= 1 + depth // 4
        assert rpc.asked <= 16 * rpc.rounds


@pytest.mark.parametrize("kind", KINDS)
def test_where_order_says_nothing_the_reward_alone_is_asked(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bitcoin Cash orders transactions by their ids."""
    for module in ("electrum", "esplora"):
        monkeypatch.setattr(f"scanner.chains.bitcoin.{module}.ORDERED", frozenset())
    made = world()
    with serving(kind, made) as (_, server):
        assert told(server.holders(block(made))) == [(reward_script(BUSY), REWARD)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_tells_of_no_block_is_taken_as_before(kind: str) -> None:
    made = world()
    with serving(kind, made) as (stub, server):
        stub.tells_blocks = False
        assert server.holders(block(made)) == []
        stub.trap = Trap.ZEROES
        assert amounts(server, made) == [0]


def amounts(server: IndexServer, of: CoinWorld) -> list[int | None]:
    """What the first payee held at the block, by a fleet without a table."""
    tables = Registry(REGISTRY.networks.values(), (), REGISTRY.holdings())
    reader = IndexReader(server, BITCOIN, 500)
    reader._marker = (0, of.hash(0))
    source = FleetSource(BITCOIN, [reader], ReadPolicy(), tables)
    asked = BalanceQuery(decode_address(BITCOIN, f"raw({PAID[0].hex()})"), BTC)
    return [b.amount for b in source.fetch_balances([asked], source.pin(BUSY))]


BTC = REGISTRY.holding("BTC", "bitcoin")


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_block_pays_nobody(kind: str) -> None:
    made = world()
    with serving(kind, made) as (_, server):
        assert IndexReader(server, BITCOIN, 500).holders_at(block(made, 0)) == []


def lying(of: CoinWorld, kind: str, lie: str) -> CoinWorld:
    """The chain as a liar tells it: its block BUSY is another one, or has another reward."""
    liar = world()
    if lie == "reward":
        other = next(iter(liar.rewards.values()))
        liar.block = lambda height: [other, *of.block(height)[1:]]  # type: ignore[method-assign]
        liar.header = of.header  # type: ignore[method-assign]
    if lie == "header":
        liar.header = lambda height, trap=Trap.NONE: of.header(height + 1, trap)  # type: ignore[method-assign]
    if lie == "bytes":
        other = next(iter(liar.rewards.values()))
        liar.find = lambda txid, trap=Trap.NONE: other  # type: ignore[method-assign]
    return liar


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lie", ["reward", "header", "bytes"])
def test_a_block_that_is_not_the_pinned_one_names_nobody(kind: str, lie: str) -> None:
    made = world()
    with serving(kind, made) as (stub, server):
        stub.world = lying(made, kind, lie)
        with pytest.raises(SourceError, match=r"proof does not hold|do not make|asked for|invalid"):
            server.holders(block(made))


@pytest.mark.parametrize("kind", KINDS)
def test_a_reward_that_the_index_does_not_have_is_missed(kind: str) -> None:
    """The index stopped before the block; what is older is there, so that no zero shows it."""
    made = world(0)
    made.held = {PAID[0]: [(BUSY - 1, 4)]}
    with serving(kind, made) as (stub, server):
        known = stub.world.mined
        stub.world.mined = lambda script, trap=Trap.NONE: [
            t for t in known(script, trap) if t.height < BUSY
        ]
        with pytest.raises(SourceError, match=r"holds less BTC after block 60 .* not trusted"):
            amounts(server, made)


# Blockbook: names and amounts are its own word, and enough to find out who says 0.

DASH = REGISTRY.network("dash")
PINNED = BOOKED - 100


def booked(held: dict[str, list[tuple[int, int]]], **more: Any) -> BlockbookReplay:
    marker = chain_marker("dash", "main")
    assert marker is not None
    return BlockbookReplay("dash", held, marker, **more)


@contextmanager
def asked(stub: BlockbookReplay) -> Iterator[tuple[BlockbookServer, BlockRef]]:
    with closing(stub), closing(BlockbookServer(stub.endpoint("a"), DASH)) as server:
        yield server, BlockRef("dash", "main", PINNED, server.block_hash(PINNED))


def dash(n: int) -> str:
    import base58

    return base58.b58encode_check(b"\x4c" + bytes([n]) * 20).decode()


def test_blockbook_names_payees_and_the_reward_last() -> None:
    held = {dash(1): [(PINNED, 7)], dash(2): [(PINNED, 90)], dash(3): [(PINNED - 1, 5)]}
    with asked(booked(held, mined={PINNED: dash(2)})) as (server, at):
        found = server.holders(at)
    assert [(h.address.text, h.least) for h in found] == [(dash(1), 7), (dash(2), 90)]


def test_blockbook_asks_those_sooner_who_were_paid_with_many() -> None:
    class Wide(BlockbookReplay):
        def block(self, height: int, reward: Any) -> list[Any]:
            made = super().block(height, reward)
            made[2]["vout"] *= 3
            return made

    held = {dash(n): [(PINNED, n)] for n in range(1, 5)}
    marker = chain_marker("dash", "main")
    assert marker is not None
    with asked(Wide("dash", held, marker, mined={PINNED: dash(4)})) as (server, at):
        assert [h.least for h in server.holders(at)] == [2, 1, 4]


def test_blockbook_leaves_out_who_spends_in_the_block() -> None:
    class Spent(BlockbookReplay):
        def block(self, height: int, reward: Any) -> list[Any]:
            made = super().block(height, reward)
            made[1]["vin"][0] |= {"addresses": [dash(1)]}
            return made

    held = {dash(1): [(PINNED, 7)], dash(2): [(PINNED, 90)]}
    marker = chain_marker("dash", "main")
    assert marker is not None
    with asked(Spent("dash", held, marker, mined={PINNED: dash(2)})) as (server, at):
        assert [h.least for h in server.holders(at)] == [90]


def changed(at: Any, **more: Any) -> BlockbookReplay:
    """A server whose pages of blocks have other fields."""

    class Changed(BlockbookReplay):
        def answer(self, method: str, path: str, body: bytes) -> Sent:
            import json

            sent = super().answer(method, path, body)
            if "/block/" not in path:
                return sent
            said = json.loads(sent.body) | more
            return Sent(json.dumps({k: v for k, v in said.items() if v is not None}).encode())

    marker = chain_marker("dash", "main")
    assert marker is not None
    held = {dash(1): [(PINNED, 7)], dash(2): [(PINNED, 90)]}
    return Changed("dash", held, marker, mined={PINNED: dash(2)})


def test_of_a_block_of_several_pages_the_reward_is_certain() -> None:
    for pages in (2, None):
        with asked(changed(None, totalPages=pages)) as (server, at):
            assert [h.least for h in server.holders(at)] == [90]


def test_sides_that_a_shielded_transaction_lacks_are_no_fault() -> None:
    class Shielded(BlockbookReplay):
        def block(self, height: int, reward: Any) -> list[Any]:
            made = super().block(height, reward)
            return [*made, {"txid": "aa" * 32, "vin": None, "vout": None}, {"txid": "bb" * 32}]

    marker = chain_marker("dash", "main")
    assert marker is not None
    held = {dash(1): [(PINNED, 7)], dash(2): [(PINNED, 90)]}
    with asked(Shielded("dash", held, marker, mined={PINNED: dash(2)})) as (server, at):
        assert [h.least for h in server.holders(at)] == [7, 90]


def test_another_block_of_blockbooks_is_refused_and_none_is_as_before() -> None:
    with (
        asked(changed(None, hash="ab" * 32)) as (server, at),
        pytest.raises(SourceError, match="another block"),
    ):
        server.holders(at)
    for nothing in ({"txs": None}, {"txs": []}):
        with asked(changed(None, **nothing)) as (server, at):
            assert server.holders(at) == []


def test_an_address_of_another_network_is_nobody() -> None:
    """As recorded: a regtest node's reward."""
    reward = recorded("block_tip")[1]["txs"]
    with asked(changed(None, txs=reward)) as (server, at):
        assert server.holders(at) == []


def test_branches_of_the_chain_in_memory_lead_to_its_roots() -> None:
    """The stub's own arithmetic against the scanner's: an odd number, at every place."""
    from scanner.chains.bitcoin.spv import check_inclusion, parse_header

    made = world(4)
    txids = [t.txid for t in made.block(BUSY)]
    header = parse_header(made.header(BUSY))
    for place, tx in enumerate(made.block(BUSY)):
        branch = [bytes.fromhex(h)[::-1] for h in branch_of(txids, place)]
        found = Transaction(tx.txid, (), (), coinbase=False, size=100)
        check_inclusion(found, branch, place, header)
    assert TIP > BUSY
