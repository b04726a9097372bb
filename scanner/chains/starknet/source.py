"""A fleet of Starknet nodes whose accounts can be asked at the pinned block, as its coins are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scanner.chains.fleet.settle import agree
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.starknet.reader import StarknetReader
from scanner.errors import SourceRejectedError
from scanner.model.account import AccountState
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry


class StarknetSource(FleetSource):
    """A FleetSource, ContractCaller and StateReader."""

    def __init__(
        self,
        network: Network,
        readers: Sequence[StarknetReader],
        policy: ReadPolicy,
        registry: Registry,
    ) -> None:
        super().__init__(network, readers, policy, registry)
        self._readers = {reader.endpoint.name: reader for reader in readers}
        self.ability = replace(self.ability, calls=self._evidence)

    def call(self, to: bytes, data: bytes, at: BlockRef) -> bytes:
        """See ContractCaller.call. With a quorum, that many operators must answer the same."""
        return agree(
            self.pool,
            lambda seat: seat.having(at, lambda: self._readers[seat.name].call(to, data, at)),
            self._quorum,
            self.name,
            "contract call",
        )

    def state(self, account: bytes, slots: Sequence[bytes], at: BlockRef) -> AccountState:
        """See StateReader.state: the class, and no storage. With a quorum as in `call`."""
        if slots:
            raise SourceRejectedError(self.name, "reads no storage of contracts")
        code = agree(
            self.pool,
            lambda seat: seat.having(at, lambda: self._readers[seat.name].class_of(account, at)),
            self._quorum,
            self.name,
            "class of an account",
        )
        return AccountState(code, (), self._evidence)


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> StarknetSource:
    """Make the source from all endpoints, best first. Raises ConfigError as FleetSource does."""
    readers = [StarknetReader(endpoint, network) for endpoint in endpoints]
    return StarknetSource(network, readers, policy, registry)
