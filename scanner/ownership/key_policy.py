"""Judges who signed a row against the keys that the chain names for its account.

Pure: the policy was read by a source (`scanner.chains.interface.KeyPolicySource`), the signers by
the row's scheme (`SignerFinder`). A policy replaces whatever the address alone says: a key that
made the address and may not spend any more controls nothing, and a key that never had to do with
the address controls it if the chain says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

from scanner.model.control import DERIVED, Binding, Control, ControlResult
from scanner.model.key_policy import KeyPolicy, PolicyKey, Way, Weighted, keys_of
from scanner.ownership import verdicts
from scanner.ownership.changeable import CHANGEABLE
from scanner.ownership.interface import Forms, Signer

FIXED = frozenset(("evm", "filecoin_bls", "filecoin_secp256k1"))
"""Address formats whose keys no chain changes, or whose contracts are asked themselves, on networks
that are asked for the keys of other formats."""

NOT_ASKED = "the account's current keys were not checked: a snapshot with an endpoint checks them"
"""What to say about a `derived` row of such a format offline."""

HIDDEN = (
    "what it names may stand for several keys, for a contract or for a key of a kind that is not "
    "read: publish all keys of the account in the key column, in the order that it was made with"
)
"""What to say where the chain names a hash, and not who is behind it."""

AGAIN = (
    "one of them stands in several places of it, which counts here once: sign again with the "
    "others, too, or move to an account whose keys differ"
)
"""What to say where the chain counts one key for each place that it has."""

_SHOWN = 3
"""Keys of a policy that are named in a reason."""


Opening = Callable[[bytes], Way | None]
"""opening(payload) -> the way of several keys that an account is the hash of, as the row shows."""


def judge_policy(
    offline: ControlResult,
    signers: Sequence[Signer],
    policy: KeyPolicy,
    opening: Opening = lambda _: None,
) -> ControlResult:
    """Say whether the signers of a row may spend from its account.

    offline: the verdict from the row alone; its freshness and scheme are kept. signers: everybody
    whose signature over the row's message is good, each once. opening: shows whose keys an account
    stands for that the chain knows by a hash.
    `on_chain` if one of the policy's ways is met by distinct signers, and all of them are the
    account's; else `mismatch` with the policy named, or `unsupported` where those that the chain
    does not name could have been enough.
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
    policy = replace(policy, ways=tuple(_opened(way, opening) for way in policy.ways))
    others = _strangers(policy, distinct)
    for way in () if others else policy.ways:
        met = _members(way, distinct)
        if met is not None and sum(w for w, _ in met) >= way.threshold:
            names = tuple(dict.fromkeys(name for _, who in met for name in who))
            reason = "; ".join(filter(None, (f"{way.name} {at}", policy.note)))
            made = verdicts.controls(
                offline.scheme, Binding.ON_CHAIN, names, reason, _fewest(way, len(names))
            )
            return _as(offline, made)
    refusal = _refusal(policy, others or distinct, at)
    doubt = _doubt(policy, distinct, others)
    if doubt:
        return _as(offline, verdicts.unsupported(offline.scheme, f"{refusal}; {doubt}"))
    return _as(offline, verdicts.mismatch(offline.scheme, refusal))


def _doubt(policy: KeyPolicy, signers: Sequence[Signer], others: Sequence[Signer]) -> str:
    """Why those who signed may be enough all the same; "" if nothing can make them so."""
    hidden = any(_hides(way) for way in policy.ways)
    could = any(_weight(way, signers, hidden=True) >= way.threshold for way in policy.ways)
    if could and (hidden or not others):
        return HIDDEN
    if any(_weight(way, signers, hidden=True, again=True) >= way.threshold for way in policy.ways):
        return "" if others and not hidden else AGAIN
    return ""


def _hides(way: Way) -> bool:
    return any(m.hides or (isinstance(m.by, Way) and _hides(m.by)) for m in way.members)


