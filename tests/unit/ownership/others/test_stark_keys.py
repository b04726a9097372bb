"""A known account says whether a key that it refuses is one of its own: false, or one of several."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.model.control import Control
from scanner.ownership.primitives.poseidon import poseidon_two
from tests.unit.ownership.others.test_stark_account import (
    KEY,
    NOTHING,
    ONE,
    STRANGE,
    ZERO,
    Chain,
    always,
    class_called,
    judged,
)

GUID = poseidon_two(int.from_bytes(b"Starknet Signer"), KEY)
OTHER = (12345).to_bytes(32)
OWNER = ("get_owner", "get_guardian", "get_guardian_backup")
OWNER_GUID = ("get_owner_guid", "get_guardian_guid", "get_guardian_backup_guid")
Views = dict[tuple[str, int | None], bytes]


def by_owner(names: tuple[str, ...], *answers: bytes) -> Views:
    return {(name, None): said for name, said in zip(names, answers, strict=True)}


def some(answer: bytes) -> bytes:
    """An Option that has a value: its first element is 0."""
    return ZERO + answer


AS_KEY, AS_GUID = KEY.to_bytes(32), GUID.to_bytes(32)
CLASSES: list[tuple[str, Views, list[Views]]] = [
    (
        "Argent account 0.3.1",
        by_owner(OWNER, OTHER, OTHER, ZERO),
        [by_owner(OWNER, AS_KEY, OTHER, ZERO), by_owner(OWNER, OTHER, ZERO, AS_KEY)],
    ),
    (
        "Argent account 0.4.0",
        by_owner(OWNER_GUID, OTHER, some(OTHER), ONE),
        [by_owner(OWNER_GUID, AS_GUID, ONE, ONE), by_owner(OWNER_GUID, OTHER, some(AS_GUID), ONE)],
    ),
    (
        "Argent account 0.5.0",
        {("is_owner_guid", GUID): ZERO, ("is_guardian_guid", GUID): ZERO},
        [
            {("is_owner_guid", GUID): ONE, ("is_guardian_guid", GUID): ZERO},
            {("is_owner_guid", GUID): ZERO, ("is_guardian_guid", GUID): ONE},
        ],
    ),
    ("Argent multisig 0.1.1", {("is_signer", KEY): ZERO}, [{("is_signer", KEY): ONE}]),
    ("Argent multisig 0.5.0", {("is_signer_guid", GUID): ZERO}, [{("is_signer_guid", GUID): ONE}]),
]


def asked(name: str, views: Views, says: Callable[..., bytes] | None = None) -> Chain:
    chain = Chain(class_called(name), says or always(NOTHING))
    chain.views = views
    return chain


@pytest.mark.parametrize(("name", "without", "have"), CLASSES)
def test_a_key_that_the_account_does_not_have_is_no_control(
    name: str, without: Views, have: list[Views]
) -> None:
    found = judged(asked(name, without))
    assert found.control is Control.MISMATCH
    assert f"({name}) does not have this key" in found.reason
    for views in have:
        found = judged(asked(name, views))
        assert found.control is Control.UNSUPPORTED
        assert f"is one of the account's ({name})" in found.reason


@pytest.mark.parametrize(("name", "without", "have"), CLASSES)
def test_a_question_that_is_not_answered_accuses_nobody(
    name: str, without: Views, have: list[Views]
) -> None:
    for view in without:
        for odd in (NOTHING, ZERO[1:], ZERO * 3, ONE + OTHER):
            found = judged(asked(name, {**without, view: odd}))
            assert found.control is Control.UNSUPPORTED
            assert "not accept its signature alone" in found.reason


def test_a_class_that_is_not_known_is_not_asked() -> None:
    for name, without, _ in CLASSES:
        chain = asked(name, without)
        chain.class_hash = STRANGE
        assert judged(chain).control is Control.UNSUPPORTED


def test_an_answer_to_a_question_that_is_yes_or_no_is_no_other_number() -> None:
    found = judged(asked("Argent multisig 0.1.1", {("is_signer", KEY): OTHER}))
    assert found.control is Control.UNSUPPORTED


def test_the_guid_of_a_key_is_that_of_starknet_js() -> None:
    assert poseidon_two(1, 2) == (0x5D44A3DECB2B2E0CC71071F7B802F45DD792D064F0FC7316C46514F70F9891A)
