"""Reads DOT of an address on Asset Hub and on the relay chain, and adds it up.

Since the balances moved, most are on Asset Hub; what the move left behind is on the relay chain,
under the same account. Asset Hub's state names the relay block that it is built on, by number and
root: what is left is read in that state and in no other.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.chains.fleet.beside import pairs_of
from scanner.chains.fleet.interface import Answer, Reading, Refusal
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.substrate.keys import BUILT_ON, read_built_on
from scanner.chains.substrate.reader import MOVED, SubstrateReader
from scanner.errors import SourceUnavailableError
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.model.registry import Registry

RELAY = {"polkadot-asset-hub": "polkadot"}
"""Asset Hub -> the chain that its balances came from."""


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> FleetSource:
    """Make the source of a chain. endpoints: of Asset Hub, and of its relay chain beside them.

    A relay chain's node goes with its operator's. Raises ConfigError as FleetSource does, and where
    too few operators have both for a quorum.
    """
    own = [e for e in endpoints if e.network == network.name]
    relays = [e for e in endpoints if e.network != network.name]
    readers: list[SubstrateReader]
    if network.name not in RELAY:
        readers = [SubstrateReader(endpoint, network) for endpoint in own]
    elif relays:
        chain = registry.network(RELAY[network.name])
        pairs = pairs_of(network.name, (network.name, chain.name), own, relays, policy.quorum)
        readers = [HubReader(e, network, SubstrateReader(relay, chain)) for e, relay in pairs]
    else:
        readers = [HubReader(endpoint, network, None) for endpoint in own]
        # Of no account, the canary's neither, can be said what it has: but tokens can be read.
        registry = Registry(registry.networks.values(), (), registry.holdings())
    return FleetSource(network, readers, policy, registry)


class HubReader(SubstrateReader):
    """One node of Asset Hub, and one of the relay chain. A Reader."""

    def __init__(self, endpoint: Endpoint, network: Network, relay: SubstrateReader | None) -> None:
        super().__init__(endpoint, network)
        self._relay = relay

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. Before the move, and for assets, it is Asset Hub alone."""
        answers = super().read(queries, at)
        moved = MOVED[self._network]
        coins = [
            n
            for n, (query, said) in enumerate(zip(queries, answers, strict=True))
            if query.holding.is_native and isinstance(said, Reading)
        ]
        if not coins or at.height <= moved.last:
            return answers
        if self._relay is None:
            half = Refusal(
                "what was left on the relay chain cannot be read: name an endpoint of polkadot"
            )
            return [half if n in coins else said for n, said in enumerate(answers)]
        accounts = [queries[n].address.payload for n in coins]
        left = self._relay.left_behind(accounts, *self._built_on(at))
        for n, (rest, block) in zip(coins, left, strict=True):
            answers[n] = _sum(answers[n], rest, block, self._relay.endpoint.name)
        return answers

    def close(self) -> None:
        """See Reader."""
        super().close()
        if self._relay is not None:
            self._relay.close()

    def _built_on(self, at: BlockRef) -> tuple[int, str]:
        value = self._storage([BUILT_ON], at)[BUILT_ON]
        try:
            return read_built_on(value or b"")
        except ValueError:
            what = "does not say which block of the relay chain its block is built on"
            raise SourceUnavailableError(self._name, what) from None


def _sum(here: Answer, left: Answer, block: BlockRef, relay: str) -> Answer:
    """One holding on two chains. The state is Asset Hub's; the other one is told.

    relay: the name of the endpoint that says what is left.
    """
    if isinstance(here, Refusal) or isinstance(left, Refusal):
        return here if isinstance(here, Refusal) else left
    parts: dict[Part, int] = dict(here.parts)
    for part, amount in left.parts.items():
        parts[part] = parts.get(part, 0) + amount
    detail = {**here.detail, "relay_height": block.height}
    if left.amount:
        detail["relay"] = str(left.amount)
    absent = here.absent and left.absent
    return Reading(parts, here.state, absent=absent, detail=detail, beside=relay)
