"""Why a proof does not hold: with the place, so that a reader can look."""

from __future__ import annotations


class RefusedError(Exception):
    """A proof, its key or a user's file contradicts itself, its key or the mathematics.

    place: where: a JSON path ("/proof/public_inputs"), a byte of the key, a step of the check.
    reason: one sentence.
    """

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}")
