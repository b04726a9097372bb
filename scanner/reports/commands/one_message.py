"""One checked message, for machines and people."""

from __future__ import annotations

from scanner.ownership.one_message import Checked, SignedMessage


def checked_object(given: SignedMessage, checked: Checked) -> dict[str, object]:
    """Make the object that `scanner verify-message --json` writes."""
    result = checked.result
    return {
        "address": given.address,
        "network": checked.network,
        "control": result.control,
        "binding": result.binding,
        "evidence": result.evidence,
        "freshness": result.freshness,
        "scheme": result.scheme,
        "required": result.required,
        "signed_by": result.signed_by,
        "keys_can_change": checked.changeable,
        "purpose": checked.purpose,
        "reason": result.reason,
        "words": checked.words,
    }


def checked_lines(checked: Checked) -> list[str]:
    """The verdict in words, then its parts, one a line; parts that say nothing are left out."""
    result = checked.result
    parts = {
        "network": checked.network,
        "control": result.control,
        "scheme": result.scheme,
        "binding": result.binding,
        "freshness": result.freshness,
        "signed by": ", ".join(result.signed_by),
        "reason": result.reason,
    }
    lines = [f"  {name}: {value}" for name, value in parts.items() if value not in ("", "none")]
    return [checked.words, *lines]
