"""Reads Antelope accounts in the newest state: nodes know no older one.

The network's coin (A on Vaulta) is read with what the system contract holds for an account: stake
that it gave to itself or to others, refunds on their way, REX. EOS, which can be changed into A one
for one and is not changed by itself, is another asset, read as what lies in its token contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scanner.chains.antelope.api import UNKNOWN_ACCOUNT, AntelopeApi, AntelopeError
from scanner.chains.antelope.keys import Permissions
from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.interface import Reach
from scanner.chains.shape import take
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Holding, Network
from scanner.model.parts import Part, Parts
from scanner.net.words import heard

NATIVE: Final = "core.vaulta:4,A"
"""The coin's own contract, written as tokens are: contract, decimals, symbol."""

SYSTEM: Final = ("eosio", "EOS", 4)
"""The system contract, and what it counts stake in: EOS, also since the coin is called A."""


class AntelopeReader(OneReader):
    """One nodeos. A Reader."""

    ability = ReaderAbility(Reach.TIP, batch=5, workers=4, chunk=200)
    keys_at_once = 10

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._api = AntelopeApi(endpoint)

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        seen = self._api.info().chain
        if seen != self._chain:
            what = f"is not on {self._network}: its chain is {heard(self._name, seen)}"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. None: the last irreversible block."""
        number = self._api.info().final[0] if height is None else height
        block_id, time = self._api.block(number)
        return BlockRef(self._network, self._chain, number, block_id, time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._api.block(height)[0]

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. Few answers name a block: the heads before and after stand for all.

        Raises SourceUnavailableError.
        """
        before = self._api.info()
        known: dict[str, dict[str, object] | None] = {}
        found = [self._parts(query, known) for query in queries]
        if any(a is not None and self._head(a) < before.head[0] for a in known.values()):
            what = "answered from an older block than its newest: several nodes answer there"
            raise SourceUnavailableError(self._name, what)
        after = self._api.info()
        if after.head[0] < before.head[0]:
            what = "went back to an older block while it was read: several nodes answer there"
            raise SourceUnavailableError(self._name, what)
        state = State(*before.head, before.head_time)
        detail = {} if before.head == after.head else {"to_height": after.head[0]}
        return [
            said
            if isinstance(said, Refusal)
            else Reading(said or {}, state, not said, detail=detail)
            for said in found
        ]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. Raises SourceRejectedError."""
        (policy,) = self.key_policies([address], at)
        if isinstance(policy, Refusal):
            raise SourceRejectedError(self._name, policy.why)
        return policy

    def key_policies(self, addresses: Sequence[Address], at: BlockRef) -> list[KeyPolicy | Refusal]:
        """See KeyBatchReader. The head before the questions stands for all answers' block."""
        height = self._api.info().head[0]
        return [self._policy(address, height) for address in addresses]

    def _policy(self, address: Address, height: int) -> KeyPolicy | Refusal:
        try:
            account = self._account(address.text)
            if account is None:
                return KeyPolicy((), height, "there is no such account")
            return Permissions(self._name, self._account).policy(account, height)
        except SourceRejectedError as e:
            return Refusal(e.what)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        info = self._api.info()
        return {
            "newest block": str(info.head[0]),
            "last final block": str(info.final[0]),
            "history": "no: the newest state only",
        }

    def close(self) -> None:
        """See Reader."""
        self._api.close()

    def _parts(
        self, query: BalanceQuery, known: dict[str, dict[str, object] | None]
    ) -> Parts | Refusal | None:
        """Parts of one holding, None if there is no such account.

        A token balance of an account that does not exist is an empty list, like one of an account
        without the token: so the account is asked for first.
        """
        name = query.address.text
        if query.address.format != "antelope":
            return Refusal(f"{query.address.format} is not an account of this chain")
        if name not in known:
            known[name] = self._account(name)
        account = known[name]
        if account is None:
            return None
        try:
            parts: dict[Part, int] = {Part.LIQUID: self._token(query.holding, name)}
            if query.holding.is_native:
                parts |= self._system(name, account)
        except SourceRejectedError as e:
            return Refusal(e.what)
        return parts

    def _account(self, name: str) -> dict[str, object] | None:
        try:
            account = take(self._name, self._api.ask("get_account", account_name=name), dict)
        except AntelopeError as e:
            if e.number == UNKNOWN_ACCOUNT and name in e.words:
                return None
            raise
        if take(self._name, account, str, "account_name") != name:
            raise SourceUnavailableError(self._name, "answered about another account")
        return account

    def _head(self, account: dict[str, object]) -> int:
        """The block that an account says it is of."""
        return take(self._name, account, int, "head_block_num")

    def _token(self, holding: Holding, name: str) -> int:
        contract, _, rest = (holding.contract or NATIVE).partition(":")
        decimals, _, symbol = rest.partition(",")
        if not decimals.isdigit() or int(decimals) != holding.decimals or not symbol:
            raise SourceRejectedError(
                self._name, f"{holding.contract!r} is not a token of this chain"
            )
        answer = self._api.ask("get_currency_balance", code=contract, account=name, symbol=symbol)
        balances = take(self._name, answer, list)
        if len(balances) > 1:
            raise SourceUnavailableError(self._name, "answered with several tokens")
        return sum(self._api.asset(text, symbol, holding.decimals) for text in balances)

    def _system(self, name: str, account: dict[str, object]) -> dict[Part, int]:
        """What the system contract holds for an account.

        Not its total_resources, which others may have staked for it; not voter_info, which is
        wrong for many and counts REX a second time.
        """
        code, symbol, decimals = SYSTEM

        def amount(row: object, *fields: str) -> int:
            found = (take(self._name, row, str, field) for field in fields)
            return sum(self._api.asset(text, symbol, decimals) for text in found)

        given = self._api.rows(code, name, "delband")
        self._own(given, "from", name)
        self._once(given, "to")
        parts = {
            Part.STAKED: sum(amount(row, "net_weight", "cpu_weight") for row in given),
            Part.UNBONDING: 0,
        }
        # Nodes write null where there is none: a server that leaves them out has not looked.
        refund = take(self._name, account, object, "refund_request")
        if refund is not None:
            self._own([take(self._name, refund, dict)], "owner", name)
            parts[Part.UNBONDING] += amount(refund, "net_amount", "cpu_amount")
        funds = self._api.rows(code, code, "rexfund", lower_bound=name, upper_bound=name)
        self._own(funds, "owner", name)
        self._once(funds, "owner")
        parts[Part.UNBONDING] += sum(amount(row, "balance") for row in funds)
        rex = take(self._name, account, object, "rex_info")
        if rex is not None:
            self._own([take(self._name, rex, dict)], "owner", name)
            pools = self._api.rows(code, code, "rexpool", limit=1)
            if len(pools) != 1:
                raise SourceUnavailableError(self._name, "does not show the one pool of REX")
            pool = pools[0]
            owned = self._api.asset(take(self._name, rex, str, "rex_balance"), "REX", 4)
            total = self._api.asset(take(self._name, pool, str, "total_rex"), "REX", 4)
            lendable = amount(pool, "total_lendable")
            parts[Part.STAKED] += owned * lendable // total if total else 0
        return parts

    def _once(self, rows: Sequence[dict[str, object]], field: str) -> None:
        if len({take(self._name, row, str, field) for row in rows}) < len(rows):
            raise SourceUnavailableError(self._name, "answered with one row twice")

    def _own(self, rows: Sequence[dict[str, object]], field: str, name: str) -> None:
        if any(row.get(field) != name for row in rows):
            raise SourceUnavailableError(self._name, "answered with rows of another account")
