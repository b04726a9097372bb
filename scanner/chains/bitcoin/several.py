"""Several nodes as one source: the next one when one fails, or a quorum of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from scanner.chains.bitcoin.ballot import Ballot, Reading
from scanner.chains.interface import BalanceSource, ReadPolicy, TimeFinder, vouched
from scanner.errors import ConfigError, SourceError, SourceRejectedError, SourceUnavailableError
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network


class SeveralNodes:
    """A BalanceSource over sources that each read from one node.

    With a quorum of 1 the first node that can answers everything, with its own evidence. With a
    quorum of n, n operators must give the same amount: `agreed`, or `proven` if one of them is the
    user's own node and proved it. Disagreement without a majority is `unavailable`, and `detail`
    holds what each said under "disagree".
    """

    def __init__(
        self,
        network: Network,
        nodes: Sequence[tuple[Endpoint, BalanceSource]],
        policy: ReadPolicy,
    ) -> None:
        operators = {e.operator or e.name for e, _ in nodes}
        if policy.quorum > len(operators):
            raise ConfigError(
                f"{network.name}: a quorum of {policy.quorum} needs as many operators, "
                f"the endpoints have {len(operators)}"
            )
        self._nodes = nodes
        self._quorum = policy.quorum
        first = nodes[0][1]
        self.name, self.network = first.name, first.network
        best = first.ability.evidence
        if policy.quorum > 1 and best is not Evidence.PROVEN:
            best = Evidence.AGREED
        self.ability = replace(first.ability, evidence=best)

    def pin(self, height: int | None) -> BlockRef:
        """Pin at the first node that can; with a quorum, so many operators must have that block."""
        problems: list[SourceError] = []
        votes: dict[str, set[str]] = {}
        for endpoint, source in self._nodes:
            try:
                at = source.pin(height)
            except SourceError as e:
                problems.append(e)
                continue
            height = at.height
            votes.setdefault(at.hash, set()).add(endpoint.operator or endpoint.name)
            if len(votes[at.hash]) >= self._quorum:
                return vouched(at, own=at.evidence is Evidence.PROVEN, quorum=self._quorum)
        if len(votes) > 1:
            words = ", ".join(f"{h} ({'+'.join(sorted(who))})" for h, who in votes.items())
            raise SourceRejectedError(self.name, f"the nodes disagree on block {height}: {words}")
        raise problems[-1] if problems else SourceUnavailableError(self.name, "no node answers")

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at: of the first node that can tell."""
        problem: SourceError | None = None
        for _, source in self._nodes:
            if isinstance(source, TimeFinder):
                try:
                    return source.height_at(time)
                except SourceError as e:
                    problem = e
        raise problem or SourceRejectedError(self.name, "cannot tell times: state a height")

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """Ask node after node; see the class and BalanceSource."""
        problems: list[SourceError] = []
        answers: dict[str, tuple[Endpoint, list[Balance]]] = {}
        for endpoint, source in self._nodes:
            if answers and self._settled(answers):
                break
            try:
                answers[endpoint.name] = (endpoint, source.fetch_balances(queries, at, progress))
            except SourceError as e:
                problems.append(e)
        if not answers:
            raise next((p for p in problems if isinstance(p, SourceUnavailableError)), problems[-1])
        if self._quorum == 1:
            return next(iter(answers.values()))[1]
        return [self._judge(answers, n, problems) for n in range(len(queries))]

    def close(self) -> None:
        """Close the connections of every node."""
        for _, source in self._nodes:
            source.close()

    def _settled(self, answers: dict[str, tuple[Endpoint, list[Balance]]]) -> bool:
        if self._quorum == 1:
            return True
        size = len(next(iter(answers.values()))[1])
        return all(self._ballot(answers, n).settled(self._quorum) for n in range(size))

    def _ballot(self, answers: dict[str, tuple[Endpoint, list[Balance]]], number: int) -> Ballot:
        ballot = Ballot()
        for name, (endpoint, balances) in answers.items():
            said = balances[number]
            operator = endpoint.operator or name
            if said.amount is None:
                ballot.add(name, operator, said.reason)
            else:
                detail = json.loads(said.detail) if said.detail else {}
                ballot.add(name, operator, Reading(said.amount, detail, said.reason))
        return ballot

    def _judge(
        self,
        answers: dict[str, tuple[Endpoint, list[Balance]]],
        number: int,
        problems: Sequence[SourceError],
    ) -> Balance:
        ballot = self._ballot(answers, number)
        balance = ballot.balance(self._quorum, Evidence.AGREED, problems)
        proven = any(
            answers[name][1][number].evidence is Evidence.PROVEN for name in balance.sources
        )
        if proven and balance.amount is not None:
            return balance._replace(evidence=Evidence.PROVEN)
        return balance


def one_or_several(
    network: Network,
    endpoints: Sequence[Endpoint],
    policy: ReadPolicy,
    make: Callable[[Network, Endpoint], BalanceSource],
) -> BalanceSource:
    """One node's source as it is, or several as one, the user's own nodes first."""
    ordered = sorted(endpoints, key=lambda e: not e.own)
    if len(ordered) == 1 and policy.quorum == 1:
        return make(network, ordered[0])
    return SeveralNodes(network, [(e, make(network, e)) for e in ordered], policy)
