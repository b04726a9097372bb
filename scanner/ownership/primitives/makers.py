"""Who made the signatures of a row that several keys may have made, in one form or another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Final, TypeVar

from scanner.ownership.primitives.not_proven import unsupported

S = TypeVar("S")
F = TypeVar("F", bound=Sized)
K = TypeVar("K")

MOST_FRUITLESS: Final = 100
"""Checks of a row with a signature that fits nobody, after which the rest is not looked at."""
MOST_CHECKS: Final = 900
"""Checks of a row: forty keys and twenty signatures in any order, all in one form, take fewer."""
LONG_FORM: Final = 8_192
"""Bytes that take about as long to hash as the rest of a check: so many more are one check more."""
_TOO_MANY: Final = (
    "its signatures take more checks than one row is worth: publish each once, all in one form, "
    "over a shorter text"
)


def makers(
    signatures: Sequence[S],
    forms: Sequence[F],
    tries: Callable[[S, F], Iterable[tuple[K, bool]]],
    most: int = MOST_CHECKS,
) -> tuple[tuple[K, ...], int | None]:
    """Whoever made the signatures, each once, and the place of the first that nobody made.

    forms: what may have been signed, the likeliest first; one that was is tried first of the next.
    A check of a long one counts for several.
    tries(signature, form) -> who may have made it, and whether he did; asked one by one, up to the
    first who did. The place counts from 0 and is None where somebody made each. The rest is not
    looked at once it changes no verdict: one fits and one does not, or none fits and that took many
    checks, which no wallet's row does. Raises NotProvenError beyond so many checks as `most` says.
    """
    made: dict[K, None] = {}
    order = list(forms)
    unfit: int | None = None
    checks = 0
    for place, signature in enumerate(signatures):
        every = ((form, *one) for form in tuple(order) for one in tries(signature, form))
        for form, who, fits in every:
            checks += 1 + len(form) // LONG_FORM
            if checks > most:
                raise unsupported(_TOO_MANY)
            if fits:
                made[who] = None
                order.remove(form)
                order.insert(0, form)
                break
        else:
            unfit = place if unfit is None else unfit
        if unfit is not None and (made or checks > MOST_FRUITLESS):
            break
    return tuple(made), unfit
