"""The chain at a pinned block, as the ownership room asks it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scanner.chains.interface import BalanceSource, ContractCaller, KeyPolicySource, StateReader
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
"""Accounts whose keys are asked for side by side; no network's API takes many in one request."""


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
        """Ask for several accounts side by side. Raises SourceError when nobody answers."""
        wanted = {a.key: a for a in addresses if a.key not in self._known}
        if len(wanted) < 2:
            return
        with ThreadPoolExecutor(min(ASKED_AT_ONCE, len(wanted)), "keys") as threads:
            jobs = {key: threads.submit(self._ask, wanted[key]) for key in wanted}
            try:
                for key, job in jobs.items():
                    self._known[key] = job.result()
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _ask(self, address: Address) -> KeyPolicy | SourceRejectedError:
        try:
            return self._source.key_policy(address, self._block)
        except SourceRejectedError as e:
            return e
