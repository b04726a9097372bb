"""Findings for programs: one object each; and which kinds a user's word means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.errors import ConfigError, clip
from scanner.model.finding import Finding, FindingKind

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


def parse_kinds(words: Iterable[str]) -> tuple[FindingKind, ...]:
    """Read kinds as users write them, `-` or `_`, also the words of verdicts ("mismatch").

    Raises ConfigError naming the known ones.
    """
    found: dict[FindingKind, None] = {}
    for word in words:
        name = word.strip().lower().replace("-", "_")
        kind = ALSO_CALLED.get(name) or next((k for k in FindingKind if k.value == name), None)
        if kind is None:
            known = ", ".join([*ALSO_CALLED, *(k.value for k in FindingKind)])
            raise ConfigError(f"no kind of finding {clip(word)!r}; there are: {known}")
        found[kind] = None
    return tuple(found)
