"""Several nodes as one source: the next one when one fails, or a quorum of them.

Nodes scan a list as a whole, so that a chunk is one request: it is not cut into batches and spread
as `FleetSource` does, and what a node says of a scan's progress is passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from scanner.chains.bitcoin.coins import why_not_asked
from scanner.chains.fleet.interface import Answer, Reading, Refusal
from scanner.chains.fleet.pins import pin_agreed
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import operator_of, require_operators
from scanner.chains.fleet.settle import BLOCK_AT_TIME, agree, settle
from scanner.chains.interface import BalanceSource, ReadPolicy, TimeFinder
from scanner.errors import SourceRejectedError
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.jsontext import own_json
from scanner.model.network import Network
from scanner.model.parts import Part


class _Seat:
    """One node's source as the pool sees it. The source itself checks chain and block."""

    def __init__(self, endpoint: Endpoint, source: BalanceSource, chain_id: str) -> None:
        self.name, self.operator = endpoint.name, operator_of(endpoint)
        self.chain_id = endpoint.chain or chain_id
        self.own, self.source = endpoint.own, source

    def check(self) -> None:
        """Nothing: a source checks itself whenever it pins or reads."""

    def hash_at(self, height: int) -> str:
        """The hash of its block at a height. Raises SourceError."""
        return self.source.pin(height).hash


class SeveralNodes:
    """A BalanceSource over sources that each read from one node.

    With a quorum of 1 the first node that can answers everything, with its own evidence: it refuses
    no item that another one would answer, for what cannot be asked is nobody's to answer. With a
    quorum of n, n operators must give the same amount: `agreed`, or `proven` if one of them is the
    user's own node and proved it. Without a winner an item is `unavailable`, and `detail` holds
    what each said under "disagree".
    """

    def __init__(
        self,
        network: Network,
        nodes: Sequence[tuple[Endpoint, BalanceSource]],
        policy: ReadPolicy,
    ) -> None:
        require_operators(network.name, [e for e, _ in nodes], policy.quorum)
        seats = [_Seat(e, source, network.chain_id) for e, source in nodes]
        # One after the other: what a node began, a scan or a dump of minutes, it ends.
        self._pool: Pool[_Seat] = Pool(seats, prefer=seats.index)
        self._quorum = policy.quorum
        first = nodes[0][1]
        self.name, self.network = first.name, first.network
        best = first.ability.evidence
        if policy.quorum > 1 and best is not Evidence.PROVEN:
            best = Evidence.AGREED
        self.ability = replace(first.ability, evidence=best)

    def pin(self, height: int | None) -> BlockRef:
        """Pin at the first node that can; with a quorum, so many operators must have that block."""
        return pin_agreed(
            self._pool,
            lambda seat, wanted: seat.source.pin(wanted),
            height,
            self._quorum,
            self.name,
        )

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at. With a quorum, that many operators must say the same."""

        def task(seat: _Seat) -> int:
            if not isinstance(seat.source, TimeFinder):
                raise SourceRejectedError(seat.name, "cannot find blocks by time: give a height")
            return seat.source.height_at(time)

        return agree(self._pool, task, self._quorum, self.name, BLOCK_AT_TIME)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """Ask node after node; see the class and BalanceSource."""
        if self._quorum == 1:
            return self._pool.run(lambda s: s.source.fetch_balances(queries, at, progress))[0]

        why_not = [why_not_asked(query, self.network) for query in queries]
        wanted = [query for query, why in zip(queries, why_not, strict=True) if not why]

        def ask(seat: _Seat, numbers: Sequence[int]) -> list[Answer]:
            found = seat.source.fetch_balances([wanted[n] for n in numbers], at, progress)
            return [_answer(balance) for balance in found]

        ballots, problems = settle(self._pool, ask, len(wanted), self._quorum)
        settled = (b.balance(self._quorum, Evidence.AGREED, problems) for b in ballots)
        return [unavailable(why) if why else next(settled) for why in why_not]

    def close(self) -> None:
        """Close the connections of every node."""
        for seat in self._pool.nodes:
            seat.source.close()


def _answer(said: Balance) -> Answer:
    if said.amount is None:
        return Refusal(said.reason)
    detail = own_json(said.detail) if said.detail else {}
    proven = said.evidence is Evidence.PROVEN
    return Reading({Part.LIQUID: said.amount}, proven=proven, detail=detail, caution=said.reason)


def one_or_several(
    network: Network,
    endpoints: Sequence[Endpoint],
    policy: ReadPolicy,
    make: Callable[[Network, Endpoint], BalanceSource],
) -> BalanceSource:
    """One or several nodes' sources as one, the user's own nodes first.

    A single node has the pool's patience, too, and its questions are counted.
    """
    ordered = sorted(endpoints, key=lambda e: not e.own)
    return SeveralNodes(network, [(e, make(network, e)) for e in ordered], policy)
