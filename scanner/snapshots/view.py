"""The chain at a pinned block, as the ownership room asks it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scanner.chains.interface import (
    BalanceSource,
    ContractCaller,
    KeyBatchSource,
    KeyPolicySource,
    StateReader,
)
from scanner.errors import SourceRejectedError
from scanner.model.account import AccountState
from scanner.model.addresses.interface import Address
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyPolicy
from scanner.ownership.interface import ContractCall, KeyQuestion


def chain_view(source: BalanceSource | None, block: BlockRef | None) -> ContractCall | None:
    """How contracts can be asked at the block; None where nothing can be."""
    if block is None or not isinstance(source, ContractCaller):
        return None
    return View(source, block)


@dataclass(frozen=True, slots=True)
class View:
    """The chain at a pinned block, as the ownership room asks it: a ChainView."""

    source: BalanceSource
    block: BlockRef

    @property
    def calls(self) -> Evidence:
        """See ChainView.calls."""
        return self.source.ability.calls

    def __call__(self, to: bytes, data: bytes, /) -> bytes:
        """See ContractCall."""
        if not isinstance(self.source, ContractCaller):
            raise SourceRejectedError(self.source.name, "runs no contract calls")
        return self.source.call(to, data, self.block)

    def hint(self, to: bytes, data: bytes, /) -> bytes:
        """See ChainView.hint."""
        return self(to, data)

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        """See ChainView.state."""
        if not isinstance(self.source, StateReader):
            return None
        return self.source.state(account, slots, self.block)


def key_question(source: BalanceSource | None, block: BlockRef | None) -> KeyQuestion | None:
    """How to ask which keys an account has at the block; None where the source cannot tell."""
    if block is None or not isinstance(source, KeyPolicySource) or not source.tells_keys:
        return None
    return Keys(source, block)


ASKED_AT_ONCE = 4
"""Questions for keys that are asked side by side."""


class Keys:
    """The keys of accounts at a pinned block: each account is asked for once. A KeysAhead."""

    def __init__(self, source: KeyPolicySource, block: BlockRef) -> None:
        self._source, self._block = source, block
        self._known: dict[str, KeyPolicy | SourceRejectedError] = {}

    def __call__(self, address: Address, /) -> KeyPolicy:
        """See KeyQuestion. What was answered once is not asked again, refusals neither."""
        if address.key not in self._known:
            self._known[address.key] = self._ask(address)
        found = self._known[address.key]
        if isinstance(found, SourceRejectedError):
            raise found.with_traceback(None)
        return found

    def ahead(self, addresses: Sequence[Address]) -> None:
        """Ask for several accounts side by side, as many in one question as the source takes.

        Raises SourceError when nobody answers.
        """
        wanted = list({a.key: a for a in addresses if a.key not in self._known}.values())
        if len(wanted) < 2:
            return
        source = self._source
        size = source.keys_at_once if isinstance(source, KeyBatchSource) else 1
        groups = [wanted[n : n + size] for n in range(0, len(wanted), size)]
        with ThreadPoolExecutor(min(ASKED_AT_ONCE, len(groups)), "keys") as threads:
            jobs = [threads.submit(self._ask_for, group) for group in groups]
            try:
                for group, job in zip(groups, jobs, strict=True):
                    keys = (address.key for address in group)
                    self._known.update(zip(keys, job.result(), strict=True))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _ask_for(self, group: Sequence[Address]) -> Sequence[KeyPolicy | SourceRejectedError]:
        if len(group) > 1 and isinstance(self._source, KeyBatchSource):
            return self._source.key_policies(group, self._block)
        return [self._ask(address) for address in group]

    def _ask(self, address: Address) -> KeyPolicy | SourceRejectedError:
        try:
            return self._source.key_policy(address, self._block)
        except SourceRejectedError as e:
            return e
