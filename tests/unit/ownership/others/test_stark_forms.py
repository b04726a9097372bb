"""A key's r and s, which its account takes only with the key before them: in its own form.

The forms are those of the published code: argentlabs/argent-contracts-starknet, tags multisig-0.1.0
to multisig-0.2.0 and account 0.5.0 (`deserialize_array_signer_signature`, `parse_signature_array`,
`parse_account_signature`).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.model.control import Binding, Control
from scanner.ownership.primitives.stark_curve import is_signed
from scanner.settings.wallets import load_wallets
from tests.unit.ownership.others.test_stark_account import (
    KEY,
    NOTHING,
    ONE,
    SIGNATURE,
    STRANGE,
    VALID,
    ZERO,
    Chain,
    class_called,
    judged,
    seen,
)
from tests.unit.ownership.others.test_stark_keys import GUID

FORMS = {
    "Argent multisig 0.1.0": (),
    "Argent multisig 0.1.1": (),
    "Argent multisig 0.2.0": (1, 0),
    "Argent multisig 0.5.0": (1, 0),
    "Argent account 0.5.0": (1, 0),
}
Says = Callable[..., bytes]


def takes(before: tuple[int, ...], threshold: int = 1, yes: bytes = VALID) -> Says:
    """An account that wants so many signatures, each with its key: `before` one alone."""

    def says(digest: int, *elements: int) -> bytes:
        if threshold != 1 or len(elements) != len(before) + 3:
            return NOTHING  # it stops
        *marks, key, r, s = elements
        if tuple(marks) != before or key != KEY:
            return NOTHING
        return yes if is_signed(key, digest, r, s) else ZERO

    return says


def account(name: str, says: Says) -> Chain:
    chain = Chain(class_called(name), says)
    chain.views = {
        ("is_signer", KEY): ONE,
        ("is_signer_guid", GUID): ONE,
        ("is_owner_guid", GUID): ONE,
        ("is_guardian_guid", GUID): ZERO,
    }
    return chain


@pytest.mark.parametrize("name", FORMS)
def test_the_account_is_asked_in_its_own_form(name: str) -> None:
    found = judged(account(name, takes(FORMS[name])))
    assert seen(found) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert found.signed_by == (f"0x{KEY:064x}",)
    assert name in found.reason
    assert "with its key before it" in found.reason


@pytest.mark.parametrize("name", FORMS)
def test_one_that_wants_more_signatures_does_not_take_one(name: str) -> None:
    found = judged(account(name, takes(FORMS[name], threshold=2)))
    assert found.control is Control.UNSUPPORTED
    assert "is one of the account's" in found.reason


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("yes", [ZERO, ONE + ONE, VALID[1:]])
def test_any_other_answer_is_no(name: str, yes: bytes) -> None:
    assert judged(account(name, takes(FORMS[name], yes=yes))).control is Control.UNSUPPORTED


@pytest.mark.parametrize("name", FORMS)
def test_one_that_takes_a_signature_over_anything_says_nothing(name: str) -> None:
    def anything(digest: int, *elements: int) -> bytes:
        return VALID if len(elements) > 2 else NOTHING

    found = judged(account(name, anything))
    assert not found.shows_control
    assert "over anything" in found.reason


@pytest.mark.parametrize("name", FORMS)
def test_a_key_that_did_not_sign_is_not_put_before_a_signature(name: str) -> None:
    chain = account(name, takes(FORMS[name]))
    for given in ({"script": ""}, {"script": f"{KEY + 1:#x}"}, {"message": "another text"}):
        assert judged(chain, SIGNATURE, **given).control is Control.UNSUPPORTED


def test_a_class_that_has_no_such_form_is_asked_as_it_is() -> None:
    asked: list[int] = []

    def counts(digest: int, *elements: int) -> bytes:
        asked.append(len(elements))
        return NOTHING

    without = [code for code in load_wallets().by_code.values() if code.kind == "starknet_key"]
    for class_hash in (
        STRANGE,
        class_called(without[0].name),
        class_called("Argent account 0.3.1"),
    ):
        judged(Chain(class_hash, counts))
    assert set(asked) == {2}
