"""The Polkadot readers against Asset Hub's own code, run by Chopsticks."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from support import chopsticks as hub
from support.chopsticks import Chopsticks, chopsticks
from support.scripted_http import Said, Seen, serving

from scanner.chains.fleet.interface import Answer, Reading
from scanner.chains.interface import ReadPolicy
from scanner.chains.substrate.hub import make_source
from scanner.chains.substrate.keys import BUILT_ON, NUMBER, compact
from scanner.chains.substrate.reader import MOVED, Moved, SubstrateReader
from scanner.errors import HeightNotReachedError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
HUB, RELAY = REGISTRY.network("polkadot-asset-hub"), REGISTRY.network("polkadot")
DOT, USDT = REGISTRY.holding("DOT", HUB.name), REGISTRY.holding("USDT", HUB.name)
ISSUER, RESERVE, PROXY, NOBODY = (bytes((n,)) * 32 for n in (1, 2, 3, 4))
FUNDED = 5 * 10**12
TETHERS = 2**63 + 1
SENT = 10**11


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


@dataclass(frozen=True)
class History:
    """Heights at which something was done. proxied: a proxy was named, and a deposit reserved.

    spent: the account's own key sent coins all the same.
    """

    node: Chopsticks
    empty: int
    funded: int
    frozen: int
    proxied: int
    spent: int


def query(account: bytes, holding: Holding = DOT) -> BalanceQuery:
    return BalanceQuery(decode_address(HUB, Ss58Codec(HUB.name, "0").encode(account)), holding)


ASKED = [query(RESERVE), query(RESERVE, USDT), query(NOBODY), query(NOBODY, USDT)]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with chopsticks(tmp_path_factory.mktemp("hub")) as node:
        node.give(ISSUER, 10**18)
        empty = node.blocks(1)
        create, minted = hub.create_asset(1984, ISSUER), hub.mint(1984, RESERVE, TETHERS)
        funded = node.act(ISSUER, hub.transfer(RESERVE, FUNDED), create, minted)
        frozen = node.act(ISSUER, hub.freeze(1984, RESERVE))
        proxied = node.act(RESERVE, hub.add_proxy(PROXY))
        spent = node.act(RESERVE, hub.transfer(PROXY, SENT))
        node.blocks(2)
        yield History(node, empty, funded, frozen, proxied, spent)


@pytest.fixture
def reader(history: History) -> Iterator[SubstrateReader]:
    made = SubstrateReader(history.node.endpoint(HUB.name), HUB)
    yield made
    made.close()


def parts(said: Answer) -> dict[Part, int]:
    assert isinstance(said, Reading), said
    return dict(said.parts)


def test_balances_at_the_head_and_at_every_height_before(
    history: History, reader: SubstrateReader
) -> None:
    reader.check()
    coins, tethers, nobody, none = reader.read(ASKED, reader.pin(history.empty))
    assert all(isinstance(s, Reading) and s.absent for s in (coins, tethers, nobody, none))
    at = reader.pin(history.funded)
    assert at.time is not None
    assert at.time > 1_700_000_000
    assert reader.hash_at(history.funded) == at.hash
    coins, tethers, nobody, none = reader.read(ASKED, at)
    assert parts(coins) == {Part.LIQUID: FUNDED, Part.LOCKED: 0}
    assert parts(tethers) == {Part.LIQUID: TETHERS}
    assert isinstance(tethers, Reading)
    assert not tethers.caution
    for said in (nobody, none):
        assert isinstance(said, Reading)
        assert said.absent
        assert said.state is not None
        assert (said.state.height, said.state.hash) == (at.height, at.hash)
    newest = reader.pin(None)
    assert newest.height == history.node.height()
    coins, tethers, *_ = reader.read(ASKED, newest)
    assert parts(tethers) == {Part.LIQUID: TETHERS}
    assert isinstance(tethers, Reading)
    assert "frozen" in tethers.caution  # by its issuer, and still held


def test_a_deposit_for_a_proxy_stays_part_of_the_holding(
    history: History, reader: SubstrateReader
) -> None:
    """The runtime reserves it; the holding loses the fee alone."""
    (before,) = reader.read(ASKED[:1], reader.pin(history.frozen))
    (after,) = reader.read(ASKED[:1], reader.pin(history.proxied))
    assert parts(before) == {Part.LIQUID: FUNDED, Part.LOCKED: 0}
    assert parts(after)[Part.LOCKED] == 6_690_999_690  # base and one proxy
    assert isinstance(after, Reading)
    assert 0 < FUNDED - after.amount < FUNDED // 100


def test_a_proxy_for_everything_takes_nothing_from_the_key(
    history: History, reader: SubstrateReader
) -> None:
    """It still spends, so what the key signed is not made false by a proxy."""
    (sent,) = reader.read([query(PROXY)], reader.pin(history.spent))
    (before,) = reader.read([query(PROXY)], reader.pin(history.proxied))
    assert parts(sent) == {Part.LIQUID: SENT, Part.LOCKED: 0}
    assert isinstance(before, Reading)
    assert before.absent


def test_heights_that_are_not_there_and_the_state_of_another_block(
    history: History, reader: SubstrateReader
) -> None:
    with pytest.raises(HeightNotReachedError):
        reader.pin(history.node.height() + 1)
    with pytest.raises(HeightNotReachedError):
        reader.hash_at(10**6)
    at = reader.pin(history.funded)
    other = replace(at, hash=reader.hash_at(history.funded + 1))
    with pytest.raises(SourceUnavailableError, match="no state"):
        reader.read(ASKED, other)


def test_another_chain_is_refused(history: History) -> None:
    lost = SubstrateReader(replace(history.node.endpoint(HUB.name), chain=""), HUB)
    with pytest.raises(SourceRejectedError, match="genesis is another"):
        lost.check()
    lost.close()


def test_a_gateway_that_knows_of_nothing_is_found_out_by_a_second_operator(
    history: History,
) -> None:
    """It gives the block's number, and null for whatever else lies in the state."""

    def empty(request: Seen) -> Said:
        head = {"content-type": "application/json"}
        sent = urllib.request.Request(history.node.url, request.body, head)
        with urllib.request.urlopen(sent, timeout=60) as reply:
            said = json.loads(reply.read())
        call = json.loads(request.body)
        if call["method"] == "state_queryStorageAt" and len(call["params"][0]) > 2:
            for change in said["result"][0]["changes"][1:]:
                change[1] = None
        return Said(200, json.dumps(said).encode())

    honest = history.node.endpoint(HUB.name, "honest", "one")
    with serving(empty) as host:
        gateway = replace(honest, name="gateway", operator="two", url=f"http://{host}")
        policy = ReadPolicy(quorum=2)
        source = make_source(HUB, [honest, gateway], REGISTRY, policy)
        found = source.fetch_balances(ASKED, source.pin(history.funded))
        source.close()
    assert [b.evidence for b in found[:2]] == [Evidence.UNAVAILABLE] * 2
    assert [b.amount for b in found[:2]] == [None, None]
    assert [(b.amount, b.evidence) for b in found[2:]] == [(0, Evidence.AGREED)] * 2


