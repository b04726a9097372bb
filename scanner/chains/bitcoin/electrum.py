"""Balances from Electrum servers: history, then the transactions themselves, by their hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.chains.bitcoin.cash_tokens import without_tokens
from scanner.chains.bitcoin.coins import Coin, coins_detail, immature_words
from scanner.chains.bitcoin.electrum_rpc import Answer as Said
from scanner.chains.bitcoin.electrum_rpc import Call, ElectrumFailure, ElectrumRpc
from scanner.chains.bitcoin.index_source import Wanted, coins
from scanner.chains.bitcoin.paid import LAST, ORDERED, holders_of
from scanner.chains.bitcoin.spv import (
    BlockHeader,
    ProofError,
    check_headers,
    check_inclusion,
    parse_header,
)
from scanner.chains.bitcoin.transaction import Transaction, parse_transaction
from scanner.chains.fleet.interface import Answer, Holder, Refusal
from scanner.chains.shape import take
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.net.words import heard

CHUNK = 20_000
BATCH = 500
FEW = 50
"""Transactions of one script up to which they are always fetched: they show the coins behind."""

MANY = 20_000
"""Transactions of one script beyond which this source gives up."""

HEADERS = 2016  # what servers give in one answer
_GUESSES = 16  # positions that are asked about at once, to find a block's last
_DEEPEST = 17  # a tree of 131,072 transactions

_TXID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _History:
    """One script's transactions: id -> height, up to the block; whether there are later ones."""

    until: Mapping[str, int]
    later: bool
    unconfirmed: int


