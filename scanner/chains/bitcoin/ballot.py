"""What several endpoints say about one script, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner.errors import SourceError
from scanner.model.balance import Balance, Evidence, unavailable


@dataclass(frozen=True, slots=True)
class Reading:
    """What one server says one script holds, in base units.

    detail: extras for the record. caution: one for the reader of the report.
    """

    amount: int
    detail: Mapping[str, object] = field(default_factory=dict)
    caution: str = ""


@dataclass(slots=True)
class Ballot:
    """What the servers said about one script."""

    readings: dict[str, tuple[str, Reading]] = field(default_factory=dict)  # by endpoint's name
    refusals: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, operator: str, said: Reading | str) -> None:
        """Take what one endpoint says; a text is why it cannot say."""
        if isinstance(said, str):
            self.refusals[name] = said
        else:
            self.readings[name] = (operator, said)

    def settled(self, quorum: int) -> bool:
        """Whether enough operators gave one amount."""
        return any(len(who) >= quorum for who in self._votes().values())

    def balance(self, quorum: int, evidence: Evidence, problems: Sequence[SourceError]) -> Balance:
        """The outcome. problems: failures of endpoints that could not be asked at all."""
        votes = self._votes()
        winner = next((a for a, who in votes.items() if len(who) >= quorum), None)
        said = {name: str(r.amount) for name, (_, r) in sorted(self.readings.items())}
        if winner is not None:
            names = tuple(n for n, (_, r) in sorted(self.readings.items()) if r.amount == winner)
            reading = self.readings[names[0]][1]
            detail = dict(reading.detail)
            others = {name: text for name, text in said.items() if name not in names}
            cautions = [reading.caution] if reading.caution else []
            words = "; ".join(cautions + [f"{n} said {t} instead" for n, t in others.items()])
            if others:
                detail["outvoted"] = others
            return Balance(winner, evidence, names, words, _text(detail))
        if len(votes) > 1:
            words = "; ".join(f"{name} says {text}" for name, text in said.items())
            return Balance(
                None,
                Evidence.UNAVAILABLE,
                tuple(said),
                f"the servers disagree: {words}",
                _text({"disagree": said}),
            )
        reasons = [f"{name}: {why}" for name, why in self.refusals.items()]
        reasons += [str(p) for p in problems]
        missing = (
            f"only {len(self.readings)} of {quorum} operators answered; " if quorum > 1 else ""
        )
        return unavailable(missing + "; ".join(reasons), *self.readings)

    def _votes(self) -> dict[int, set[str]]:
        votes: dict[int, set[str]] = {}
        for operator, reading in self.readings.values():
            votes.setdefault(reading.amount, set()).add(operator)
        return votes


def _text(value: Mapping[str, object]) -> str:
    return json.dumps(value, separators=(",", ":")) if value else ""
