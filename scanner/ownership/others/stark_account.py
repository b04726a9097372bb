"""Asks a Starknet account whether a signature is its own, at the pinned block (SNIP-6).

Every account there is a contract, and no key makes its address: what its key is now, only the
account knows. What an account accepts is what its code says, whoever wrote it, so it is believed
where its class is one that we know (config/wallets.csv): such a class sends what it accepts.
Sources: SNIP-6 (is_valid_signature, "VALID"; accounts of Cairo 0 answer 1); forms of signatures:
argentlabs/argent-contracts-starknet, docs/signers_and_signatures.md and, of the first multisigs,
src/multisig/signer_signature.cairo at multisig-0.1.1; of its proxy, contracts/Proxy.cairo at
21466061, and docs/argent_account_upgrades.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
ANYTHING: Final = "the account accepts a signature over anything"
NOT_ALONE: Final = (
    "the key signed, and the account does not accept its signature alone at this block: it has "
    "another key, or a guardian or other owners sign with it"
)


_PROXY, _BEHIND = "starknet_proxy", "starknet_behind"
_IMPLEMENTATION: Final = starknet_keccak("get_implementation").to_bytes(_FELT)
_BEFORE_KEY: Final[Mapping[str, tuple[int, ...]]] = {
    "starknet_owners": (1, 0),
    "starknet_signer_guids": (1, 0),
    "starknet_signers": (),
}
"""Kind of class -> what stands before the key, r and s of one signature where it takes them so: how
many there are, and that it is by a STARK key; the first multisigs have neither."""

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
    class_hash, known = _running(signed.account, class_hash, call)
    answer = _ask(signed, signed.digest, call)
    if answer in _ACCEPTED:
        if _takes_anything(signed, call):
            return _said(offline, ANYTHING)
        return _accepted(offline, signed, class_hash, known)
    if len(signed.elements) != PAIR:
        return verdicts.unsupported(offline.scheme, REFUSED)
    if offline.control is not Control.CONTROLS:
        return offline
    by_form = _in_own_form(offline, signed, class_hash, known, call)
    return by_form or _refused(offline, signed, answer, known, call)


def _running(
    account: bytes, class_hash: bytes, call: ContractCall
) -> tuple[bytes, WalletCode | None]:
    """The class that an account runs, and what is known of it: the one behind a known proxy.

    A proxy's own code names it. Known there are only classes that are made for it, which are known
    nowhere else: later ones leave an account there that nobody can use. Raises what `call` raises.
    """
    codes = load_wallets().by_code
    known = codes.get(class_hash)
    if known is None or not known.kind.startswith("starknet_") or known.kind == _BEHIND:
        return class_hash, None
    if known.kind != _PROXY:
        return class_hash, known
    named = call(account, _IMPLEMENTATION)
    if len(named) != _FELT or not any(named):
        return class_hash, None
    behind = codes.get(named)
    if behind is None or behind.kind != _BEHIND:
        return named, None
    return named, replace(behind, name=f"{behind.name} behind {known.name}")


def _in_own_form(
    offline: ControlResult,
    signed: Signed,
    class_hash: bytes,
    known: WalletCode | None,
    call: ContractCall,
) -> ControlResult | None:
    """The verdict of an account that takes a signature with its key before it; None if it does not.

    The key signed, and whoever has its r and s can write them so: one signature, by that key alone.
    """
    before = _BEFORE_KEY.get(known.kind) if known is not None else None
    if before is None:
        return None
    key = int(offline.signed_by[0], 16)
    written = replace(signed, elements=(*before, key, *signed.elements))
    if _ask(written, signed.digest, call) not in _ACCEPTED:
        return None
    if _takes_anything(written, call):
        return _said(offline, ANYTHING)
    return _accepted(offline, written, class_hash, known)


def _takes_anything(signed: Signed, call: ContractCall) -> bool:
    """Whether it accepts the signature over something else, too: it has not looked at it."""
    return _ask(signed, starknet_keccak(f"not {signed.digest}"), call) in _ACCEPTED


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
    if known.kind in _BEFORE_KEY and len(signed.elements) > PAIR and offline.signed_by:
        words += ", with its key before it"
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
