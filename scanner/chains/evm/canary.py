"""Asks an EVM endpoint for coins that are known to be there, before its zeros are believed."""

from __future__ import annotations

import threading

from scanner.chains.evm.balances import holder_bytes
from scanner.chains.evm.columns import NATIVE, Column, Told
from scanner.chains.evm.node import Node
from scanner.chains.evm.quorum import read_here
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.network import Network
from scanner.model.registry import Registry


class EvmCanaries:
    """The canaries of one network, of its own coin, and which endpoints sang at which block.

    Tokens need none: a contract that is not there, or that states no decimals, is told apart from
    a 0 anyhow. A test chain has none. Safe to use from several threads.
    """

    def __init__(self, network: Network, registry: Registry) -> None:
        self._chain = network.chain_id
        self._known: list[tuple[Canary, bytes]] = []
        for canary in registry.canaries(network.name):
            holder = holder_bytes(decode_address(network, canary.address))
            if canary.asset == network.native and holder is not None:
                self._known.append((canary, holder))
        self._sung: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def check(self, node: Node, at: BlockRef) -> None:
        """Ask one endpoint, once a block.

        Raises SourceRejectedError if it says that a canary holds nothing, SourceUnavailableError
        if it cannot say, and what reading raises.
        """
        key = (node.name, at.hash)
        if node.chain_id != self._chain or key in self._sung:
            return
        known = [(c, holder) for c, holder in self._known if c.since <= at.height]
        if known:
            self._ask(node, known, at)
        with self._lock:
            self._sung.add(key)

    @staticmethod
    def _ask(node: Node, known: list[tuple[Canary, bytes]], at: BlockRef) -> None:
        (reading,) = read_here(node, [Column(NATIVE, [holder for _, holder in known])], at)
        for n, (canary, _) in enumerate(known):
            told, why = reading.failed.get(n, (Told.OK, ""))
            if told is not Told.OK:
                what = f"cannot say what {canary.address} holds, which is used to test it"
                raise SourceUnavailableError(node.name, f"{what} ({why or told})")
            if reading.amounts[n] == 0:
                raise SourceRejectedError(
                    node.name,
                    f"says {canary.address} holds no {canary.asset} at block {at.height}, where it "
                    "is known to hold some: its answers are not trusted",
                )
