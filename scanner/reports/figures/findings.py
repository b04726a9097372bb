"""Findings for programs: one object each; and which kinds a user's word means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.errors import ConfigError, clip, did_you_mean
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight

FINDING_COLUMNS = ("kind", "weight", "row", "asset", "network", "address", "reason")

ALSO_CALLED: Mapping[str, FindingKind] = {
    "mismatch": FindingKind.BAD_SIGNATURE,
    "malformed": FindingKind.MALFORMED_PROOF,
    "unsupported": FindingKind.UNSUPPORTED_SCHEME,
    "asserted": FindingKind.OWNER_UNPROVEN,
    "unavailable": FindingKind.BALANCE_UNAVAILABLE,
}
"""The words of verdicts and evidence, and the finding that each one makes."""


def finding_record(finding: Finding) -> dict[str, object]:
    """The object of one finding, keys as in FINDING_COLUMNS; row is None where there is none."""
    return {
        "kind": finding.kind.value,
        "weight": finding.weight.value,
        "row": finding.row,
        "asset": finding.asset,
        "network": finding.network,
        "address": finding.address,
        "reason": finding.reason,
    }


WEIGHED: Mapping[str, Weight] = {
    "false": Weight.FALSE,
    "unshown": Weight.UNSHOWN,
    "not_verified": Weight.UNSHOWN,
    "note": Weight.NOTE,
}
"""Words for all kinds of one weight."""


def parse_kinds(words: Iterable[str]) -> tuple[FindingKind, ...]:
    """Read kinds as users write them, `-` or `_`, also the words of verdicts ("mismatch").

    A weight ("false", "not-verified", "note") means all its kinds.
    Raises ConfigError naming the nearest kind, or the known ones.
    """
    found: dict[FindingKind, None] = {}
    for word in words:
        name = word.strip().lower().replace("-", "_")
        if name in WEIGHED:
            found.update(dict.fromkeys(k for k in FindingKind if WEIGHTS[k] is WEIGHED[name]))
            continue
        kind = ALSO_CALLED.get(name) or next((k for k in FindingKind if k.value == name), None)
        if kind is None:
            known = [*WEIGHED, *ALSO_CALLED, *(k.value for k in FindingKind)]
            near = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
            raise ConfigError(f"no kind of finding {clip(word)!r}{near}")
        found[kind] = None
    return tuple(found)
