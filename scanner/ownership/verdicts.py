"""Short ways to write the usual verdicts."""

from __future__ import annotations

from scanner.model.control import CONTROLS, Binding, Control, ControlResult, Freshness

_new = tuple.__new__
_REST = ControlResult(CONTROLS)[7:]
"""What a verdict has behind its reason where nothing is said of it."""

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


def controlled(
    binding: Binding,
    freshness: Freshness,
    scheme: str,
    required: int,
    signed_by: tuple[str, ...],
    reason: str,
) -> ControlResult:
    """Enough keys signed a text that is graded already: `ControlResult(..)`, but quicker.

    Most rows of a list have such a verdict, and lists have hundreds of thousands of rows.
    """
    given = (CONTROLS, binding, freshness, scheme, required, signed_by, reason)
    return _new(ControlResult, given + _REST)


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
