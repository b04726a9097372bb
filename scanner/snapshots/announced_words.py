"""What several endpoints say about one announced transaction, and the verdict that follows.

A server can hide a transaction, and cannot make one that it has to prove: who proves it outweighs
who does not show it. Who shows it without a proof is one server's word, against which another's
stands. What is not there is false only by the user's own node, or by several operators of one mind
and nobody who shows it: so everybody is asked first, and the order of endpoints decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scanner.chains.bitcoin.payment_fleet import Word, operators
from scanner.errors import SourceError
from scanner.model.amount import counted
from scanner.model.balance import Evidence
from scanner.model.control import Control, ControlResult
from scanner.model.spend import MinedTransaction

LEAST: Final = 2
"""Operators that must say what nobody proves, where the user has no node of his own."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one endpoint says about a row.

    transaction: what was judged; None if it shows none. certain: the result follows from bytes that
    the published id fixes, so that it does not matter who shows them. is_proven: its block was
    shown to hold the transaction, and coins of the address to be what it spends.
    """

    result: ControlResult
    transaction: MinedTransaction | None = None
    certain: bool = False
    is_proven: bool = False

    @property
    def shows(self) -> bool:
        """Whether it shows the transaction, as announced and signed."""
        return self.transaction is not None and self.result.control is Control.CONTROLS

    @property
    def same(self) -> tuple[str, str]:
        """What two operators must have in common to say the same: the transaction and its block."""
        shown = self.transaction
        return (shown.txid, shown.block.hash) if shown else ("", "")


Words = Sequence[Word[Said]]


@dataclass(frozen=True, slots=True)
class Heard:
    """A verdict, what it rests on, and whose words it is."""

    result: ControlResult
    transaction: MinedTransaction | None
    evidence: Evidence
    source: str


@dataclass(frozen=True, slots=True)
class Bench:
    """Weighs words. quorum: operators that must say the same.

    surely: whether it is certain what was announced (an amount by the nonce that one server told is
    not). has_block: whether an endpoint has the block of a transaction that it does not show.
    failures: of those who could not say anything.
    """

    quorum: int
    surely: bool
    has_block: Callable[[Word[Said], MinedTransaction], bool]
    failures: Sequence[SourceError] = ()

    def enough(self, words: Words) -> bool:
        """Whether nobody else needs to be asked."""
        last = words[-1].said
        if last.certain and self.surely:
            return True
        best = _most_shown(words)
        if best:
            return operators(best) >= (self.quorum if _is_proven(best) else self._needed)
        undecided = last.result.control is Control.UNSUPPORTED
        return undecided and operators(words) >= self.quorum

    def judge(self, words: Words) -> Heard:
        """The verdict of those who were heard, at least one."""
        last = words[-1]
        if last.seat.own or (last.said.certain and self.surely):
            return Heard(
                last.said.result, last.said.transaction, last.seat.source.evidence, last.seat.name
            )
        best = _most_shown(words)
        return self._shown(words, best) if best else self._not_shown(words)

    def _shown(self, words: Words, best: Words) -> Heard:
        transaction = best[0].said.transaction
        assert transaction is not None  # noqa: S101 - they show it
        others = [word for word in words if word not in best]
        result = best[0].said.result
        result = result._replace(reason="; ".join([result.reason, *_against(others)]))
        agreed, proven = operators(best), _is_proven(best)
        if agreed < self.quorum:
            silent = [word for word in others if proven and word.said.transaction is None]
            refuted = [word for word in silent if self.has_block(word, transaction)]
            if operators([*best, *refuted]) < self.quorum:
                count = counted(agreed, "operator shows", "operators show")
                what = f"{count} it, and it takes {self.quorum}"
                result = self._too_few(what, result, words)
        elif not proven and agreed < self._needed and _contradict(others, best):
            what = f"{_names(best)} shows it without the block that holds it, and others do not"
            result = self._too_few(what, result, words)
        several = agreed > 1 and agreed >= self.quorum
        evidence = Evidence.AGREED if several else best[0].seat.source.evidence
        return Heard(result, transaction, evidence, _names(best))

    def _not_shown(self, words: Words) -> Heard:
        some = [w for w in words if w.said.result.control is not Control.MISMATCH] or words
        word = next((w for w in some if w.said.transaction), some[0])
        heard = Heard(
            word.said.result, word.said.transaction, word.seat.source.evidence, word.seat.name
        )
        if some is not words:
            return heard
        needed, count = self._needed, operators(words)
        if count >= needed and self.surely:
            return replace(heard, evidence=Evidence.AGREED, source=_names(words))
        what = f"{counted(count, 'operator says', 'operators say')} so, and it takes {needed}"
        if count >= needed:
            what = "what the amount must be was said by one operator, and it takes two"
        result = self._too_few(f"{what} to call it false", heard.result, words)
        return replace(heard, result=result, source=_names(words))

    @property
    def _needed(self) -> int:
        """Operators that make up for the want of a proof."""
        return max(LEAST, self.quorum)

    def _too_few(self, what: str, result: ControlResult, words: Words) -> ControlResult:
        to_do = "add your own node, or an endpoint of another operator"
        if self.quorum == 1:
            to_do += " and ask with --quorum 2"
        if len(words) > operators(words):
            to_do += "; name the operators of your endpoints"
        failed = [
            f"{failure.endpoint} was passed over: {failure.what}" for failure in self.failures
        ]
        others = f" ({'; '.join(failed)})" if failed else ""
        reason = f"{result.reason}; {what}: {to_do}{others}"
        return ControlResult(Control.UNSUPPORTED, scheme=result.scheme, reason=reason)


def _most_shown(words: Words) -> Words:
    """Those who show one and the same transaction, of most operators; none if nobody does."""
    showing = [word for word in words if word.said.shows]
    groups = [[w for w in showing if w.said.same == word.said.same] for word in showing]
    return max(groups, key=operators, default=[])


def _is_proven(words: Words) -> bool:
    return any(word.said.is_proven for word in words)


def _contradict(others: Words, best: Words) -> bool:
    """Whether somebody does not show what these show, or reads something else in it."""
    return any(
        word.said.same != best[0].said.same or word.said.result.control is Control.MISMATCH
        for word in others
    )


def _against(others: Words) -> list[str]:
    return [f"{word.seat.name} says: {word.said.result.reason}" for word in others]


def _names(words: Words) -> str:
    return ", ".join(sorted(word.seat.name for word in words))
