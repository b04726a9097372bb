"""Reads accounts of the XRP Ledger in a ledger that is named by its hash.

Source: XRPL documentation, public API methods account_info, account_lines, ledger, server_info;
what servers really answer: tests/vectors/xrpl.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.interface import Reach
from scanner.chains.shape import HEX_32, named, take
from scanner.chains.xrpl.header import FIRST_HASH, FIRST_LEDGER, Header, read_header
from scanner.chains.xrpl.keys import PSEUDO, account_keys, untouched
from scanner.chains.xrpl.rpc import XrplError, XrplRpc
from scanner.chains.xrpl.tokens import line_balance, split_contract
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
    clip,
)
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.net.words import heard

MAX_DROPS: Final = 10**17
"""All XRP there is."""

_PAGES: Final = 50
_LEDGERS: Final = re.compile(r"[0-9]{1,10}(-[0-9]{1,10})?(,[0-9]{1,10}(-[0-9]{1,10})?){0,5}")


class XrplReader(OneReader):
    """One rippled or Clio server. A Reader."""

    ability = ReaderAbility(Reach.ANY, batch=1, workers=8, chunk=500)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rpc = XrplRpc(endpoint)

    def check(self) -> None:
        """See Reader. The network is known by its number, or by its oldest ledger's hash.

        Raises SourceUnavailableError and SourceRejectedError.
        """
        info = self._info()
        state = take(self._name, info, str, "server_state")
        if state not in ("full", "proposing", "validating", "standalone"):
            raise SourceUnavailableError(
                self._name, f"is not in sync ({heard(self._name, state)}): wait"
            )
        if "network_id" in info:
            seen = str(take(self._name, info, int, "network_id"))
        elif self._chain == "0" and self._has_first():
            seen = "0"
        else:
            seen = "unknown"
        if seen != self._chain:
            what = f"is on network {seen}, not on {self._network} ({self._chain})"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. A validated ledger is final at once."""
        header = self._header("validated" if height is None else height)
        return BlockRef(self._network, self._chain, header.index, header.hash, header.time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._header(height).hash

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        return [self._read(query, at) for query in queries]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. Raises SourceRejectedError."""
        if address.format != "xrpl":
            what = f"{address.format} is not an account of the XRP Ledger"
            raise SourceRejectedError(self._name, what)
        found = self._account_data(address.text, at, signer_lists=True)
        if found is None:
            return untouched(address, at.height)
        member = partial(self._account_data, at=at)
        return account_keys(self._name, address, found, at.height, member)

    def _account_data(self, account: str, at: BlockRef, **more: object) -> dict[str, object] | None:
        """An account as the pinned ledger has it; None where that has no such account."""
        try:
            answer = self._account(account, at, **more)
        except XrplError as e:
            absent = self._absent(account, e, at)
            if isinstance(absent, Refusal):
                raise SourceRejectedError(self._name, absent.why) from None
            return None
        self._state(answer)
        found = take(self._name, answer, dict, "account_data")
        self._same_account(account, take(self._name, found, str, "Account"))
        return found

    def probe(self) -> dict[str, str]:
        """See Reader."""
        info = self._info()
        return {
            "version": clip(str(info.get("build_version", "unknown"))),
            "ledgers": clip(str(info.get("complete_ledgers", "unknown"))),
            "oldest ledger": "has it" if self._has_first() else "does not have it",
        }

    def close(self) -> None:
        """See Reader."""
        self._rpc.close()

    def _info(self) -> dict[str, object]:
        return take(self._name, self._rpc.ask("server_info"), dict, "info")

    def _has_first(self) -> bool:
        try:
            return self._header(FIRST_LEDGER).hash == FIRST_HASH
        except SourceError:
            return False

    def _header(self, which: int | str) -> Header:
        try:
            answer = self._rpc.ask("ledger", ledger_index=which, api_version=1)
        except XrplError as e:
            if isinstance(which, int):
                raise self._without_ledger(which, e) from None
            raise
        header = read_header(self._name, answer)
        if isinstance(which, int) and header.index != which:
            what = f"answered with ledger {header.index} when asked for {which}"
            raise SourceUnavailableError(self._name, what)
        return header

    def _without_ledger(self, height: int, problem: XrplError) -> SourceError:
        """What it means that a server has no such ledger."""
        info = self._info()
        tip = take(self._name, info, int, "validated_ledger", "seq")
        if height > tip:
            return HeightNotReachedError(self._name, height, tip)
        if problem.code != "lgrNotFound":
            return problem
        has = str(info.get("complete_ledgers", "unknown"))
        known = has if _LEDGERS.fullmatch(has) else heard(self._name, has)
        return HeightPrunedError(self._name, height, f"it has the ledgers {known}")

    def _read(self, query: BalanceQuery, at: BlockRef) -> Answer:
        if query.address.format != "xrpl":
            return Refusal(f"{query.address.format} is not an account of the XRP Ledger")
        if query.holding.is_native:
            return self._xrp(query.address.text, at)
        try:
            currency, issuer = split_contract(query.holding.contract)
        except ValueError as e:
            return Refusal(f"{query.holding.asset}: {e}")
        return self._token(query, currency, issuer, at)

    def _xrp(self, account: str, at: BlockRef) -> Answer:
        try:
            answer = self._account(account, at)
        except XrplError as e:
            return self._absent(account, e, at)
        state = self._state(answer)
        found = take(self._name, answer, dict, "account_data")
        self._same_account(account, take(self._name, found, str, "Account"))
        text = take(self._name, found, str, "Balance")
        if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= MAX_DROPS):
            raise self._broken(f"a balance of {heard(self._name, text)} drops")
        pooled = any(field in found for field in PSEUDO)
        caution = "the account belongs to a pool, which no key can move" if pooled else ""
        return Reading({Part.LIQUID: int(text)}, state, caution=caution)

    def _account(self, account: str, at: BlockRef, **more: object) -> dict[str, object]:
        return self._rpc.ask(
            "account_info", account=account, ledger_hash=at.hash, api_version=1, **more
        )

    def _absent(self, account: str, problem: XrplError, at: BlockRef) -> Answer:
        """The one error that is an answer: no such account in the ledger that was asked for.

        Clio left out of the error which ledger it looked at (until 2.1): nothing follows from that.
        """
        if problem.code == "lgrNotFound":
            raise self._without_ledger(at.height, problem)
        if problem.code != "actNotFound":
            raise problem
        result = problem.result
        echoed = result.get("account", None)
        if echoed is None and isinstance(result.get("request"), dict):
            echoed = take(self._name, result, dict, "request").get("account")
        if "ledger_hash" not in result or result.get("validated") is not True:
            return Refusal("does not say in which ledger it found no such account")
        self._same_account(account, str(echoed))
        return Reading({}, self._state(result), absent=True)

    def _token(self, query: BalanceQuery, currency: str, issuer: str, at: BlockRef) -> Answer:
        account, amount, frozen = query.address.text, 0, False
        exact: list[str] = []
        marker: object = None
        for _ in range(_PAGES):
            more = {} if marker is None else {"marker": marker}
            try:
                answer = self._rpc.ask(
                    "account_lines",
                    account=account,
                    peer=issuer,
                    ledger_hash=at.hash,
                    limit=400,
                    api_version=1,
                    **more,
                )
            except XrplError as e:
                return self._absent(account, e, at)
            state = self._state(answer)
            if (state.height, state.hash) != (at.height, at.hash):  # every page, not the last alone
                return Refusal(f"answered for ledger {state.height} {state.hash}")
            self._same_account(account, take(self._name, answer, str, "account"))
            for line in take(self._name, answer, list, "lines"):
                peer = take(self._name, line, str, "account")
                if peer == issuer and _same_currency(line.get("currency"), currency):
                    if exact:
                        raise self._broken("one trust line twice")
                    held, text = line_balance(self._name, line, query.holding.decimals)
                    amount, frozen = amount + held, frozen or bool(line.get("freeze_peer"))
                    exact.append(text)
            marker = answer.get("marker")
            if marker is None:
                detail = {"exact": exact, **({"frozen": True} if frozen else {})} if exact else {}
                caution = "its issuer has frozen it" if frozen else ""
                return Reading({Part.LIQUID: amount}, state, detail=detail, caution=caution)
        return Refusal(f"has more than {_PAGES} pages of trust lines")

    def _state(self, answer: dict[str, object]) -> State:
        """The ledger an answer is from; it must be a validated one."""
        if answer.get("validated") is not True:
            raise self._broken("an answer from a ledger that is not validated")
        index = take(self._name, answer, int, "ledger_index")
        return State(index, named(self._name, answer, HEX_32, "ledger_hash").lower())

    def _same_account(self, asked: str, answered: str) -> None:
        if asked != answered:
            raise self._broken(
                f"it answers about {heard(self._name, answered)} when asked about {asked}"
            )

    def _broken(self, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(self._name, f"gave an invalid answer: {what}")


def _same_currency(text: object, currency: str) -> bool:
    return isinstance(text, str) and (text.upper() if len(text) == 40 else text) == currency
