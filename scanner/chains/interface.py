"""What a balance source must declare and do.

A new source is one file (or folder) with a class that keeps this protocol and one row in
`scanner.chains.table.SOURCES`; networks name the protocols that serve them in config/networks.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from scanner.errors import SourceRejectedError
from scanner.model.account import AccountState
from scanner.model.addresses.interface import Address
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyPolicy
from scanner.model.validator import FoundValidators, Validator

Wanted = Callable[[Validator], bool]
"""Says which validators a search is for."""

SearchProgress = Callable[[float, int], None]
"""Called with the share done, 0 to 1, and the number of validators looked at."""


class Reach(StrEnum):
    """Which heights a source can answer at."""

    ANY = "any"
    WINDOW = "window"  # recent heights only
    TIP = "tip"


@dataclass(frozen=True, slots=True)
class Ability:
    """What a source declares about itself.

    evidence: what its balances are worth at best. calls: what its answers to contract calls are
    worth. chunk_size: how many queries make one chunk.
    parallel: how many chunks may be in flight at once.
    """

    reach: Reach
    evidence: Evidence
    chunk_size: int
    parallel: int = 1
    calls: Evidence = Evidence.REPORTED


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """How much trust in providers the user allows; given to a source when it is made.

    quorum: how many endpoints of different operators must give the same answer (1: one is enough).
    proof: ask for state proofs and check them against the block's header.
    proof_folder: where checked proofs are kept for later checks; None: "proofs" in the user's
        data folder. Raises ValueError.
    """

    quorum: int = 1
    proof: bool = False
    proof_folder: Path | None = None

    def __post_init__(self) -> None:
        if self.quorum < 1:
            raise ValueError("a quorum is at least 1")


def vouched(at: BlockRef, *, own: bool, quorum: int = 1) -> BlockRef:
    """A pinned block with who names it: the user's own node or a quorum is `proven` of the hash.

    Whatever is proven under a block's hash is proven only if the hash comes from elsewhere than
    the endpoint that gave the proof: else it is consistent with the block this endpoint named.
    """
    known = Evidence.PROVEN if own or quorum > 1 else Evidence.REPORTED
    return replace(at, evidence=known)


class BalanceSource(Protocol):
    """Reads balances of one network. Safe to use from several threads."""

    name: str
    network: str
    ability: Ability

    def pin(self, height: int | None) -> BlockRef:
        """Turn a stated height into a block. None: the newest block that is final enough.

        Checks that the source is on the right chain and synced. Raises HeightNotReachedError,
        HeightPrunedError, SourceUnavailableError, SourceRejectedError.
        """
        ...

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """Read balances at one block, one per query, in order.

        An item that cannot be read is `unavailable` with its reason, never 0. progress: called
        with the share done, 0 to 1, on long requests.
        Raises ReorgError, HeightPrunedError, SourceUnavailableError, SourceRejectedError when
        nothing can be said about any item.
        """
        ...

    def close(self) -> None:
        """Give up connections; the source is not used afterwards."""
        ...


@runtime_checkable
class AgainReader(Protocol):
    """A source that can look once more at what it read before, for less than it took to read it."""

    def read_again(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """As `fetch_balances`, of newest states in one pass, none of them below `at`'s height.

        Balances of two rows may be of two moments, so that they say nothing together. Each is worth
        something beside an earlier reading of its own row: what is the same in both was there
        between them, at every moment, and so were all that are.
        """
        ...


@runtime_checkable
class ContractCaller(Protocol):
    """A source that can also run a read-only contract call at a pinned block."""

    def call(self, to: bytes, data: bytes, at: BlockRef) -> bytes:
        """eth_call at the block. b"" for no code or a revert; raises SourceError otherwise.

        to: 20 bytes, or b"" to run `data` as creation code and get what it returns.
        Validators can be asked, too: `to` is one or more of their 48-byte keys, one behind the
        other, `data` is b"", and the answer their withdrawal credentials in the state of that
        block: 32 bytes each, zeros for a key without a validator, ff where endpoints do not agree.
        On Starknet `to` has 32 bytes, and data and answer are field elements of 32 bytes each: the
        entry point's selector and its arguments, and what it returns.
        Raises SourceRejectedError where no beacon endpoint can tell.
        """
        ...


@runtime_checkable
class StateReader(Protocol):
    """A source that can read an account's code and storage at a pinned block."""

    def state(self, account: bytes, slots: Sequence[bytes], at: BlockRef) -> AccountState:
        """Read the code's hash and some storage slots, with a state proof where one can be had.

        account: 20 bytes (Starknet: 32). slots: 32 bytes each. Raises SourceError when nobody
        answers.
        """
        ...


