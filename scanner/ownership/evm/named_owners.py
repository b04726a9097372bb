"""Who owns a contract whose code we do not know, as far as it says so itself.

What it says can contradict a row, and never shows anything: code says what it was written to say.
It does not contradict one either where its owners are contracts in their turn, whom those who
signed may well act through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scanner.model.addresses.evm import checksum_text
from scanner.ownership.evm import contract_calls
from scanner.ownership.interface import ContractCall

_DEPTH: Final = 3
"""How many contracts that own contracts are followed."""

NOT_LOOKED_INTO: Final = (
    "; others of its owners were not looked into (contracts of other code, or too many): whether "
    "they act for those who signed is not decided; let as many owners as must sign do so with "
    "their own keys"
)
"""What to say where too few signed, and owners that are contracts may act for them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a contract says about some signers.

    required: how many of its owners must sign; 0 where it names none. is_open: whether those who
    signed are too few, and others of its owners have code and were not looked into.
    """

    met: bool
    required: int
    text: str
    is_open: bool = False


def contract_says(
    call: ContractCall, account: bytes, signers: Sequence[bytes], depth: int = _DEPTH
) -> Seen:
    """Ask the contract for its owners and count the signers among them."""
    owners = contract_calls.owners_of(call, account)
    name = checksum_text(account)
    if owners is None:
        return Seen(False, 0, f"the contract at {name} does not name an owner at this block")
    counted = [s for s in signers if s in owners.accounts]
    if len(counted) >= owners.threshold:
        return Seen(True, owners.threshold, f"{owners.source} of {name} names who signed")
    if owners.threshold > 1:
        others = contract_calls.with_code(call, [o for o in owners.accounts if o not in signers])
        return Seen(
            False,
            owners.threshold,
            f"{owners.source} of {name}: {owners.threshold} of its {len(owners.accounts)} owners "
            f"must sign, {len(counted)} did",
            len(counted) + len(others) >= owners.threshold,
        )
    if len(owners.accounts) == 1 and depth > 1:
        above = contract_says(call, owners.accounts[0], signers, depth - 1)
        if above.required:
            return above
    by = ", ".join(map(checksum_text, owners.accounts[:3]))
    return Seen(False, 1, f"{owners.source} of {name} names {by}, none of whom signed")
