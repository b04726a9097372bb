"""The balance source for the beacon chain by its own slots: what validators hold, in gwei."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from scanner.chains.evm.balances import fill
from scanner.chains.evm.beacon_api import BeaconHeader, BeaconNode
from scanner.chains.evm.beacon_probe import probe
from scanner.chains.evm.columns import NATIVE, Column, Reading
from scanner.chains.evm.quorum import read_agreed
from scanner.chains.evm.validators import describe
from scanner.chains.evm.withdrawals import Search
from scanner.chains.fleet.pins import pin_agreed
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import require_operators
from scanner.chains.fleet.settle import BLOCK_AT_TIME, agree
from scanner.chains.interface import Ability, Reach, ReadPolicy, SearchProgress, Wanted
from scanner.errors import (
    HeightNotReachedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.model.validator import FoundValidators, Validator

CHUNK: Final = 1_000


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> BeaconSource:
    """Make the source of a beacon chain. Raises ConfigError if a quorum cannot be had."""
    nodes = [BeaconNode(e, e.chain or network.chain_id) for e in endpoints]
    return BeaconSource(network, nodes, policy)


class BeaconSource:
    """Reads validators' balances over the beacon API. A BalanceSource, TimeFinder,
    ValidatorFinder and Prober.

    Heights are slots; an empty slot means the last block before it. Balances are in gwei, as the
    chain counts them. `detail` holds status and withdrawal credentials: whoever these name gets the
    coins, and a validator's key does not say who that is.
    """

    def __init__(self, network: Network, nodes: Sequence[BeaconNode], policy: ReadPolicy) -> None:
        self.name = f"{network.name}-api"
        self.network = network.name
        self._decimals = network.decimals
        self._pool: Pool[BeaconNode] = Pool(nodes)
        self._quorum = policy.quorum
        require_operators(network.name, [n.endpoint for n in nodes], policy.quorum)
        self._evidence = Evidence.REPORTED if policy.quorum == 1 else Evidence.AGREED
        self.ability = Ability(Reach.ANY, self._evidence, CHUNK, parallel=2)

    def pin(self, height: int | None) -> BlockRef:
        """See BalanceSource.pin. height: a slot; None: the last finalized block.

        With a quorum, that many operators must give it the same root.
        """
        return pin_agreed(self._pool, self._pin_at, height, self._quorum, self.name)

    def _pin_at(self, node: BeaconNode, height: int | None) -> BlockRef:
        found = self._final(node) if height is None else node.at_slot(height)
        clock = node.clock()
        time = clock.genesis + found.slot * clock.seconds_per_slot
        return BlockRef(self.network, node.chain_id, found.slot, found.root, time)

    @staticmethod
    def _final(node: BeaconNode) -> BeaconHeader:
        found = node.header("finalized")
        if found is None:
            raise SourceUnavailableError(node.name, "knows no finalized block")
        return found

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at: slots have fixed times, only empty ones are stepped over."""

        def task(node: BeaconNode) -> int:
            clock, final = node.clock(), self._final(node)
            if time < clock.genesis:
                raise SourceRejectedError(node.name, "the beacon chain began after that time")
            slot = (time - clock.genesis) // clock.seconds_per_slot
            if slot > final.slot:
                raise HeightNotReachedError(node.name, slot, final.slot)
            return node.at_slot(slot).slot

        return agree(self._pool, task, self._quorum, self.name, BLOCK_AT_TIME)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """See BalanceSource.fetch_balances. A key that the state does not know holds 0."""
        told: dict[str, dict[bytes, Validator | None]] = {}

        def read(node: BeaconNode, columns: Sequence[Column], at: BlockRef) -> list[Reading]:
            (column,) = columns
            found = node.validators(["0x" + key.hex() for key in column.holders], at)
            validators = [found["0x" + key.hex()] for key in column.holders]
            told.setdefault(node.name, {}).update(zip(column.holders, validators, strict=True))
            return [Reading([v.balance if v else 0 for v in validators])]

        found: list[Balance | None] = [None] * len(queries)
        places = [n for n, query in enumerate(queries) if self._can_ask(query)]
        for n in set(range(len(queries))) - set(places):
            found[n] = unavailable("only a validator's public key can be asked for on this network")
        if places:
            column = Column(NATIVE, [queries[n].address.payload for n in places])
            (agreed,) = read_agreed(self._pool, [column], at, self._quorum, read)
            fill(found, places, queries[places[0]].holding, agreed, self._evidence)
        for n in places:
            balance = found[n]
            if balance is not None:
                found[n] = describe(balance, queries[n].address.payload, told)
        if progress is not None:
            progress(1.0)
        return [b for b in found if b is not None]

    def require_validators(self) -> None:
        """See ValidatorFinder.require_validators: there is no such source without them."""

    def find_validators(
        self, wanted: Wanted, at: BlockRef, progress: SearchProgress | None = None
    ) -> FoundValidators:
        """See ValidatorFinder.find_validators."""
        return Search(self._pool, lambda _: at, wanted, self._quorum).run(progress)

    def probe(self) -> dict[str, str]:
        """See Prober.probe; about the first endpoint."""
        return probe(self._pool.nodes[0], self.network)

    def _can_ask(self, query: BalanceQuery) -> bool:
        holding = query.holding
        return (
            query.address.format == "validator_key"
            and len(query.address.payload) == 48
            and holding.is_native
            and holding.decimals == self._decimals
        )

    def close(self) -> None:
        """Close all connections."""
        for node in self._pool.nodes:
            node.close()
