"""Rows of a MultiSigWallet, whose storage says who its owners are and how many must confirm."""

from __future__ import annotations

from coincurve import PrivateKey
from support.signed_rows import account, claim, evm_address, evm_sign, key
from support.wallet_state import TableChain, code_named, safe_storage, slot

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

WALLET = "0x" + "57" * 20
A, B, C = key(1), key(2), key(3)
OWNERS = (evm_address(A), evm_address(B))
SIGNED = (evm_sign(A), evm_sign(B))


def judged(*signatures: str, owners: tuple[str, ...], call: TableChain) -> ControlResult:
    return judge(claim("ethereum", WALLET, *signatures, owners=owners), load_registry(), call)


def multi_sig(threshold: int, *keys: PrivateKey) -> TableChain:
    """A MultiSigWallet: owners, their number and how many must agree stand where a Safe has them."""
    storage = safe_storage(threshold, [account(k) for k in keys])
    storage = {where: min(value, 1) for where, value in storage.items()}
    storage |= {slot(3): len(keys), slot(4): threshold}
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
