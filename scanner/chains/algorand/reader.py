"""Reads Algorand accounts from nodes (algod), at their newest round.

Every answer names its round; a `round` parameter is ignored by nodes. An account that nobody paid
has 0, an asset that an account never took is not listed. Rounds are final.
Source: algod's REST API, version 2; what a node really answers: tests/vectors/algorand.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Final

from scanner.chains.fleet.interface import (
    Answer,
    OneReader,
    ReaderAbility,
    Reading,
    Refusal,
    State,
    liquid,
)
from scanner.chains.fleet.rest import Rest
from scanner.chains.interface import Reach
from scanner.chains.shape import take
from scanner.errors import (
    AddressFormatError,
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
)
from scanner.model.addresses.base32_keys import AlgorandCodec
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.model.network import Holding, Network

_HASH: Final = re.compile(r"[A-Z2-7]{52}")


class AlgorandReader(OneReader):
    """One algod node. A Reader. The chain id is the hash of the first block, in base64."""

    ability = ReaderAbility(Reach.TIP, batch=2, workers=4, chunk=500)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rest = Rest(endpoint)
        self._decimals: dict[str, int] = {}

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        genesis = self._rest.text(self._rest.json("versions"), "genesis_hash_b64")
        if _bytes(genesis) != _bytes(self._chain):
            what = f"is on another network than {self._network}: set the endpoint's url or chain"
            raise SourceRejectedError(self._name, what)
        if self._rest.number(self._rest.json("v2/status"), "catchup-time"):
            raise SourceRejectedError(self._name, "is still catching up: wait for it")

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. Nodes that are no archives forget blocks after a thousand rounds.

        Raises SourceUnavailableError.
        """
        chosen = self._tip() if height is None else height
        block_hash = self.hash_at(chosen)
        block = self._rest.json(f"v2/blocks/{chosen}?format=json&header-only=true")
        if chosen and self._rest.number(block, "block", "rnd") != chosen:
            raise self._rest.broken("it shows another round than the one asked for")
        time = self._rest.number(block, "block", "ts")
        return BlockRef(self._network, self._chain, chosen, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader.

        Raises HeightNotReachedError, HeightPrunedError and SourceUnavailableError.
        """
        reply = self._rest.get(f"v2/blocks/{height}/hash")
        if reply.status == 404:
            tip = self._tip()
            if height > tip:
                raise HeightNotReachedError(self._name, height, tip)
            raise HeightPrunedError(self._name, height, "it does not keep rounds that old")
        reply.raise_for_status()
        found = self._rest.text(reply.json(), "blockHash")
        if not _HASH.fullmatch(found):
            raise self._rest.broken("a block's hash is invalid")
        return found

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        return [self._one(query) for query in queries]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. A rekeyed account names who signs for it in `auth-addr`.

        Who signs may be one key, or a program or several keys whose hash the address is.

        Raises SourceUnavailableError.
        """
        found = self._account(address.text, "?exclude=all")
        height = self._state(found).height
        if not isinstance(found, dict) or "auth-addr" not in found:
            own = PolicyKey(KeyKind.ACCOUNT, address.payload)
            return KeyPolicy((single("the account's own key", own, hides=True),), height)
        try:
            signer = AlgorandCodec(self._network, "").decode(self._rest.text(found, "auth-addr"))
        except AddressFormatError:
            raise self._rest.broken("it names an invalid signer") from None
        other = PolicyKey(KeyKind.ACCOUNT, signer.payload)
        return KeyPolicy((single(f"rekeyed to {signer.text}", other, hides=True),), height)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        return {"newest round": str(self._tip()), "history": "tip only"}

    def close(self) -> None:
        """See Reader."""
        self._rest.close()

    def _tip(self) -> int:
        return self._rest.number(self._rest.json("v2/status"), "last-round")

    def _one(self, query: BalanceQuery) -> Answer:
        account, holding = query.address.text, query.holding
        if holding.is_native:
            found = self._account(account, "?exclude=all")
            return liquid(self._rest.number(found, "amount"), self._state(found))
        wrong = self._wrong_asset(holding)
        if wrong:
            return Refusal(wrong)
        reply = self._rest.get(f"v2/accounts/{account}/assets/{holding.contract}")
        if reply.status == 404:  # it names no round: the whole account does
            return self._without(account, holding)
        reply.raise_for_status()
        found = reply.json()
        if str(self._rest.number(found, "asset-holding", "asset-id")) != holding.contract:
            return Refusal("answered for another asset")
        amount = self._rest.number(found, "asset-holding", "amount")
        frozen = take(self._name, found, bool, "asset-holding", "is-frozen")
        words = "the asset's issuer has frozen it at this address" if frozen else ""
        reading = liquid(amount, self._state(found))
        return Reading(reading.parts, reading.state, caution=words)

    def _without(self, account: str, holding: Holding) -> Answer:
        """Nothing, if the whole account lists every asset it has and this one is not there."""
        found = self._account(account, "")
        listed = take(self._name, found, list, "assets")
        if len(listed) != self._rest.number(found, "total-assets-opted-in"):
            return Refusal("does not list every asset of the account")
        if holding.contract in {str(self._rest.number(a, "asset-id")) for a in listed}:
            raise self._rest.broken(
                "its answer says that an account has an asset and does not have it"
            )
        return Reading({}, self._state(found), absent=True)

    def _account(self, account: str, query: str) -> object:
        found = self._rest.json(f"v2/accounts/{account}{query}")
        if self._rest.text(found, "address") != account:
            raise self._rest.broken("it answers for another account than the one asked for")
        return found

    def _state(self, found: object) -> State:
        return State(self._rest.number(found, "round"))

    def _wrong_asset(self, holding: Holding) -> str:
        """Why an asset cannot be read; "" if it can."""
        if holding.contract not in self._decimals:
            if not (holding.contract.isascii() and holding.contract.isdigit()):
                return f"{holding.asset}: its contract is not an asset number"
            reply = self._rest.get(f"v2/assets/{holding.contract}")
            if reply.status == 404:
                return f"{holding.asset}: there is no asset {holding.contract}"
            reply.raise_for_status()
            found = reply.json()
            if str(self._rest.number(found, "index")) != holding.contract:
                raise self._rest.broken("it describes another asset than the one asked for")
            self._decimals[holding.contract] = self._rest.number(found, "params", "decimals")
        seen = self._decimals[holding.contract]
        if seen == holding.decimals:
            return ""
        return f"{holding.asset} has {seen} decimals on the chain, not {holding.decimals}"


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text.encode()
