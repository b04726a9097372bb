"""Reads Solana accounts in the newest finalized state: the network's nodes know no older one.

SOL is read with the stake accounts that an address can withdraw from. Public endpoints seldom
serve the search for those; then what is at hand is told, with the caution that stake was not read.
A stake account has no number of its own: its SOL is its withdrawer's, whom a list names beside it.
Source: Solana's RPC documentation; what nodes really answer: tests/vectors/solana.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from scanner.chains.fleet.faults import RpcError
from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.fleet.rpc import Rpc
from scanner.chains.interface import Counted, Reach
from scanner.chains.shape import BASE58_32, named, take
from scanner.chains.solana.accounts import (
    STAKE_PROGRAM,
    SYSTEM_PROGRAM,
    VOTER_AT,
    WITHDRAWER_AT,
    Account,
    Lockup,
    key_text,
    read_account,
    stake_account,
    token_account,
)
from scanner.chains.solana.clock import Clock
from scanner.chains.solana.keys import account_keys, others_spend
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses import base58
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.net.words import heard

BATCH: Final = 100
"""Accounts of one getMultipleAccounts, the node's own limit."""

_LOOK_BACK: Final = 64  # slots below one that was skipped
_FINAL: Final = {"commitment": "finalized"}
_KEY_LENGTH: Final = 32

_LEFT_OUT: Final = -32010  # the key is not in the indexes of accounts

NOT_INDEXED: Final = "its index of token accounts leaves this address out: ask another endpoint"
NO_TOKENS_READ: Final = "a stake, nonce or vote account: other keys move its SOL than its tokens"
LOCKED_UP: Final = "part of it is stake that cannot be taken out yet unless a custodian agrees"
NO_STAKE_READ: Final = "only liquid SOL was read: the endpoint does not show stake accounts"


