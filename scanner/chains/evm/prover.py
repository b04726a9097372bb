"""Proof mode: proves what can be proven of a column, with whichever endpoint gives the proof."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from scanner.chains.evm.archive import ArchiveWriter, Record
from scanner.chains.evm.columns import Column
from scanner.chains.evm.header import ProvenHeader
from scanner.chains.evm.node import Node
from scanner.chains.evm.proofs import (
    Proven,
    ProvenToken,
    fetch_header,
    prove_accounts,
    prove_balances,
    prove_state,
    prove_token,
)
from scanner.chains.evm.slots import ALL_BITS
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import winner
from scanner.chains.fleet.settle import canvass
from scanner.errors import SourceError
from scanner.model.account import AccountState
from scanner.model.balance import Balance, Evidence
from scanner.model.block import BlockRef
from scanner.model.jsontext import own_json

_MOST_NODES: Final = 100_000  # trie nodes kept in memory between columns: about 50 MB


@dataclass(slots=True)
class ColumnProof:
    """What was proven of one column.

    raw: position -> the value in the state. mask: the bits of it that are the amount.
    names: position -> the endpoint whose proof it is. why: position -> why it is not proven.
    """

    mask: int = ALL_BITS
    raw: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Block:
    """What is known about the block that is being proven."""

    at: BlockRef
    header: ProvenHeader
    writer: ArchiveWriter
    known: dict[bytes, bytes] = field(default_factory=dict)
    tokens: dict[bytes, ProvenToken | str] = field(default_factory=dict)


class Prover:
    """Proves columns at one block after another. Safe to use from several threads.

    folder: where checked proofs are kept. quorum: how many operators must find a token's balances
    at the same place: that is the one thing about a token's proof that is not in the state trie.
    """

    def __init__(self, pool: Pool[Node], folder: Path, quorum: int) -> None:
        self._pool, self._folder, self._quorum = pool, folder, quorum
        self._lock = threading.Lock()
        self._block: _Block | None = None

    def prove(self, columns: Sequence[Column], at: BlockRef) -> list[ColumnProof]:
        """Prove what can be proven, one ColumnProof a column, every position in `raw` or `why`."""
        try:
            block = self._enter(at)
        except SourceError as e:
            return [_nothing(column, str(e)) for column in columns]
        return [self._column(block, column) for column in columns]

    def state(self, account: bytes, slots: Sequence[bytes], at: BlockRef) -> AccountState | None:
        """Prove an account's code hash and some of its slots; None where nobody gives a proof."""

        def task(node: Node) -> AccountState:
            with node.pinned(at) as parameter:
                return prove_state(node, block.header, account, slots, parameter, known)

        try:
            block = self._enter(at)
            with self._lock:
                known = dict(block.known)
            return self._pool.run(task)[0]
        except SourceError:
            return None

    def _enter(self, at: BlockRef) -> _Block:
        with self._lock:
            if self._block is None or self._block.at.hash != at.hash:
                header, _ = self._pool.run(lambda node: fetch_header(node, at))
                self._block = _Block(at, header, ArchiveWriter(self._folder, at, header))
            return self._block

    def _column(self, block: _Block, column: Column) -> ColumnProof:
        with self._lock:
            known = dict(block.known)
        token: ProvenToken | None = None
        if not column.is_native:
            found = self._token(block, column.token, known)
            if isinstance(found, str):
                return _nothing(column, found)
            token = found

        def task(holders: Sequence[bytes], node: Node) -> Proven:
            with node.pinned(block.at) as parameter:
                if token is None:
                    return prove_accounts(node, block.header, holders, parameter, known)
                return prove_balances(node, block.header, token, holders, parameter, known)

        proof = ColumnProof(token.rule.mask if token else ALL_BITS)
        self._ask_everybody(column, proof, task)
        self._keep(block, column, proof, token, known)
        return proof

    def _ask_everybody(
        self,
        column: Column,
        proof: ColumnProof,
        task: Callable[[Sequence[bytes], Node], Proven],
    ) -> None:
        """Ask one operator after the other for what is not proven yet."""
        missing, asked = list(range(len(column.holders))), list[str]()
        while missing:
            holders = [column.holders[position] for position in missing]
            try:
                proven, node = self._pool.run(partial(task, holders), avoid=tuple(asked))
            except SourceError as e:
                for position in missing:
                    proof.why.setdefault(position, str(e))
                return
            asked.append(node.operator)
            for n, raw in proven.raw.items():
                proof.raw[missing[n]] = raw
                proof.names[missing[n]] = node.name
                proof.why.pop(missing[n], None)
            proof.why.update({missing[n]: why for n, why in proven.why.items()})
            missing = [position for position in missing if position not in proof.raw]

    def _token(self, block: _Block, token: bytes, known: dict[bytes, bytes]) -> ProvenToken | str:
        """Where a token's balances lie, or why nobody can prove it; found out once a block."""
        with self._lock:
            found = block.tokens.get(token)
        if found is None:
            found = self._find_token(block, token, known)
            with self._lock:
                block.tokens[token] = found
        return found

    def _find_token(
        self, block: _Block, token: bytes, known: dict[bytes, bytes]
    ) -> ProvenToken | str:
        def task(node: Node) -> ProvenToken | str:
            with node.pinned(block.at) as parameter:
                return prove_token(node, block.header, token, parameter, known)

        why = ""
        votes: dict[str, ProvenToken] = {}

        def heard(node: Node, found: ProvenToken | str) -> bool:
            nonlocal why
            if isinstance(found, str):
                why = found
            else:
                votes[node.operator] = found
            return winner(votes.items(), self._quorum) is None

        try:
            canvass(self._pool, task, heard, self._quorum)
        except SourceError as e:
            return why or str(e)
        won = winner(votes.items(), self._quorum)
        if won is not None:
            return won[0]
        return why or "the endpoints find its balances at different places"

    def _keep(
        self,
        block: _Block,
        column: Column,
        proof: ColumnProof,
        token: ProvenToken | None,
        known: dict[bytes, bytes],
    ) -> None:
        """Remember the trie nodes, and write them and what they prove to the archive."""
        block.writer.write(known, _records(column, proof, token))
        with self._lock:
            if len(block.known) + len(known) > _MOST_NODES:
                block.known.clear()
            else:
                block.known.update(known)


