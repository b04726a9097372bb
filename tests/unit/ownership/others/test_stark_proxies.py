"""An account of Cairo 0 stands behind a proxy, which says itself whose code it runs."""

from __future__ import annotations

import pytest

from scanner.model.control import Binding, Control
from scanner.settings.wallets import load_wallets
from tests.unit.ownership.others.test_stark_account import (
    KEY,
    MESSAGE,
    NOTHING,
    ONE,
    SECRET,
    STOLEN,
    STRANGE,
    VALID,
    ZERO,
    Chain,
    always,
    class_called,
    judged,
    of_key,
    seen,
)

PROXY = class_called("Argent proxy (Cairo 0)")
BEHIND = [
    code.name
    for code in load_wallets().by_code.values()
    if code.name.startswith("Argent account 0.2")
]


def behind(name: str, says: object = None) -> Chain:
    """A proxy before a class; it answers as the class does."""
    return standing_before(class_called(name), says)


def standing_before(implementation: bytes, says: object = None) -> Chain:
    chain = Chain(PROXY, says or of_key(SECRET, ONE, NOTHING))  # type: ignore[arg-type]
    chain.views = {("get_implementation", None): implementation}
    return chain


def test_the_classes_behind_it_are_known() -> None:
    assert BEHIND == ["Argent account 0.2.3", "Argent account 0.2.3.1"]


@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("question", ["is_valid_signature", "isValidSignature"])
def test_a_known_account_behind_a_known_proxy_shows_control(name: str, question: str) -> None:
    chain = behind(name)
    chain.question = question
    found = judged(chain)
    assert seen(found) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert found.signed_by == (f"0x{KEY:064x}",)
    assert f"{name} behind Argent proxy" in found.reason
    assert not judged(chain, message=f"{MESSAGE[:-1]}?").shows_control


LATER = class_called("Argent account 0.5.0")
"""Nobody can use an account that was upgraded to it with the proxy still before it."""
ODD = [STRANGE, PROXY, LATER, ZERO, NOTHING, ONE + ONE, STRANGE[1:]]


@pytest.mark.parametrize("implementation", ODD)
def test_what_is_not_known_behind_it_may_accept_anybody(implementation: bytes) -> None:
    found = judged(standing_before(implementation))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)
    assert "is not one that is known" in found.reason


def test_the_class_that_is_not_known_is_named() -> None:
    assert f"class 0x{STRANGE.hex()}" in judged(standing_before(STRANGE)).reason


def test_only_a_known_proxy_is_asked_what_stands_behind_it() -> None:
    """Any other may name whomever it likes."""
    chain = behind(BEHIND[0])
    chain.class_hash = STRANGE
    assert seen(judged(chain)) == (Control.CONTROLS, Binding.ASSERTED)


@pytest.mark.parametrize("name", BEHIND)
def test_such_a_class_without_its_proxy_is_not_known(name: str) -> None:
    found = judged(Chain(class_called(name), of_key(SECRET, ONE, NOTHING)))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)


@pytest.mark.parametrize("name", BEHIND)
def test_a_key_that_it_refuses_is_neither_verified_nor_false(name: str) -> None:
    for says in (of_key(STOLEN, ONE, NOTHING), always(NOTHING), always(ZERO)):
        assert judged(behind(name, says)).control is Control.UNSUPPORTED
    assert not judged(behind(name, always(VALID))).shows_control
