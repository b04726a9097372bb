"""Reads ELF in the newest state of both chains, and adds it up: nodes know no older one.

An address is the same on the main chain and on the side chain tDVV. What is locked for votes lies
with other addresses and is not seen; what is on its way between the chains is on neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.chains.aelf.node import AelfNode, Status
from scanner.chains.fleet.beside import pairs_of
from scanner.chains.fleet.interface import Answer, ReaderAbility, Reading, Refusal, State
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import Reach, ReadPolicy
from scanner.errors import ConfigError, SourceUnavailableError
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.model.registry import Registry

SIDE = "aelf_side_http"
"""Protocol of the side chain's endpoints, which stand beside those of the main chain."""


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> FleetSource:
    """Make the source. endpoints: of both chains; a side chain's node goes with its operator's.

    Raises ConfigError where one chain's endpoints are missing: half of a holding is no holding; and
    where too few operators have both for a quorum.
    """
    sides = [e for e in endpoints if e.protocol == SIDE]
    mains = [e for e in endpoints if e.protocol != SIDE]
    if not sides or not mains:
        which = "side" if mains else "main"
        raise ConfigError(f"{network.name}: no endpoint is configured for its {which} chain")
    chains = ("its main chain", f"its side chain (protocol {SIDE})")
    pairs = pairs_of(network.name, chains, mains, sides, policy.quorum)
    readers = [AelfReader(main, side, network) for main, side in pairs]
    return FleetSource(network, readers, policy, registry)


class AelfReader:
    """One operator's nodes of the main chain and of tDVV. A Reader."""

    ability = ReaderAbility(Reach.TIP, batch=10, workers=4, chunk=200)

    def __init__(self, endpoint: Endpoint, side: Endpoint, network: Network) -> None:
        self.endpoint = endpoint
        self._network = network
        self._chain = endpoint.chain or network.chain_id
        self._main, self._side = AelfNode(endpoint, "AELF"), AelfNode(side, "tDVV")

    def check(self) -> None:
        """See Reader."""
        self._main.status()
        self._side.status()

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. height: of the main chain. None: its last irreversible block."""
        number = self._main.status().final[0] if height is None else height
        block_hash, time = self._main.block(number)
        return BlockRef(self._network.name, self._chain, number, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._main.block(height)[0]

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. Answers name no block: the heads before and after stand for them.

        Raises SourceUnavailableError.
        """
        before = self._main.status(), self._side.status()
        found = [self._amount(query, before) for query in queries]
        after = self._main.status(), self._side.status()
        if any(a.best[0] < b.best[0] for a, b in zip(after, before, strict=True)):
            what = "went back to an older block while it was read: several nodes answer there"
            raise SourceUnavailableError(self._main.name, what)
        state = State(*before[0].best)
        detail = {"tDVV_height": before[1].best[0]}
        if after[0].best != before[0].best:
            detail["to_height"] = after[0].best[0]
        answers: list[Answer] = []
        for said in found:
            if isinstance(said, int):
                parts, beside = {Part.LIQUID: said}, self._side.name
                answers.append(Reading(parts, state, detail=detail, beside=beside))
            else:
                answers.append(said)
        return answers

    def probe(self) -> dict[str, str]:
        """See Reader."""
        return {
            "main chain": f"block {self._main.status().best[0]}",
            "tDVV": f"block {self._side.status().best[0]}",
            "history": "no: the newest state only",
        }

    def close(self) -> None:
        """See Reader."""
        self._main.close()
        self._side.close()

    def _amount(self, query: BalanceQuery, at: tuple[Status, Status]) -> int | Refusal:
        symbol = query.holding.contract or self._network.native
        if query.address.format != "aelf":
            return Refusal(f"{query.address.format} is not an aelf account")
        owner = query.address.payload
        main = self._main.balance(symbol, owner, at[0].best)
        return main + self._side.balance(symbol, owner, at[1].best)
