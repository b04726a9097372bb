"""Keys of many accounts in few requests: the same answers as one by one, from every operator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import pytest
from support.antelope_stub import AntelopeServer
from support.recorded import World, WorldServer
from support.replay import Sent, Trap
from support.solana_stub import SolanaServer
from support.tron_stub import TronServer

from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import KeyBatchSource, ReadPolicy
from scanner.chains.solana.accounts import VOTE_PROGRAM
from scanner.chains.table import READERS, reader_class
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses import base58
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.addresses.tron import TronCodec
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import keys_of
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
BARE = Registry(REGISTRY.networks.values(), (), REGISTRY.holdings())


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


def accounts(network: str, count: int) -> list[Address]:
    digests = [sha256(f"{network} {n}".encode()).digest() for n in range(count)]
    texts = {
        "solana": lambda d: base58.encode(d),
        "tron": lambda d: TronCodec("tron", "").encode(d[:20]),
        "vaulta": lambda d: "".join("abcdefghijklmnopqrstuvwxyz12345"[b % 31] for b in d[:12]),
    }
    made = REGISTRY.network(network)
    return [decode_address(made, texts[network](digest)) for digest in digests]


def server(network: str) -> WorldServer:
    if network == "solana":
        return SolanaServer(World(), {})
    return TronServer(World(), set()) if network == "tron" else AntelopeServer(World())


@contextmanager
def fleet(
    network: str, count: int = 1, quorum: int = 1
) -> Iterator[tuple[FleetSource, list[WorldServer]]]:
    stubs = [server(network) for _ in range(count)]
    made = REGISTRY.network(network)
    kind = reader_class(READERS[made.sources[0]])
    readers = [kind(stub.endpoint(f"n{n}"), made) for n, stub in enumerate(stubs)]
    source = FleetSource(made, readers, ReadPolicy(quorum), BARE)
    try:
        yield source, stubs
    finally:
        for thing in (source, *stubs):
            thing.close()


def refusing(stub: WorldServer, odd: Sequence[Address]) -> None:
    """Let a server answer every question that names one of these accounts with HTTP 500."""
    names = [n.encode() for a in odd for n in (a.text, a.payload.hex())]
    real = stub.respond

    def respond(*asked: Any) -> Sent | None:
        text = b" ".join(a if isinstance(a, bytes) else str(a).encode() for a in asked)
        return Sent(b"down", 500) if any(n in text for n in names) else real(*asked)

    stub.respond = respond  # type: ignore[method-assign]


@pytest.mark.parametrize("odd", [0, 1, 4])
@pytest.mark.parametrize("network", ["solana", "tron", "vaulta"])
def test_an_account_that_nobody_answers_about_costs_no_other_its_keys(
    network: str, odd: int
) -> None:
    asked = accounts(network, 5)
    with fleet(network) as (source, _):
        at = source.pin(None)
        right = source.key_policies(asked, at)
    with fleet(network) as (source, (stub,)):
        refusing(stub, asked[odd : odd + 1])
        found = source.key_policies(asked, at)
        assert isinstance(found[odd], SourceRejectedError)
        found[odd] = right[odd]
        assert found == right
        with pytest.raises(SourceRejectedError, match="HTTP 500"):
            source.key_policy(asked[odd], at)


@pytest.mark.parametrize("network", ["solana", "tron", "vaulta"])
def test_a_server_that_is_down_makes_no_account_odd(network: str) -> None:
    asked = accounts(network, 5)
    with fleet(network) as (source, (stub,)):
        at = source.pin(None)
        source.key_policies(asked, at)
        stub.trap = Trap.DEAD
        with pytest.raises(SourceUnavailableError):
            source.key_policies(asked, at)
        with pytest.raises(SourceUnavailableError):
            source.key_policy(asked[0], at)


@pytest.mark.parametrize(
    ("network", "count", "most"), [("solana", 250, 6), ("tron", 40, 47), ("vaulta", 40, 47)]
)
def test_few_requests_and_the_same_keys(network: str, count: int, most: int) -> None:
    asked = accounts(network, count)
    with fleet(network) as (source, (stub,)):
        for address in asked[::2]:
            stub.world.put(address.text, 5)
        assert isinstance(source, KeyBatchSource)
        at = source.pin(None)
        source.key_policies(asked[:1], at)  # the endpoint is looked at once
        stub.asked.clear()
        found = []
        for n in range(0, count, source.keys_at_once):
            found += source.key_policies(asked[n : n + source.keys_at_once], at)
        assert len(stub.asked) <= most
        for address, policy in list(zip(asked, found, strict=True))[:6]:
            one = source.key_policy(address, at)
            assert not isinstance(policy, SourceRejectedError)
            assert (policy.ways, policy.disputed) == (one.ways, one.disputed)


def test_an_account_that_cannot_be_read_is_refused_alone() -> None:
    asked = [*accounts("tron", 3), *accounts("solana", 1)]
    with fleet("tron") as (source, _):
        found = source.key_policies(asked, source.pin(None))
    assert [isinstance(p, SourceRejectedError) for p in found] == [False] * 3 + [True]
    assert "solana is not a Tron account" in str(found[3])


@pytest.mark.parametrize("differ", [False, True])
def test_a_quorum_says_the_same_of_each_account(differ: bool) -> None:
    asked = accounts("solana", 3)
    with fleet("solana", 2, quorum=2) as (source, stubs):
        for stub in stubs:
            for address in asked:
                stub.world.put(address.text, 5)
        last = stubs[1]
        assert isinstance(last, SolanaServer)
        if differ:
            last.accounts[asked[1].text] = (VOTE_PROGRAM, b"\x01\0\0\0" + b"\x05" * 3758)
        found = source.key_policies(asked, source.pin(None))
    for n, policy in enumerate(found):
        assert not isinstance(policy, SourceRejectedError)
        assert bool(policy.disputed) == (differ and n == 1)
        if not policy.disputed:
            assert policy.evidence is Evidence.AGREED
            assert keys_of(policy.ways)[0].value == asked[n].payload


@pytest.mark.parametrize("liar", [0, 1, 2])
@pytest.mark.parametrize("batch", [True, False])
def test_a_lone_liar_is_outvoted_and_named(liar: int, batch: bool) -> None:
    asked = accounts("solana", 3)
    with fleet("solana", 3, quorum=2) as (source, stubs):
        for stub in stubs:
            for address in asked:
                stub.world.put(address.text, 5)
        lying = stubs[liar]
        assert isinstance(lying, SolanaServer)
        lying.accounts[asked[1].text] = (VOTE_PROGRAM, b"\x01\0\0\0" + b"\x05" * 3758)
        at = source.pin(None)
        if batch:
            found = source.key_policies(asked, at)
        else:
            found = [source.key_policy(address, at) for address in asked]
    for address, policy in zip(asked, found, strict=True):
        assert not isinstance(policy, SourceRejectedError)
        assert (policy.disputed, policy.evidence) == ("", Evidence.AGREED)
        assert keys_of(policy.ways)[0].value == address.payload
        assert policy.note in ("", f"n{liar} named other keys instead")


def test_an_answer_too_few_is_no_answer() -> None:
    asked = accounts("solana", 3)
    with fleet("solana") as (source, (stub,)):
        for address in asked:
            stub.world.put(address.text, 5)
        at = source.pin(None)
        stub.trap = Trap.DROPS
        with pytest.raises(SourceUnavailableError):
            source.key_policies(asked, at)


def test_a_network_whose_reader_takes_one_says_so() -> None:
    network = REGISTRY.network("algorand")
    kind = reader_class(READERS["algorand_rest"])
    reader = kind(Endpoint("a", "algorand", "algorand_rest", "http://127.0.0.1:9"), network)
    source = FleetSource(network, [reader], ReadPolicy(), BARE)
    assert source.keys_at_once == 1
    source.close()
