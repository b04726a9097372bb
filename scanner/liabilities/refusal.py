"""Why a proof does not hold, with the place, so that a reader can look."""

from __future__ import annotations


class RefusedError(Exception):
    """A proof, its key or a user's file contradicts itself, its key or the mathematics.

    place: a JSON path ("/proof/public_inputs"), a field of the key. reason: one sentence.
    """

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}")


class ShapeError(Exception):
    """A file is not of the form: it is not read, and so neither true nor false.

    place: JSON path. reason: one sentence.
    """

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}")
