"""What a reader must be told about one row: from its verdict and its balance."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model.amount import grouped_amount
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
from scanner.model.control import Control, ControlResult
from scanner.model.finding import Finding, FindingKind
from scanner.model.jsontext import own_json
from scanner.model.parts import parts_of, sum_named
from scanner.snapshots.doubts import NONE, Doubts
from scanner.snapshots.values import NumberedClaim

CONTROL_KINDS: Mapping[Control, FindingKind] = {
    Control.MISMATCH: FindingKind.BAD_SIGNATURE,
    Control.MALFORMED: FindingKind.MALFORMED_PROOF,
    Control.UNSUPPORTED: FindingKind.UNSUPPORTED_SCHEME,
    Control.UNSIGNED: FindingKind.UNSIGNED,
}
"""Verdicts that are findings by themselves."""

_UNSAID: Mapping[FindingKind, str] = {
    FindingKind.BAD_SIGNATURE: "the signature is by another key or over another message",
    FindingKind.MALFORMED_PROOF: "address or signature cannot be decoded",
    FindingKind.UNSUPPORTED_SCHEME: "no scheme of the scanner can judge this proof",
    FindingKind.UNSIGNED: "the publisher gave no signature",
    FindingKind.OWNER_UNPROVEN: "nothing ties the signing key to the address",
    FindingKind.NOT_STATED: "nothing shows that the signed text claims these reserves",
}


_DOUBTED = "what the list's amounts mean, or of when they are, is in doubt: see its findings"
_OLD = (
    "that was at a block of more than a day before the snapshot, the newest that the one endpoint "
    "asked has: it may have stopped there, so ask another one, or several with --quorum"
)


def row_findings(
    row: NumberedClaim,
    control: ControlResult | None,
    balance: Balance | None,
    doubts: Doubts = NONE,
) -> tuple[Finding, ...]:
    """Everything to tell about one row, at most one finding of each kind.

    doubts: what is doubted of the list's amounts: less than such a one contradicts nothing.
    A duplicate's amount is not compared: the row it repeats answers for the balance.
    """
    of_control = None if control is None else _about_control(row.claim, control)
    of_balance = None if balance is None else _about_balance(row, balance, doubts)
    if of_control is None:
        return () if of_balance is None else (of_balance,)
    return (of_control,) if of_balance is None else (of_control, of_balance)


def finding_about(claim: Claim, kind: FindingKind, reason: str) -> Finding:
    """A finding with the place of a claim."""
    return Finding(kind, reason, claim.row, claim.asset, claim.network, claim.address)


def _about_control(claim: Claim, control: ControlResult) -> Finding | None:
    if control.is_proof:
        return None
    kind = CONTROL_KINDS.get(control.control)
    if kind is None:
        kind = FindingKind.NOT_STATED if control.shows_control else FindingKind.OWNER_UNPROVEN
    return finding_about(claim, kind, control.reason or _UNSAID[kind])


def _about_balance(row: NumberedClaim, balance: Balance, doubts: Doubts) -> Finding | None:
    claim = row.claim
    if balance.evidence is Evidence.UNAVAILABLE or balance.amount is None:
        kind = (
            FindingKind.SOURCES_DISAGREE if _disagree(balance) else FindingKind.BALANCE_UNAVAILABLE
        )
        return finding_about(claim, kind, balance.reason or "no source returned a balance")
    if claim.amount is None or row.duplicate or claim.amount == balance.amount:
        return None
    difference = balance.amount - claim.amount
    claimed, held, by = (
        grouped_amount(n, claim.decimals) for n in (claim.amount, balance.amount, abs(difference))
    )
    what = "less" if difference < 0 else "more"
    reason = f"claimed {claimed}, found {held} {claim.asset}: {by} {what}"
    reason += _as_parts(claim.amount, balance) + _by_whom(balance)
    if balance.evidence is Evidence.LATEST_ONLY:
        reason += " (read at the newest block, not at the stated one)"
        return finding_about(claim, FindingKind.DIFFERS_NOW, reason)
    if difference > 0:
        return finding_about(claim, FindingKind.SURPLUS, reason)
    if doubts.about(claim):
        reason += f"; {_OLD if doubts.of_old(claim) else _DOUBTED}"
        return finding_about(claim, FindingKind.MAYBE_SHORTFALL, reason)
    return finding_about(claim, FindingKind.SHORTFALL, reason)


def _as_parts(claimed: int, balance: Balance) -> str:
    """Which sum of the holding's parts the claim equals, in words; "" if none."""
    parts = parts_of(balance.detail) if '"parts"' in balance.detail else None
    name = sum_named(claimed, parts) if parts else ""
    return f"; the claim equals {name}" if name else ""


def _by_whom(balance: Balance) -> str:
    """Names the endpoint whose word alone a difference rests on; "" where others agreed.

    With it the one that was asked for another part of the holding.
    """
    if balance.evidence not in (Evidence.REPORTED, Evidence.LATEST_ONLY):
        return ""
    beside = own_json(balance.detail).get("beside", ()) if '"beside"' in balance.detail else ()
    names = [name for name in balance.sources if name not in beside]
    return f", by {' and '.join([*names, *beside])} alone" if len(names) == 1 else ""


def _disagree(balance: Balance) -> bool:
    """Whether a balance is unavailable because sources contradict each other."""
    return '"disagree"' in balance.detail
