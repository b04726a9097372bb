"""Rows that name owners, with a chain that answers from a table."""

from __future__ import annotations

import pytest
from support.signed_rows import account, claim, evm_address, evm_sign, key
from support.wallet_state import (
    SINGLETON,
    TableChain,
    code_named,
    safe_chain,
    safe_storage,
)

from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.keccak import keccak256
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge, judge_claims
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
WALLET = "0x" + "57" * 20
A, B, C = key(1), key(2), key(3)
OWNERS = (evm_address(A), evm_address(B))
SIGNED = (evm_sign(A), evm_sign(B))


def word(value: int | bytes) -> bytes:
    return value.rjust(32, b"\0") if isinstance(value, bytes) else value.to_bytes(32, "big")


def addresses(*accounts: bytes) -> bytes:
    return word(32) + word(len(accounts)) + b"".join(map(word, accounts))


def judged(*signatures: str, call: object = None, **more: object) -> ControlResult:
    return judge(claim("ethereum", WALLET, *signatures, **more), REGISTRY, call)  # type: ignore[arg-type]


def safe(threshold: int, *keys: object) -> TableChain:
    owners = [account(k) for k in keys]  # type: ignore[arg-type]
    return safe_chain(bytes.fromhex(WALLET[2:]), safe_storage(threshold, owners))


def test_offline_owners_are_asserted() -> None:
    result = judged(*SIGNED, owners=OWNERS)
    assert (result.control, result.binding, result.required) == (
        Control.CONTROLS,
        Binding.ASSERTED,
        2,
    )
    assert "only the chain" in result.reason


def test_owners_in_the_other_order_are_the_same_owners() -> None:
    assert judged(*SIGNED, owners=OWNERS[::-1]).control is Control.CONTROLS


@pytest.mark.parametrize("row_type", ["", "Eigenlayer Staking", "Native ETH Staking", "anything"])
def test_the_rows_label_lowers_nothing(row_type: str) -> None:
    stranger = evm_sign(key(66))
    bad = judged(SIGNED[0], stranger, owners=OWNERS, row_type=row_type)
    assert bad.control is Control.MISMATCH
    half = judged(SIGNED[0], owners=OWNERS, row_type=row_type)
    assert half.control is Control.UNSUPPORTED, "how many must sign is not known offline"
    assert "1 of 2 named owners" in half.reason


def test_two_owners_must_be_two_keys() -> None:
    for owners, signatures in (
        ((OWNERS[0], OWNERS[0]), (SIGNED[0], SIGNED[0])),
        ((OWNERS[0], OWNERS[0].upper().replace("X", "x")), (SIGNED[0], SIGNED[0])),
        (OWNERS, (SIGNED[0], SIGNED[0])),
        ((OWNERS[0], OWNERS[0]), (SIGNED[0],)),
    ):
        for chain in (None, safe(1, A), safe(2, A, B)):
            result = judged(*signatures, owners=owners, call=chain)
            assert result.control is Control.MISMATCH, result


