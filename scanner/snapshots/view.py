"""The chain at a pinned block, as the ownership room asks it."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.chains.interface import BalanceSource, ContractCaller, KeyPolicySource, StateReader
from scanner.errors import SourceRejectedError
from scanner.model.account import AccountState
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
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
    teller: KeyPolicySource = source
    return lambda address: teller.key_policy(address, block)
