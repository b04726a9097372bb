"""Looks announced transactions up on the chains, and judges them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from scanner.chains.bitcoin.payment_fleet import PaymentFleet, Word, operators
from scanner.chains.bitcoin.payments import PAYMENT_SOURCES, PaymentSource
from scanner.chains.fleet.apart import ALONE
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
    judge_bytes,
    judge_transaction,
    nonce_amount,
)
from scanner.snapshots.announced_words import LEAST, Bench, Said

MAX_CANDIDATES = 1000
"""Transactions looked at for one announcement that names none."""

_NONCE_NETWORK = "bitcoin"


@dataclass(frozen=True, slots=True)
class JudgedAnnouncement:
    """One row and its verdict.

    transaction: what was judged; None if none was found or read. evidence: what the sources' word
    is worth: `proven` for the user's own node, `agreed` for several operators, `reported` for
    others, `unavailable` where nobody answered. source: the endpoint's name, or names with commas,
    "" if nobody was asked. passed_over: why others could not say anything. chain: id or name of the
    chain that they are on, "" if nobody was asked.
    """

    said: Announced
    result: ControlResult
    transaction: MinedTransaction | None = None
    evidence: Evidence = Evidence.UNAVAILABLE
    source: str = ""
    passed_over: tuple[SourceError, ...] = ()
    chain: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """tip: the height searched up to. by_script: ids of the transactions that spent from each."""

    tip: int
    by_script: Mapping[bytes, Sequence[str]]


class AnnouncementJudge:
    """Asks endpoints of each network, until enough of them have said the same.

    The user's own come first and are believed, then nodes before servers. quorum: how many
    operators must say the same where none is his. Close it with `close`.
    """

    def __init__(
        self, registry: Registry, endpoints: Mapping[str, Sequence[Endpoint]], quorum: int = 1
    ) -> None:
        self._registry, self._endpoints, self._quorum = registry, endpoints, quorum
        self._fleets: dict[str, PaymentFleet] = {}
        self._searched: dict[tuple[str, str], _Found | SourceRejectedError] = {}
        self._failed: Counter[tuple[str, str]] = Counter()
        self._nonces: dict[int, tuple[int, bool]] = {}
        self._wanted: dict[str, list[Announcement]] = {}

    def judge_all(
        self, rows: Iterable[Announced], progress: Callable[[int], None] | None = None
    ) -> list[JudgedAnnouncement]:
        """Judge every row, in order. A source that fails makes its rows `unavailable`, no error.

        Raises ConfigError if a network's endpoints cannot make up the quorum.
        """
        said = list(rows)
        for memory in (self._searched, self._failed, self._nonces, self._wanted):
            memory.clear()
        for row in said:
            if isinstance(row, Announcement):
                self._open(row)
                if not row.txid:
                    self._wanted.setdefault(row.network, []).append(row)
        judged = []
        for row in said:
            judged.append(self._judge(row))
            if progress is not None:
                progress(len(judged))
        return judged

    def close(self) -> None:
        """Close the connections."""
        for fleet in self._fleets.values():
            fleet.close()

    def _open(self, row: Announcement) -> None:
        for name in {row.network, *([_NONCE_NETWORK] if isinstance(row.amount, NonceRule) else [])}:
            usable = [e for e in self._endpoints.get(name, ()) if e.protocol in PAYMENT_SOURCES]
            if usable and name not in self._fleets:
                network = self._registry.network(name)
                self._fleets[name] = PaymentFleet(network, usable, self._quorum)

    def _fleet(self, network: str) -> PaymentFleet:
        if network not in self._fleets:
            protocols = ", ".join(PAYMENT_SOURCES)
            raise ConfigError(f"no endpoint of {network} is configured with protocol {protocols}")
        return self._fleets[network]

    def _judge(self, row: Announced) -> JudgedAnnouncement:
        if isinstance(row, UnreadableAnnouncement):
            return JudgedAnnouncement(row, ControlResult(row.control, reason=row.reason))
        try:
            said, surely = self._with_amount(row)
            fleet = self._fleet(row.network)
            bench = Bench(self._quorum, surely, partial(self._has_block, fleet))
            words, failures = fleet.hear(partial(self._ask, said), bench.enough)
            if not words:
                raise _nobody(failures)
            heard = replace(bench, failures=failures).judge(words)
        except (SourceError, ConfigError) as e:
            reason = f"the chain could not be asked: {e}"
            return JudgedAnnouncement(
                row, ControlResult(Control.UNSUPPORTED, scheme=SCHEME, reason=reason)
            )
        return JudgedAnnouncement(
            *(said, heard.result, heard.transaction, heard.evidence, heard.source),
            *(tuple(failures), fleet.chain_id),
        )

    def _ask(self, said: Announcement, source: PaymentSource) -> Said:
        """What one endpoint says. Whoever shows it has to prove it."""
        result, transaction = self._named(source, said) if said.txid else self._any(source, said)
        if transaction is None:
            return Said(result)
        certainly = judge_bytes(said, transaction)
        found = Said(certainly or result, transaction, certain=certainly is not None)
        if found.shows:
            held = source.prove(transaction, script_pubkey(said.address))
            return replace(found, is_proven=held)
        return found

    @staticmethod
    def _has_block(fleet: PaymentFleet, word: Word[Said], transaction: MinedTransaction) -> bool:
        block = transaction.block
        try:
            seen = fleet.ask_at(word.seat, lambda source: source.block_hash(block.height))
        except SourceError:
            return False
        return seen == block.hash

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

    def _with_amount(self, said: Announcement) -> tuple[Announcement, bool]:
        """The announcement with its amount as a number, and whether that is certain."""
        rule = said.amount
        if not isinstance(rule, NonceRule):
            return said, True
        if rule.height not in self._nonces:
            self._nonces[rule.height] = self._nonce(rule.height)
        nonce, surely = self._nonces[rule.height]
        return replace(said, amount=nonce_amount(nonce, rule.digits) * rule.unit), surely

    def _nonce(self, height: int) -> tuple[int, bool]:
        """A block's nonce, and whether it is certain. Raises SourceError where servers differ."""
        wanted = max(LEAST, self._quorum)
        words, failures = self._fleet(_NONCE_NETWORK).hear(
            lambda source: source.nonce(height), lambda some: operators(some) >= wanted
        )
        if not words:
            raise _nobody(failures)
        names = ", ".join(word.seat.name for word in words)
        if len({word.said for word in words}) > 1:
            raise SourceRejectedError(names, f"they disagree on the nonce of block {height}")
        count = operators(words)
        if count < self._quorum and not words[0].seat.own:
            what = f"only {count} of {self._quorum} operators told the nonce of block {height}"
            raise SourceRejectedError(names, what)
        return words[0].said, words[0].seat.own or count >= wanted

    def _spends(self, source: PaymentSource, network: str) -> _Found:
        """One search for all rows of the network that name no transaction.

        What has failed a few times is not searched for again.
        """
        key = network, source.endpoint.name
        if key not in self._searched:
            try:
                self._searched[key] = self._search(source, self._wanted[network])
            except SourceRejectedError as e:
                self._searched[key] = e
            except SourceUnavailableError as e:
                self._failed[key] += 1
                if self._failed[key] < ALONE or e.retry_after is not None:
                    raise
                self._searched[key] = SourceRejectedError(e.endpoint, e.what)
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


def _nobody(failures: Sequence[SourceError]) -> SourceError:
    """The error of those who were asked, all of whom failed; each is named."""
    if len(failures) == 1:
        return failures[0]
    first, *others = failures
    return SourceRejectedError(first.endpoint, "; ".join([first.what, *map(str, others)]))