@pytest.mark.parametrize(
    "owner", ["null", "0x12", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", "é", "0xab"]
)
def test_an_owner_that_is_no_address_is_malformed(owner: str) -> None:
    result = judged(SIGNED[0], owners=(owner,))
    assert result.control is Control.MALFORMED
    assert result.reason.startswith("owner 1: ")
    assert judged(SIGNED[0], owners=(OWNERS[0], owner)).control is Control.MALFORMED


def test_a_validator_row_with_a_silent_owner_is_undecided() -> None:
    row = claim("ethereum", "0x" + "ab" * 48, SIGNED[0], owners=OWNERS)
    result = judge(row, REGISTRY)
    assert result.control is Control.UNSUPPORTED
    bad = claim("ethereum", "0x" + "ab" * 48, evm_sign(C), owners=OWNERS)
    assert judge(bad, REGISTRY).control is Control.MISMATCH


def test_the_chain_names_the_owners() -> None:
    result = judged(*SIGNED, owners=OWNERS, call=safe(2, A, B, C))
    assert (result.binding, result.required, len(result.signed_by)) == (Binding.ON_CHAIN, 2, 2)
    assert judged(SIGNED[0], owners=OWNERS[:1], call=safe(1, A, B)).shows_control


def test_fewer_than_the_threshold_is_a_mismatch() -> None:
    for chain in (safe(3, A, B, C), safe(2, A, C), safe(2, C, key(4))):
        result = judged(*SIGNED, owners=OWNERS, call=chain)
        assert result.control is Control.MISMATCH
        assert result.required >= 2


@pytest.mark.parametrize(
    ("owners", "threshold"),
    [
        (addresses(), word(0)),
        (addresses(account(A)), word(0)),
        (addresses(account(A)), word(2)),
        (addresses(account(A), account(A)), word(1)),
        (addresses(account(A), bytes(20)), word(1)),
        (addresses(account(A)) + b"\0", word(1)),
        (addresses(account(A))[:-1], word(1)),
        (word(64) + addresses(account(A)), word(1)),
        (word(32) + word(2**255) + word(account(A)), word(1)),
        (addresses(account(A)), word(1)[:31]),
        (addresses(account(A)), word(1) + b"\0"),
        (addresses(account(A)), b""),
        (word(32) + word(1) + b"\1" + word(account(A))[1:], word(1)),
        (addresses(*(n.to_bytes(20, "big") for n in range(1, 300)), account(A)), word(1)),
    ],
)
def test_answers_that_are_not_exactly_a_list_of_owners_prove_nothing(
    owners: bytes, threshold: bytes
) -> None:
    answers = {(WALLET, "getOwners()"): owners, (WALLET, "getThreshold()"): threshold}
    result = judged(SIGNED[0], owners=OWNERS[:1], call=TableChain(answers))
    assert not result.shows_control, result


@pytest.mark.parametrize("name", ["owner()", "podOwner()"])
@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (word(account(A)), True),
        (word(account(B)), False),
        (word(0), False),
        (account(A), False),
        (word(account(A)) + bytes(32), False),
        (b"\1" + word(account(A))[1:], False),
        (b"", False),
    ],
)
def test_one_owner_that_code_names_is_named_and_no_more(
    name: str, answer: bytes, named: bool
) -> None:
    result = judged(SIGNED[0], owners=OWNERS[:1], call=TableChain({(WALLET, name): answer}))
    assert result.binding is Binding.ASSERTED
    assert ("names who signed" in result.reason) is named
    assert not named or name in result.reason, "the reason says what was asked"
    assert result.control is Control.CONTROLS  # the named owner did sign


def test_owners_of_owners_are_followed_a_few_steps_only() -> None:
    chain = {(f"0x{n:040x}", "owner()"): word(n + 1) for n in range(1, 50)}
    chain[WALLET, "owner()"] = word(1)
    table = TableChain(chain)
    assert not judged(SIGNED[0], owners=OWNERS[:1], call=table).shows_control
    assert len(table.asked) < 20
    loop = TableChain({(WALLET, "owner()"): word(bytes.fromhex(WALLET[2:]))})
    assert not judged(SIGNED[0], owners=OWNERS[:1], call=loop).shows_control


def test_the_chain_is_not_asked_where_it_adds_nothing() -> None:
    chain = safe(1, A)
    own = claim("ethereum", evm_address(A), SIGNED[0])
    for row in (
        own,
        claim("tron", "T", "x"),
        claim("ethereum", WALLET),
        claim("ethereum", "x", "y"),
    ):
        judge(row, REGISTRY, chain)
    assert chain.asked == []


def test_a_question_is_asked_once_for_many_rows() -> None:
    chain = safe(2, A, B)
    rows = [claim("ethereum", WALLET, *SIGNED, owners=OWNERS)] * 50
    results = judge_claims(rows, chain, registry=REGISTRY)
    assert all(r.shows_control for r in results)
    assert len(chain.asked) == len(set(chain.asked))


def test_what_a_verdict_rests_on_is_its_evidence() -> None:
    storage = safe_storage(2, [account(A), account(B)])
    for evidence in (Evidence.PROVEN, Evidence.AGREED, Evidence.REPORTED):
        chain = safe_chain(bytes.fromhex(WALLET[2:]), storage, calls=evidence)
        result = judged(*SIGNED, owners=OWNERS, call=chain)
        assert (result.shows_control, result.evidence) == (True, evidence)
    own = judge(claim("ethereum", evm_address(A), SIGNED[0]), REGISTRY, safe(1, A))
    assert own.evidence is Evidence.PROVEN


@pytest.mark.parametrize(
    "version", ["1.0.0", "1.1.1", "1.2.0", "1.3.0", "1.3.0 L2", "1.4.1", "1.5.0 L2"]
)
def test_every_version_of_the_safe_that_we_know(version: str) -> None:
    storage = safe_storage(1, [account(A), account(B)])
    for proxy in (f"Safe proxy {n}" for n in ("1.0.0", "1.1.1", "1.3.0", "1.4.1", "1.5.0")):
        chain = safe_chain(
            bytes.fromhex(WALLET[2:]), storage, proxy=proxy, version=f"Safe {version}"
        )
        result = judged(SIGNED[0], owners=OWNERS[:1], call=chain)
        assert result.shows_control
        assert f"Safe {version}" in result.reason


