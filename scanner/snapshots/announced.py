"""Looks announced transactions up on the chains, and judges them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.bitcoin.mined import block_nonce, mined_transaction, spending_transactions
from scanner.errors import ConfigError, SourceError, SourceRejectedError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.control import Control, ControlResult
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.model.spend import MinedTransaction
from scanner.ownership.announcements import Announced, UnreadableAnnouncement
from scanner.ownership.by_transaction import (
    SCHEME,
    Announcement,
    NonceRule,
    judge_absence,
    judge_transaction,
    nonce_amount,
)

PROTOCOLS = ("bitcoin_core", "bitcoin_filters")
"""Endpoints that are nodes with Bitcoin Core's RPC."""

MAX_CANDIDATES = 1000
"""Transactions looked at for one announcement that names none."""

_NONCE_NETWORK = "bitcoin"


@dataclass(frozen=True, slots=True)
class JudgedAnnouncement:
    """One row and its verdict.

    transaction: what was judged; None if none was found or read. evidence: what the node's word is
    worth: `proven` for the user's own, `reported` for others, `unavailable` where nobody answered.
    source: the endpoint's name, "" if nobody was asked.
    """

    said: Announced
    result: ControlResult
    transaction: MinedTransaction | None = None
    evidence: Evidence = Evidence.UNAVAILABLE
    source: str = ""


class AnnouncementJudge:
    """Asks one node for each network. Close it with `close`."""

    def __init__(self, registry: Registry, endpoints: Mapping[str, Sequence[Endpoint]]) -> None:
        self._registry, self._endpoints = registry, endpoints
        self._rpcs: dict[str, CoreRpc] = {}
        self._stack = ExitStack()

    def judge_all(
        self, rows: Iterable[Announced], progress: Callable[[int], None] | None = None
    ) -> list[JudgedAnnouncement]:
        """Judge every row, in order. A node that fails makes its rows `unavailable`, no error."""
        said = list(rows)
        spends = self._find_spends(said)
        judged = []
        for row in said:
            judged.append(self._judge(row, spends))
            if progress is not None:
                progress(len(judged))
        return judged

    def close(self) -> None:
        """Close the connections."""
        self._stack.close()

    def _judge(self, row: Announced, spends: _Spends) -> JudgedAnnouncement:
        if isinstance(row, UnreadableAnnouncement):
            return JudgedAnnouncement(row, ControlResult(row.control, reason=row.reason))
        try:
            rpc = self._rpc(row.network)
            said = self._with_amount(row)
            result, transaction = self._named(rpc, said) if said.txid else self._any(said, spends)
        except (SourceError, ConfigError) as e:
            reason = f"the chain could not be asked: {e}"
            unasked = ControlResult(Control.UNSUPPORTED, scheme=SCHEME, reason=reason)
            return JudgedAnnouncement(row, unasked)
        evidence = Evidence.PROVEN if rpc.endpoint.own else Evidence.REPORTED
        return JudgedAnnouncement(said, result, transaction, evidence, rpc.name)

    def _named(
        self, rpc: CoreRpc, said: Announcement
    ) -> tuple[ControlResult, MinedTransaction | None]:
        network = self._registry.network(said.network)
        tip = rpc.chain_info(network).blocks
        transaction = mined_transaction(rpc, network, said.txid)
        if transaction is None:
            return judge_absence(said, tip), None
        return judge_transaction(said, transaction), transaction

    def _any(
        self, said: Announcement, spends: _Spends
    ) -> tuple[ControlResult, MinedTransaction | None]:
        """The first transaction that does it; else one that might, if its keys were known."""
        found = spends[said.network]
        if isinstance(found, Exception):
            raise found
        rpc, network = self._rpc(said.network), self._registry.network(said.network)
        txids = found.by_script[script_pubkey(said.address)]
        if len(txids) > MAX_CANDIDATES:
            what = f"knows {len(txids):,} transactions that may be it: name the transaction (txid)"
            raise SourceRejectedError(rpc.name, what)
        undecided: tuple[ControlResult, MinedTransaction] | None = None
        for txid in txids:
            transaction = mined_transaction(rpc, network, txid)
            if transaction is None:
                continue  # its block was replaced meanwhile
            result = judge_transaction(said, transaction)
            if result.control is Control.CONTROLS:
                return result, transaction
            if result.control is Control.UNSUPPORTED:
                undecided = undecided or (result, transaction)
        return undecided or (judge_absence(said, found.tip), None)

    def _with_amount(self, said: Announcement) -> Announcement:
        rule = said.amount
        if not isinstance(rule, NonceRule):
            return said
        network = self._registry.network(_NONCE_NETWORK)
        nonce = block_nonce(self._rpc(network.name), network, rule.height)
        return replace(said, amount=nonce_amount(nonce, rule.digits) * rule.unit)

    def _find_spends(self, rows: Sequence[Announced]) -> _Spends:
        """For each network, one search for all rows that name no transaction."""
        wanted: dict[str, list[Announcement]] = {}
        for row in rows:
            if isinstance(row, Announcement) and not row.txid:
                wanted.setdefault(row.network, []).append(row)
        found: _Spends = {}
        for name, announced in wanted.items():
            try:
                found[name] = self._search(name, announced)
            except (SourceError, ConfigError) as e:
                found[name] = e
        return found

    def _search(self, name: str, announced: Sequence[Announcement]) -> _Found:
        rpc = self._rpc(name)
        tip = rpc.chain_info(self._registry.network(name)).blocks
        first = min(a.after for a in announced) + 1
        last = min(tip, max(tip if a.until is None else a.until for a in announced))
        scripts = {script_pubkey(a.address) for a in announced}
        return _Found(tip, spending_transactions(rpc, sorted(scripts), first, last))

    def _rpc(self, name: str) -> CoreRpc:
        """The node of a network: the user's own first. Raises ConfigError if there is none."""
        if name not in self._rpcs:
            nodes = [e for e in self._endpoints.get(name, ()) if e.protocol in PROTOCOLS]
            if not nodes:
                raise ConfigError(
                    f"no node of {name} is configured: add an endpoint of protocol {PROTOCOLS[0]}"
                )
            rpc = CoreRpc(next((e for e in nodes if e.own), nodes[0]))
            self._stack.callback(rpc.close)
            self._rpcs[name] = rpc
        return self._rpcs[name]


@dataclass(frozen=True, slots=True)
class _Found:
    """tip: the height searched up to. by_script: ids of the transactions that spent from each."""

    tip: int
    by_script: Mapping[bytes, Sequence[str]]


_Spends = dict[str, _Found | Exception]