def test_what_was_left_on_the_chain_that_is_built_on_is_added(
    history: History, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second node stands in for the relay chain: accounts lie under the same keys there."""
    moved = history.funded - 1
    monkeypatch.setitem(MOVED, HUB.name, Moved(moved, moved, away=False))
    with chopsticks(tmp_path_factory.mktemp("relay")) as relay:
        relay.give(RESERVE, 7)
        built_on = relay.height()
        relay.blocks(1)
        relay.give(RESERVE, 10**15)  # in a later block
        head = history.node.blocks(1)
        root = bytes(32)  # which this server gives every block
        value = compact(3) + b"abc" + built_on.to_bytes(4, "little") + root + bytes(4)
        history.node.put(BUILT_ON, value)
        endpoints = [history.node.endpoint(HUB.name), relay.endpoint(RELAY.name, "relay")]
        source = make_source(HUB, endpoints, REGISTRY, ReadPolicy())
        at = source.pin(head)
        found = source.fetch_balances(ASKED, at)
        alone = SubstrateReader(history.node.endpoint(HUB.name), HUB)
        (here,) = alone.read(ASKED[:1], at)
        assert isinstance(here, Reading)
        assert found[0].amount == here.amount + 7
        assert json.loads(found[0].detail)["relay_height"] == built_on
        assert [b.amount for b in found[1:]] == [TETHERS, 0, 0]
        # One whose block is another than the one that was built on is not trusted.
        history.node.put(BUILT_ON, value[:8] + b"\1" * 32 + bytes(4))
        with pytest.raises(SourceUnavailableError):
            source.fetch_balances(ASKED[:1], at)
        source.close()
        alone.close()


def test_null_for_a_block_that_is_not_known_is_no_zero(
    history: History, reader: SubstrateReader
) -> None:
    """The last one: from here on this server takes the hash that it was asked for to be block 0's."""
    unknown = replace(reader.pin(history.funded), hash="0x" + "ab" * 32)
    with pytest.raises(SourceUnavailableError):
        reader.read(ASKED, unknown)
    (raw,) = history.node.ask("state_queryStorageAt", [NUMBER], unknown.hash)
    assert raw == {"block": unknown.hash, "changes": [[NUMBER, None]]}
