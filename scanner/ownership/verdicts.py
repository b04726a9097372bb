"""Short ways to write the usual verdicts."""

from __future__ import annotations

from scanner.model.control import Binding, Control, ControlResult, Freshness

REGULAR_KEY = (
    "the published key signed, but it is not the account's own; whether it may sign for it "
    "(regular key, signer list) is not verified: compare it with account_info of the ledger"
)
"""What to say where an account of the XRP Ledger may have let another key sign."""


def controls(
    scheme: str,
    binding: Binding,
    signed_by: tuple[str, ...],
    reason: str = "",
    required: int = 0,
) -> ControlResult:
    """Enough keys signed. required: 0 for as many as signed."""
    needed = required or len(signed_by)
    return ControlResult(
        Control.CONTROLS, binding, Freshness.NONE, scheme, needed, signed_by, reason
    )


def mismatch(
    scheme: str, reason: str, required: int = 1, signed_by: tuple[str, ...] = ()
) -> ControlResult:
    """Well-formed, but not by the keys it should be, or not over this message."""
    return ControlResult(
        Control.MISMATCH, Binding.NONE, Freshness.NONE, scheme, required, signed_by, reason
    )


def malformed(scheme: str, reason: str, required: int = 0) -> ControlResult:
    """Not decodable as what it should be."""
    return ControlResult(
        Control.MALFORMED, Binding.NONE, Freshness.NONE, scheme, required, (), reason
    )


def unsupported(scheme: str, reason: str) -> ControlResult:
    """Not decidable here; the reason says what could decide it."""
    return ControlResult(Control.UNSUPPORTED, Binding.NONE, Freshness.NONE, scheme, 0, (), reason)
