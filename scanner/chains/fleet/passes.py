"""Reads a state that moves on while it is read, until two looks in a row see the same.

A pass is of states that are not older than any of the passes before: what was the same in two is
taken as there at every moment between them, and a node that is behind would show what had left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.parts import Part, parts_of
from scanner.model.read_at import newest_height

WHOLE: Final = 3
"""Passes over everything, at most. Coins that move between two addresses of a list while it is read
would count twice or never: only a whole pass that finds nothing changed rules that out."""

SINGLE: Final = 4
"""Passes over what kept changing, at most, after that."""

ReadAll = Callable[[Sequence[BalanceQuery], int], list[Balance]]
"""read_all(queries, least): read each once, at states of height `least` or above."""

Progress = Callable[[float], None]


class Passes:
    """read_all: reads queries once, one balance a query, in order. least: of the first pass."""

    def __init__(self, read_all: ReadAll, least: int) -> None:
        self._reader, self._least = read_all, least

    def _read_all(self, wanted: Sequence[BalanceQuery]) -> list[Balance]:
        found = self._reader(wanted, self._least)
        read = (b.detail for b in found if b.evidence is not Evidence.UNAVAILABLE)
        self._least = max(self._least, newest_height(read))
        return found

    def read(
        self, wanted: Sequence[BalanceQuery], progress: Progress | None = None
    ) -> list[Balance]:
        """One balance a query: read twice with the same outcome, or `unavailable`."""
        found = self._read_all(wanted)
        changed: list[int] = []
        for count in range(1, WHOLE):
            before, found = found, self._read_all(wanted)
            if progress is not None:
                progress((count + 1) / (WHOLE + 1))
            changed = [n for n in range(len(found)) if _differ(before[n], found[n])]
            if not changed:
                return found
        return self._read_restless(wanted, found, changed)

    def _read_restless(
        self, wanted: Sequence[BalanceQuery], found: list[Balance], changed: list[int]
    ) -> list[Balance]:
        for _ in range(SINGLE):
            again = self._read_all([wanted[n] for n in changed])
            restless: list[int] = []
            for n, balance in zip(changed, again, strict=True):
                if _differ(found[n], balance):
                    restless.append(n)
                    found[n] = balance
                else:
                    found[n] = _cautious(balance)
            changed = restless
            if not changed:
                break
        for n in changed:
            found[n] = _restless(found[n])
        return found


def _differ(a: Balance, b: Balance) -> bool:
    return (a.amount, _parts(a)) != (b.amount, _parts(b))


def _parts(balance: Balance) -> object:
    """What may not change: rewards grow while they are asked for, and do not count."""
    kept = parts_of(balance.detail) or {}
    return {part: amount for part, amount in kept.items() if part is not Part.REWARD}


def _cautious(balance: Balance) -> Balance:
    if balance.amount is None:
        return balance
    words = "it changed while the list was read"
    return balance._replace(reason=f"{balance.reason}; {words}" if balance.reason else words)


def _restless(last: Balance) -> Balance:
    if last.amount is None:
        return last
    why = "it changed each time it was read: no two passes agreed"
    detail = json.dumps({"last_seen": str(last.amount)})
    return Balance(None, Evidence.UNAVAILABLE, last.sources, why, detail)
