"""Rows of contracts that name no owners, though their owners signed: the chain names them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.signed_rows import account, claim, evm_address, evm_sign, high_s, key
from support.wallet_state import AnsweringChain, TableChain, safe_chain, safe_storage

from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.interface import ContractCall
from scanner.ownership.judge import judge_claims
from scanner.ownership.primitives import envelopes

SAFE = "0x" + "57" * 20
A, B, C, STRANGER = key(1), key(2), key(3), key(99)


def judged(*signatures: str, call: ContractCall | None) -> ControlResult:
    (found,) = judge_claims([claim("ethereum", SAFE, *signatures)], call)
    return found


def safe(threshold: int) -> TableChain:
    owners = [account(k) for k in (A, B, C)]
    return safe_chain(bytes.fromhex(SAFE[2:]), safe_storage(threshold, owners))


@pytest.mark.parametrize("envelope", [envelopes.eip191_hash, envelopes.eip191_text])
def test_owners_of_a_safe_who_signed_are_its_owners_also_where_nobody_names_them(
    envelope: Callable[[bytes], bytes],
) -> None:
    signed = [evm_sign(k, envelope=envelope) for k in (A, C)]
    result = judged(*signed, call=safe(2))
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN), result.reason
    assert result.signed_by == tuple(checksum_text(account(k)) for k in (A, C))
    one = judged(signed[0], call=safe(1))
    assert (one.control, one.binding) == (Control.CONTROLS, Binding.ON_CHAIN)


def test_too_few_strangers_and_one_owner_twice_are_none() -> None:
    for signed, threshold in (
        ((evm_sign(A),), 2),
        ((evm_sign(A), evm_sign(STRANGER)), 2),
        ((evm_sign(A), evm_sign(STRANGER)), 1),
        ((evm_sign(A), high_s(evm_sign(A))), 2),
        ((evm_sign(A), evm_sign(A, envelope=envelopes.eip191_text)), 2),
        ((evm_sign(STRANGER),), 1),
    ):
        result = judged(*signed, call=safe(threshold))
        assert result.control is Control.MISMATCH, (threshold, result.reason)


def test_who_owns_other_code_is_not_known() -> None:
    code = keccak256(b"some code")
    table = TableChain(states={bytes.fromhex(SAFE[2:]): (code, {})})

    def has_code(to: bytes, data: bytes) -> bytes:
        return (9).to_bytes(32) + bytes(32) if not to and len(data) < 64 else b""

    result = judged(evm_sign(A), call=AnsweringChain(table, has_code))
    assert result.control is Control.UNSUPPORTED
    assert "name their addresses as owners" in result.reason
    plain = judged(evm_sign(A), call=AnsweringChain(TableChain(), lambda to, data: bytes(64)))
    assert plain.control is Control.MISMATCH, "an account without code has its own key alone"


def test_offline_several_who_signed_may_be_owners_and_one_may_not() -> None:
    several = judged(evm_sign(A), evm_sign(B), call=None)
    assert several.control is Control.UNSUPPORTED
    assert "only the chain can say" in several.reason
    own = claim("ethereum", evm_address(A), evm_sign(A), evm_sign(B))
    assert judge_claims([own])[0].control is Control.MISMATCH
    assert judged(evm_sign(A), call=None).control is Control.MISMATCH