class ElectrumServer:
    """One Electrum server. An IndexServer.

    Transactions are parsed here and checked against the ids in the history, so that a server can
    hide transactions but not change them. proof: check merkle proofs of the transactions behind
    each balance against headers with work, up to the pinned block.
    """

    batch = BATCH
    workers = 2

    def __init__(self, endpoint: Endpoint, network: Network, proof: bool = False) -> None:
        self.endpoint = endpoint
        self._name = endpoint.name
        self._network = network
        self._chain = endpoint.chain or network.chain_id
        self._proof = proof
        self._tokens = network.name == "bitcoin-cash"
        self._rpc = ElectrumRpc(endpoint)
        self._headers: dict[int, BlockHeader] = {}

    def tip(self) -> int:
        """See IndexServer."""
        return take(self._name, self._rpc.call("blockchain.headers.subscribe"), int, "height")

    def block_hash(self, height: int) -> str:
        """See IndexServer. Raises SourceRejectedError."""
        (answer,) = self._rpc.batch([("blockchain.block.header", [height])])
        if isinstance(answer, ElectrumFailure):
            if height > self.tip():
                return ""
            raise SourceRejectedError(
                self._name, f"does not give block {height}: {heard(self._name, answer.message)}"
            )
        return self._header(answer).hash

    def block_time(self, at: BlockRef) -> int | None:
        """See IndexServer."""
        header = self._header(self._rpc.call("blockchain.block.header", at.height))
        return header.time if header.hash == at.hash else None

    def read(self, wanted: Sequence[Wanted], at: BlockRef) -> list[Answer]:
        """Read histories in one message, and the transactions of the used scripts in the next."""
        keys = [hashlib.sha256(w.script).digest()[::-1].hex() for w in wanted]
        asked = self._rpc.batch([("blockchain.scripthash.get_history", [k]) for k in keys])
        readings: list[Answer] = []
        used: dict[int, _History] = {}
        for n, answer in enumerate(asked):
            if isinstance(answer, ElectrumFailure):  # busy addresses: history too large
                readings.append(Refusal(f"refused ({heard(self._name, answer.message)})"))
                continue
            history = self._history(answer, at.height)
            readings.append(coins(0, _told(history)))
            if history.until:
                used[n] = history
        many = {n for n, h in used.items() if len(h.until) > FEW and not h.later}
        if self._tokens:  # sums leave out what lies beside tokens (Electrum Cash 1.5: token_filter)
            many = set()
        for n, answer in self._balances({n: (keys[n], asked[n]) for n in many}).items():
            readings[n] = coins(answer, _told(used[n]))
            del used[n]
        for n in [n for n, h in used.items() if len(h.until) > MANY]:
            readings[n] = Refusal(f"more than {MANY:,} transactions")
            del used[n]
        transactions = self._transactions({t for h in used.values() for t in h.until})
        for n, history in used.items():
            readings[n] = self._reading(wanted[n].script, history, transactions, at)
        return readings

    def holders(self, at: BlockRef) -> list[Holder]:
        """See IndexServer. Each transaction is checked to be in the pinned block.

        Raises SourceRejectedError if it is not.
        """
        first, told = self._rpc.batch(
            [("blockchain.transaction.id_from_pos", [at.height, 0, True]),
             ("blockchain.block.header", [at.height])]
        )  # fmt: skip
        if isinstance(first, ElectrumFailure) or isinstance(told, ElectrumFailure):
            return []
        header, branches = self._header(told), {0: self._branch(first)}
        if self._network.name in ORDERED:
            count = self._count(at.height, len(branches[0][1]))
            places = range(max(1, count - LAST), count)
            asked = self._rpc.batch(
                [("blockchain.transaction.id_from_pos", [at.height, n, True]) for n in places]
            )
            if any(isinstance(answer, ElectrumFailure) for answer in asked):
                return []
            branches |= {n: self._branch(a) for n, a in zip(places, asked, strict=True)}
        if header.hash != at.hash:
            raise self._broken(f"block {at.height} is {header.hash}")
        found = self._transactions({txid for txid, _ in branches.values()})
        try:
            for place, (txid, branch) in branches.items():
                check_inclusion(found[txid], branch, place, header)
        except ProofError as e:
            raise SourceRejectedError(self._name, f"its proof does not hold: {e}") from None
        coinbase, *last = (found[txid] for txid, _ in branches.values())
        return holders_of(self._network.name, coinbase, last)

    def _branch(self, answer: object) -> tuple[str, list[bytes]]:
        """A transaction's id, and its merkle branch as stored, from the bottom up.

        The protocol calls the id `tx_hash`; electrs says `tx_id`.
        """
        called = "tx_id" if isinstance(answer, dict) and "tx_id" in answer else "tx_hash"
        txid = take(self._name, answer, str, called)
        branch = [take(self._name, h, str) for h in take(self._name, answer, list, "merkle")]
        if len(branch) > _DEEPEST or not all(_TXID.fullmatch(h) for h in [txid, *branch]):
            raise self._broken("a merkle branch that is none")
        return txid, [bytes.fromhex(h)[::-1] for h in branch]

    def _count(self, height: int, depth: int) -> int:
        """How many transactions a block has whose tree is so deep."""
        least, most = (1 << depth >> 1) + 1 if depth else 1, 1 << depth
        while least < most:
            step = -(-(most - least) // _GUESSES)
            guesses = [*range(least + step, most, step), most]
            calls: list[Call] = [
                ("blockchain.transaction.id_from_pos", [height, n - 1, False]) for n in guesses
            ]
            there = [not isinstance(a, ElectrumFailure) for a in self._rpc.batch(calls)]
            known = there.index(False) if False in there else len(there)
            least, most = ([least, *guesses][known], [*guesses, most + 1][known] - 1)
        return least

    def close(self) -> None:
        """Close the connections."""
        self._rpc.close()

    def _history(self, answer: object, height: int) -> _History:
        until: dict[str, int] = {}
        later, unconfirmed = False, 0
        for entry in take(self._name, answer, list):
            txid = take(self._name, entry, str, "tx_hash")
            block = take(self._name, entry, int, "height")
            if not _TXID.fullmatch(txid) or txid in until:
                raise self._broken(f"a history with {heard(self._name, txid)}, or with it twice")
            unconfirmed += block <= 0
            later = later or block > height
            if 0 < block <= height:
                until[txid] = block
        return _History(until, later, unconfirmed)

    def _balances(self, asked: Mapping[int, tuple[str, Said]]) -> dict[int, int]:
        """Confirmed balances now, of scripts whose history is the same before and after."""
        if not asked:
            return {}
        calls: list[Call] = [("blockchain.scripthash.get_balance", [k]) for k, _ in asked.values()]
        balances = self._rpc.batch(calls)
        again = self._rpc.batch(
            [("blockchain.scripthash.get_history", [k]) for k, _ in asked.values()]
        )
        found: dict[int, int] = {}
        for n, balance, history in zip(asked, balances, again, strict=True):
            if isinstance(balance, ElectrumFailure) or history != asked[n][1]:
                continue  # the transactions will tell
            amount = take(self._name, balance, int, "confirmed")
            if amount < 0:
                raise self._broken("a negative balance")
            found[n] = amount
        return found

    def _transactions(self, txids: set[str]) -> dict[str, Transaction]:
        """Fetch transactions and check each against its id."""
        found: dict[str, Transaction] = {}
        ordered = sorted(txids)
        for start in range(0, len(ordered), BATCH):
            part = ordered[start : start + BATCH]
            answers = self._rpc.batch([("blockchain.transaction.get", [t]) for t in part])
            for txid, answer in zip(part, answers, strict=True):
                if isinstance(answer, ElectrumFailure):
                    raise SourceUnavailableError(
                        self._name,
                        f"has no transaction {txid}: {heard(self._name, answer.message)}",
                    )
                found[txid] = self._transaction(txid, answer)
        return found

    def _transaction(self, txid: str, answer: object) -> Transaction:
        try:
            parsed = parse_transaction(bytes.fromhex(take(self._name, answer, str)))
        except ValueError as e:
            raise self._broken(
                f"transaction {txid} cannot be read ({heard(self._name, e)})"
            ) from None
        if parsed.txid != txid:
            raise self._broken(f"asked for transaction {txid}, got {parsed.txid}")
        return parsed

    def _reading(
        self,
        script: bytes,
        history: _History,
        transactions: Mapping[str, Transaction],
        at: BlockRef,
    ) -> Answer:
        spent = {coin for txid in history.until for coin in transactions[txid].inputs}
        unspent = [
            Coin(txid, vout, amount, height, transactions[txid].coinbase)
            for txid, height in history.until.items()
            for vout, (paid_to, amount) in enumerate(transactions[txid].outputs)
            if (txid, vout) not in spent
            and script == (without_tokens(paid_to) if self._tokens else paid_to)
        ]
        detail = {**_told(history), **coins_detail(unspent, at.height)}
        if self._proof and unspent:
            self._prove({c.txid: c.height for c in unspent}, transactions, at)
            detail["merkle_proofs"] = len({c.txid for c in unspent})
        caution = immature_words(unspent, at.height, self._network.decimals)
        return coins(sum(c.amount for c in unspent), detail, caution)

    def _prove(
        self, heights: Mapping[str, int], transactions: Mapping[str, Transaction], at: BlockRef
    ) -> None:
        """Check that transactions are in blocks of the pinned block's chain."""
        calls: list[Call] = [
            ("blockchain.transaction.get_merkle", [txid, height])
            for txid, height in heights.items()
        ]
        answers = self._rpc.batch(calls)
        try:
            self._extend_headers(min(heights.values()), at)
            for (txid, height), answer in zip(heights.items(), answers, strict=True):
                branch = [bytes.fromhex(h)[::-1] for h in take(self._name, answer, list, "merkle")]
                position = take(self._name, answer, int, "pos")
                check_inclusion(transactions[txid], branch, position, self._headers[height])
        except (ProofError, ValueError, TypeError) as e:
            raise SourceRejectedError(self._name, f"its proof does not hold: {e}") from None

    def _extend_headers(self, first: int, at: BlockRef) -> None:
        """Fetch and check the headers from `first` to the pinned block, once."""
        known = self._headers
        last = known.get(at.height)
        if known and min(known) <= first and last is not None and last.hash == at.hash:
            return
        found: list[BlockHeader] = []
        while first + len(found) <= at.height:
            start = first + len(found)
            count = min(HEADERS, at.height - start + 1)
            answer = self._rpc.call("blockchain.block.headers", start, count)
            raw = bytes.fromhex(self._joined(answer))
            if not raw or len(raw) % 80:
                raise ProofError(f"no headers from block {start} on")
            found += [parse_header(raw[n : n + 80]) for n in range(0, len(raw), 80)]
        found = found[: at.height - first + 1]
        check_headers(found, first, self._network.name, self._chain)
        if found[-1].hash != at.hash:
            raise ProofError(f"its headers do not lead to block {at.hash}")
        self._headers = {first + n: header for n, header in enumerate(found)}

    def _joined(self, answer: object) -> str:
        """Headers as one hex text: version 1.6 gives a list, earlier ones a text."""
        if isinstance(answer, dict) and "headers" in answer:
            return "".join(map(str, take(self._name, answer, list, "headers")))
        return take(self._name, answer, str, "hex")

    def _header(self, answer: object) -> BlockHeader:
        try:
            return parse_header(bytes.fromhex(take(self._name, answer, str)))
        except ValueError as e:
            raise self._broken(f"an invalid block header ({e})") from None

    def _broken(self, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(self._name, f"gave an invalid answer: {what}")


def _told(history: _History) -> dict[str, object]:
    told: dict[str, object] = {"transactions": len(history.until)}
    if history.unconfirmed:
        told["unconfirmed_transactions"] = history.unconfirmed
    return told
