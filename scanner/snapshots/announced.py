"""Looks announced transactions up on the chains, and judges them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from scanner.chains.bitcoin.payments import PAYMENT_SOURCES, PaymentSource
from scanner.errors import (
    ConfigError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.control import Control, ControlResult
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.model.spend import MinedTransaction
from scanner.ownership.bitcoin.announcements import Announced, UnreadableAnnouncement
from scanner.ownership.bitcoin.by_transaction import (
    SCHEME,
    Announcement,
    NonceRule,
    judge_absence,
    judge_transaction,
    nonce_amount,
)

T = TypeVar("T")

MAX_CANDIDATES = 1000
"""Transactions looked at for one announcement that names none."""

_NONCE_NETWORK = "bitcoin"


@dataclass(frozen=True, slots=True)
class JudgedAnnouncement:
    """One row and its verdict.

    transaction: what was judged; None if none was found or read. evidence: what the source's word
    is worth: `proven` for the user's own node, `reported` for others, `unavailable` where nobody
    answered. source: the endpoint's name, "" if nobody was asked.
    """

    said: Announced
    result: ControlResult
    transaction: MinedTransaction | None = None
    evidence: Evidence = Evidence.UNAVAILABLE
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """tip: the height searched up to. by_script: ids of the transactions that spent from each."""

    tip: int
    by_script: Mapping[bytes, Sequence[str]]


class AnnouncementJudge:
    """Asks one endpoint of each network, and the next one when that does not answer.

    The user's own come first, then nodes before servers. Close it with `close`.
    """

    def __init__(self, registry: Registry, endpoints: Mapping[str, Sequence[Endpoint]]) -> None:
        self._registry, self._endpoints = registry, endpoints
        self._opened: dict[str, list[PaymentSource]] = {}
        self._searched: dict[tuple[str, str], _Found | SourceError] = {}
        self._wanted: dict[str, list[Announcement]] = {}

    def judge_all(
        self, rows: Iterable[Announced], progress: Callable[[int], None] | None = None
    ) -> list[JudgedAnnouncement]:
        """Judge every row, in order. A source that fails makes its rows `unavailable`, no error."""
        said = list(rows)
        self._searched.clear()
        self._wanted.clear()
        for row in said:
            if isinstance(row, Announcement) and not row.txid:
                self._wanted.setdefault(row.network, []).append(row)
        judged = []
        for row in said:
            judged.append(self._judge(row))
            if progress is not None:
                progress(len(judged))
        return judged

    def close(self) -> None:
        """Close the connections."""
        for sources in self._opened.values():
            for source in sources:
                source.close()

    def _judge(self, row: Announced) -> JudgedAnnouncement:
        if isinstance(row, UnreadableAnnouncement):
            return JudgedAnnouncement(row, ControlResult(row.control, reason=row.reason))
        try:
            said = self._with_amount(row)
            return self._first(row.network, lambda source: self._ask(source, said))
        except (SourceError, ConfigError) as e:
            reason = f"the chain could not be asked: {e}"
            return JudgedAnnouncement(
                row, ControlResult(Control.UNSUPPORTED, scheme=SCHEME, reason=reason)
            )

    def _ask(self, source: PaymentSource, said: Announcement) -> JudgedAnnouncement:
        result, transaction = self._named(source, said) if said.txid else self._any(source, said)
        name = source.endpoint.name
        return JudgedAnnouncement(said, result, transaction, source.evidence, name)

    def _named(
        self, source: PaymentSource, said: Announcement
    ) -> tuple[ControlResult, MinedTransaction | None]:
        tip = source.tip()
        transaction = source.mined(said.txid)
        if transaction is None:
            return judge_absence(said, tip), None
        return judge_transaction(said, transaction), transaction

    def _any(
        self, source: PaymentSource, said: Announcement
    ) -> tuple[ControlResult, MinedTransaction | None]:
        """The first transaction that does it; else one that might, if its keys were known."""
        found = self._spends(source, said.network)
        txids = found.by_script[script_pubkey(said.address)]
        if len(txids) > MAX_CANDIDATES:
            what = f"knows {len(txids):,} possible transactions: name the transaction (txid)"
            raise SourceRejectedError(source.endpoint.name, what)
        undecided: tuple[ControlResult, MinedTransaction] | None = None
        for txid in txids:
            transaction = source.mined(txid)
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
        nonce = self._first(_NONCE_NETWORK, lambda source: source.nonce(rule.height))
        return replace(said, amount=nonce_amount(nonce, rule.digits) * rule.unit)

    def _spends(self, source: PaymentSource, network: str) -> _Found:
        """One search for all rows of the network that name no transaction."""
        key = network, source.endpoint.name
        if key not in self._searched:
            try:
                self._searched[key] = self._search(source, self._wanted[network])
            except SourceError as e:
                self._searched[key] = e
        found = self._searched[key]
        if isinstance(found, SourceError):
            raise found
        return found

    def _search(self, source: PaymentSource, announced: Sequence[Announcement]) -> _Found:
        tip = source.tip()
        first = min(a.after for a in announced) + 1
        last = min(tip, max(tip if a.until is None else a.until for a in announced))
        scripts = {script_pubkey(a.address) for a in announced}
        return _Found(tip, source.spends(sorted(scripts), first, last))

    def _first(self, network: str, ask: Callable[[PaymentSource], T]) -> T:
        """What the first source says that answers at all.

        Raises ConfigError if none is configured; else the last one's error.
        """
        failure: SourceError | None = None
        for source in self._sources(network):
            try:
                return ask(source)
            except SourceUnavailableError as e:
                failure = e
        if failure is not None:
            raise failure
        protocols = ", ".join(PAYMENT_SOURCES)
        raise ConfigError(f"no endpoint of {network} is configured with protocol {protocols}")

    def _sources(self, name: str) -> list[PaymentSource]:
        if name not in self._opened:
            order = {protocol: place for place, protocol in enumerate(PAYMENT_SOURCES)}
            usable = [e for e in self._endpoints.get(name, ()) if e.protocol in order]
            usable.sort(key=lambda e: (not e.own, order[e.protocol]))
            network = self._registry.network(name)
            self._opened[name] = [PAYMENT_SOURCES[e.protocol](e, network) for e in usable]
        return self._opened[name]
