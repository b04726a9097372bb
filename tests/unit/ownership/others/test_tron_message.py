"""Tron rows in both forms."""

from __future__ import annotations

import pytest
from support.signed_rows import MESSAGE, claim, evm_sign, high_s, key, refused, tron_address

from scanner.model.control import Control, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.key_policy import NOT_ASKED
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SIGNER = key(1)
FORMS = (envelopes.tip191_hash, envelopes.tip191_text)


def judged(*signatures: str, address: str = "", **more: object) -> ControlResult:
    return judge(claim("tron", address or tron_address(SIGNER), *signatures, **more), REGISTRY)


@pytest.mark.parametrize("form", FORMS)
def test_both_forms(form: object) -> None:
    result = judged(evm_sign(SIGNER, MESSAGE, form))  # type: ignore[arg-type]
    assert result.shows_control
    assert result.signed_by == (tron_address(SIGNER),)
    assert result.reason == NOT_ASKED


def test_the_length_counts_bytes_and_not_letters() -> None:
    message = "Grüße €"
    data = message.encode()
    assert envelopes.tip191_text(data) == envelopes.keccak256(
        b"\x19TRON Signed Message:\n" + str(len(data)).encode() + data
    )
    assert judged(evm_sign(SIGNER, message, envelopes.tip191_text), message=message).shows_control


def test_other_networks_forms_and_other_spellings() -> None:
    for form in (envelopes.eip191_hash, envelopes.eip191_text, envelopes.okx_keccak):
        result = judged(evm_sign(SIGNER, MESSAGE, form))
        assert refused(result)
        assert tron_address(SIGNER) not in result.reason
    good = evm_sign(SIGNER, MESSAGE, envelopes.tip191_hash)
    assert judged(good[:-2]).control is Control.MALFORMED  # EIP-2098 is Ethereum's
    assert judged(good[2:]).shows_control
    assert "upper half" in judged(high_s(good)).reason


def test_an_address_in_another_case_is_another_text_and_malformed() -> None:
    good = evm_sign(SIGNER, MESSAGE, envelopes.tip191_hash)
    for text in (tron_address(SIGNER).lower(), tron_address(SIGNER).swapcase()):
        assert judged(good, address=text).control is Control.MALFORMED


def test_owners_of_tron_accounts_sign_for_nobody() -> None:
    result = judged(
        evm_sign(key(2), MESSAGE, envelopes.tip191_hash), owners=(tron_address(key(2)),)
    )
    assert refused(result)
    assert "owners" in result.reason
