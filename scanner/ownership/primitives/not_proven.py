"""How a check inside a scheme says that it did not succeed."""

from __future__ import annotations

from scanner.model.control import Control, ControlResult


class NotProvenError(Exception):
    """Carries a verdict other than `controls` out of a scheme's steps; never leaves the scheme.

    required: how many keys are needed, once that is known.
    """

    def __init__(self, control: Control, reason: str, required: int = 0) -> None:
        super().__init__(reason)
        self.control, self.reason, self.required = control, reason, required

    def result(self, scheme: str) -> ControlResult:
        """Make it the scheme's verdict."""
        return ControlResult(
            self.control, scheme=scheme, required=self.required, reason=self.reason
        )


def malformed(reason: str) -> NotProvenError:
    """Not decodable as what it should be."""
    return NotProvenError(Control.MALFORMED, reason)


def mismatch(reason: str) -> NotProvenError:
    """Well-formed, but not by the keys it should be, or not over this message."""
    return NotProvenError(Control.MISMATCH, reason)


def unsupported(reason: str) -> NotProvenError:
    """Not decidable here."""
    return NotProvenError(Control.UNSUPPORTED, reason)
