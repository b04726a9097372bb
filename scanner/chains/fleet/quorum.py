"""The one rule by which answers win: enough operators, and more than for any other answer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final, TypeVar

from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint

A = TypeVar("A", bound=Hashable)

UNNAMED: Final = "unnamed"
"""The operator of all endpoints of which nobody said who runs them: they count as one."""


def operator_of(endpoint: Endpoint) -> str:
    """Who runs an endpoint, as it is compared: case and blanks make no other operator."""
    return " ".join(endpoint.operator.split()).casefold() or UNNAMED


def operators_of(endpoints: Iterable[Endpoint]) -> set[str]:
    """Who runs some endpoints, as they are compared."""
    return {operator_of(endpoint) for endpoint in endpoints}


def winner(votes: Iterable[tuple[str, A]], quorum: int) -> tuple[A] | None:
    """The answer that wins, in a tuple; None if none does.

    votes: operator and its answer, in any order; an operator counts once for an answer. An answer
    wins with `quorum` operators, and more than any other has: a tie is no answer, whatever the
    quorum. Silence is no vote: leave it out.
    """
    said = list(votes)
    if not said:
        return None
    first = said[0][1]
    if all(answer == first for _, answer in said):  # as nearly always: no need to count
        return (first,) if len({operator for operator, _ in said}) >= quorum else None
    ranked = sorted(((len(who), answer) for answer, who in tally(said).items()), key=_count)
    if ranked[-1][0] < quorum or ranked[-2][0] == ranked[-1][0]:
        return None
    return (ranked[-1][1],)


def _count(ranked: tuple[int, object]) -> int:
    return ranked[0]


def tally(votes: Iterable[tuple[str, A]]) -> dict[A, set[str]]:
    """Which operators gave each answer, in the order in which answers came first."""
    found: dict[A, set[str]] = {}
    for operator, answer in votes:
        found.setdefault(answer, set()).add(operator)
    return found


def require_operators(network: str, endpoints: Iterable[Endpoint], quorum: int) -> None:
    """Raise ConfigError if a quorum needs more operators than the endpoints have."""
    listed = list(endpoints)
    operators = operators_of(listed)
    if quorum <= len(operators):
        return
    words = (
        f"{network}: a quorum of {quorum} needs as many operators, "
        f"the endpoints have {len(operators)}"
    )
    if any(not e.operator for e in listed):
        words += "; endpoints without an operator count as one: name their operators"
    raise ConfigError(words)