def _nothing(column: Column, why: str) -> ColumnProof:
    return ColumnProof(why=dict.fromkeys(range(len(column.holders)), why))


def _records(column: Column, proof: ColumnProof, token: ProvenToken | None) -> list[Record]:
    if token is None:
        return [
            {"type": "account", "address": column.holders[n].hex(), "balance": str(raw)}
            for n, raw in proof.raw.items()
        ]
    head: Record = {
        **{"type": "token", "token": token.address.hex()},
        **{"code_hash": token.account.code_hash.hex(), "kind": token.rule.kind},
        **{"slot": token.rule.slot.hex(), "mask": hex(token.rule.mask)},
    }
    found: list[Record] = [head]
    for n, raw in proof.raw.items():
        amount = str(raw & token.rule.mask)
        found.append(
            {
                **{"type": "balance", "token": token.address.hex()},
                **{"holder": column.holders[n].hex(), "raw": hex(raw), "amount": amount},
            }
        )
    return found


def settle(read: Balance, position: int, proof: ColumnProof, *, is_native: bool) -> Balance:
    """Put a reading and its proof together.

    A proof of a coin balance stands whatever endpoints said. A token's slot counts only together
    with a balanceOf that says the same: the slot is proven, that it is the balance is not.
    """
    if position not in proof.raw:
        why = f"not proven: {proof.why.get(position, 'no endpoint gave a proof')}"
        return read._replace(reason=f"{read.reason}; {why}" if read.reason else why)
    raw = proof.raw[position]
    amount = raw & proof.mask
    said = _said(read)
    if read.amount is None and not is_native and str(amount) not in said.values():
        return read
    proven = Balance(amount, Evidence.PROVEN, (proof.names[position],))
    losers = {name: text for name, text in said.items() if text != str(amount)}
    if losers:
        if not is_native and str(amount) not in said.values():
            answers = {**said, "storage proof": str(amount)}
            words = "; ".join(f"{name} says {text}" for name, text in answers.items())
            return Balance(
                None,
                Evidence.UNAVAILABLE,
                read.sources,
                f"balanceOf and the proven slot disagree: {words}",
                json.dumps({"disagree": answers}),
            )
        words = "; ".join(f"{name} said {text} instead" for name, text in losers.items())
        proven = proven._replace(reason=words, detail=json.dumps({"outvoted": losers}))
    if raw != amount:
        words = "the contract keeps flags beside this balance; on USDC they freeze the address"
        proven = proven._replace(reason=words, detail=json.dumps({"flags": hex(raw ^ amount)}))
    return proven


def _said(read: Balance) -> Mapping[str, str]:
    """Who said which amount, from a reading."""
    said: dict[str, str] = {}
    if read.detail:
        detail = own_json(read.detail)
        said = {**detail.get("disagree", {}), **detail.get("outvoted", {})}
    if read.amount is not None:
        said = {**dict.fromkeys(read.sources, str(read.amount)), **said}
    # Token answers carry the decimals they came with: "5 (6 decimals)".
    return {name: text.split(" ")[0] for name, text in said.items()}
