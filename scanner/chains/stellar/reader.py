"""Reads Stellar and Pi accounts from Horizon servers, at their newest ledger.

Every answer's `Latest-Ledger` header names the ledger that it is from, a 404 as well: Horizon reads
each request in one transaction of its database. Past ledgers have no accounts there.
Source: Horizon's published API (/, /ledgers/:sequence, /accounts/:id,
/claimable_balances).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress

from scanner.chains.fleet.interface import (
    Answer,
    Holder,
    OneReader,
    ReaderAbility,
    Reading,
    Refusal,
    State,
)
from scanner.chains.fleet.rest import Rest
from scanner.chains.interface import Reach
from scanner.chains.shape import HEX_32, named, take
from scanner.chains.stellar.keys import account_keys
from scanner.errors import (
    AddressFormatError,
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
)
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.model.network import Holding, Network
from scanner.model.parts import Part
from scanner.net.http import Reply

DECIMALS = 7
"""Amounts have seven places, of the network's coin and of every asset."""


class StellarReader(OneReader):
    """One Horizon server. A Reader. The chain id is the hash of the network's passphrase."""

    ability = ReaderAbility(Reach.TIP, batch=2, workers=4, chunk=500)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._row = network
        self._rest = Rest(endpoint)

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        phrase = self._rest.text(self._rest.json(""), "network_passphrase")
        if hashlib.sha256(phrase.encode()).hexdigest() != self._chain:
            what = f"serves another network than {self._network}: set the endpoint's url or chain"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. Ledgers are final when they are closed."""
        chosen = self._tip() if height is None else height
        ledger = self._ledger(chosen)
        time = self._rest.moment(self._rest.text(ledger, "closed_at"))
        block_hash = named(self._name, ledger, HEX_32, "hash")
        return BlockRef(self._network, self._chain, chosen, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return named(self._name, self._ledger(height), HEX_32, "hash")

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        return [self._one(query) for query in queries]

    def holders_at(self, at: BlockRef) -> list[Holder]:
        """See HolderReader. Who pays the reserve of a claimable balance has one to pay it from.

        An account's least balance is (2 + entries + sponsoring - sponsored) reserves, and it cannot
        have more of its entries sponsored than there are (CAP-33): while it sponsors one, it is
        neither empty nor merged. The oldest are asked for, the last ones to be claimed meanwhile.
        """
        reply = self._rest.get("claimable_balances?order=asc&limit=3")
        if reply.status in (400, 404, 410, 501):
            return []
        reply.raise_for_status()
        page = reply.json()
        embedded = page.get("_embedded") if isinstance(page, dict) else None
        records = embedded.get("records") if isinstance(embedded, dict) else None
        found: dict[str, Holder] = {}
        for record in records if isinstance(records, list) else ():
            sponsor = record.get("sponsor") if isinstance(record, dict) else None
            with suppress(AddressFormatError):
                account = decode_address(self._row, sponsor if isinstance(sponsor, str) else "")
                found.setdefault(account.key, Holder(account, 1))
        return list(found.values())

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. An account that the ledger does not have begins with its own key.

        Raises SourceRejectedError and SourceUnavailableError.
        """
        reply = self._account(address.text)
        if reply is None:
            raise SourceRejectedError(self._name, "answered HTTP 404, not as Horizon does")
        height = self._state(reply).height
        if reply.status == 404:
            own = single("master key", PolicyKey(KeyKind.ED25519, address.payload))
            return KeyPolicy((own,), height)
        account = reply.json()
        if self._rest.text(account, "account_id") != address.text:
            raise self._rest.broken("it answers for another account")
        return account_keys(self._name, account, height)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        root = self._rest.json("")
        newest = self._rest.number(root, "history_latest_ledger")
        oldest = self._rest.number(root, "history_elder_ledger")
        return {"ledgers": f"{oldest} to {newest}", "history": "tip only"}

    def close(self) -> None:
        """See Reader."""
        self._rest.close()

    def _tip(self) -> int:
        return self._rest.number(self._rest.json(""), "history_latest_ledger")

    def _ledger(self, height: int) -> object:
        reply = self._rest.get(f"ledgers/{height}")
        if reply.status in (404, 410):
            tip = self._tip()
            if height > tip:
                raise HeightNotReachedError(self._name, height, tip)
            raise HeightPrunedError(self._name, height, "it does not keep ledgers that old")
        reply.raise_for_status()
        ledger = reply.json()
        if self._rest.number(ledger, "sequence") != height:
            raise self._rest.broken("it shows another ledger than the one asked for")
        return ledger

    def _one(self, query: BalanceQuery) -> Answer:
        if query.address.format != "stellar":
            return Refusal(f"an address of format {query.address.format} has no account")
        if query.holding.decimals != DECIMALS:
            return Refusal(f"amounts have {DECIMALS} places, not {query.holding.decimals}")
        reply = self._account(query.address.text)
        if reply is None:
            return Refusal("answered HTTP 404 in a form that is not Horizon's")
        if reply.status == 404:
            return Reading({}, self._state(reply), absent=True)
        account = reply.json()
        if self._rest.text(account, "account_id") != query.address.text:
            return Refusal("answered for another account")
        return self._holding(account, query.holding, self._state(reply))

    def _account(self, text: str) -> Reply | None:
        """The answer about an account, a 404 of Horizon's own as well; None for another 404."""
        reply = self._rest.get(f"accounts/{text}")
        if reply.status == 404:
            return reply if self._problem(reply) == "not_found" else None
        reply.raise_for_status()
        return reply

    def _holding(self, account: object, holding: Holding, state: State) -> Answer:
        """One line of the account. Open offers' liabilities and the reserve are inside it."""
        found: Reading | None = None
        for line in take(self._name, account, list, "balances"):
            if not self._is(line, holding):
                continue
            if found is not None:
                raise self._rest.broken("an account has one asset twice")
            amount = self._rest.scaled(self._rest.text(line, "balance"), DECIMALS)
            found = Reading({Part.LIQUID: amount}, state)
        if found is None and holding.is_native:
            raise self._rest.broken("an account without the network's own coin")
        return found or Reading({}, state, absent=True)

    def _is(self, line: object, holding: Holding) -> bool:
        kind = self._rest.text(line, "asset_type")
        if holding.is_native or kind not in ("credit_alphanum4", "credit_alphanum12"):
            return holding.is_native and kind == "native"
        code, issuer = self._rest.text(line, "asset_code"), self._rest.text(line, "asset_issuer")
        return holding.contract == f"{code}:{issuer}"

    def _state(self, reply: Reply) -> State:
        text = reply.headers.get("latest-ledger", "")
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise self._rest.broken("it does not say which ledger its answer is from")
        return State(int(text))

    def _problem(self, reply: Reply) -> str:
        """The last part of a problem's type (RFC 7807), "" if the answer has none."""
        body = reply.json()
        kind = body.get("type") if isinstance(body, dict) else None
        return kind.rsplit("/", 1)[-1] if isinstance(kind, str) else ""
