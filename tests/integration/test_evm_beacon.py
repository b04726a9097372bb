"""Validators' balances from a beacon API (a stub; a real node: test_beacon_node)."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from support.beacon_stub import GENESIS, BeaconStub, beacon_endpoint

from scanner.chains.evm.beacon_api import KEYS_A_GET, hash_tree_root
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
BEACON = REGISTRY.network("ethereum-beacon")
BETH = REGISTRY.holding("BETH", "ethereum-beacon")
KEYS = ["0xa" + f"{n:095x}" for n in range(100)]
OWNER = "0x01" + "00" * 11 + "ab" * 20
STATE = {k: (32 * 10**9 + n, "active_ongoing", OWNER) for n, k in enumerate(KEYS[:90])}
LATER = {**STATE, KEYS[0]: (0, "withdrawal_done", OWNER)}


def stub(**more) -> BeaconStub:
    return BeaconStub({0: STATE, 10: STATE, 13: LATER, 14: LATER}, finalized=13, **more)


@pytest.fixture
def opened():
    with ExitStack() as stack:

        def make(*stubs: BeaconStub, policy: ReadPolicy | None = None):
            endpoints = [
                beacon_endpoint(n, stack.enter_context(s.serve())) for n, s in enumerate(stubs)
            ]
            source = make_source("beacon", BEACON, endpoints, REGISTRY, policy)
            stack.callback(source.close)
            return source

        yield make


def ask(keys):
    return [BalanceQuery(decode_address(BEACON, key), BETH) for key in keys]


def test_the_root_of_mainnets_first_block():
    """Slot 0, proposer 0, parent 0; state and body roots as every beacon API tells them."""
    state = bytes.fromhex("7e76880eb67bbdc86250aa578958e9d0675e64e714337855204fb5abaaf82c2b")
    body = bytes.fromhex("ccb62460692be0ec813b56be97f68a82cf57abc102e27bf49ebf4190ff22eedd")
    root = hash_tree_root([bytes(32), bytes(32), bytes(32), state, body])
    assert root.hex() == "4d611d5b93fdab69013a7f0a2f961caca0c853f87cfe9595fe50038163079360"


def test_finalized_stated_and_empty_slots(opened):
    chain = stub()
    source = opened(chain)
    for height, slot in ((None, 13), (10, 10), (12, 10), (14, 14)):
        at = source.pin(height)
        assert (at.height, at.hash, at.chain) == (slot, chain.root(slot), "1")
        assert at.time == GENESIS + 12 * slot
    with pytest.raises(HeightNotReachedError):
        source.pin(15)
    assert source.height_at(GENESIS + 12 * 12 + 5) == 10
    with pytest.raises(HeightNotReachedError):
        source.height_at(GENESIS + 12 * 14)
    with pytest.raises(SourceRejectedError):
        source.height_at(GENESIS - 1)


def test_a_slot_at_a_time_has_a_quorum(opened):
    liar = BeaconStub({0: STATE, 10: STATE, 12: LATER, 13: LATER, 14: LATER}, finalized=13)
    time, two = GENESIS + 12 * 12 + 5, ReadPolicy(2)
    assert opened(liar, stub()).height_at(time) == 12
    assert opened(liar, stub(), stub(), policy=two).height_at(time) == 10
    with pytest.raises(SourceRejectedError, match=r"the last block before a time: .* disagree"):
        opened(liar, stub(), policy=two).height_at(time)


@pytest.mark.parametrize("takes_posts", [True, False])
def test_balances_with_status_and_credentials(opened, takes_posts):
    chain = stub(takes_posts=takes_posts)
    source = opened(chain)
    found = source.fetch_balances(ask([*KEYS[:95], KEYS[3]]), source.pin(10))
    assert [b.amount for b in found] == [
        *(32 * 10**9 + n for n in range(90)),
        *[0] * 5,
        32 * 10**9 + 3,
    ]
    assert {b.evidence for b in found} == {Evidence.REPORTED}
    assert json.loads(found[7].detail) == {
        "status": "active_ongoing",
        "withdrawal_credentials": OWNER,
    }
    assert all("no validator with this key" in b.reason for b in found[90:95])
    assert [b.reason for b in found[:90]] == [""] * 90
    gets = [path for path in chain.asked if "?id=" in path]
    assert len(gets) == (0 if takes_posts else -(-95 // KEYS_A_GET))


def test_the_state_of_the_pinned_block_is_read(opened):
    source = opened(stub(proposer=1))  # the first one was paid out
    amounts = [source.fetch_balances(ask(KEYS[:1]), source.pin(s))[0].amount for s in (10, 13)]
    assert amounts == [32 * 10**9, 0]


def test_a_validator_left_out_of_a_list_is_not_zero(opened):
    source = opened(stub(forgets={KEYS[4], KEYS[5]}))
    found = source.fetch_balances(ask(KEYS[:8]), source.pin(10))
    assert [b.amount for b in found] == [32 * 10**9 + n for n in range(8)]
    assert all(b.reason == "" for b in found)


def test_the_proposer_of_the_block_finds_out_who_says_zero(opened):
    """A validator that paid itself out holds 0: believed of who knows what its proposer has."""
    empty = (0, "withdrawal_done", OWNER)
    paid_out = {KEYS[0]: empty, KEYS[1]: (32 * 10**9, "active_ongoing", OWNER), KEYS[2]: empty}
    state = {10: paid_out}
    source = opened(BeaconStub(state, 10, proposer=1))
    found = source.fetch_balances(ask(KEYS[:4]), source.pin(10))
    assert [b.amount for b in found] == [0, 32 * 10**9, 0, 0]
    for proposer in (0, 3):  # of whom this one says that it holds 0, and that it is not there
        for asked in (KEYS[:1], KEYS[3:4]):
            source = opened(BeaconStub(state, 10, proposer=proposer))
            with pytest.raises(SourceRejectedError, match=r"proposer .* not trusted"):
                source.fetch_balances(ask(asked), source.pin(10))


def test_a_quorum_and_a_liar(opened):
    source = opened(stub(), stub(), policy=ReadPolicy(2))
    found = source.fetch_balances(ask(KEYS[:3]), source.pin(10))
    assert {(b.evidence, b.sources) for b in found} == {(Evidence.AGREED, ("b0", "b1"))}
    source = opened(stub(), stub(lie=1), policy=ReadPolicy(2))
    found = source.fetch_balances(ask(KEYS[:3]), source.pin(10))
    assert all(b.amount is None and '"disagree"' in b.detail for b in found)
    source = opened(stub(), stub(lie=1), stub(), policy=ReadPolicy(2))
    found = source.fetch_balances(ask(KEYS[:3]), source.pin(10))
    assert [b.amount for b in found] == [32 * 10**9 + n for n in range(3)]
    with pytest.raises(ConfigError, match="quorum of 2"):
        opened(stub(), policy=ReadPolicy(2))


def test_endpoints_on_two_branches_pin_nothing(opened):
    source = opened(stub(), stub(fork=b"\1" * 32), policy=ReadPolicy(2))
    with pytest.raises(SourceRejectedError, match="disagree on block 10"):
        source.pin(10)


def test_a_reorg_and_a_pruned_state(opened):
    chain = stub()
    source = opened(chain)
    at = source.pin(14)
    chain.fork = b"\1" * 32
    with pytest.raises(ReorgError):
        source.fetch_balances(ask(KEYS[:1]), at)
    chain = stub()
    source = opened(chain)
    at = source.pin(14)
    chain.orphans = {14}  # still known by its root, with its state, and on no chain any more
    with pytest.raises(ReorgError):
        source.fetch_balances(ask(KEYS[:1]), at)
    old = stub(kept={14})
    source = opened(old)
    with pytest.raises(HeightPrunedError):
        source.fetch_balances(ask(KEYS[:1]), source.pin(10))


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"chain_id": "11155111"}, SourceRejectedError, "chain 11155111, not of 1"),
        ({"syncing": True}, SourceRejectedError, "still syncing"),
        ({"optimistic": True}, SourceUnavailableError, "not verified"),
    ],
)
def test_endpoints_that_must_not_be_believed(opened, more, error, says, monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)
    with pytest.raises(error, match=says):
        opened(stub(**more)).pin(None)


def test_a_block_that_does_not_hash_to_its_root(opened, monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)
    chain = stub()
    chain.root = lambda slot: "0x" + f"{slot:064x}"
    with pytest.raises(SourceUnavailableError, match="does not hash to its root"):
        opened(chain).pin(10)


SAYS = ("client", "tip", "finalized", "history", "validators", "execution block", "speed")


def test_what_an_endpoint_can_do(opened):
    found = opened(stub(execution={13: "0x" + "77" * 32})).probe()
    assert tuple(found) == SAYS
    assert found["client"] == "stub/v0 [2J(linux)"
    assert (found["tip"], found["finalized"], found["history"]) == ("14", "13", "any height")
    assert (found["validators"], found["execution block"]) == ("1,000 a request", "named")
    found = opened(stub(takes_posts=False)).probe()
    assert found["validators"] == "30 a request: it takes no POST"
    assert found["execution block"] == "none in the finalized block"


def test_blocks_without_their_states_are_no_history(opened):
    slots = dict.fromkeys((0, 1, 20_000, 40_000 - 7_200, 40_000), STATE)
    kept = {40_000 - 7_200, 40_000}
    source = opened(BeaconStub(slots, finalized=40_000, kept=kept))
    assert source.probe()["history"] == "at least the last day"
    assert opened(BeaconStub(slots, finalized=40_000, kept={40_000})).probe()["history"] == (
        "the newest states only"
    )