class SolanaReader(OneReader):
    """One Solana node. A Reader."""

    ability = ReaderAbility(Reach.TIP, batch=BATCH, workers=2, chunk=500)
    keys_at_once = BATCH

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rpc = Rpc(endpoint)
        self._clock = Clock(self._rpc)
        self._lock = threading.Lock()
        self._shows_stake: bool | None = None

    def check(self) -> None:
        """See Reader. The chain is known by the hash of its genesis.

        Raises SourceRejectedError and SourceUnavailableError.
        """
        genesis = take(self._name, self._rpc.ask("getGenesisHash"), str)
        if genesis != self._chain:
            heard(self._name, genesis)
            what = f"is not on {self._network}: its genesis is another"
            raise SourceRejectedError(self._name, what)
        if self._rpc.ask("getHealth") != "ok":
            raise SourceUnavailableError(self._name, "is not in sync with the network: wait")

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. height: a slot. One that was skipped has the state of the one before.

        Raises HeightNotReachedError.
        """
        tip = take(self._name, self._rpc.ask("getSlot", _FINAL), int)
        if height is not None and height > tip:
            raise HeightNotReachedError(self._name, height, tip)
        slot = tip if height is None else self._block_at(height)
        block = self._block(slot)
        block_hash = named(self._name, block, BASE58_32, "blockhash")
        time = take(self._name, block, int, "blockTime")
        return BlockRef(self._network, self._chain, slot, block_hash, time)

    def _block(self, slot: int) -> object:
        asked = {"transactionDetails": "none", "rewards": False, **_FINAL}
        return self._rpc.ask("getBlock", slot, asked)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self.pin(height).hash

    def other_counts(self, height: int) -> list[Counted]:
        """See CountingReader. Block heights, too, are counted: about one in twenty slots has none.

        The slot of a block height is searched for, as no method tells it.
        """
        low, high = height, take(self._name, self._rpc.ask("getSlot", _FINAL), int)
        while low < high:
            middle = (low + high) // 2
            try:
                found, block = self._counted_at(middle)
            except HeightPrunedError:
                return []
            if found == height:
                return [Counted("block height", block)]
            low, high = (middle + 1, high) if found < height else (low, block.height)
        return []

    def _counted_at(self, slot: int) -> tuple[int, BlockRef]:
        """The block height at a slot, and its block."""
        slot = self._block_at(slot)
        block = self._block(slot)
        at = BlockRef(
            self._network,
            self._chain,
            slot,
            named(self._name, block, BASE58_32, "blockhash"),
            take(self._name, block, int, "blockTime"),
        )
        return take(self._name, block, int, "blockHeight"), at

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. Every call is answered at a slot of its own, not below the first one's."""
        keys = dict.fromkeys(q.address.payload for q in queries if q.address.format == "solana")
        least, accounts = self._accounts(list(keys), at.height)
        time = self._clock.time(least)
        answers: list[Answer] = []
        for query in queries:
            if query.address.format != "solana":
                answers.append(Refusal(f"{query.address.format} is not a Solana account"))
                continue
            found = accounts[query.address.payload]
            if query.holding.is_native:
                answers.append(self._sol(query.address.payload, found, State(least, "", time)))
            elif others_spend(found):
                answers.append(Refusal(NO_TOKENS_READ))
            else:
                answers.append(self._tokens(query, least, time))
        return answers

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader: of the account's SOL. Raises SourceError."""
        (policy,) = self.key_policies([address], at)
        if isinstance(policy, Refusal):
            raise SourceRejectedError(self._name, policy.why)
        return policy

    def key_policies(self, addresses: Sequence[Address], at: BlockRef) -> list[KeyPolicy | Refusal]:
        """See KeyBatchReader: all are of one slot. Raises SourceError."""
        keys = dict.fromkeys(a.payload for a in addresses if a.format == "solana")
        slot, accounts = self._accounts(list(keys), at.height)

        def holds(lockup: Lockup) -> bool:
            return self._clock.holds(lockup, slot)

        return [
            account_keys(a.payload, accounts[a.payload], slot, holds)
            if a.format == "solana"
            else Refusal(f"{a.format} is not a Solana account")
            for a in addresses
        ]

    def probe(self) -> dict[str, str]:
        """See Reader."""
        tip = take(self._name, self._rpc.ask("getSlot", _FINAL), int)
        return {
            "newest finalized slot": str(tip),
            "stake accounts": "shown" if self._stake_is_shown() else "not shown",
            "history": "no: the newest state only",
        }

    def close(self) -> None:
        """See Reader."""
        self._rpc.close()

    def _block_at(self, slot: int) -> int:
        """The newest slot with a block, at or below one. Raises SourceUnavailableError."""
        try:
            slots = self._rpc.ask("getBlocks", max(0, slot - _LOOK_BACK), slot, _FINAL)
        except SourceRejectedError as e:
            raise HeightPrunedError(self._name, slot, e.what) from None
        found = take(self._name, slots, list)
        if not found:
            raise HeightPrunedError(self._name, slot, "it does not have that block")
        newest = take(self._name, found, int, len(found) - 1)
        if not slot - _LOOK_BACK <= newest <= slot:
            raise SourceUnavailableError(self._name, "answered with a slot that was not asked for")
        return newest

    def _accounts(
        self, keys: Sequence[bytes], least: int
    ) -> tuple[int, dict[bytes, Account | None]]:
        """Accounts by key, None where nothing is, and the one slot that all are from."""
        if not keys:
            return least, {}
        answer = self._rpc.ask(
            "getMultipleAccounts",
            [key_text(key) for key in keys],
            {"encoding": "base64", "minContextSlot": least, **_FINAL},
        )
        values = take(self._name, answer, list, "value")
        if len(values) != len(keys):
            what = f"gave {len(values)} accounts instead of {len(keys)}"
            raise SourceUnavailableError(self._name, what)
        found = [None if v is None else read_account(self._name, v) for v in values]
        return take(self._name, answer, int, "context", "slot"), dict(zip(keys, found, strict=True))

    def _sol(self, key: bytes, account: Account | None, state: State) -> Answer:
        stake = None if account is None else stake_account(account)
        if stake is not None:
            owner = key_text(stake.withdrawer)
            return Refusal(f"a stake account: its SOL counts in the row of its withdrawer, {owner}")
        cautions, detail, parts = [], {}, {Part.LIQUID: account.lamports if account else 0}
        if account and account.owner != SYSTEM_PROGRAM:
            cautions.append("the account belongs to a program, not to its address's key")
            detail["program"] = account.owner
        elif others_spend(account):
            cautions.append("a nonce account: its authority's key moves it, not its address's")
        if not self._stake_is_shown():
            cautions.append(NO_STAKE_READ)
        else:
            slot, stakes = self._stakes(key, state)
            parts |= stakes
            if stakes[Part.LOCKED]:
                cautions.append(LOCKED_UP)
            if slot != state.height:
                detail["to_height"] = str(slot)
        if account is None and not any(parts.values()):
            return Reading({}, state, absent=True, caution="; ".join(cautions))
        return Reading(parts, state, detail=detail, caution="; ".join(cautions))

    def _stakes(self, key: bytes, state: State) -> tuple[int, dict[Part, int]]:
        """All lamports of the stake accounts that a key can withdraw from, by what they do.

        state: of the coins at hand. A lockup counts as in force if it was at that slot.
        """
        least = state.height
        slot, accounts = self._stake_accounts(WITHDRAWER_AT, key, least)
        if slot < least:  # what left its stake since then would count here and at hand
            raise SourceUnavailableError(self._name, f"shows stake of slot {slot}, not of {least}")
        parts = {Part.STAKED: 0, Part.UNBONDING: 0, Part.LOCKED: 0}
        for account in accounts:
            stake = stake_account(account)
            if stake is None or stake.withdrawer != key:
                what = "showed a stake account that is not the one asked for"
                raise SourceUnavailableError(self._name, what)
            part = Part.STAKED if stake.delegated else Part.UNBONDING
            held = self._clock.holds(stake.lockup, least, state.time)
            parts[Part.LOCKED if held else part] += account.lamports
        return slot, parts

    def _stake_accounts(self, offset: int, key: bytes, least: int) -> tuple[int, list[Account]]:
        where = {"memcmp": {"offset": offset, "encoding": "base58", "bytes": key_text(key)}}
        answer = self._rpc.ask(
            "getProgramAccounts",
            STAKE_PROGRAM,
            {
                "filters": [where],
                "encoding": "base64",
                "withContext": True,
                "minContextSlot": least,
                **_FINAL,
            },
        )
        return take(self._name, answer, int, "context", "slot"), self._listed(answer)

    def _listed(self, answer: object) -> list[Account]:
        """The accounts of a search, each of them once. Raises SourceUnavailableError."""
        found: dict[bytes, Account] = {}
        for item in take(self._name, answer, list, "value"):
            key = self._key(take(self._name, item, str, "pubkey"))
            if key in found:
                raise SourceUnavailableError(self._name, "showed one account twice")
            found[key] = read_account(self._name, take(self._name, item, dict, "account"))
        return list(found.values())

    def _stake_is_shown(self) -> bool:
        """Whether the endpoint searches for stake accounts, once found out.

        An index that it does not keep answers with an empty list, like an address without stake.
        So it is first asked for the stake of a validator that is known to have some.
        """
        with self._lock:
            if self._shows_stake is None:
                self._shows_stake = self._try_stake()
            return self._shows_stake

    def _try_stake(self) -> bool:
        try:
            votes = self._rpc.ask("getVoteAccounts", _FINAL)
        except SourceRejectedError:
            return False
        staked = {
            take(self._name, vote, str, "votePubkey"): take(self._name, vote, int, "activatedStake")
            for vote in take(self._name, votes, list, "current")
        }
        some = {voter: stake for voter, stake in staked.items() if stake > 0}
        if not some:
            return False
        try:
            voter = self._key(min(some, key=some.__getitem__))
            return bool(self._stake_accounts(VOTER_AT, voter, 0)[1])
        except SourceRejectedError:
            return False

    def _key(self, text: str) -> bytes:
        try:
            key = base58.decode(text)
        except ValueError:
            key = b""
        if len(key) != _KEY_LENGTH:
            raise SourceUnavailableError(self._name, "answered with an invalid key")
        return key

    def _tokens(self, query: BalanceQuery, least: int, time: int) -> Answer:
        """All accounts of one mint that an address owns, not only the one wallets use."""
        owner, mint = query.address.payload, query.holding.contract
        asked = {"encoding": "base64", "minContextSlot": least, **_FINAL}
        try:
            answer = self._rpc.ask(
                "getTokenAccountsByOwner", key_text(owner), {"mint": mint}, asked
            )
        except RpcError as e:
            if e.code != _LEFT_OUT:
                raise
            return Refusal(NOT_INDEXED)
        slot = take(self._name, answer, int, "context", "slot")
        tokens = [token_account(account) for account in self._listed(answer)]
        amount, frozen = 0, False
        for token in tokens:
            if token is None or token.owner != owner or key_text(token.mint) != mint:
                what = "showed a token account that is not the one asked for"
                raise SourceUnavailableError(self._name, what)
            amount, frozen = amount + token.amount, frozen or token.frozen
        # The time is that of the lowest slot of this batch: seconds before the answer's own.
        state = State(slot, "", time)
        if not tokens:
            return Reading({}, state, absent=True)
        caution = "its issuer has frozen it" if frozen else ""
        return Reading(
            {Part.LIQUID: amount}, state, detail={"frozen": True} if frozen else {}, caution=caution
        )
