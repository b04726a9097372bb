"""Filecoin over its Ethereum API, with the addresses that API does not know: f1, f2 and f3.

Each of them belongs to an actor with a number, which never changes. By the number (0xff, eleven
zero bytes, the number) the Ethereum API tells every actor's balance, in the state *after* a block.
The chain's own API (StateGetActor) would tell the state one epoch earlier for the same block; rows
of f1 and f410 must not be read a block apart, so it is asked for numbers only.
Source: Lotus' API documentation; FIP-0055; answers of nodes as its issues print them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from scanner.chains.evm.filecoin_canary import NAMED, NOBODY, ActorCanaries
from scanner.chains.evm.filecoin_keys import ASKED, actor_keys
from scanner.chains.evm.node import Node
from scanner.chains.evm.source import EthereumRpcSource
from scanner.chains.evm.source import make_source as make_ethereum_source
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.keys import agreed
from scanner.chains.fleet.quorum import winner
from scanner.chains.fleet.settle import canvass
from scanner.chains.interface import ReadPolicy
from scanner.errors import (
    HeightPrunedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.interface import Address
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Network
from scanner.model.registry import Registry

_BATCH: Final = 50
_EMPTY_ROUNDS: Final = 20  # epochs without a block, one after the other; three are rare
_ID: Final = re.compile(r"f0(0|[1-9]\d{0,18})", re.ASCII)
_MOST: Final = 1 << 63
"""Actors' numbers are below: no address can be written for one that is not."""


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> FilecoinSource:
    """Make the source of Filecoin. Raises ConfigError if the policy cannot be kept."""
    ethereum = make_ethereum_source(network, endpoints, registry, policy)
    return FilecoinSource(ethereum, policy.quorum, ActorCanaries(network, registry))


