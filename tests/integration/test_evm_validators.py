"""Validators at blocks of a real Ethereum node; the beacon API beside it is a stub.

No real beacon node can be had here. The stub's blocks hold the hashes of the node's own blocks.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace

import pytest
from support.beacon_stub import BeaconStub
from support.contracts import deploy, register_pod
from support.signed_rows import claim, evm_address, evm_sign, key

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import source_of
from scanner.errors import (
    ConfigError,
    HeightPrunedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.control import Binding, Control
from scanner.model.endpoint import Endpoint
from scanner.model.validator import payee
from scanner.ownership.judge import judge_claims
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
NETWORK = REGISTRY.network("ethereum")
ETH = REGISTRY.holding("ETH", "ethereum")
KEYS = ["0x8" + f"{n:095x}" for n in range(40)]
GWEI = 10**9
OWNER, OTHER = key(1), key(2)


def pays(address: str, kind: str = "01") -> str:
    return "0x" + kind + "00" * 11 + address.removeprefix("0x").lower()


class World:
    """An anvil with blocks of twelve seconds, and what a beacon chain over it looks like."""

    def __init__(self, anvil, stack: ExitStack) -> None:
        self.anvil, self._stack = anvil, stack
        self.pod = deploy(anvil, "Pod", ("address",), evm_address(OWNER))
        register_pod(anvil, self.pod, evm_address(OWNER))
        anvil.rpc("anvil_mine", "0x5", "0xc")  # each twelve seconds after the one before
        self.height = int(anvil.rpc("eth_blockNumber"), 16)
        self.block = anvil.rpc("eth_getBlockByNumber", hex(self.height), False)
        self.time = int(self.block["timestamp"], 16)
        self.state = {
            KEYS[0]: (32 * GWEI + 7, "active_ongoing", pays(evm_address(OWNER))),
            KEYS[1]: (64 * GWEI, "active_exiting", pays(evm_address(OWNER), "02")),
            KEYS[2]: (31 * GWEI, "exited_slashed", pays(evm_address(OTHER))),
            KEYS[3]: (32 * GWEI, "active_ongoing", "0x00" + "ab" * 31),
            KEYS[4]: (32 * GWEI, "active_ongoing", pays(self.pod)),
            KEYS[5]: (0, "withdrawal_done", pays(evm_address(OWNER))),
            KEYS[6]: (32 * GWEI, "active_ongoing", "0x07" + "00" * 11 + "11" * 20),
        }

    def stub(self, slot: int = 1000, **more) -> BeaconStub:
        """A beacon chain on which the pinned block is in that slot, and its state held there."""
        more = {"execution": {slot: self.block["hash"]}, **more}
        blocks = {0: {}, slot - 1: {}, slot: self.state, slot + 1: {}}
        genesis = self.time - 12 * slot
        return BeaconStub(blocks, finalized=slot, genesis=genesis, **more)

    def source(self, *stubs: BeaconStub, policy: ReadPolicy | None = None, nodes: int = 1):
        rpc = self.anvil.endpoint()
        table = {
            "ethereum": [replace(rpc, name=f"n{n}", operator=f"rpc{n}") for n in range(nodes)],
            "ethereum-beacon": [
                Endpoint(
                    f"b{n}",
                    "ethereum-beacon",
                    "beacon",
                    f"http://{self._stack.enter_context(s.serve())}",
                    f"op{n}",
                    rpc.chain,
                )
                for n, s in enumerate(stubs)
            ],
        }
        source = source_of(NETWORK, table, REGISTRY, policy)
        self._stack.callback(source.close)
        return source, source.pin(self.height)


@pytest.fixture(scope="module")
def world(anvil):
    with ExitStack() as stack:
        yield World(anvil, stack)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)


def ask(*addresses: str) -> list[BalanceQuery]:
    return [BalanceQuery(decode_address(NETWORK, a), ETH) for a in addresses]


def test_the_deposits_are_on_the_nodes_own_chain(world):
    assert world.anvil.chain == "1:dev"


@pytest.mark.parametrize("blinded", [True, False])
def test_validators_in_wei_among_accounts(world, blinded):
    source, at = world.source(world.stub(blinded=blinded))
    rich = world.anvil.rpc("eth_accounts")[0]
    held = int(world.anvil.rpc("eth_getBalance", rich, hex(world.height)), 16)
    found = source.fetch_balances(ask(KEYS[0], rich, KEYS[5], KEYS[9], KEYS[1]), at)
    assert [b.amount for b in found] == [(32 * GWEI + 7) * GWEI, held, 0, 0, 64 * 10**18]
    assert {b.evidence for b in found} == {Evidence.REPORTED}
    assert [b.sources for b in found] == [("b0",), ("n0",), ("b0",), ("b0",), ("b0",)]
    details = [json.loads(found[n].detail) for n in (0, 2, 4)]
    assert [d["status"] for d in details] == ["active_ongoing", "withdrawal_done", "active_exiting"]
    assert found[3].reason == "the chain has no validator with this key at this slot"


def test_a_slashed_validator_says_so(world):
    source, at = world.source(world.stub(slashed={KEYS[2]}))
    (found,) = source.fetch_balances(ask(KEYS[2]), at)
    assert found.amount == 31 * 10**18
    assert json.loads(found.detail)["slashed"] is True
    assert "slashed" in found.reason


def test_only_validators_are_asked_at_the_beacon_endpoint(world):
    chain = world.stub()
    source, at = world.source(chain)
    assert source.fetch_balances([], at) == []
    source.fetch_balances(ask(world.pod), at)
    assert chain.asked == []
    usdt = REGISTRY.holding("USDT", "ethereum")
    (found,) = source.fetch_balances([BalanceQuery(decode_address(NETWORK, KEYS[0]), usdt)], at)
    assert found.amount is None
    assert "own coin only" in found.reason


def test_without_a_beacon_endpoint_they_are_unavailable_and_the_rest_is_read(world):
    source, at = world.source()
    found = source.fetch_balances(ask(KEYS[0], world.pod), at)
    assert [b.amount for b in found] == [None, 0]
    assert 'add an endpoint with protocol = "beacon"' in found[0].reason


OTHER_HASH = "0x" + "99" * 32


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"execution": {1000: OTHER_HASH}}, OTHER_HASH),
        ({"execution": {}}, "no execution block"),
        ({"execution": {1000: "0x" + "00" * 32}}, "no execution block"),
    ],
)
def test_a_beacon_block_that_holds_another_block_is_not_read(world, change, seen):
    chain = world.stub(**change)
    source, at = world.source(chain)
    found = source.fetch_balances(ask(KEYS[0], world.pod), at)
    assert [b.amount for b in found] == [None, 0]
    assert f"slot 1000 of its beacon chain holds {seen}, not the pinned block" in found[0].reason
    assert at.hash in found[0].reason
    assert not [path for path in chain.asked if "validators" in path]
    with pytest.raises(SourceRejectedError, match="not the pinned block"):
        source.call(bytes.fromhex(KEYS[0][2:]), b"", at)


def test_an_empty_slot_is_not_the_block_before_it(world):
    chain = world.stub(execution={999: world.block["hash"]})
    del chain.blocks[1000]
    source, at = world.source(chain)
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert found.amount is None
    assert "slot 1000 of its beacon chain holds no execution block" in found.reason


@pytest.mark.parametrize("shift", [1, -1, 12 * 2000])
def test_a_time_that_is_no_slots_is_of_before_the_merge(world, shift):
    chain = world.stub()
    chain.genesis += shift
    source, at = world.source(chain)
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert found.amount is None
    assert "older than the merge" in found.reason


def test_an_endpoint_that_lags_or_is_dead_is_an_error_and_not_an_answer(world):
    chain = world.stub()
    for slot in (1000, 1001):
        del chain.blocks[slot]
    chain.finalized = 999
    source, at = world.source(chain)
    with pytest.raises(SourceUnavailableError, match="has not reached slot 1000"):
        source.fetch_balances(ask(KEYS[0]), at)
    with pytest.raises(SourceUnavailableError, match="has not reached slot 1000"):
        source.call(bytes.fromhex(KEYS[0][2:]), b"", at)


def test_a_state_that_is_gone_is_unavailable_and_no_verdict(world):
    source, at = world.source(world.stub(kept={1001}))
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert found.amount is None
    assert "does not keep that state" in found.reason
    with pytest.raises(SourceRejectedError, match="does not keep that state"):
        source.call(bytes.fromhex(KEYS[0][2:]), b"", at)


def test_a_beacon_reorganisation_between_two_chunks(world):
    chain = world.stub()
    source, at = world.source(chain)
    assert source.fetch_balances(ask(KEYS[0]), at)[0].amount
    chain.fork = b"\1" * 32
    with pytest.raises(ReorgError):
        source.fetch_balances(ask(KEYS[0]), at)


def test_another_endpoint_answers_where_one_is_on_another_branch(world):
    source, at = world.source(world.stub(execution={1000: OTHER_HASH}), world.stub())
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert (found.amount, found.sources) == ((32 * GWEI + 7) * GWEI, ("b1",))


def test_a_quorum_of_beacon_operators(world):
    two = ReadPolicy(2)
    source, at = world.source(world.stub(), world.stub(), policy=two, nodes=2)
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert (found.evidence, found.sources) == (Evidence.AGREED, ("b0", "b1"))
    source, at = world.source(world.stub(), world.stub(lie=1), policy=two, nodes=2)
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert found.amount is None
    assert str((32 * GWEI + 8) * GWEI) in found.detail, "both answers are kept, in wei"
    source, at = world.source(world.stub(), policy=two, nodes=2)
    found = source.fetch_balances(ask(KEYS[0], world.pod), at)
    assert [b.evidence for b in found] == [Evidence.UNAVAILABLE, Evidence.AGREED]
    words = (
        "beacon endpoints of ethereum: a quorum of 2 needs as many operators, the endpoints have 1"
    )
    assert found[0].reason == words
    with pytest.raises(ConfigError, match=words):
        source.require_validators()


def test_credentials_are_voted_on_key_by_key(world):
    liar = world.stub()
    liar.blocks[1000] = {**world.state, KEYS[0]: (32 * GWEI + 7, "active_ongoing", pays("bb" * 20))}
    asked = b"".join(bytes.fromhex(k[2:]) for k in (KEYS[0], KEYS[1], KEYS[9]))
    good = [bytes.fromhex(world.state[k][2][2:]) for k in KEYS[:2]]
    two = ReadPolicy(2)
    source, at = world.source(world.stub(), liar, policy=two, nodes=2)
    assert source.call(asked, b"", at) == b"\xff" * 32 + good[1] + bytes(32)
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert "differ on its status or withdrawal credentials" in found.reason
    source, at = world.source(liar, world.stub(), world.stub(), policy=two, nodes=2)
    assert source.call(asked, b"", at) == b"".join(good) + bytes(32)


def test_proof_mode_says_that_validators_are_not_proven(world, tmp_path):
    policy = ReadPolicy(proof=True, proof_folder=tmp_path)
    source, at = world.source(world.stub(), policy=policy)
    (found,) = source.fetch_balances(ask(KEYS[0]), at)
    assert found.evidence is Evidence.REPORTED
    assert "not proven" in found.reason


# Whose validators they are


def judged(world, source, at, address, *signatures, owners=(), more=()):
    row = claim("ethereum", address, *signatures, owners=owners)
    (first, *_) = judge_claims(
        [row, *more], lambda to, data: source.call(to, data, at), registry=REGISTRY
    )
    return first


def one(world, address, signer=OWNER, owners=None, **more):
    source, at = world.source(world.stub(**more))
    named = (evm_address(signer),) if owners is None else owners
    return judged(world, source, at, address, evm_sign(signer), owners=named)


@pytest.mark.parametrize("number", [0, 1, 5])
def test_the_owner_whom_the_credentials_name_is_bound_on_chain(world, number):
    result = one(world, KEYS[number])
    assert result.shows_control, result
    assert (result.binding, result.required) == (Binding.ON_CHAIN, 1)
    assert [s.lower() for s in result.signed_by] == [evm_address(OWNER).lower()]


def test_the_owner_of_a_pod_is_bound_on_chain(world):
    assert one(world, KEYS[4]).binding is Binding.ON_CHAIN
    with_pod = one(world, KEYS[4], owners=(evm_address(OWNER), world.pod))
    assert with_pod.shows_control, "the pod is named too, and cannot sign"
    stranger = one(world, KEYS[4], OTHER)
    assert stranger.control is Control.MISMATCH
    assert "EigenPod of" in stranger.reason


@pytest.mark.parametrize(
    ("number", "control", "says"),
    [
        (2, Control.MISMATCH, "its withdrawal credentials name"),
        (3, Control.CONTROLS, "BLS key (0x00)"),
        (6, Control.CONTROLS, "of an unknown kind: 0x07"),
        (9, Control.CONTROLS, "has no validator with this key"),
    ],
)
def test_credentials_that_do_not_name_the_signer_prove_nothing(world, number, control, says):
    result = one(world, KEYS[number])
    assert not result.shows_control
    assert result.control is control
    assert says in result.reason


def test_a_wrong_signature_is_a_mismatch_whatever_the_credentials_say(world):
    source, at = world.source(world.stub())
    wrong = evm_sign(OWNER, "another message")
    result = judged(world, source, at, KEYS[0], wrong, owners=(evm_address(OWNER),))
    assert result.control is Control.MISMATCH


def test_a_silent_owner_beside_one_whom_nothing_names(world):
    owners = (evm_address(OTHER), evm_address(key(3)))
    result = one(world, KEYS[4], OTHER, owners)
    assert result.control is Control.MISMATCH
    assert "EigenPod of" in result.reason


def test_where_nobody_can_tell_the_owner_stays_asserted_with_the_remedy(world):
    source, at = world.source()
    owner = (evm_address(OWNER),)
    result = judged(world, source, at, KEYS[0], evm_sign(OWNER), owners=owner)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert 'add an endpoint with protocol = "beacon"' in result.reason


def test_many_validators_are_one_question(world):
    chain = world.stub()
    source, at = world.source(chain)
    owner = (evm_address(OWNER),)
    rows = [claim("ethereum", k, evm_sign(OWNER), owners=owner) for k in KEYS]
    judged(world, source, at, KEYS[0], evm_sign(OWNER), owners=owner, more=rows)
    assert len([path for path in chain.asked if path.endswith("/validators")]) == 1


def test_a_state_that_is_gone_is_looked_for_once(world):
    chain = world.stub(kept=set())
    source, at = world.source(chain)
    owner = (evm_address(OWNER),)
    rows = [claim("ethereum", k, evm_sign(OWNER), owners=owner) for k in KEYS]
    results = judge_claims(rows, lambda to, data: source.call(to, data, at), registry=REGISTRY)
    assert all("does not keep that state" in r.reason for r in results)
    assert len([path for path in chain.asked if path.endswith("/validators")]) == 1


# All validators of an owner


def test_all_validators_that_pay_an_address_at_an_execution_block(world):
    mine = payee(evm_address(OWNER), "ethereum").credentials
    source, at = world.source(world.stub(), world.stub(), policy=ReadPolicy(2), nodes=2)
    found = source.find_validators(lambda v: v.credentials in mine, at)
    assert [v.key for v in found.validators] == [KEYS[0], KEYS[1], KEYS[5]]
    assert [v.balance for v in found.validators] == [32 * GWEI + 7, 64 * GWEI, 0]
    assert (found.total, found.evidence) == (len(world.state), Evidence.AGREED)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"execution": {1000: OTHER_HASH}}, SourceRejectedError, "not the pinned block"),
        ({"kept": {1001}}, HeightPrunedError, "does not keep that state"),
    ],
)
def test_a_search_in_another_state_than_the_blocks_is_an_error(world, change, error, says):
    source, at = world.source(world.stub(**change))
    with pytest.raises(error, match=says):
        source.find_validators(lambda v: True, at)


def test_a_search_without_a_beacon_endpoint_says_what_to_add(world):
    source, at = world.source()
    with pytest.raises(SourceRejectedError, match='add an endpoint with protocol = "beacon"'):
        source.find_validators(lambda v: True, at)