@runtime_checkable
class KeyPolicySource(Protocol):
    """A source that can say which keys may spend from an account.

    tells_keys: whether it can for any account of its network at all.
    """

    tells_keys: bool

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """Which keys, with which weights and threshold, in the state of the pinned block.

        With reach TIP the newest state, never an older one than the pinned; its height is told.
        An account that the chain does not know yet has its own key, where that is its rule.
        Raises SourceRejectedError where this cannot be said of the account, SourceUnavailableError,
        ReorgError, HeightPrunedError: never a guess, and never the account's own key for want of
        an answer.
        """
        ...


@runtime_checkable
class KeyBatchSource(KeyPolicySource, Protocol):
    """A KeyPolicySource that can be asked for several accounts in one question.

    keys_at_once: accounts in one question, at most; 1 where there is nothing to be saved.
    """

    keys_at_once: int

    def key_policies(
        self, addresses: Sequence[Address], at: BlockRef
    ) -> list[KeyPolicy | SourceRejectedError]:
        """As `key_policy`, one answer an account, in order; what is rejected stands in its place.

        Raises SourceUnavailableError, ReorgError, HeightPrunedError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Counted:
    """A block that a stated number may stand for.

    what: the number counts then ("slot", "ledger version"). exact: whether the block's end is just
    what was counted; False where the number only lies within it.
    """

    what: str
    block: BlockRef
    exact: bool = True


@runtime_checkable
class HeightCounter(Protocol):
    """A source whose network counts in several ways, so that a stated height may be a mistake."""

    def other_counts(self, height: int) -> list[Counted]:
        """What a number stands for if it is not a height of the network's own counting.

        Readings that give no block are left out. Raises SourceUnavailableError.
        """
        ...


@runtime_checkable
class TimeFinder(Protocol):
    """A source that can say which block was the newest at a time."""

    def height_at(self, time: int) -> int:
        """The last block whose own time is at or before `time` (seconds since 1970 UTC).

        Only final blocks are looked at. Raises HeightNotReachedError when the time is not over
        for them yet, SourceRejectedError when the chain began after it, SourceUnavailableError.
        """
        ...


@runtime_checkable
class ValidatorFinder(Protocol):
    """A source that can go through all validators of the state at a block."""

    def require_validators(self) -> None:
        """Raise ConfigError if the endpoints that know validators are too few for the quorum.

        Accounts can be read all the same: ask where validators are wanted, before all else.
        """
        ...

    def find_validators(
        self, wanted: Wanted, at: BlockRef, progress: SearchProgress | None = None
    ) -> FoundValidators:
        """Every validator that is wanted, in the state that a block of this source belongs to.

        Hundreds of requests and minutes on a real chain; memory is that of one request and of what
        is found. With a quorum that many operators must say the same of each of them.
        Raises SourceRejectedError where no beacon endpoint can tell, HeightPrunedError, ReorgError,
        SourceUnavailableError: never an answer that something may be missing from.
        """
        ...


@runtime_checkable
class Prober(Protocol):
    """A source that can say what its (first) endpoint is able to do."""

    def probe(self) -> dict[str, str]:
        """Feature -> what was found, in a few words, in a fixed order; for people.

        Asks some dozens of questions. Raises SourceError when there is no telling.
        """
        ...
