"""Asks operator after operator until every question has a winner, or nobody is left."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from scanner.chains.fleet.ballot import Ballot
from scanner.chains.fleet.canary import UntrustedError
from scanner.chains.fleet.interface import Answer
from scanner.chains.fleet.pool import M, Pool
from scanner.chains.fleet.quorum import winner
from scanner.errors import ReorgError, SourceError, SourceRejectedError, SourceUnavailableError

A = TypeVar("A", bound=Hashable)

T = TypeVar("T")

BLOCK_AT_TIME: Final = "the last block before a time"
"""What `agree` calls the question of sources that find blocks by time."""

AskSome = Callable[[M, Sequence[int]], Sequence[Answer]]
"""Asks one endpoint the questions of these numbers; one answer each, in order."""


class Asked:
    """Who was asked, so that everybody who counts is asked once.

    With a quorum that is every operator; where one answer is enough, every endpoint.
    """

    def __init__(self, quorum: int) -> None:
        self.names: list[str] = []
        self._operators: list[str] = []
        self._quorum = quorum

    def next(self, pool: Pool[M], task: Callable[[M], T], *, patient: bool = True) -> tuple[T, M]:
        """Carry a task out at somebody who was not asked yet. Raises as Pool.run.

        patient: wait for endpoints that fail; else each is tried once, as Pool.run_each does.
        """
        avoid = self._operators if self._quorum > 1 else ()
        run = pool.run if patient else pool.run_each
        result, node = run(task, avoid=tuple(avoid), skip=tuple(self.names))
        self.names.append(node.name)
        self._operators.append(node.operator)
        return result, node

    def all_of(self, pool: Pool[M]) -> bool:
        """Whether nobody is left."""
        if self._quorum > 1:
            return pool.operators <= len(set(self._operators))
        return len(pool.nodes) <= len(self.names)


def settle(
    pool: Pool[M], ask: AskSome[M], count: int, quorum: int, apart: AskSome[M] | None = None
) -> tuple[list[Ballot], list[SourceError]]:
    """Put questions 0 to `count` - 1 to as many operators as each of them needs.

    apart: asks as `ask` does, where that failed at everybody: question by question.
    Returns a ballot for each question, in order, and the failures of those who could not be asked.
    Raises what the pool raises when nobody answered at all, or when a quorum cannot be had for want
    of endpoints that may come back: then everything is asked again later.
    """
    ballots = [Ballot() for _ in range(count)]
    asked = Asked(quorum)
    problems: list[SourceError] = []
    open_ = list(range(count))
    while open_:
        try:
            answers, node = _next(asked, pool, ask, apart, open_)
        except SourceError as e:
            if not asked.names or (len(asked.names) < quorum and _may_come_back(e)):
                raise
            if not asked.all_of(pool):
                problems.append(e)
            break
        for number, answer in zip(open_, answers, strict=True):
            ballots[number].add(node.name, node.operator, answer)
        open_ = [n for n in open_ if not ballots[n].settled(quorum)]
    return ballots, problems


def _next(
    asked: Asked,
    pool: Pool[M],
    ask: AskSome[M],
    apart: AskSome[M] | None,
    numbers: Sequence[int],
) -> tuple[Sequence[Answer], M]:
    """The next one's answers; apart where nobody gives them together. Raises as Pool.run."""
    try:
        return asked.next(pool, _asking(ask, numbers))
    except UntrustedError:
        raise
    except (SourceUnavailableError, SourceRejectedError):
        if apart is not None:
            with suppress(SourceError):
                return asked.next(pool, _asking(apart, numbers), patient=False)
        raise


def _asking(ask: AskSome[M], numbers: Sequence[int]) -> Callable[[M], Sequence[Answer]]:
    return lambda node: ask(node, numbers)


def _may_come_back(error: SourceError) -> bool:
    return isinstance(error, SourceUnavailableError | ReorgError)


def canvass(
    pool: Pool[M], ask: Callable[[M], T], heard: Callable[[M, T], bool], quorum: int
) -> None:
    """Ask one operator after the other as long as something is open, or until nobody is left.

    heard: takes who was asked and what it said; whether something is still open. Raises what the
    pool raises before `quorum` operators have answered; later they differ, and that is theirs.
    """
    asked: list[str] = []
    while True:
        try:
            said, node = pool.run(ask, avoid=tuple(asked))
        except SourceError:
            if len(asked) < quorum:
                raise
            return
        asked.append(node.operator)
        if not heard(node, said):
            return


def agree(pool: Pool[M], ask: Callable[[M], A], quorum: int, name: str, what: str) -> A:
    """The answer to one question that wins among the operators.

    name: of the source; what: the question, both for messages. Raises SourceRejectedError when
    operators differ and nobody is left to ask, else what the pool raises.
    """
    said: dict[str, tuple[str, A]] = {}  # by endpoint's name
    while True:
        asked = tuple(operator for operator, _ in said.values())
        try:
            answer, node = pool.run(ask, avoid=asked)
        except SourceError:
            if len({a for _, a in said.values()}) < 2:
                raise
            names = ", ".join(sorted(said))
            raise SourceRejectedError(name, f"{what}: {names} disagree") from None
        said[node.name] = (node.operator, answer)
        won = winner(said.values(), quorum)
        if won is not None:
            return won[0]
