"""What a network family writes: a Reader, which is one endpoint of one network and knows its wire.

Everything else is the fleet's: retry and failover, rates, operators, quorum, forks, canaries,
reading twice where a network only knows its newest state. A whole family in one file, with its
server: `tests/support/plain_reader.py`.

A family is registered by its class in `scanner.chains.table.READERS` (a source that needs more than
a reader an endpoint has a maker in `SOURCES`), by a row in `scanner.chains.about`, and by the
protocol's name in the `sources` of its networks in config/networks.csv; a row in
config/canaries.csv names an address that is known to hold something, or the Reader finds one in the
pinned block (`HolderReader`). Its tests make a class of `support.reader_contract.ReaderContract`,
with a server that replays recorded answers; `support.every_reader` names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from scanner.chains.interface import Counted, Reach
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Network
from scanner.model.parts import Part, Parts, amount_of


@dataclass(frozen=True, slots=True)
class ReaderAbility:
    """What a family of readers declares.

    reach: which heights it answers at. ANY, WINDOW: the state of the pinned block and no other.
        TIP: the newest state, whatever was pinned; every Reading then says which one that was.
    batch: queries in one call of `read`, at most. workers: calls of `read` in flight at once.
    tokens: queries of tokens in one call, where that is another number; they are put together then.
    chunk: queries in one chunk of a snapshot: about a minute's work.
    evidence: the best that one endpoint's readings can be: REPORTED, or PROVEN where readings are
        checked against the pinned block's hash. With TIP it is LATEST_ONLY whatever stands here.
    """

    reach: Reach
    batch: int
    workers: int = 2
    chunk: int = 1_000
    evidence: Evidence = Evidence.REPORTED
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Which state an answer says it is from.

    height: in the network's own counting, as `BlockRef.height`. hash: "" where the answer has none.
    time: seconds since 1970 UTC, None where the answer has none.
    """

    height: int
    hash: str = ""
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one endpoint says about one query.

    parts: base units, none negative, none counted twice; `{}` is nothing.
    state: which state the *answer itself* names; None only where the protocol's answers name none,
        and never copied from the question. The fleet refuses an answer that names another one.
    absent: the network knows no such account. It counts as 0 only with a `state`: "not found" that
        names no state may as well be a server that is behind, or asked for the wrong thing.
    proven: checked by us against the hash of the pinned block.
    detail: extras for the stored record, as JSON. caution: one for the reader of the report.
    beside: the name of another endpoint whose word a part of the amount is, "" if there is none.
    Raises ValueError on negative parts, and on an absence that names no state.
    """

    parts: Parts
    state: State | None = None
    absent: bool = False
    proven: bool = False
    detail: Mapping[str, object] = field(default_factory=dict)
    caution: str = ""
    beside: str = ""

    def __post_init__(self) -> None:
        if self.parts and min(self.parts.values()) < 0:
            raise ValueError("a part of a holding cannot be negative")
        if self.absent and (self.state is None or any(self.parts.values())):
            raise ValueError("an absence names its state, and holds nothing")

    @property
    def amount(self) -> int:
        """The holding in base units: the sum of its parts but the rewards."""
        return amount_of(self.parts)


def liquid(amount: int, state: State | None = None) -> Reading:
    """A plain reading: coins at hand and nothing else."""
    return Reading({Part.LIQUID: amount}, state)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one endpoint cannot say something about one query. Another endpoint is asked for it."""

    why: str


Answer = Reading | Refusal
"""What comes back for one query: never None, never 0 for want of an answer."""


class Reader(Protocol):
    """One endpoint of one network. Safe to use from several threads.

    Every method raises SourceError and nothing else: SourceUnavailableError where asking again may
    help (with `retry_after` where the server said when), SourceRejectedError where it does not,
    HeightNotReachedError, HeightPrunedError. Readers do not retry, wait or remember health.
    """

    endpoint: Endpoint
    ability: ReaderAbility

    def check(self) -> None:
        """Make sure that the endpoint is on the right chain and synced; once per endpoint and run.

        The right chain is known by what cannot be otherwise: its id, the hash of an old block.
        """
        ...

    def pin(self, height: int | None) -> BlockRef:
        """The block of a height, with its hash and time; None: the newest that is final enough.

        With reach TIP a past height may be refused (HeightPrunedError): the newest is pinned then.
        """
        ...

    def hash_at(self, height: int) -> str:
        """The hash of its block at a height. The fleet asks before and after reading."""
        ...

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """What each query's address holds, one answer a query, in order.

        queries: at most `ability.batch`, or `ability.tokens`; all of this network, without
            duplicates. at: the pinned block, which the endpoint was found to have; with reach TIP
            only a least height.
        Each answer is bound to its question: the address, asset and block that come back are
        compared with what was asked, an item left out of a batch is a Refusal and not a 0.
        """
        ...

    def probe(self) -> dict[str, str]:
        """Feature -> what was found, in a few words, in a fixed order; for people."""
        ...

    def close(self) -> None:
        """Give up connections."""
        ...


class OneReader:
    """What a Reader knows of its one endpoint; most readers begin with it.

    _name: the endpoint's, for errors. _network: the network's. _chain: the id of the chain that it
    has to be on: as its row in the table of endpoints says, else the network's own.
    """

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        self.endpoint = endpoint
        self._name, self._network = endpoint.name, network.name
        self._chain = endpoint.chain or network.chain_id


@runtime_checkable
class TimedReader(Protocol):
    """A Reader that can also say which block was the newest at a time."""

    def height_at(self, time: int) -> int:
        """See scanner.chains.interface.TimeFinder.height_at."""
        ...


@runtime_checkable
class CountingReader(Protocol):
    """A Reader of a network that counts in several ways."""

    def other_counts(self, height: int) -> list[Counted]:
        """See scanner.chains.interface.HeightCounter.other_counts; of one endpoint."""
        ...


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody of whom the pinned block itself says that they hold the network's own coin.

    least: base units that they held after that block, 1 or more: not what they may have held, but
        what the network's rules left nobody the time or the right to take away.
    Raises ValueError for less than that.
    """

    address: Address
    least: int

    def __post_init__(self) -> None:
        if self.least < 1:
            raise ValueError("a holder holds something")


@runtime_checkable
class HolderReader(Protocol):
    """A Reader of a network whose blocks themselves name somebody who holds something."""

    def holders_at(self, at: BlockRef) -> Sequence[Holder]:
        """A few whom a pinned block names, the quickest one to ask for first.

        They are this network's canaries at the heights from which config/canaries.csv has none.
        None of them where this endpoint cannot be asked, or the block pays nobody with an address.
        """
        ...


@runtime_checkable
class KeyReader(Protocol):
    """A Reader that can also say which keys may spend from an account."""

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See scanner.chains.interface.KeyPolicySource.key_policy; of one endpoint.

        The answer is bound to the question as balances are, and `height` is the one that the
        answer itself names (with reach TIP: the head before it was asked).
        """
        ...


@runtime_checkable
class KeyBatchReader(KeyReader, Protocol):
    """A KeyReader that is quicker with several accounts: one answer holds all, or one look at the
    head stands for all. keys_at_once: accounts in one call, at most."""

    keys_at_once: int

    def key_policies(self, addresses: Sequence[Address], at: BlockRef) -> list[KeyPolicy | Refusal]:
        """As `key_policy`, one answer an account, in order; a Refusal where that is rejected."""
        ...
