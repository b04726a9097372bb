"""From a claim to the verdict about who controls its address.

1. Decode the address; what is no address of its network is `malformed`.
2. Without a signature the row is `unsigned`.
3. The schemes of the network that handle the address format are tried in their order, up to one
   that the row controls or contradicts; none: `unsupported`, with what was tried.
4. Only where that gives no proof and contracts can be asked, judge again with the chain.
5. Where the account's keys can be asked, whoever signed is judged against them.
6. Grade how fresh the signed text is.
7. Where the chain can be asked, say which accounts run another contract's code besides.

A verdict depends on its own row alone: not on other rows, not on their order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial

from scanner.errors import AddressFormatError, SourceRejectedError
from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim, Row
from scanner.model.control import CONTROLS, UNGRADED, Binding, Control, ControlResult
from scanner.model.jsontext import is_unicode
from scanner.model.registry import Registry
from scanner.ownership import verdicts
from scanner.ownership.asking import Asking
from scanner.ownership.begun import Begun, Rules, begin
from scanner.ownership.ed25519.signing import opened
from scanner.ownership.evm.delegation import delegates
from scanner.ownership.freshness import grade
from scanner.ownership.interface import (
    BulkVerifier,
    ContractCall,
    Forms,
    KeyQuestion,
    KeysAhead,
    Opener,
    Proof,
    Readings,
    SignerFinder,
    Verifier,
    forms_of,
)
from scanner.ownership.key_policy import (
    judge_readings,
    keys_unknown,
    may_be_asked,
    not_asked,
)
from scanner.ownership.memory import Memory, Verdicts
from scanner.ownership.near_misses import NearMiss, near_miss, undecided_if_long
from scanner.ownership.other_forms import doubted
from scanner.ownership.table import verifiers_of
from scanner.ownership.unread import OfForm, OtherKey, Partly, Unread, of_partly, tried
from scanner.ownership.unsupported import why_unsupported
from scanner.settings.tables import load_registry

MOST_SIGNATURES = 20
"""More than any wallet needs; a row with more is refused before any of it is checked."""

REMEMBERED = 16_384
"""Verdicts kept per process, at most twice as many: a publisher repeats an address per coin."""

_CHAIN_ASKED = frozenset(("evm", "starknet", "validator_key"))
"""Address formats whose schemes can learn more from the chain."""

_KEY_DIGITS = 96
"""Of a validator's key, at least."""


def judge(
    claim: Claim,
    registry: Registry,
    call: ContractCall | None = None,
    keys: KeyQuestion | None = None,
) -> ControlResult:
    """Judge who controls the address of one claim.

    call: asks contracts of the claim's network at the pinned block; keys: asks which keys its
    accounts have there; None when offline.
    Never raises for anything a publisher can write. Raises what `call` and `keys` raise
    (SourceError: then there is no verdict yet), except SourceRejectedError: asking again would be
    useless.
    """
    begun = begin(claim, registry)
    if isinstance(begun, ControlResult):
        return begun
    rules, proof, key = begun
    address = proof.address
    known, alone = _memory.find(key) or _remember(begun, _verdict(rules, proof, None))
    if isinstance(known, NearMiss):
        return known
    if keys is not None and may_be_asked(known, address.format):
        return _by_keys(rules, proof, known, keys)
    if call is None or known.shows_control or address.format not in _CHAIN_ASKED:
        return alone
    view = call if isinstance(call, Asking) else Asking(call)
    view.begin()
    try:
        found = _verdict(rules, proof, view)
    except SourceRejectedError as e:
        return _unasked(known, e)
    # What follows from the signatures alone is mathematics; the rest is worth what was answered.
    return found._replace(evidence=view.evidence) if found.binding is Binding.ON_CHAIN else found


def judge_rows(rows: Sequence[Row], registry: Registry) -> list[ControlResult | None]:
    """Judge rows of a list offline: one verdict per row, in order, None where a row is no claim.

    Each is the verdict that `judge` gives. What can be judged together is: the next key is
    recovered sooner where nothing else is done between.
    """
    found: list[ControlResult | None] = [None] * len(rows)
    fresh: list[Begun] = []
    places: dict[Hashable, list[int]] = {}  # keys not remembered, in order, and their rows
    for n, row in enumerate(rows):
        if not isinstance(row, Claim):
            continue
        begun = begin(row, registry)
        if isinstance(begun, ControlResult):
            found[n] = begun
            continue
        key = begun[2]
        if (remembered := _memory.find(key)) is not None:
            found[n] = remembered[1]
        elif (alike := places.get(key)) is not None:
            alike.append(n)
        else:
            places[key] = [n]
            fresh.append(begun)
    for begun, known, alike in zip(fresh, _verdicts(fresh), places.values(), strict=True):
        _, alone = _remember(begun, known)
        for n in alike:
            found[n] = alone
    return found


