"""What a signature that a Safe accepts rests on: its owners' keys, or what stands in its storage.

A Safe takes an approval that its storage has of a hash (by an owner, or by the Safe itself) as a
signature. But storage is not an owner's act: whoever sets a Safe up may write all of it (setup's
DELEGATECALL), so may a module, and an approval outlives the owners who gave it. So only keys count
that signed, of each owner that is needed; an owner that is a Safe in its turn is judged alike.
An approval by a transaction of the owner's own would be worth more, but the state does not tell
one from the other, and logs and transactions of old blocks are not asked for: sign instead.

Source: Safe's contracts, checkNSignatures, SignMessageLib and CompatibilityFallbackHandler.
"""

from __future__ import annotations

from typing import Final

from scanner.ownership.evm.contract_calls import unwrap
from scanner.ownership.evm.wallets import Wallet, find_wallet
from scanner.ownership.interface import ChainView

UNKNOWN_OWNER: Final = (
    "; one of its owners is a contract whose code is unknown, and may accept anybody: whether "
    "its owners signed is not verified"
)
"""What to say of a known wallet that asks an unknown contract in its turn."""

APPROVED: Final = (
    "; that rests on an approval in its storage, which whoever set it up, a module or earlier "
    "owners may have written: whether its owners signed is not verified; sign with the owners' keys"
)
"""What to say of a known wallet that accepts what it finds in its own storage."""

_DEPTH: Final = 2  # wallets that own wallets: how deep they are followed
_PART: Final = 65  # bytes of one signature in what a Safe is given
_BY_CONTRACT, _BY_APPROVAL, _BY_KEY = 0, 1, (27, 28, 31, 32)  # what its last byte may be


def doubt(
    view: ChainView,
    account: bytes,
    wallet: Wallet,
    signature: bytes,
    chain_id: str,
    depth: int = _DEPTH,
) -> str:
    """Why it is not shown that the owners' keys made a signature that a Safe accepts; "" if it is.

    signature: as isValidSignature is given it: 65 bytes an owner, r, s and v. With v = 0, r is a
    contract that is asked in its turn, and s says where what it is given lies; with v = 1, r
    approved the hash on the chain beforehand. One of fewer parts than owners are needed is good
    by an approval of the Safe itself.
    """
    if unwrap(signature) is not None:  # for a contract that is not deployed, and this one is
        return UNKNOWN_OWNER
    if len(signature) < wallet.threshold * _PART:
        return APPROVED
    for start in range(0, wallet.threshold * _PART, _PART):
        part = signature[start : start + _PART]
        kind = part[-1]
        if kind == _BY_APPROVAL:
            return APPROVED
        if kind in _BY_KEY:
            continue
        words = UNKNOWN_OWNER
        if kind == _BY_CONTRACT and depth:
            words = _of_contract(view, part, signature, chain_id, depth)
        if words:
            return words
    return ""


def _of_contract(view: ChainView, part: bytes, signature: bytes, chain_id: str, depth: int) -> str:
    owner, start = part[12:32], int.from_bytes(part[32:64])
    found = find_wallet(view, owner, chain_id, ())
    if not isinstance(found, Wallet) or not found.answers or found.trouble:
        return UNKNOWN_OWNER
    size = int.from_bytes(signature[start : start + 32])
    inner = signature[start + 32 : start + 32 + size]
    return doubt(view, owner, found, inner, chain_id, depth - 1)
