"""Who made the signatures of a row that several keys may have made, in one form or another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from scanner.ownership.primitives.not_proven import unsupported

S = TypeVar("S")
F = TypeVar("F")
K = TypeVar("K")

MOST_FRUITLESS: Final = 300
"""Checks of a row with a signature that fits nobody, after which the rest is not looked at."""
MOST_CHECKS: Final = 1_000
"""Checks of a row: forty keys and twenty signatures in any order, all in one form, take fewer."""
_TOO_MANY: Final = (
    "its signatures fit its keys in no order and no one form, which takes more checks than one row "
    "is worth: publish each in its key's place, all in one form"
)


def makers(
    signatures: Sequence[S],
    forms: Sequence[F],
    tries: Callable[[S, F], Iterable[tuple[K, bool]]],
) -> tuple[tuple[K, ...], int | None]:
    """Whoever made the signatures, each once, and the place of the first that nobody made.

    forms: what may have been signed, the likeliest first; one that was is tried first of the next.
    tries(signature, form) -> who may have made it, and whether he did; asked one by one, up to the
    first who did. The place counts from 0 and is None where somebody made each. The rest is not
    looked at once it changes no verdict: one fits and one does not, or none fits and that took many
    checks, which no wallet's row does. Raises NotProvenError beyond MOST_CHECKS.
    """
    made: dict[K, None] = {}
    order = list(forms)
    unfit: int | None = None
    checks = 0
    for place, signature in enumerate(signatures):
        every = ((form, *one) for form in tuple(order) for one in tries(signature, form))
        for form, who, fits in every:
            checks += 1
            if fits:
                made[who] = None
                order.remove(form)
                order.insert(0, form)
                break
        else:
            unfit = place if unfit is None else unfit
        if unfit is not None and (made or checks > MOST_FRUITLESS):
            break
        if checks > MOST_CHECKS:
            raise unsupported(_TOO_MANY)
    return tuple(made), unfit
