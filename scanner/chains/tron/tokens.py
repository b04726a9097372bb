"""Reads TRC-20 balances by the sheet, as far as an endpoint runs it and what comes back fits.

A sheet gives no number that asking for a holder alone would not give: its first answers are
compared with that, and what it does not tell, or tells of another chain, block or question, is left
to be asked for alone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import monotonic
from typing import Final

from scanner.chains.fleet.interface import Reading, State
from scanner.chains.tron import sheet
from scanner.chains.tron.api import TakesTooLongError, TronApi
from scanner.chains.tron.header import Header
from scanner.errors import SourceError, SourceUnavailableError
from scanner.model.parts import Part

FEWEST: Final = 10
MOST: Final = 200
"""Holders of one sheet. A node gives a call some 80 milliseconds, in which a busy machine read 300
to 500: half as many after a sheet that took too long, a few more after one that did not."""

_MORE: Final = 10
_COMPARED: Final = 3
_STRIKES: Final = 3
_PAUSE: Final = 600.0  # seconds without a sheet after so many failures in a row


class Sheets:
    """What one endpoint says by sheets. Safe to use from several threads.

    chains: what CHAINID may give on the endpoint's chain.
    """

    def __init__(self, api: TronApi, chains: Sequence[int]) -> None:
        self._api, self._chains = api, chains
        self._lock = threading.Lock()
        self._size = MOST
        self._strikes = 0
        self._paused_until = 0.0
        self._compared = False

    def read(self, asked: Sequence[sheet.Asked]) -> list[Reading | None]:
        """One answer a holder, in order; None for what has to be asked for alone.

        Each names the block that its sheet ran in, and under "to_height" the newest solid one
        after it, where that moved meanwhile.
        """
        found: list[Reading | None] = [None] * len(asked)
        before: Header | None = None
        start = 0
        while start < len(asked) and monotonic() >= self._paused_until:
            some = asked[start : start + self._size]
            try:
                before = before or self._api.solid_head()
                told, before = self._read_one(some, before)
            except TakesTooLongError:
                before = None
                if self._is_shrunk(len(some)):
                    continue
                told = []
            except SourceError:
                before = None
                self._strike()
                told = []
            found[start : start + len(told)] = told
            start += len(some)
        return found

    def probe(self) -> str:
        """Whether the endpoint runs sheets, in a few words."""
        try:
            self._read_one([], self._api.solid_head())
        except SourceError as e:
            return f"no: it {e.what}"
        return "yes"

    def _read_one(
        self, some: Sequence[sheet.Asked], before: Header
    ) -> tuple[list[Reading | None], Header]:
        """One sheet, and the newest solid block after it. Raises SourceError if it does not fit."""
        request = sheet.encode(some)
        code = sheet.program() + request
        answer = self._api.run(code, sheet.size_of(len(some)))
        told = sheet.decode(self._api.name, request, len(some), answer)
        after = self._api.solid_head()
        state = self._state(told, before, after)
        self._compare(some, told.amounts)
        with self._lock:
            self._strikes = 0
            if len(some) >= self._size:
                self._size = min(MOST, self._size + _MORE)
        detail = {} if before.hash == after.hash else {"to_height": after.number}
        return [
            None if amount is None else Reading({Part.LIQUID: amount}, state, detail=detail)
            for amount in told.amounts
        ], after

    def _state(self, told: sheet.Told, before: Header, after: Header) -> State:
        """The state that a sheet ran in: of the endpoint's chain, between two looks at its head."""
        if told.chain not in self._chains:
            raise self._misfit(f"ran a program on chain {told.chain}")
        if not before.number <= told.number <= after.number:
            what = f"ran a program in block {told.number} between {before.number} and "
            raise self._misfit(f"{what}{after.number}: several nodes answer there")
        known = next((h for h in (before, after) if h.number == told.number), None)
        if known is not None and known.time != told.time:
            raise self._misfit(f"ran a program in a block {told.number} of another time")
        return State(told.number, known.hash if known else "", told.time)

    def _compare(self, some: Sequence[sheet.Asked], amounts: Sequence[int | None]) -> None:
        """Ask for the largest holders alone, until some that hold anything gave the same."""
        if self._compared:
            return
        told = sorted(((a, n) for n, a in enumerate(amounts) if a is not None), reverse=True)
        for amount, n in told[:_COMPARED]:
            if self._api.token_balance(*some[n]) != amount:
                raise self._misfit("gave a sheet another balance than a single call")
        self._compared = bool(told and told[0][0])

    def _misfit(self, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(self._api.name, what)

    def _is_shrunk(self, count: int) -> bool:
        """Make sheets smaller than `count` holders; False if they are small enough already."""
        with self._lock:
            if count <= FEWEST:
                return False
            self._size = max(FEWEST, min(self._size, count // 2))
            return True

    def _strike(self) -> None:
        with self._lock:
            self._strikes += 1
            if self._strikes >= _STRIKES:
                self._paused_until = monotonic() + _PAUSE
