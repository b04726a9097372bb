"""Reads Tron accounts in the newest solid state: the network's nodes know no older one.

A node that was stopped at a height (java-tron's `node.shutdown.BlockHeight`) has that height's
state for its newest, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.interface import Reach
from scanner.chains.tron.account import trx_parts
from scanner.chains.tron.api import TronApi
from scanner.chains.tron.permissions import permissions
from scanner.chains.tron.sheet import Asked
from scanner.chains.tron.tokens import MOST, Sheets
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.tron import TronCodec
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Network
from scanner.model.parts import Part, Parts

GENESIS: Final = {
    "728126428": "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc",
}
"""Chain id -> the id of block 0. Tron's chain id is the last four bytes of it."""


_ALONE: Final = 10
"""Questions between two looks at the head, where each account is asked for alone."""


class TronReader(OneReader):
    """One java-tron node. A Reader: TRC-20 by sheets, TRX account by account."""

    ability = ReaderAbility(Reach.TIP, batch=_ALONE, tokens=MOST, workers=2, chunk=200)
    keys_at_once = 10

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._codec = TronCodec(network.name, "")
        self._api = TronApi(endpoint)
        # Before its optimized form of 2021, and on chains without it, CHAINID is the whole hash.
        hashed = GENESIS.get(self._chain)
        chains = [int(self._chain)] if self._chain.isascii() and self._chain.isdigit() else []
        self._sheets = Sheets(self._api, chains + ([int(hashed, 16)] if hashed else []))

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        genesis = self._api.genesis()
        known = GENESIS.get(self._chain, genesis)
        if genesis != known or str(int(genesis[-8:], 16)) != self._chain:
            what = f"is not on {self._network} ({self._chain}): its block 0 is another"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader."""
        header = self._api.solid_head() if height is None else self._api.solid_block(height)
        return BlockRef(self._network, self._chain, header.number, header.hash, header.time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._api.solid_block(height).hash

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. A sheet names its block. Raises SourceUnavailableError."""
        found: list[Answer | None] = [None] * len(queries)
        tokens = {n: asked for n, q in enumerate(queries) if (asked := self._asked(q))}
        for n, said in zip(tokens, self._sheets.read(list(tokens.values())), strict=True):
            found[n] = said
        alone = [n for n, said in enumerate(found) if said is None]
        for start in range(0, len(alone), _ALONE):
            some = alone[start : start + _ALONE]
            answers = self._read_alone([queries[n] for n in some])
            for n, answer in zip(some, answers, strict=True):
                found[n] = answer
        return [said for said in found if said is not None]

    def _asked(self, query: BalanceQuery) -> Asked | None:
        """What a sheet is asked for a query; None for what no sheet tells."""
        if query.holding.is_native or query.address.format != "tron":
            return None
        return self._codec.decode(query.holding.contract).payload, query.address.payload

    def _read_alone(self, queries: Sequence[BalanceQuery]) -> list[Answer]:
        """Answers name no block: the solid heads before and after stand for them."""
        before = self._api.solid_head()
        found = [self._parts(query) for query in queries]
        after = self._api.solid_head()
        if after.number < before.number:
            what = "went back to an older block while it was read: several nodes answer there"
            raise SourceUnavailableError(self._name, what)
        state = State(before.number, before.hash, before.time)
        detail = {} if before.hash == after.hash else {"to_height": after.number}
        return [
            said if isinstance(said, Refusal) else Reading(said, state, detail=detail)
            for said in found
        ]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. Raises SourceRejectedError."""
        (policy,) = self.key_policies([address], at)
        if isinstance(policy, Refusal):
            raise SourceRejectedError(self._name, policy.why)
        return policy

    def key_policies(self, addresses: Sequence[Address], at: BlockRef) -> list[KeyPolicy | Refusal]:
        """See KeyBatchReader. The solid head before the questions stands for all answers' block."""
        height = self._api.solid_head().number
        return [
            permissions(self._name, self._api.account(a.payload), a.payload, height)
            if a.format == "tron"
            else Refusal(f"{a.format} is not a Tron account")
            for a in addresses
        ]

    def probe(self) -> dict[str, str]:
        """See Reader."""
        head = self._api.solid_head()
        return {
            "newest solid block": str(head.number),
            "history": "no: the newest state only",
            "many tokens in one request": self._sheets.probe(),
        }

    def close(self) -> None:
        """See Reader."""
        self._api.close()

    def _parts(self, query: BalanceQuery) -> Parts | Refusal:
        if query.address.format != "tron":
            return Refusal(f"{query.address.format} is not a Tron account")
        holder = query.address.payload
        if query.holding.is_native:
            # Tokens may lie at an address that has no TRX account, so {} says nothing about them.
            parts = trx_parts(self._name, self._api.account(holder))
            return {Part(name): amount for name, amount in parts.items()}
        try:
            token = self._codec.decode(query.holding.contract).payload
            return {Part.LIQUID: self._api.token_balance(token, holder)}
        except SourceRejectedError as e:
            return Refusal(e.what)
