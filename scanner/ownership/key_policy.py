"""Judges who signed a row against the keys that the chain names for its account.

Pure: the policy was read by a source (`scanner.chains.interface.KeyPolicySource`), the signers by
the row's scheme (`SignerFinder`). A policy replaces whatever the address alone says: a key that
made the address and may not spend any more controls nothing, and a key that never had to do with
the address controls it if the chain says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyPolicy, Way, keys_of
from scanner.ownership import verdicts
from scanner.ownership.interface import Signer

CHANGEABLE = frozenset(("algorand", "aptos", "near_implicit", "stellar", "ton", "tron", "xrpl"))
"""Address formats that a key makes and whose accounts can be given other keys later."""

CHANGEABLE_KINDS = frozenset(("algorand", "aptos", "near", "stellar", "ton", "tron", "xrpl"))
"""Kinds of networks that have such addresses (`Network.kind`)."""

NOT_ASKED = "the account's current keys were not asked: a snapshot with an endpoint asks them"
"""What to say about a `derived` row of such a format offline."""

_SHOWN = 3
"""Keys of a policy that are named in a reason."""


def judge_policy(
    offline: ControlResult, signers: Sequence[Signer], policy: KeyPolicy
) -> ControlResult:
    """Say whether the signers of a row may spend from its account.

    offline: the verdict from the row alone; its freshness and scheme are kept. signers: everybody
    whose signature over the row's message is good, each once. `on_chain` if one of the policy's
    ways is met by distinct signers, else `mismatch` with the policy named.
    """
    at = f"at block {policy.height}"
    if policy.disputed:
        return _as(offline, verdicts.unsupported(offline.scheme, policy.disputed))
    try:
        keys_of(policy.ways)
    except ValueError as e:
        reason = f"the account's keys {at} are not read: {e}"
        return _as(offline, verdicts.unsupported(offline.scheme, reason))
    offline = offline._replace(evidence=policy.evidence)
    distinct = _distinct(signers)
    for way in policy.ways:
        met = _members(way, distinct)
        if met is not None and sum(w for w, _ in met) >= way.threshold:
            names = tuple(dict.fromkeys(name for _, who in met for name in who))
            reason = "; ".join(filter(None, (f"{way.name} {at}", policy.note)))
            made = verdicts.controls(
                offline.scheme, Binding.ON_CHAIN, names, reason, _fewest(way, len(names))
            )
            return _as(offline, made)
    return _as(offline, verdicts.mismatch(offline.scheme, _refusal(policy, distinct, at)))


def not_asked(result: ControlResult, address_format: str) -> ControlResult:
    """Say of a `derived` row of an account with changeable keys that nobody asked for them."""
    if result.binding is not Binding.DERIVED or address_format not in CHANGEABLE:
        return result
    return result._replace(reason="; ".join(filter(None, (result.reason, NOT_ASKED))))


def may_be_asked(result: ControlResult) -> bool:
    """Whether a policy can change a verdict: somebody did sign something well-formed."""
    return result.control not in (Control.MALFORMED, Control.UNSIGNED)


def _as(offline: ControlResult, made: ControlResult) -> ControlResult:
    return made._replace(freshness=offline.freshness, evidence=offline.evidence)


def _distinct(signers: Sequence[Signer]) -> list[Signer]:
    """Signers that share no key: two spellings of one key are one signer."""
    distinct: list[Signer] = []
    for signer in signers:
        if all(signer.keys.isdisjoint(other.keys) for other in distinct):
            distinct.append(signer)
    return distinct


def _members(way: Way, signers: Sequence[Signer]) -> list[tuple[int, tuple[str, ...]]] | None:
    """Weight and names of every member of a way that signed; None if it names nobody.

    A signer counts for one member of a way only, the heaviest that is its own.
    """
    if not way.members:
        return None
    met, used = [], set[str]()
    for member in sorted(way.members, key=lambda m: -m.weight):
        if isinstance(member.by, Way):
            free = [s for s in signers if s.text not in used]
            inside = _members(member.by, free) or []
            if sum(w for w, _ in inside) < member.by.threshold:
                continue
            names = tuple(name for _, who in inside for name in who)
        else:
            names = next(
                ((s.text,) for s in signers if member.by in s.keys and s.text not in used), ()
            )
            if not names:
                continue
        used.update(names)
        met.append((member.weight, names))
    return met


def _fewest(way: Way, signed: int) -> int:
    """How many members at least must sign; what did sign, where a member is a way itself."""
    if any(isinstance(m.by, Way) for m in way.members):
        return signed
    weights = sorted((m.weight for m in way.members), reverse=True)
    return next(n for n, total in enumerate(accumulate(weights), 1) if total >= way.threshold)


def _refusal(policy: KeyPolicy, signers: Sequence[Signer], at: str) -> str:
    who = ", ".join(s.text for s in signers[:_SHOWN])
    if not policy.ways:
        return f"no key may spend from the account {at}{_note(policy)}; {who} signed"
    told = []
    for way in policy.ways:
        weight = sum(w for w, _ in _members(way, signers) or [])
        keys = keys_of((way,))
        named = ", ".join(str(k) for k in keys[:_SHOWN])
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        told.append(
            f"{way.name}: weight {weight} of {way.threshold} signed (its keys: {named}{more})"
        )
    return f"{who} signed, which the account does not allow {at}{_note(policy)}: {'; '.join(told)}"


def _note(policy: KeyPolicy) -> str:
    return f" ({policy.note})" if policy.note else ""
