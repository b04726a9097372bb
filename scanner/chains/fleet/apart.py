"""Asks for rows apart: one that an endpoint gives no usable answer about costs no other its number.

A reader fails as a whole where one answer cannot be used, for it may as well be the endpoint that
is broken. Which of the two it is, is seen by what else the endpoint answers, before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from scanner.chains.fleet.interface import Answer, Reading, Refusal
from scanner.errors import SourceError, SourceRejectedError, SourceUnavailableError
from scanner.model.balance import BalanceQuery

ALONE: Final = 3
"""Tries of one question by itself."""

MOST: Final = 60
"""Questions that fail before the endpoint is believed to be broken."""

FIRST: Final = 12
"""The same, as long as it has answered nothing: enough for one odd row in a batch of hundreds."""

ReadSome = Callable[[Sequence[BalanceQuery]], Sequence[Answer]]
"""Reads some queries at one endpoint, one answer each, in order."""


def read_apart(
    read: ReadSome, queries: Sequence[BalanceQuery], witness: BalanceQuery | None
) -> list[Answer]:
    """Read in halves, and halves of those; a Refusal for what fails by itself.

    witness: what the endpoint answered before; it is asked again first and last, so that a row is
    told to be odd only by an endpoint that answers. Raises what the endpoint raises where that is
    not so, or where it asks for time.
    """
    if witness is not None:
        read([witness])
    found: dict[int, Answer] = {}
    odd: dict[int, SourceError] = {}
    left, failures = [range(len(queries))], 0
    while left:
        some = left.pop()
        try:
            answers = _tried(read, [queries[n] for n in some])
        except (SourceUnavailableError, SourceRejectedError) as e:
            failures += 1
            if _is_over(e, failures, known=witness is not None):
                raise
            if len(some) == 1:
                odd[some[0]] = e
            else:
                half = len(some) // 2
                left += [some[half:], some[:half]]
        else:
            found.update(zip(some, answers, strict=True))
            read_now = (n for n, said in zip(some, answers, strict=True) if _is_read(said))
            witness = next((queries[n] for n in read_now), witness)
    if odd:
        if witness is None:
            raise next(iter(odd.values()))
        read([witness])
    found |= {n: Refusal(e.what) for n, e in odd.items()}
    return [found[n] for n in range(len(queries))]


def _is_over(error: SourceError, failures: int, *, known: bool) -> bool:
    waits = isinstance(error, SourceUnavailableError) and error.retry_after is not None
    return waits or failures >= (MOST if known else FIRST)


def _is_read(said: Answer) -> bool:
    return isinstance(said, Reading)


def _tried(read: ReadSome, queries: Sequence[BalanceQuery]) -> Sequence[Answer]:
    """Once, or a few times what is alone and may be answered yet."""
    for _ in range(ALONE - 1 if len(queries) == 1 else 0):
        try:
            return read(queries)
        except SourceUnavailableError as e:
            if e.retry_after is not None:
                raise
    return read(queries)
