"""Whether a Starknet account has a key among its keys, as accounts of known classes say themselves.

A class that we know (config/wallets.csv) answers from what its storage holds; any other may say
anything, and is not asked. A key that is one of several does not show that it can spend alone: this
only tells a key that the account does not have from one that others must sign with.
Source: the views of argentlabs/argent-contracts-starknet, by release (docs/CHANGELOG_*.md); a
signer's GUID: docs/signers_and_signatures.md.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from scanner.ownership.interface import ContractCall
from scanner.ownership.others.snip12 import starknet_keccak
from scanner.ownership.primitives.poseidon import poseidon_two

_FELT: Final = 32
_SIGNER: Final = int.from_bytes(b"Starknet Signer")
_YES, _NO = (1).to_bytes(_FELT), bytes(_FELT)


class _Views(NamedTuple):
    """Which views are asked, all of them. by_guid: whether they know keys by GUID.

    told: whether the key is told, and the answer is yes or no; else the answer is a key, or an
    Option of one.
    """

    names: tuple[str, ...]
    by_guid: bool
    told: bool


_OF_KIND: Final = {
    "starknet_owner": _Views(("get_owner", "get_guardian", "get_guardian_backup"), False, False),
    "starknet_owner_guid": _Views(
        ("get_owner_guid", "get_guardian_guid", "get_guardian_backup_guid"), True, False
    ),
    "starknet_owners": _Views(("is_owner_guid", "is_guardian_guid"), True, True),
    "starknet_signers": _Views(("is_signer",), False, True),
    "starknet_signer_guids": _Views(("is_signer_guid",), True, True),
}


def has_key(account: bytes, kind: str, key: int, call: ContractCall) -> bool | None:
    """Whether an account of a known class has a STARK key among its own; None if not to be told.

    account: 32 bytes. kind: of its class in config/wallets.csv. Raises what `call` raises.
    """
    views = _OF_KIND.get(kind)
    if views is None:
        return None
    wanted = (poseidon_two(_SIGNER, key) if views.by_guid else key).to_bytes(_FELT)
    told = wanted if views.told else b""
    answers = [call(account, starknet_keccak(name).to_bytes(_FELT) + told) for name in views.names]
    if (_YES if views.told else wanted) in (answer[-_FELT:] for answer in answers):
        return True
    understood = all(_is_no(answer, views) for answer in answers)
    return False if understood else None


def _is_no(answer: bytes, views: _Views) -> bool:
    """Whether an answer is no: to a question, or by another key or none."""
    if views.told:
        return answer == _NO
    return len(answer) == _FELT or (len(answer) == 2 * _FELT and answer[:_FELT] == _NO)