class FilecoinSource:
    """A BalanceSource, ContractCaller and KeyPolicySource: an Ethereum source, asked by actor
    numbers as well.

    With a quorum, that many operators must give an address the same number. canaries: what every
    endpoint is asked for before its numbers are believed.
    """

    tells_keys = True

    def __init__(self, ethereum: EthereumRpcSource, quorum: int, canaries: ActorCanaries) -> None:
        self._ethereum = ethereum
        self._canaries = canaries
        self._quorum = quorum
        self._evidence = Evidence.AGREED if quorum > 1 else Evidence.REPORTED
        self._codec = FilecoinCodec(ethereum.network, "")
        self._numbers: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.name, self.network = ethereum.name, ethereum.network
        self.ability = ethereum.ability
        self.pool = ethereum.pool

    def pin(self, height: int | None) -> BlockRef:
        """See BalanceSource.pin. An epoch without a block has the state of the one before.

        With a quorum, that many operators must have the same block, and none between.
        """
        return self._ethereum.pinned(self._pin_at, height)

    def _pin_at(self, node: Node, height: int | None) -> BlockRef:
        if height is None:
            return self._ethereum.pin_at(node, None)
        for epoch in range(height, max(-1, height - _EMPTY_ROUNDS), -1):
            try:
                return self._ethereum.pin_at(node, epoch)
            except RpcError as e:
                if e.fault is not Fault.NULL_ROUND:
                    raise
        raise SourceRejectedError(node.name, f"knows no block of the epochs before {height}")

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at."""
        return self._ethereum.height_at(time)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """See BalanceSource.fetch_balances."""
        named = list(dict.fromkeys(q.address.text for q in queries if q.address.format in NAMED))
        numbers = self._numbers_of(named, at)
        asked: list[BalanceQuery] = []
        places: list[int] = []
        found: list[Balance] = []
        for n, query in enumerate(queries):
            number, names = numbers.get(query.address.text, (None, ()))
            found.append(self._without_number(query, number, names))
            if query.address.format not in NAMED:
                asked.append(query)
            elif number is not None and number != NOBODY:
                asked.append(query._replace(address=self._by_number(number)))
            else:
                continue
            places.append(n)
        read = self._ethereum.fetch_balances(asked, at, progress) if asked else []
        for place, balance in zip(places, read, strict=True):
            found[place] = balance
        return found

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyPolicySource.key_policy; of actors whose address names no key."""
        if address.format not in ASKED:
            raise SourceRejectedError(self.name, "is not asked for keys that an address names")

        def ask(node: Node) -> KeyPolicy:
            self._canaries.check(node, at, _ask)
            return actor_keys(node, address, at)

        try:
            return agreed(self.pool, ask, self._quorum)
        except HeightPrunedError as e:
            # Gateways look back a day for this API and further for the Ethereum one: balances of
            # such an epoch are there, and only these rows' keys are not.
            raise SourceRejectedError(e.endpoint, e.what) from None

    def call(self, to: bytes, data: bytes, at: BlockRef) -> bytes:
        """See ContractCaller.call."""
        return self._ethereum.call(to, data, at)

    def probe(self) -> dict[str, str]:
        """See Prober.probe."""
        return self._ethereum.probe()

    def close(self) -> None:
        """Close all connections."""
        self._ethereum.close()

    def _without_number(
        self, query: BalanceQuery, number: int | None, names: tuple[str, ...]
    ) -> Balance:
        """The balance of an address that is not asked for: of nobody, or of one not found out."""
        if number == NOBODY and query.holding.is_native:
            return Balance(0, self._evidence, names)
        return unavailable("the endpoints do not agree, or do not say, which actor it is", *names)

    def _by_number(self, number: int) -> Address:
        return self._codec.decode(f"f0{number}")

    def _asked(self, node: Node, addresses: Sequence[str], at: BlockRef) -> dict[str, int]:
        """Numbers are those of its newest state: an actor made since then is nobody to it."""
        self._canaries.check(node, at, _ask)
        found = _ask_each(node, addresses)
        if NOBODY in found.values():
            node.confirm(at)
        return found

    def _numbers_of(
        self, addresses: Sequence[str], at: BlockRef
    ) -> Mapping[str, tuple[int, tuple[str, ...]]]:
        """Actor numbers by address, with the endpoints that said so; none for what is disputed.

        Numbers are kept, for they do not change; that an address has none may.
        """
        found = {a: self._numbers[a] for a in addresses if a in self._numbers}
        votes: dict[str, list[tuple[str, int]]] = {a: [] for a in addresses if a not in found}
        names: dict[str, list[tuple[str, int]]] = {a: [] for a in votes}

        def missing() -> list[str]:
            return [a for a in votes if a not in found]

        def heard(node: Node, said: Mapping[str, int]) -> bool:
            for address, number in said.items():
                votes[address].append((node.operator, number))
                names[address].append((node.name, number))
                won = winner(votes[address], self._quorum)
                if won is not None:
                    by = tuple(sorted(name for name, told in names[address] if told == won[0]))
                    found[address] = (won[0], by)
            return bool(missing())

        if votes:
            canvass(self.pool, lambda n: self._asked(n, missing(), at), heard, self._quorum)
        self._numbers |= {a: said for a, said in found.items() if said[0] != NOBODY}
        return found


def _ask(node: Node, addresses: Sequence[str]) -> dict[str, int]:
    """What one node says: actor numbers, NOBODY where there is no actor. Raises SourceError."""
    return {a: _number(node.name, answer) for a, answer in _answers(node, addresses)}


def _ask_each(node: Node, addresses: Sequence[str]) -> dict[str, int]:
    """As `_ask`, without those of which the node gives an error or a number that cannot be.

    Raises what it says of the first one where it is that of all.
    """
    found: dict[str, int] = {}
    odd: list[SourceError] = []
    for address, answer in _answers(node, addresses):
        try:
            found[address] = _number(node.name, answer)
        except (SourceRejectedError, SourceUnavailableError) as e:
            odd.append(e)
    if odd and not found:
        raise odd[0]
    return found


def _answers(node: Node, addresses: Sequence[str]) -> Iterator[tuple[str, object]]:
    for start in range(0, len(addresses), _BATCH):
        some = addresses[start : start + _BATCH]
        answers = node.rpc.batch([("Filecoin.StateLookupID", [a, None]) for a in some])
        yield from zip(some, answers, strict=True)


def _number(endpoint: str, answer: object) -> int:
    if isinstance(answer, RpcError):
        if answer.fault is Fault.NO_ACTOR:
            return NOBODY
        raise answer
    match = _ID.fullmatch(answer) if isinstance(answer, str) else None
    if match is None or int(match[1]) >= _MOST:
        raise SourceUnavailableError(endpoint, "answered with an invalid actor number")
    return int(match[1])
