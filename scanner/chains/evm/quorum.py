"""Reads columns until enough operators gave the same answer; keeps who said what if they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scanner.chains.evm.columns import Column, Reading, Told
from scanner.chains.evm.ladder import choose
from scanner.chains.evm.node import Node
from scanner.chains.evm.reader import read_columns
from scanner.chains.fleet.pool import M, Pool
from scanner.chains.fleet.quorum import winner
from scanner.chains.fleet.settle import Asked
from scanner.errors import SourceError
from scanner.model.block import BlockRef

Answer = tuple[Told, int, bool, int | None]
"""One item's answer as it is compared: what came back, amount, whether code, token's decimals."""

Read = Callable[[M, Sequence[Column], BlockRef], list[Reading]]
"""Reads columns at one endpoint."""


@dataclass(slots=True)
class Agreed:
    """What the endpoints said about one column.

    reading: the agreed answers; an item on which no answer won stands in `failed` as NOTHING.
    names: who said so, sorted; for positions in `votes` see there.
    votes: position -> who said what, for the items that were not plainly agreed on.
    """

    reading: Reading
    names: tuple[str, ...]
    votes: dict[int, dict[str, Answer]] = field(default_factory=dict)


def read_here(node: Node, columns: Sequence[Column], at: BlockRef) -> list[Reading]:
    """Read columns at one node by the fastest way that works there."""
    return read_columns(node, choose(node, columns, at), columns, at)


def read_agreed(
    pool: Pool[M], columns: Sequence[Column], at: BlockRef, quorum: int, read: Read[M]
) -> list[Agreed]:
    """Read columns at `quorum` endpoints of different operators and compare item by item.

    Items on which they differ, or that somebody could not read, are asked of further operators,
    one after the other, until an answer has `quorum` votes or nobody is left.
    Raises what Pool.run raises when fewer than `quorum` operators can be asked.
    """
    rounds: list[tuple[list[Reading], M]] = []
    asked = Asked(quorum)
    for _ in range(quorum):
        rounds.append(asked.next(pool, lambda n: read(n, columns, at)))
    names = tuple(sorted(node.name for _, node in rounds))
    found = [Agreed(reading, names) for reading in rounds[0][0]]
    for index, agreed in enumerate(found):
        agreed.votes = _doubts([(r[index], node.name) for r, node in rounds])
    while any(_open(agreed, quorum) for agreed in found):
        if not _ask_another(pool, columns, at, quorum, found, asked, read):
            break
    for agreed in found:
        _settle(agreed, quorum)
    return found


def _doubts(said: Sequence[tuple[Reading, str]]) -> dict[int, dict[str, Answer]]:
    """The votes on every position that is not plainly agreed on."""
    first = said[0][0]
    doubtful: set[int] = set()
    for reading, _ in said:
        doubtful |= {n for n, (told, _) in reading.failed.items() if told is Told.NOTHING}
        if not reading.same_as(first):
            doubtful |= _differences(first, reading)
    return {
        position: {name: answer_at(reading, position) for reading, name in said}
        for position in doubtful
    }


def _differences(a: Reading, b: Reading) -> set[int]:
    everything = range(len(a.amounts))
    if (a.decimals, a.code) != (b.decimals, b.code):
        return set(everything)
    return {n for n in everything if answer_at(a, n) != answer_at(b, n)}


def answer_at(reading: Reading, position: int) -> Answer:
    """One item's answer in the form in which it is compared."""
    told = reading.failed.get(position, (Told.OK, ""))[0]
    amount = reading.amounts[position] if told is Told.OK else 0
    return told, amount, reading.code, reading.decimals


def _winner(votes: dict[str, Answer], quorum: int) -> Answer | None:
    """The answer that wins; silence is no vote. Each operator was asked at one endpoint only."""
    said = ((name, answer) for name, answer in votes.items() if answer[0] is not Told.NOTHING)
    won = winner(said, quorum)
    return None if won is None else won[0]


def _open(agreed: Agreed, quorum: int) -> bool:
    return any(_winner(votes, quorum) is None for votes in agreed.votes.values())


def _ask_another(
    pool: Pool[M],
    columns: Sequence[Column],
    at: BlockRef,
    quorum: int,
    found: Sequence[Agreed],
    asked: Asked,
    read: Read[M],
) -> bool:
    """Ask one more operator for the undecided items. False: nobody is left who answers."""
    wanted: list[tuple[Agreed, list[int], Column]] = []
    for agreed, column in zip(found, columns, strict=True):
        places = [p for p, votes in agreed.votes.items() if _winner(votes, quorum) is None]
        if places:
            wanted.append(
                (agreed, places, Column(column.token, [column.holders[p] for p in places]))
            )
    try:
        readings, node = asked.next(
            pool, lambda n: read(n, [column for _, _, column in wanted], at)
        )
    except SourceError:
        return False
    for (agreed, places, _), reading in zip(wanted, readings, strict=True):
        for n, place in enumerate(places):
            agreed.votes[place][node.name] = answer_at(reading, n)
            why = reading.failed.get(n, (Told.OK, ""))[1]
            if why and place not in agreed.reading.failed:
                agreed.reading.failed[place] = (Told.NOTHING, why)
    return True


def _settle(agreed: Agreed, quorum: int) -> None:
    """Write the winning answers into the reading."""
    reading = agreed.reading
    for position, votes in agreed.votes.items():
        won = _winner(votes, quorum)
        why = reading.failed.pop(position, (Told.OK, ""))[1]
        if won is None:
            reading.amounts[position] = 0
            reading.failed[position] = (Told.NOTHING, why)
            continue
        told, reading.amounts[position], code, decimals = won
        if told is not Told.OK:
            reading.failed[position] = (told, why)
        # A column-wide difference puts every position to the vote, so the last one speaks for all.
        reading.code, reading.decimals = code, decimals
