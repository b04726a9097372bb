"""DOT on Asset Hub is read with what the relay chain still holds, in the state it is built on."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.recorded import World
from support.replay import Trap
from support.substrate_stub import SubstrateServer

from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.chains.substrate.hub import make_source
from scanner.chains.substrate.reader import MOVED
from scanner.chains.table import source_of
from scanner.errors import ConfigError, HeightPrunedError, SourceUnavailableError
from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
RELAY, HUB = REGISTRY.network("polkadot"), REGISTRY.network("polkadot-asset-hub")
MOVED_BY = MOVED[HUB.name].last
DOT, USDT = REGISTRY.holding("DOT", HUB.name), REGISTRY.holding("USDT", HUB.name)
BOTH, LEFT, CAME, NOBODY = (Ss58Codec(HUB.name, "0").encode(bytes((n,)) * 32) for n in range(1, 5))
HEIGHT = MOVED_BY + 50


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


@contextmanager
def chains(
    *quirks: str, with_relay: bool = True
) -> Iterator[tuple[BalanceSource, SubstrateServer, SubstrateServer]]:
    relay = SubstrateServer(RELAY, World(tip=31_000_000, oldest=30_999_000))
    hub = SubstrateServer(
        HUB, World(tip=MOVED_BY + 100, oldest=MOVED_BY - 100), *quirks, relay=relay
    )
    for canary in REGISTRY.canaries(HUB.name):
        hub.world.put(canary.address, 1)
    hub.world.put(BOTH, (2**60, 7))
    hub.world.put(CAME, 11)
    hub.world.put(BOTH, 77, USDT.contract)
    relay.world.put(BOTH, (5, 3), since=0)
    relay.world.put(BOTH, 10**18, since=31_000_000)  # after the block that is built on
    relay.world.put(LEFT, 13)
    endpoints = {HUB.name: [hub.endpoint("h")]}
    if with_relay:
        endpoints[RELAY.name] = [relay.endpoint("r")]
    source = source_of(HUB, endpoints, REGISTRY)
    assert isinstance(source, FleetSource)
    try:
        yield source, hub, relay
    finally:
        for thing in (source, hub, relay):
            thing.close()


def ask(source: BalanceSource, *wanted: tuple[str, object], height: int = HEIGHT) -> list[Balance]:
    queries = [BalanceQuery(decode_address(HUB, address), holding) for address, holding in wanted]
    return source.fetch_balances(queries, source.pin(height))


ALL = [(BOTH, DOT), (LEFT, DOT), (BOTH, USDT), (CAME, DOT), (NOBODY, DOT)]


def test_both_chains_are_added_up() -> None:
    with chains() as (source, _, _):
        found = ask(source, *ALL)
    assert [b.amount for b in found] == [2**60 + 7 + 5 + 3, 13, 77, 11, 0]
    assert f'"relay_height":{31_000_000 - 50}' in found[0].detail
    assert '"relay":"8"' in found[0].detail
    assert "relay" not in found[2].detail


def test_half_of_a_holding_is_no_holding() -> None:
    with chains(with_relay=False) as (source, _, _):
        found = ask(source, *ALL)
    assert [b.amount for b in found] == [None, None, 77, None, None]
    assert "name an endpoint of polkadot" in found[0].reason


def test_a_relay_node_on_another_branch_is_not_believed() -> None:
    with chains() as (source, _, relay):
        at = source.pin(HEIGHT)
        relay.trap = Trap.OTHER_BLOCK
        with pytest.raises(SourceUnavailableError):
            source.fetch_balances([BalanceQuery(decode_address(HUB, BOTH), DOT)], at)
    with chains("built on another") as (source, _, _), pytest.raises(SourceUnavailableError):
        ask(source, (BOTH, DOT))


def test_a_relay_node_without_the_state_says_so() -> None:
    with chains() as (source, _, relay):
        at = source.pin(HEIGHT)
        relay.trap = Trap.PRUNED
        with pytest.raises(HeightPrunedError):
            source.fetch_balances([BalanceQuery(decode_address(HUB, BOTH), DOT)], at)


def test_a_relay_node_that_is_not_one() -> None:
    with chains() as (source, _, relay):
        relay.trap = Trap.WRONG_CHAIN
        with pytest.raises(Exception, match="genesis is another"):
            ask(source, (BOTH, DOT))


def test_while_balances_moved_neither_chain_has_them() -> None:
    with chains() as (source, _, _):
        (said,) = ask(source, (BOTH, DOT), height=MOVED_BY - 10)
    assert said.amount is None
    assert "on their way" in said.reason


def test_the_relay_chain_itself_needs_nobody() -> None:
    relay = SubstrateServer(RELAY, World(tip=120, oldest=20))
    relay.world.put(BOTH, 9)
    source = make_source(RELAY, [relay.endpoint("r")], REGISTRY, ReadPolicy())
    asked = BalanceQuery(decode_address(RELAY, BOTH), REGISTRY.holding("DOT", RELAY.name))
    assert [b.amount for b in source.fetch_balances([asked], source.pin(90))] == [9]
    source.close()
    relay.close()


def test_an_amount_names_the_relay_chains_server_too() -> None:
    with chains() as (source, _, _):
        dot, _, usdt, *_ = ask(source, *ALL)
    assert (dot.sources, usdt.sources) == (("h", "r"), ("h",))
    assert '"beside":["r"]' in dot.detail


@contextmanager
def several(quorum: int, *operators: str) -> Iterator[BalanceSource]:
    """A source over operators with both chains. A name in capitals: its relay chain's node lies."""
    servers, endpoints = [], {HUB.name: [], RELAY.name: []}
    for who in operators:
        relay = SubstrateServer(RELAY, World(tip=31_000_000, oldest=30_999_000))
        hub = SubstrateServer(HUB, World(tip=MOVED_BY + 100, oldest=MOVED_BY - 100), relay=relay)
        servers += [relay, hub]
        for canary in REGISTRY.canaries(HUB.name):
            hub.world.put(canary.address, 1)
        relay.world.put(LEFT, 99 if who.isupper() else 13)
        endpoints[HUB.name].append(hub.endpoint(f"h-{who}", who))
        endpoints[RELAY.name].append(relay.endpoint(f"r-{who}", who))
    source = source_of(HUB, endpoints, REGISTRY, ReadPolicy(quorum))
    assert source is not None
    try:
        yield source
    finally:
        for thing in (source, *servers):
            thing.close()


def test_a_relay_node_that_lies_is_outvoted() -> None:
    with several(2, "LIAR", "good", "fair") as source:
        (said,) = ask(source, (LEFT, DOT))
    assert (said.amount, said.evidence) == (13, Evidence.AGREED)
    assert said.sources == ("h-fair", "h-good", "r-fair", "r-good")


def test_two_seats_on_one_relay_node_are_no_two_operators() -> None:
    with chains() as (_, hub, relay):
        endpoints = {
            HUB.name: [hub.endpoint("h", "Ann"), hub.endpoint("i", "Bob")],
            RELAY.name: [relay.endpoint("r", "Ann")],
        }
        with pytest.raises(ConfigError, match=r"endpoint of polkadot by the operator of i \(Bob"):
            source_of(HUB, endpoints, REGISTRY, ReadPolicy(2))