def _verdicts(begun: Sequence[Begun]) -> list[ControlResult]:
    """Offline verdicts, in order: of a scheme that can, all its rows' together."""
    found: list[ControlResult | None] = [None] * len(begun)
    together: dict[BulkVerifier, list[int]] = {}
    for n, (rules, _, _) in enumerate(begun):
        bulk = rules.bulk
        if bulk is not None:
            together.setdefault(bulk, []).append(n)
    for bulk, places in together.items():
        for n, known in zip(places, bulk.verify_many([begun[n][1] for n in places]), strict=True):
            found[n] = known
    return [
        known or _settled(proof, _judge(proof, rules.verifiers, None), None)
        for (rules, proof, _), known in zip(begun, found, strict=True)
    ]


def _remember(begun: Begun, known: ControlResult) -> Verdicts:
    _, proof, key = begun
    alone = known if isinstance(known, NearMiss) else not_asked(known, proof.address.format)
    _memory.keep(key, (known, alone))
    return known, alone


def _by_keys(
    rules: Rules, proof: Proof, offline: ControlResult, keys: KeyQuestion
) -> ControlResult:
    """Judge whoever signed against the account's keys at the pinned block."""
    by_scheme = _signers(proof, rules.verifiers)
    if not by_scheme:
        return not_asked(offline, proof.address.format)
    try:
        policy = keys(proof.address)
    except SourceRejectedError as e:
        return keys_unknown(offline, e.what)
    shows = next((v.opened for v in rules.verifiers if isinstance(v, Opener)), opened)
    return judge_readings(
        offline,
        [who for _, found in by_scheme for who in found],
        policy,
        partial(shows, proof),
        lambda: [forms_of(scheme, proof) for scheme, _ in by_scheme],
    )


def _signers(proof: Proof, verifiers: Sequence[Verifier]) -> list[tuple[Verifier, Readings]]:
    """Whoever signed a row, by each scheme that can read its signatures."""
    finders = [v for v in verifiers if isinstance(v, SignerFinder) and v.handles(proof)]
    return [(v, found) for v in finders if (found := v.signers(proof))]


def _unasked(offline: ControlResult, error: SourceRejectedError) -> ControlResult:
    """The verdict where the chain's source will not run the call: a contract can burn all gas.

    One hostile contract must not keep a whole chunk from being judged. What is asserted stays
    so; what looked wrong offline may be right on chain, so it is undecided.
    """
    reason = f"the chain could not be asked ({error.what}); offline: {offline.reason}"
    if offline.control is Control.CONTROLS:
        return offline._replace(reason=reason)
    if offline.control is Control.MALFORMED:
        return offline
    return offline._replace(control=Control.UNSUPPORTED, reason=reason)


def _verdict(rules: Rules, proof: Proof, call: ContractCall | None) -> ControlResult:
    return _settled(proof, _judge(proof, rules.verifiers, call), call)


def _settled(proof: Proof, found: ControlResult, call: ContractCall | None) -> ControlResult:
    """The verdict with what else there is to say of it."""
    if call is not None:
        found = undecided_if_long(proof, found)
    elif found.control is not CONTROLS:
        verifiers = verifiers_of(proof.network)
        found = near_miss(proof, found, lambda twin: _judge(twin, verifiers, None))
    return _graded(doubted(proof, found), proof.message)


def _judge(proof: Proof, verifiers: Sequence[Verifier], call: ContractCall | None) -> ControlResult:
    refused = _refused(proof)
    if refused is not None:
        return refused
    failed: list[tuple[Forms, ControlResult]] = []
    for verifier in verifiers:
        if not verifier.handles(proof):
            continue
        result = verifier.verify(proof, call)
        if isinstance(result, Partly):
            return of_partly(proof, result, [v for v in verifiers if v is not verifier])
        if result.control in _SETTLED:
            return result
        failed.append((forms_of(verifier, proof), result))
    return _of_failed(failed) or verdicts.unsupported("", why_unsupported(proof))