def test_a_safe_whose_guard_may_stop_its_owners_is_asserted() -> None:
    storage = safe_storage(1, [account(A)], guard=7)
    chain = safe_chain(bytes.fromhex(WALLET[2:]), storage)
    result = judged(SIGNED[0], owners=OWNERS[:1], call=chain)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "guard" in result.reason
    nobody = safe_chain(bytes.fromhex(WALLET[2:]), safe_storage(0, []))
    assert not judged(SIGNED[0], owners=OWNERS[:1], call=nobody).shows_control


@pytest.mark.parametrize("spoiled", ["proxy", "singleton"])
def test_one_changed_byte_of_code_and_it_is_not_known(spoiled: str) -> None:
    chain = safe(1, A)
    where = bytes.fromhex(WALLET[2:]) if spoiled == "proxy" else SINGLETON
    code, storage = chain.states[where]
    chain.states[where] = (code[:-1] + bytes([code[-1] ^ 1]), storage)
    assert not judged(SIGNED[0], owners=OWNERS[:1], call=chain).shows_control


def test_a_dead_node_is_an_error_and_a_refused_call_a_verdict() -> None:
    def dead(to: bytes, data: bytes) -> bytes:
        raise SourceUnavailableError("node", "no answer")

    def refused(to: bytes, data: bytes) -> bytes:
        raise SourceRejectedError("node", "out of gas")

    with pytest.raises(SourceUnavailableError):
        judged(*SIGNED, owners=OWNERS, call=dead)
    named = judged(*SIGNED, owners=OWNERS, call=refused)
    assert (named.control, named.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "could not be asked (out of gas)" in named.reason
    assert judged(SIGNED[0], call=refused).control is Control.UNSUPPORTED
    assert judged("0x", call=refused).control is Control.UNSUPPORTED


INNER = bytes.fromhex("1e" * 20)
DEEPEST = bytes.fromhex("de" * 20)


def nested(*, code: str = "Safe proxy 1.4.1", inner_threshold: int = 1) -> TableChain:
    """A Safe of 2 of (a Safe of A and C, B)."""
    chain = safe_chain(bytes.fromhex(WALLET[2:]), safe_storage(2, [INNER, account(B)]))
    inner = safe_storage(inner_threshold, [account(A), account(C)])
    chain.states[INNER] = (code_named(code), inner)
    return chain


def test_an_owner_that_is_a_safe_in_its_turn_signs_by_its_owners() -> None:
    result = judged(*SIGNED, owners=OWNERS, call=nested())
    assert (result.control, result.binding, result.required) == (
        Control.CONTROLS,
        Binding.ON_CHAIN,
        2,
    )
    assert set(result.signed_by) == {checksum_text(INNER), checksum_text(account(B))}


def test_a_safe_within_counts_only_as_far_as_its_own_owners_signed() -> None:
    assert judged(*SIGNED, owners=OWNERS, call=nested(inner_threshold=2)).control is (
        Control.MISMATCH
    )
    unknown = nested()
    unknown.states[INNER] = (bytes(32), unknown.states[INNER][1])
    assert not judged(*SIGNED, owners=OWNERS, call=unknown).shows_control
    guarded = nested()
    guarded.states[INNER][1][keccak256(b"guard_manager.guard.address")] = 7  # type: ignore[index]
    assert not judged(*SIGNED, owners=OWNERS, call=guarded).shows_control


def test_safes_that_own_each_other_come_to_an_end() -> None:
    chain = safe_chain(bytes.fromhex(WALLET[2:]), safe_storage(2, [INNER, account(B)]))
    mine = bytes.fromhex(WALLET[2:])
    chain.states[INNER] = (code_named("Safe proxy 1.4.1"), safe_storage(1, [mine]))
    assert not judged(*SIGNED, owners=OWNERS, call=chain).shows_control


def test_a_wallet_that_stands_twice_in_a_list_counts_once() -> None:
    mine = bytes.fromhex(WALLET[2:])
    storage = safe_storage(2, [INNER, account(B)])
    storage[keccak256(bytes(12) + INNER + (2).to_bytes(32))] = int.from_bytes(INNER)
    chain = safe_chain(mine, storage)
    chain.states[INNER] = (code_named("Safe proxy 1.4.1"), safe_storage(1, [account(A)]))
    assert not judged(SIGNED[0], owners=OWNERS[:1], call=chain).shows_control
