"""Tries a Filecoin endpoint by an address that has an actor, before it may say "no actor"."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from scanner.chains.evm.node import Node
from scanner.errors import SourceRejectedError
from scanner.model.addresses.table import decode_address
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.network import Network
from scanner.model.registry import Registry

NAMED: Final = frozenset({"filecoin_secp256k1", "filecoin_actor", "filecoin_bls"})
"""Formats of addresses that are asked for by number."""

NOBODY: Final = -1
"""In place of a number: no actor has this address."""

AskNumbers = Callable[[Node, Sequence[str]], Mapping[str, int]]
"""Asks one node for the actor numbers of addresses; NOBODY where it knows no actor."""


class ActorCanaries:
    """Addresses that have had an actor from a height on, and which endpoints knew them when.

    Numbers are asked of the newest state, which is not older than the pinned block. An endpoint
    that finds nobody anywhere would make every row of an f1, f2 or f3 address 0.
    A test chain has none. Safe to use from several threads.
    """

    def __init__(self, network: Network, registry: Registry) -> None:
        self._chain = network.chain_id
        self._known = [
            canary
            for canary in registry.canaries(network.name)
            if decode_address(network, canary.address).format in NAMED
        ]
        self._sung: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def check(self, node: Node, at: BlockRef, ask: AskNumbers) -> None:
        """Ask one endpoint, once a block.

        Raises SourceRejectedError if it says that a canary has no actor, and what `ask` raises.
        """
        key = (node.name, at.hash)
        if node.chain_id != self._chain or key in self._sung:
            return
        known: dict[str, Canary] = {c.address: c for c in self._known if c.since <= at.height}
        if known:
            for address, number in ask(node, list(known)).items():
                if number == NOBODY:
                    raise SourceRejectedError(
                        node.name,
                        f"says {address} has no actor at block {at.height}, where it is known to "
                        "have one: its answers are not trusted",
                    )
        with self._lock:
            self._sung.add(key)
