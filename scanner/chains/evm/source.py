"""The balance source for EVM networks: native coins and ERC-20 tokens at a pinned block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from scanner.chains.evm import blocks
from scanner.chains.evm.columns import NATIVE, WORDS, Column, Reading, Told, cut
from scanner.chains.evm.node import Node
from scanner.chains.evm.pool import Pool
from scanner.chains.evm.reader import BATCH, read_columns
from scanner.chains.interface import Ability, Reach, ReadPolicy
from scanner.errors import ConfigError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding, Network
from scanner.model.registry import Registry

CHUNK: Final = 4_000
"""Balances of one chunk: one request where the endpoint takes sheets."""


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> EthereumRpcSource:
    """Make the source of one EVM network. Raises ConfigError if the policy cannot be kept."""
    nodes = [Node(e, e.chain or network.chain_id) for e in endpoints]
    return EthereumRpcSource(network, nodes, policy)


class EthereumRpcSource:
    """Reads balances over Ethereum JSON-RPC. A BalanceSource and a ContractCaller.

    Every answer is of the pinned block (by hash where the endpoint takes one, else by number
    with the hash read before and after). Tokens count only if the contract states the decimals
    of our tables at that block. Evidence: `reported`, or `agreed` with a quorum.
    """

    def __init__(self, network: Network, nodes: Sequence[Node], policy: ReadPolicy) -> None:
        self.name = f"{network.name}-rpc"
        self.network = network.name
        self._pool = Pool(nodes)
        if policy.quorum > self._pool.operators:
            raise ConfigError(
                f"{network.name}: a quorum of {policy.quorum} needs as many operators, "
                f"the endpoints have {self._pool.operators}"
            )
        evidence = Evidence.REPORTED if policy.quorum == 1 else Evidence.AGREED
        self.ability = Ability(Reach.ANY, evidence, CHUNK, parallel=2)

    def pin(self, height: int | None) -> BlockRef:
        """See BalanceSource.pin. None: the `finalized` block, else CONFIRMATIONS below the tip."""

        def task(node: Node) -> BlockRef:
            if height is None:
                found = blocks.final(node.rpc, node.chain_id)
            else:
                found = blocks.at_height(node.rpc, height)
            at = BlockRef(self.network, node.chain_id, found.number, found.hash, found.time)
            with node.pinned(at) as block:  # the state must be there too: pruned nodes have headers
                node.rpc.ask("eth_getBalance", "0x" + "00" * 20, block)
            return at

        return self._pool.run(task)[0]

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """See BalanceSource.fetch_balances. Any number of queries, duplicates allowed."""
        found: list[Balance | None] = [None] * len(queries)
        columns, places, holdings = self._sort(queries, found)
        done = [0] * len(columns)
        asked = sum(len(p) for p in places)
        for part in cut(columns, CHUNK):
            pieces = [column for _, column in part]
            readings, node = self._pool.run(partial(self._read, pieces, at))
            for (index, _), reading in zip(part, readings, strict=True):
                size = len(reading.amounts)
                at_places = places[index][done[index] : done[index] + size]
                self._fill(found, at_places, holdings[index], reading, (node.name,))
                done[index] += size
            if progress is not None:
                progress(sum(done) / asked)
        return _complete(found)

    def call(self, to: bytes, data: bytes, at: BlockRef) -> bytes:
        """See ContractCaller.call."""
        return self._pool.run(lambda node: node.call(to, data, at))[0]

    def close(self) -> None:
        """Close all connections."""
        for node in self._pool.nodes:
            node.close()

    @staticmethod
    def _read(columns: Sequence[Column], at: BlockRef, node: Node) -> list[Reading]:
        return read_columns(node, BATCH, columns, at)

    def _sort(
        self, queries: Sequence[BalanceQuery], found: list[Balance | None]
    ) -> tuple[list[Column], list[list[int]], list[Holding]]:
        """Sort queries into one column per holding, with the places its answers go to."""
        groups: dict[Holding, tuple[list[bytes], list[int]]] = {}
        by_identity: dict[int, tuple[list[bytes], list[int]]] = {}  # hashing a Holding is slow
        for place, query in enumerate(queries):
            payload = holder_bytes(query.address)
            if payload is None:
                found[place] = unavailable(
                    f"an address of format {query.address.format} has no 20-byte form to ask for"
                )
                continue
            group = by_identity.get(id(query.holding))
            if group is None:
                group = groups.setdefault(query.holding, ([], []))
                by_identity[id(query.holding)] = group
            group[0].append(payload)
            group[1].append(place)
        columns = [Column(token_bytes(h), holders) for h, (holders, _) in groups.items()]
        return columns, [places for _, places in groups.values()], list(groups)

    @staticmethod
    def _fill(
        found: list[Balance | None],
        places: Sequence[int],
        holding: Holding,
        reading: Reading,
        names: tuple[str, ...],
    ) -> None:
        trouble = token_trouble(holding, reading)
        if trouble:
            for place in places:
                found[place] = unavailable(trouble, *names)
            return
        for place, amount in zip(places, reading.amounts, strict=True):
            found[place] = Balance(amount, Evidence.REPORTED, names)
        for n, (told, why) in reading.failed.items():
            found[places[n]] = unavailable(WORDS[told] + (f": {why}" if why else ""), *names)


def holder_bytes(address: Address) -> bytes | None:
    """The 20 bytes an EVM knows an address by; None if it has none.

    Filecoin: f410 addresses are EVM accounts; an f0 id is 0xff, 11 zeros and the id (FIP-0055).
    """
    if address.format == "evm" and len(address.payload) == 20:
        return address.payload
    if address.format == "filecoin_id" and len(address.payload) == 8:
        return b"\xff" + bytes(11) + address.payload
    return None


def token_bytes(holding: Holding) -> bytes:
    """A holding's contract as 20 bytes, NATIVE for the network's coin. Raises ConfigError."""
    if holding.is_native:
        return NATIVE
    try:
        token = bytes.fromhex(holding.contract.removeprefix("0x"))
    except ValueError:
        token = b""
    if len(token) != 20 or token == NATIVE:
        raise ConfigError(
            f"{holding.asset} on {holding.network}: {holding.contract!r} is no contract address"
        )
    return token


def token_trouble(holding: Holding, reading: Reading) -> str:
    """Why nothing read from this token can be used; "" if it can."""
    if holding.is_native:
        return ""
    if not reading.code:
        return f"{holding.asset}: {WORDS[Told.NO_CODE]}"
    if reading.decimals is None:
        return f"{holding.asset}: the contract does not state its decimals at this block"
    if reading.decimals != holding.decimals:
        return (
            f"{holding.asset}: the contract has {reading.decimals} decimals, "
            f"the tables say {holding.decimals}"
        )
    return ""


def _complete(found: Sequence[Balance | None]) -> list[Balance]:
    done = [balance for balance in found if balance is not None]
    if len(done) != len(found):
        raise SourceUnavailableError("endpoints", "some items were not answered")
    return done