def judge_readings(
    offline: ControlResult,
    readings: Sequence[Sequence[Signer]],
    policy: KeyPolicy,
    opening: Opening = lambda _: None,
    forms: Callable[[], Sequence[Forms]] = tuple,
) -> ControlResult:
    """The verdict of `judge_policy` about a row that can be read in several ways.

    readings: of all schemes, at least one. forms: tells what these read. One reading that meets
    the policy is enough. False is only what somebody did of whom it is known that he signed: whose
    key made the address or is published, or whom the policy names. Keys that are found by trying
    forms, and are none of these, are nobody's: such a row stays as undecided as it is offline, for
    the account's own keys may have signed it in a form that is not read.
    """
    judged = [judge_policy(offline, who, policy, opening) for who in readings]
    shown = next((one for one in judged if one.shows_control), None)
    known = _named(policy)
    if shown is not None or known is None:
        return shown or judged[0]
    sure = [sum(_is_sure(signer, known) for signer in who) for who in readings]
    if any(sure) or offline.control is not Control.UNSUPPORTED:
        return judged[max(range(len(sure)), key=sure.__getitem__)]
    return _as(offline, verdicts.unsupported(offline.scheme, _of_no_form(forms(), policy)))


def _named(policy: KeyPolicy) -> frozenset[PolicyKey] | None:
    """All keys of a policy; None where it is disputed or has too many: then nobody is judged."""
    if policy.disputed:
        return None
    try:
        return frozenset(keys_of(policy.ways))
    except ValueError:
        return None


def _is_sure(signer: Signer, named: frozenset[PolicyKey]) -> bool:
    """Whether a signer is known to have signed, in whatever form the row was."""
    return not signer.recovered or not signer.keys.isdisjoint(named)


def _of_no_form(forms: Sequence[Forms], policy: KeyPolicy) -> str:
    """What to say where no form that is read leads to somebody whom the account allows."""
    at = f"at block {policy.height}{_note(policy)}"
    signed = f"no form that is read ({', '.join(dict.fromkeys(one.read for one in forms))})"
    ways = [f"{way.name}: {_some_keys(way)}" for way in policy.ways[:_SHOWN]]
    more = f" and {len(policy.ways) - _SHOWN} more ways" if len(policy.ways) > _SHOWN else ""
    words = f"{signed} gives a key which the account allows {at} ({'; '.join(ways)}{more})"
    if not ways:
        words = f"no key may spend from the account {at}, and {signed} shows who signed"
    words += ": others signed, or over another text, or in a form that is not read"
    hints = [HIDDEN] if any(map(_hides, policy.ways)) else []
    return "; ".join((words, *dict.fromkeys(one.refused for one in forms if one.refused), *hints))


def _some_keys(way: Way) -> str:
    keys = keys_of((way,))
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(str(key) for key in keys[:_SHOWN]) + more


def _strangers(policy: KeyPolicy, signers: Sequence[Signer]) -> list[Signer]:
    """Signers whom no way names, where others are named: each signature of a row has to be good."""
    known = set(keys_of(policy.ways))
    strangers = [signer for signer in signers if signer.keys.isdisjoint(known)]
    return strangers if len(strangers) < len(signers) else []


def _opened(way: Way, opening: Opening) -> Way:
    """A way with those in it who stand for several keys that are shown."""
    return replace(way, members=tuple(_shown(member, opening) for member in way.members))


def _shown(member: Weighted, opening: Opening) -> Weighted:
    if isinstance(member.by, Way):
        return replace(member, by=_opened(member.by, opening))
    if not member.hides:
        return member
    inside = opening(member.by.value)
    return member if inside is None else Weighted(inside, member.weight)


def judge_group(scheme: str, signers: Sequence[Signer], way: Way) -> ControlResult:
    """The verdict about an address that is a hash of the way's keys, from the row alone."""
    distinct = _distinct(signers)
    met = _members(way, distinct) or []
    weight = sum(w for w, _ in met)
    if weight < way.threshold:
        reason = f"the address needs {way.name}, and {weight} signed"
        if _weight(way, distinct, again=True) >= way.threshold:
            return verdicts.unsupported(scheme, f"{reason}; {AGAIN}")
        return verdicts.mismatch(scheme, reason, way.threshold)
    names = tuple(dict.fromkeys(name for _, who in met for name in who))
    return verdicts.controls(scheme, Binding.DERIVED, names, way.name, _fewest(way, len(names)))


