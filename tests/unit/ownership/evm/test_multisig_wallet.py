"""Rows of a MultiSigWallet, whose storage says who its owners are and how many must confirm."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from coincurve import PrivateKey
from support.signed_rows import account, claim, evm_address, evm_sign, key
from support.wallet_state import TableChain, code_named, slot

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

WALLET = "0x" + "57" * 20
A, B, C = key(1), key(2), key(3)
OWNERS = (evm_address(A), evm_address(B))
SIGNED = (evm_sign(A), evm_sign(B))
ARRAY = int.from_bytes(keccak256(slot(3)))


def judged(*signatures: str, owners: tuple[str, ...], call: TableChain) -> ControlResult:
    return judge(claim("ethereum", WALLET, *signatures, owners=owners), load_registry(), call)


def in_map(key: bytes, place: bytes) -> bytes:
    return keccak256(key.rjust(32, b"\0") + place)


def multi_sig(threshold: int, *keys: PrivateKey, **more: Mapping[bytes, int]) -> TableChain:
    """A MultiSigWallet: a map of owners at 2, their list at 3, and how many must confirm at 4."""
    owners = [account(k) for k in keys]
    storage = {in_map(owner, slot(2)): 1 for owner in owners}
    storage |= {slot(ARRAY + n): int.from_bytes(owner) for n, owner in enumerate(owners)}
    storage |= {slot(3): len(keys), slot(4): threshold, **more.get("written", {})}
    name = "MultiSigWalletWithDailyLimit"
    return TableChain(states={bytes.fromhex(WALLET[2:]): (code_named(name), storage)})


def test_the_owners_of_a_multisig_wallet() -> None:
    result = judged(*SIGNED, owners=OWNERS, call=multi_sig(2, A, B, C))
    assert (result.binding, result.required, len(result.signed_by)) == (Binding.ON_CHAIN, 2, 2)
    assert "MultiSigWalletWithDailyLimit" in result.reason
    few = judged(SIGNED[0], owners=OWNERS[:1], call=multi_sig(2, A, B, C))
    assert few.control is Control.MISMATCH
    assert "2 of its 3 owners must sign" in few.reason
    stranger = judged(*SIGNED, owners=OWNERS, call=multi_sig(2, A, C))
    assert stranger.control is Control.MISMATCH
    assert not judged(*SIGNED, owners=OWNERS, call=multi_sig(0)).shows_control


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({in_map(account(A), slot(2)): 0}, "an owner of the Multi"),
        ({in_map(account(A), slot(2)): 256}, "an owner of the Multi"),
        ({slot(ARRAY): int.from_bytes(account(C))}, "an owner of the Multi"),
        ({slot(3): 1}, "an owner of the Multi"),
        ({slot(3): 51}, "lists 51 owners"),
        ({slot(3): 2**256 - 1}, "lists 1157920892"),
        ({in_map(account(B), in_map(slot(0), slot(1))): 1}, "nobody has submitted yet"),
        ({slot(int.from_bytes(in_map(slot(0), slot(0))) + 2): 3}, "nobody has submitted yet"),
        ({slot(5): 9, in_map(account(A), in_map(slot(9), slot(1))): 1}, "nobody has submitted yet"),
    ],
)
def test_storage_that_its_code_did_not_write_shows_nothing(
    written: Mapping[bytes, int], words: str
) -> None:
    """Whoever created the wallet may have written it, with creation code of their own."""
    result = judged(*SIGNED, owners=OWNERS, call=multi_sig(2, A, B, written=written))
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED), result
    assert words in result.reason
    untouched = {in_map(account(C), in_map(slot(0), slot(1))): 1}  # of one who is no owner
    assert judged(*SIGNED, owners=OWNERS, call=multi_sig(2, A, B, written=untouched)).shows_control
