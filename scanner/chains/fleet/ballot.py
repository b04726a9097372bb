"""What several endpoints say about one query, and the Balance that follows from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from scanner.chains.fleet.interface import Answer, Reading, Refusal, State
from scanner.chains.fleet.quorum import tally, winner
from scanner.errors import SourceError
from scanner.model.balance import Balance, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.parts import Part, parts_text

_Vote = int | tuple[tuple[Part, int], ...]

PLAIN: Final = frozenset({Part.LIQUID})
"""Parts that a balance does not name, since its amount says the same."""


@dataclass(slots=True)
class Ballot:
    """What the endpoints said about one query. Answers are compared by their parts but rewards.

    A list has as many of these as rows: what is unanimous, as nearly all are, takes short ways.
    """

    readings: dict[str, tuple[str, Reading, _Vote]] = field(default_factory=dict)  # by endpoint
    refusals: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, operator: str, said: Answer) -> None:
        """Take what one endpoint says."""
        if isinstance(said, Refusal):
            self.refusals[name] = said.why
        else:
            self.readings[name] = (operator, said, _vote(said))

    def settled(self, quorum: int) -> bool:
        """Whether an answer has won: then nobody else needs to be asked."""
        return self._won(quorum) is not None

    def _won(self, quorum: int) -> tuple[_Vote] | None:
        if len(self.readings) < quorum:
            return None
        if len(self.readings) == 1:
            ((_, _, vote),) = self.readings.values()
            return (vote,)
        return winner(self._votes(), quorum)

    def balance(
        self,
        quorum: int,
        evidence: Evidence,
        problems: Sequence[SourceError],
        pinned: BlockRef | None = None,
    ) -> Balance:
        """The outcome. problems: failures of endpoints that could not be asked at all.

        evidence: what agreement is worth here; an answer that was proven is PROVEN. What is
        LATEST_ONLY is worth what other readings are where `pinned` is the state of all who say it:
        a node may have been stopped there.
        """
        won = self._won(quorum)
        if won is not None:
            return self._elected(won[0], quorum, evidence, pinned)
        said = {name: _words(r) for name, (_, r, _) in sorted(self.readings.items())}
        if len(tally(self._votes())) > 1:
            words = "; ".join(f"{name} says {text}" for name, text in said.items())
            detail = json_text({"disagree": said})
            why = f"the servers disagree: {words}"
            return Balance(None, Evidence.UNAVAILABLE, tuple(said), why, detail)
        operators = {operator for operator, _, _ in self.readings.values()}
        reasons = [f"{name}: {why}" for name, why in self.refusals.items()]
        reasons += [str(p) for p in problems]
        count = f"only {len(operators)} of {quorum} operators answered; "
        return unavailable((count if quorum > 1 else "") + "; ".join(reasons), *self.readings)

    def _elected(
        self, vote: _Vote, quorum: int, evidence: Evidence, pinned: BlockRef | None
    ) -> Balance:
        names = sorted([n for n, (_, _, v) in self.readings.items() if v == vote])
        said = [self.readings[n][1] for n in names]
        best = next((r for r in said if r.proven), said[0])
        if evidence is Evidence.LATEST_ONLY and len(said) > 1:
            best = max(said, key=_newest)
        detail = best.detail
        cautions = [best.caution] if best.caution else []
        if not isinstance(vote, int) or Part.REWARD in best.parts:
            detail = {**detail, "parts": parts_text(best.parts)}
        if evidence is Evidence.LATEST_ONLY:
            if best.state is not None:
                detail = {**detail, "read_at": _state(best.state, said)}
            if pinned is not None and all(_is_of(reading, pinned) for reading in said):
                evidence = Evidence.AGREED if quorum > 1 else Evidence.REPORTED
        elif best.proven:
            evidence = Evidence.PROVEN
        if len(names) < len(self.readings):
            losers = {n: r for n, (_, r, _) in sorted(self.readings.items()) if n not in names}
            words = {name: _words(reading) for name, reading in losers.items()}
            cautions += [f"{name} said {text} instead" for name, text in words.items()]
            detail = {**detail, "outvoted": words}
        if beside := sorted({reading.beside for reading in said} - {""}):
            detail = {**detail, "beside": beside}
            names = sorted({*names, *beside})
        return Balance(best.amount, evidence, tuple(names), "; ".join(cautions), json_text(detail))

    def _votes(self) -> list[tuple[str, _Vote]]:
        return [(operator, vote) for operator, _, vote in self.readings.values()]


def _vote(reading: Reading) -> _Vote:
    """What is compared: an absence is as good as a 0, and rewards grow while they are asked for.

    Coins at hand alone are their number.
    """
    parts = reading.parts
    if len(parts) == 1 and Part.LIQUID in parts:
        return parts[Part.LIQUID]
    kept = {part: n for part, n in parts.items() if n and part is not Part.REWARD}
    if set(kept) <= PLAIN:
        return kept.get(Part.LIQUID, 0)
    return tuple(sorted(kept.items()))


def _words(reading: Reading) -> str:
    """An answer for people: "5", or "7 (liquid 5, staked 2)" where it has parts."""
    parts = {p: n for p, n in reading.parts.items() if n and p is not Part.REWARD}
    if set(parts) <= PLAIN:
        return str(reading.amount)
    listed = ", ".join(f"{part} {amount}" for part, amount in sorted(parts.items()))
    return f"{reading.amount} ({listed})"


def _newest(reading: Reading) -> int:
    """The height of the newest state that a reading is of."""
    named = 0 if reading.state is None else reading.state.height
    later = str(reading.detail.get("to_height", ""))
    return max(named, int(later)) if later.isascii() and later.isdigit() else named


def _is_of(reading: Reading, pinned: BlockRef) -> bool:
    """Whether a newest state is the pinned block's, and nothing moved while it was read."""
    state = reading.state
    if state is None or "to_height" in reading.detail:
        return False
    return state.height == pinned.height and state.hash in ("", pinned.hash)


def _state(state: State, said: Sequence[Reading]) -> dict[str, object]:
    """A newest state for the record, with the latest time of all that were read.

    Without a time where somebody tells none: it is of about now then.
    """
    times = [reading.state.time for reading in said if reading.state is not None]
    known = [time for time in times if time is not None]
    latest = max(known) if known and len(known) == len(said) else None
    kept = {**asdict(state), "time": latest}
    return {name: value for name, value in kept.items() if value not in ("", None)}


def json_text(value: Mapping[str, object]) -> str:
    """A balance's `detail`: JSON text, "" for nothing."""
    return json.dumps(value, separators=(",", ":")) if value else ""