def not_asked(result: ControlResult, address_format: str) -> ControlResult:
    """Say of a `derived` row of an account with changeable keys that nobody asked for them."""
    if address_format not in CHANGEABLE or result.binding is not DERIVED:
        return result
    return result._replace(reason="; ".join(filter(None, (result.reason, NOT_ASKED))))


def keys_unknown(offline: ControlResult, why: str) -> ControlResult:
    """The verdict where the keys were asked for and nobody can tell: the address alone may be old.

    Offline such a row stands, and says that nobody asked; here somebody did, and the key that made
    the address may have been taken from the account since.
    """
    words = f"the account's current keys could not be checked ({why})"
    reason = "; ".join(filter(None, (offline.reason, words)))
    if offline.shows_control:
        return offline._replace(binding=Binding.ASSERTED, reason=reason)
    return offline._replace(reason=reason)


def may_be_asked(result: ControlResult, address_format: str) -> bool:
    """Whether a policy can change a verdict: somebody did sign something well-formed."""
    signed = result.control not in (Control.MALFORMED, Control.UNSIGNED)
    return signed and address_format not in FIXED


def _as(offline: ControlResult, made: ControlResult) -> ControlResult:
    return made._replace(freshness=offline.freshness, evidence=offline.evidence)


def _distinct(signers: Sequence[Signer]) -> list[Signer]:
    """Signers that share no key: two spellings of one key are one signer."""
    distinct: list[Signer] = []
    for signer in signers:
        if all(signer.keys.isdisjoint(other.keys) for other in distinct):
            distinct.append(signer)
    return distinct


def _weight(
    way: Way, signers: Sequence[Signer], *, hidden: bool = False, again: bool = False
) -> int:
    return sum(weight for weight, _ in _members(way, signers, hidden=hidden, again=again) or [])


_Met = list[tuple[int, tuple[str, ...]]]
"""Weight and names of members that signed."""


def _members(
    way: Way, signers: Sequence[Signer], *, hidden: bool = False, again: bool = False
) -> _Met | None:
    """Weight and names of every member of a way that signed; None if it names nobody.

    A signer counts for one member of a way only, the heaviest that is its own, and a key before a
    way of several. hidden: those count as well who may be others than the chain names. again: a
    signer counts for every member that is its own, here and in ways inside.
    """
    if not way.members:
        return None
    met, used = [], set[str]()
    for member in sorted(way.members, key=lambda m: (-m.weight, isinstance(m.by, Way))):
        if isinstance(member.by, Way):
            free = signers if again else [s for s in signers if s.text not in used]
            inside = _members(member.by, free, hidden=hidden, again=again) or []
            names = _enough(inside, member.by.threshold)
            if names is None:
                continue
            used.update(() if again else names)
        else:
            mine = (s for s in signers if member.by in s.keys and (again or s.text not in used))
            names = next(((s.text,) for s in mine), ())
            if not names and not (hidden and member.hides):
                continue
            used.update(names)
        met.append((member.weight, names))
    return met


def _enough(met: _Met, threshold: int) -> tuple[str, ...] | None:
    """As many of those who signed as reach a threshold, the heaviest first; None if they do not."""
    names: tuple[str, ...] = ()
    for weight, who in met:
        if threshold <= 0:
            break
        threshold -= weight
        names += who
    return names if threshold <= 0 else None


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
    known = _named(policy) or frozenset()
    did = "signed" if any(_is_sure(s, known) for s in signers) else "would have made one signature"
    told = []
    for way in policy.ways:
        weight = _weight(way, signers)
        told.append(
            f"{way.name}: weight {weight} of {way.threshold} signed (its keys: {_some_keys(way)})"
        )
    return f"{who} {did}, which the account does not allow {at}{_note(policy)}: {'; '.join(told)}"


def _note(policy: KeyPolicy) -> str:
    return f" ({policy.note})" if policy.note else ""
