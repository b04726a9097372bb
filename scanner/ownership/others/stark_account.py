"""Asks a Starknet account whether a signature is its own, at the pinned block (SNIP-6).

Every account there is a contract, and no key makes its address: what its key is now, only the
account knows. What an account accepts is what its code says, whoever wrote it, so it is believed
where its class is one that we know (config/wallets.csv): such a class sends what it accepts.
Source: SNIP-6 (is_valid_signature, "VALID"; accounts of Cairo 0 answer 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ChainView, ContractCall
from scanner.ownership.others.snip12 import starknet_keccak
from scanner.ownership.others.stark_keys import has_key
from scanner.ownership.unread import Unread
from scanner.settings.wallets import WalletCode, load_wallets

_FELT: Final = 32
_ACCEPTED: Final = (
    int.from_bytes(b"VALID").to_bytes(_FELT),
    (1).to_bytes(_FELT),
)

NOBODY: Final = (
    "no account is deployed at the address at this block: who will be able to spend from it is not "
    "shown"
)
UNKNOWN_CLASS: Final = (
    "; its class {} is not one that is known, and may accept anybody: whether the signer can spend "
    "is not verified"
)
PAIR: Final = 2
"""Elements of a signature by one STARK key: r and s."""
REFUSED: Final = (
    "the account does not accept the signature at this block: it is by others than its keys, by "
    "too few of them, or over another text"
)
OTHER_KEYS: Final = "the account ({}) does not have this key among its keys at this block"
ONE_OF_ITS_KEYS: Final = (
    "the key signed, and is one of the account's ({}), which does not accept its signature alone "
    "at this block: a guardian or other owners sign with it, or it takes another form of it"
)
NOT_ALONE: Final = (
    "the key signed, and the account does not accept its signature alone at this block: it has "
    "another key, or a guardian or other owners sign with it"
)


_QUESTIONS: Final = tuple(map(starknet_keccak, ("is_valid_signature", "isValidSignature")))
"""By its name of today, and by the one that accounts of Cairo 0 have."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature over one hash for one account.

    elements: of the signature, as the account's class wants them: r and s of one key, or more.
    """

    account: bytes
    digest: int
    elements: tuple[int, ...]


def judge_account(offline: ControlResult, signed: Signed, call: ContractCall) -> ControlResult:
    """The verdict with the account's own word about a row's one signature.

    offline: the verdict from the row alone, which stays where the account does not know the
    signature and nothing shows that it was made in our form at all. Raises what `call` raises.
    """
    state = call.state(signed.account, ()) if isinstance(call, ChainView) else None
    class_hash = state.code_hash if state is not None else b""
    if state is not None and not any(class_hash):
        return _said(offline, NOBODY)
    known = load_wallets().by_code.get(class_hash)
    known = known if known is not None and known.kind.startswith("starknet_") else None
    answer = _ask(signed, signed.digest, call)
    if answer in _ACCEPTED:
        # One that accepts the signature over anything else, too, has not looked at it.
        other = starknet_keccak(f"not {signed.digest}")
        if _ask(signed, other, call) in _ACCEPTED:
            return _said(offline, "the account accepts a signature over anything")
        return _accepted(offline, signed, class_hash, known)
    if len(signed.elements) != PAIR:
        return verdicts.unsupported(offline.scheme, REFUSED)
    if offline.control is not Control.CONTROLS:
        return offline
    return _refused(offline, signed, answer, known, call)


def _refused(
    offline: ControlResult,
    signed: Signed,
    answer: bytes,
    known: WalletCode | None,
    call: ContractCall,
) -> ControlResult:
    """The verdict about a published key that signed, and whose signature the account refuses."""
    if known is None:
        return verdicts.unsupported(offline.scheme, NOT_ALONE)
    if known.kind == "starknet_key" and answer == bytes(_FELT):
        words = f"the account ({known.name}) does not accept this key's signature at this block"
        return verdicts.mismatch(offline.scheme, words, 1, offline.signed_by)
    has = has_key(signed.account, known.kind, int(offline.signed_by[0], 16), call)
    if has is False:
        words = OTHER_KEYS.format(known.name)
        return verdicts.mismatch(offline.scheme, words, 1, offline.signed_by)
    words = ONE_OF_ITS_KEYS.format(known.name) if has else NOT_ALONE
    return verdicts.unsupported(offline.scheme, words)


def _accepted(
    offline: ControlResult, signed: Signed, class_hash: bytes, known: WalletCode | None
) -> ControlResult:
    words = "the account accepts the signature (SNIP-6)"
    if isinstance(offline, Unread):
        words += ", which is not by the published key"
    who = offline.signed_by or (f"0x{signed.account.hex()}",)
    if known is None:
        words += UNKNOWN_CLASS.format(f"0x{class_hash.hex()}")
        return verdicts.controls(offline.scheme, Binding.ASSERTED, who, words, 1)
    words = f"{known.name}: {words}"
    return verdicts.controls(offline.scheme, Binding.ON_CHAIN, who, words, 1)


def _said(offline: ControlResult, words: str) -> ControlResult:
    """What the row alone shows, if it shows anything, and why the account adds nothing to it."""
    if offline.control is not Control.CONTROLS:
        return offline
    return offline._replace(reason=words)


def _ask(signed: Signed, digest: int, call: ContractCall) -> bytes:
    """What the account answers; b"" where it stops, or knows neither question."""
    for question in _QUESTIONS:
        felts = (question, digest, len(signed.elements), *signed.elements)
        answer = call(signed.account, b"".join(n.to_bytes(_FELT) for n in felts))
        if answer:
            return answer
    return b""
