"""The balance source for EVM networks: native coins and ERC-20 tokens at a pinned block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, cast

from scanner.chains.evm import blocks
from scanner.chains.evm.balances import fill, holder_bytes, token_bytes
from scanner.chains.evm.beacon_api import BeaconNode
from scanner.chains.evm.canary import EvmCanaries
from scanner.chains.evm.columns import NATIVE, Column, Reading, cut
from scanner.chains.evm.node import Node, node_of
from scanner.chains.evm.probe import probe
from scanner.chains.evm.prover import Prover, settle
from scanner.chains.evm.quorum import read_agreed, read_here
from scanner.chains.evm.validators import KEY, Validators, caution
from scanner.chains.fleet.pins import PinAt, pin_agreed
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import require_operators
from scanner.chains.fleet.settle import BLOCK_AT_TIME, agree
from scanner.chains.interface import Ability, Reach, ReadPolicy, SearchProgress, Wanted
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.account import AccountState
from scanner.model.addresses.keccak import keccak256
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding, Network
from scanner.model.registry import Registry
from scanner.model.validator import FoundValidators
from scanner.settings.paths import data_folder

CHUNK: Final = 4_000
"""Balances of one chunk: one request where the endpoint takes sheets."""


CONSISTENT: Final = "the proof is consistent with the block that this endpoint named"
"""What a proof comes to where nobody else named the block: the total's class is `reported`."""


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> EthereumRpcSource:
    """Make the source of one EVM network. Raises ConfigError if the policy cannot be kept.

    endpoints: of its JSON-RPC nodes, and of beacon nodes, which serve its validators.
    """
    beacons = [e for e in endpoints if e.protocol == "beacon"]
    nodes = [node_of(e, network) for e in endpoints if e not in beacons]
    validators = Validators(
        network.name, [BeaconNode(e, e.chain or network.chain_id) for e in beacons], policy.quorum
    )
    tokens = [token_bytes(h) for h in registry.holdings() if h.network == network.name]
    tokens = [token for token in tokens if token != NATIVE]
    canaries = EvmCanaries(network, registry)
    return EthereumRpcSource(network, nodes, policy, tokens, validators, canaries)