def _refused(proof: Proof) -> ControlResult | None:
    """The verdict about what no scheme is given; None where one may look at the row."""
    if len(proof.signatures) > MOST_SIGNATURES or len(proof.owners) > MOST_SIGNATURES:
        return verdicts.malformed("", f"more than {MOST_SIGNATURES} signatures or owners")
    if not is_unicode(proof.message):
        return verdicts.malformed("", "the message is not valid Unicode text")
    return None


_SETTLED = (Control.CONTROLS, Control.MISMATCH)
"""What ends the search for a scheme that can read a row."""


def _of_failed(failed: Sequence[tuple[Forms, ControlResult]]) -> ControlResult | None:
    """One verdict where no scheme could read a row; None if none was asked."""
    for _, result in failed:
        if isinstance(result, OtherKey | OfForm):
            return ControlResult(*result)
    if any(isinstance(result, Unread) for _, result in failed):
        return tried(failed)
    undecided = [r for _, r in failed if r.control is Control.UNSUPPORTED]
    if undecided:  # the network's own form stands last and says most
        return undecided[-1]
    return failed[-1][1] if failed else None


def _graded(result: ControlResult, message: str) -> ControlResult:
    """Grade the message, if the scheme has not done so already."""
    if result.freshness is not UNGRADED:
        return result
    return result._replace(freshness=grade(message))


_memory = Memory(REMEMBERED)


def judge_claims(
    claims: Sequence[Claim],
    call: ContractCall | None = None,
    keys: KeyQuestion | None = None,
    registry: Registry | None = None,
) -> list[ControlResult]:
    """Judge claims of one network (any, where nothing is asked): one verdict per claim, in order.

    call, keys: as in `judge`; each distinct question is asked once. registry: the shipped tables
    if not given.
    """
    tables = registry if registry is not None else load_registry()
    asked = None if call is None else Asking(call, _validators(claims, tables))
    asked_keys = _remembered(claims, tables, keys)
    found = [judge(claim, tables, asked, asked_keys) for claim in claims]
    return found if asked is None else _delegations_told(found, claims, tables, asked)


def _delegations_told(
    found: list[ControlResult], claims: Sequence[Claim], registry: Registry, call: ContractCall
) -> list[ControlResult]:
    """Verdicts by accounts' own keys, with what is said where an account delegates (EIP-7702).

    All accounts are asked about together: one question for hundreds of rows.
    """
    accounts = {
        n: decode_address(registry.network(claim.network), claim.address)
        for n, (claim, result) in enumerate(zip(claims, found, strict=True))
        if result.control is Control.CONTROLS and result.binding is Binding.DERIVED
    }
    evm = {n: address.payload for n, address in accounts.items() if address.format == "evm"}
    code = delegates(call, list(dict.fromkeys(evm.values())))
    for n, account in evm.items():
        if account in code:
            words = f"the account runs the code of {checksum_text(code[account])} (EIP-7702)"
            reason = "; ".join(filter(None, (found[n].reason, f"{words}; its key still spends")))
            found[n] = found[n]._replace(reason=reason)
    return found


def _remembered(
    claims: Sequence[Claim], registry: Registry, keys: KeyQuestion | None
) -> KeyQuestion | None:
    """A question that asks for each account once, if it is not such a one already."""
    if keys is None:
        return None
    if not isinstance(keys, KeysAhead):
        return lru_cache(maxsize=4096)(keys)
    keys.ahead(list(_to_be_asked(claims, registry)))
    return keys


def _to_be_asked(claims: Sequence[Claim], registry: Registry) -> Iterator[Address]:
    """Addresses of rows that somebody signed in a way which the account's keys can judge."""
    for claim in claims:
        begun = begin(claim, registry)
        if isinstance(begun, ControlResult):
            continue
        rules, proof, _ = begun
        known, address = judge(claim, registry), proof.address
        readable = may_be_asked(known, address.format) and not isinstance(known, NearMiss)
        if readable and _signers(proof, rules.verifiers):
            yield address


def _validators(claims: Sequence[Claim], registry: Registry) -> list[bytes]:
    """Keys of all validators that owners signed for."""
    keys = []
    for claim in claims:
        network = registry.networks.get(claim.network)
        if network is None or len(claim.address) < _KEY_DIGITS or not claim.owners:
            continue
        with suppress(AddressFormatError):
            address = decode_address(network, claim.address)
            if address.format == "validator_key" and any(claim.signatures):
                keys.append(address.payload)
    return keys