class EthereumRpcSource:
    """Reads balances over Ethereum JSON-RPC; also a ContractCaller, TimeFinder,
    ValidatorFinder and Prober.

    tokens: contracts of the network that are well known, for probing. validators: where addresses
    that are validators' keys are asked for; None: nowhere. canaries: what every endpoint is asked
    for first; None: nothing.

    Every answer is of the pinned block (by hash where the endpoint takes one, else by number
    with the hash read before and after). Tokens count only if the contract states the decimals
    of our tables at that block. Evidence: `reported`, `agreed` with a quorum, `proven` where proofs
    were asked for and hold; an item that could not be proven says why in its reason.
    """

    def __init__(
        self,
        network: Network,
        nodes: Sequence[Node],
        policy: ReadPolicy,
        tokens: Sequence[bytes] = (),
        validators: Validators | None = None,
        canaries: EvmCanaries | None = None,
    ) -> None:
        self._canaries = canaries
        self._tokens = tuple(tokens)
        self._validators = validators or Validators(network.name, (), policy.quorum)
        self.name = nodes[0].endpoint.name
        self.network = network.name
        self.pool: Pool[Node] = Pool(nodes)
        self._quorum = policy.quorum
        require_operators(network.name, [n.endpoint for n in nodes], policy.quorum)
        self._evidence = Evidence.REPORTED if policy.quorum == 1 else Evidence.AGREED
        folder = policy.proof_folder or data_folder() / "proofs"
        self._prover = Prover(self.pool, folder, policy.quorum) if policy.proof else None
        best = Evidence.PROVEN if policy.proof else self._evidence
        self.ability = Ability(Reach.ANY, best, CHUNK, parallel=3, calls=self._evidence)

    def pin(self, height: int | None) -> BlockRef:
        """See BalanceSource.pin. None: the `finalized` block, else CONFIRMATIONS below the tip.

        With a quorum, that many operators must have the same block.
        """
        return self.pinned(self.pin_at, height)

    def pinned(self, pin_at: PinAt[Node], height: int | None) -> BlockRef:
        """As `pin`. pin_at: pins at one of the pool's nodes."""
        recent = blocks.final_apart(self.pool.nodes[0].chain_id)
        return pin_agreed(self.pool, pin_at, height, self._quorum, self.name, recent)

    def pin_at(self, node: Node, height: int | None) -> BlockRef:
        """As `pin`, at one of the pool's nodes. Raises SourceError."""
        if height is None:
            found = blocks.final(node.rpc, node.chain_id)
        else:
            found = blocks.at_height(node.rpc, height)
        at = BlockRef(self.network, node.chain_id, found.number, found.hash, found.time)
        with node.pinned(at) as block:  # the state must be there too: pruned nodes have headers
            node.rpc.ask("eth_getBalance", "0x" + "00" * 20, block)
        return at

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at. With a quorum, that many operators must say the same."""

        def task(node: Node) -> int:
            newest = blocks.final(node.rpc, node.chain_id)
            return blocks.at_time(node.rpc, time, newest).number

        return agree(self.pool, task, self._quorum, self.name, BLOCK_AT_TIME)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """See BalanceSource.fetch_balances. Any number of queries, duplicates allowed."""
        found: list[Balance | None] = [None] * len(queries)
        columns, places, holdings, others = _sort(queries)
        self._read_others(queries, others, found, at)
        done = [0] * len(columns)
        asked = sum(len(p) for p in places)
        for part in cut(columns, CHUNK):
            agreed = read_agreed(
                self.pool, [column for _, column in part], at, self._quorum, self._read
            )
            for (index, column), answers in zip(part, agreed, strict=True):
                start, done[index] = done[index], done[index] + len(column.holders)
                here = places[index][start : done[index]]
                fill(found, here, holdings[index], answers, self._evidence)
                if self._prover is not None:
                    self._prove(self._prover, found, here, column, at)
            if progress is not None:
                progress(sum(done) / asked)
        return _complete(found)

    def _read(self, node: Node, columns: Sequence[Column], at: BlockRef) -> list[Reading]:
        if self._canaries is not None:
            self._canaries.check(node, at)
        return read_here(node, columns, at)

    def _read_others(
        self,
        queries: Sequence[BalanceQuery],
        others: Sequence[int],
        found: list[Balance | None],
        at: BlockRef,
    ) -> None:
        """Write the balances of queries about addresses that are no accounts: validators' keys."""
        places = [n for n in others if queries[n].address.format == "validator_key"]
        for n in set(others) - set(places):
            words = f"an address of format {queries[n].address.format} has no 20-byte form"
            found[n] = unavailable(f"{words} to ask for")
        if not places:
            return
        asked = [queries[n] for n in places]
        try:
            read = self._validators.balances(asked, self._timed(at))
        except SourceRejectedError as e:  # accounts can be read all the same
            read = [unavailable(str(e))] * len(places)
        for n, balance in zip(places, read, strict=True):
            found[n] = balance
            if self._prover is not None and balance.amount is not None:
                found[n] = caution(balance, "not proven: validators are not proven here")

    def _timed(self, at: BlockRef) -> BlockRef:
        """The block with its time, which is asked for where a stored one has none.

        With a quorum, that many operators must say the same.
        """
        if at.time is not None:
            return at

        def task(node: Node) -> int:
            header = blocks.header(node.rpc, at.hash)
            if header is None:
                raise SourceUnavailableError(node.name, f"does not give block {at.height}")
            return header.time

        what = f"the time of block {at.height}"
        return replace(at, time=agree(self.pool, task, self._quorum, self.name, what))

    @staticmethod
    def _prove(
        prover: Prover,
        found: list[Balance | None],
        places: Sequence[int],
        column: Column,
        at: BlockRef,
    ) -> None:
        """Replace readings by proven balances where a proof holds."""
        (proof,) = prover.prove([column], at)
        for position, place in enumerate(places):
            read = found[place]
            if read is not None:
                settled = settle(read, position, proof, is_native=column.is_native)
                if settled.evidence is Evidence.PROVEN and at.evidence is Evidence.REPORTED:
                    settled = caution(settled, CONSISTENT)
                found[place] = settled

    def call(self, to: bytes, data: bytes, at: BlockRef) -> bytes:
        """See ContractCaller.call. With a quorum, that many operators must answer the same.

        Where they differ, further operators are asked until one answer has a quorum.
        """
        if to and len(to) % KEY == 0:
            keys = [to[n : n + KEY] for n in range(0, len(to), KEY)]
            return self._validators.credentials(keys, self._timed(at))
        return agree(
            self.pool, lambda n: n.call(to, data, at), self._quorum, self.name, "contract call"
        )

    def state(self, account: bytes, slots: Sequence[bytes], at: BlockRef) -> AccountState:
        """See StateReader.state. Without a proof, with a quorum as in `call`."""
        proven = self._prover.state(account, slots, at) if self._prover is not None else None
        if proven is not None:
            return proven
        code, values = agree(
            self.pool, lambda n: n.state(account, slots, at), self._quorum, self.name, "state"
        )
        return AccountState(keccak256(code), values, self._evidence)

    def require_validators(self) -> None:
        """See ValidatorFinder.require_validators: of the beacon endpoints."""
        self._validators.require()

    def find_validators(
        self, wanted: Wanted, at: BlockRef, progress: SearchProgress | None = None
    ) -> FoundValidators:
        """See ValidatorFinder.find_validators."""
        return self._validators.find(wanted, self._timed(at), progress)

    def probe(self) -> dict[str, str]:
        """See Prober.probe; about the first endpoint."""
        return probe(self.pool.nodes[0], self.network, self._tokens)

    def close(self) -> None:
        """Close all connections."""
        for node in self.pool.nodes:
            node.close()
        self._validators.close()


def _sort(
    queries: Sequence[BalanceQuery],
) -> tuple[list[Column], list[list[int]], list[Holding], list[int]]:
    """Sort queries into one column per holding, with the places its answers go to.

    Last come the places of those whose address has no 20 bytes to ask for.
    """
    groups: dict[Holding, tuple[list[bytes], list[int]]] = {}
    by_identity: dict[int, tuple[list[bytes], list[int]]] = {}  # hashing a Holding is slow
    others: list[int] = []
    last = payload = None
    for place, (address, holding) in enumerate(queries):
        if address is not last:  # a list's assets of one address follow each other
            last, payload = address, holder_bytes(address)
        if payload is None:
            others.append(place)
            continue
        group = by_identity.get(id(holding))
        if group is None:
            group = by_identity[id(holding)] = groups.setdefault(holding, ([], []))
        group[0].append(payload)
        group[1].append(place)
    columns = [Column(token_bytes(h), holders) for h, (holders, _) in groups.items()]
    return columns, [places for _, places in groups.values()], list(groups), others


def _complete(found: Sequence[Balance | None]) -> list[Balance]:
    if None in found:
        raise SourceUnavailableError("endpoints", "some items were not answered")
    return cast("list[Balance]", found)
