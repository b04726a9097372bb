"""The chain API of nodeos: every question is about the newest state, errors have numbers.

Source: Spring's chain_plugin API; what nodes really answer: tests/vectors/antelope.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport
from scanner.net.words import heard

UNKNOWN_ACCOUNT: Final = 3060002
UNKNOWN_BLOCK: Final = 3100002

_ASSET: Final = re.compile(r"(\d{1,20})(?:\.(\d{1,18}))? ([A-Z]{1,7})", re.ASCII)
_ROWS: Final = 100
_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Info:
    """chain: its id. head, final: number and id of the newest block, and of the last final one."""

    chain: str
    head: tuple[int, str]
    head_time: int
    final: tuple[int, str]


class AntelopeError(SourceRejectedError):
    """A node's own error. number: of nodeos' exception. words: its details, to decide by only."""

    def __init__(self, endpoint: str, number: int, words: str) -> None:
        super().__init__(endpoint, f"answered with error {number}, in {heard(endpoint, words)}")
        self.number, self.words = number, words


class AntelopeApi:
    """Asks one node, whose URL is the one above /v1. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._http = Transport(endpoint)

    def ask(self, method: str, **asked: object) -> object:
        """One call of the chain API. Raises AntelopeError, SourceUnavailableError."""
        reply = self._http.post_json(asked, f"v1/chain/{method}")
        if 200 <= reply.status < 300:
            return reply.json()
        if reply.status in (408, 425, 429, 502, 503, 504):
            reply.raise_for_status()
        answer = reply.json()
        number = take(self.name, answer, int, "error", "code")
        details = take(self.name, answer, list, "error", "details")
        words = " ".join(str(d.get("message")) for d in details if isinstance(d, dict))
        raise AntelopeError(self.name, number, words)

    def info(self) -> Info:
        """Which chain it is on, and how far."""
        answer = self.ask("get_info")
        number, text = "last_irreversible_block_num", "last_irreversible_block_id"
        return Info(
            take(self.name, answer, str, "chain_id"),
            self._block(answer, "head_block_num", "head_block_id"),
            self.time(take(self.name, answer, str, "head_block_time")),
            self._block(answer, number, text),
        )

    def block(self, number: int) -> tuple[str, int]:
        """Id and time of a final block. Raises HeightNotReachedError, HeightPrunedError."""
        final = self.info().final[0]
        if number > final:
            raise HeightNotReachedError(self.name, number, final)
        try:
            answer = self.ask("get_block_info", block_num=number)
        except AntelopeError as e:
            if e.number == UNKNOWN_BLOCK:
                raise HeightPrunedError(self.name, number, "it does not keep that block") from None
            raise
        (found, block_id) = self._block(answer, "block_num", "id")
        if found != number:
            raise SourceUnavailableError(self.name, f"answered with block {found}")
        return block_id, self.time(take(self.name, answer, str, "timestamp"))

    def rows(self, code: str, scope: str, table: str, **more: object) -> list[dict[str, object]]:
        """All rows of a contract's table, page after page. Raises SourceRejectedError."""
        found: list[dict[str, object]] = []
        lower: dict[str, object] = {}
        for _ in range(_PAGES):
            asked = {"json": True, "code": code, "scope": scope, "table": table, "limit": _ROWS}
            answer = self.ask("get_table_rows", **{**asked, **more, **lower})
            found += [take(self.name, row, dict) for row in take(self.name, answer, list, "rows")]
            if take(self.name, answer, bool, "more") is False:
                return found
            lower = {"lower_bound": take(self.name, answer, str, "next_key")}
        raise SourceRejectedError(self.name, f"{table} of {scope} has more rows than are read")

    def asset(self, text: object, symbol: str, decimals: int) -> int:
        """Base units of "12.3456 EOS". Raises SourceUnavailableError for anything else."""
        match = _ASSET.fullmatch(text) if isinstance(text, str) else None
        if match is None or match[3] != symbol or len(match[2] or "") != decimals:
            what = f"gave an invalid answer: {heard(self.name, text)} is not an amount of {symbol}"
            raise SourceUnavailableError(self.name, what)
        return int(match[1] + (match[2] or ""))

    def time(self, text: str) -> int:
        """Seconds since 1970 of "2026-11-28T15:40:45.000". Raises SourceUnavailableError."""
        try:
            return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
        except ValueError:
            raise SourceUnavailableError(self.name, "answered with an invalid time") from None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _block(self, answer: object, number: str, text: str) -> tuple[int, str]:
        """Number and id of a block: the id begins with the number."""
        found, block_id = take(self.name, answer, int, number), take(self.name, answer, str, text)
        if not re.fullmatch(r"[0-9a-f]{64}", block_id) or int(block_id[:8], 16) != found:
            raise SourceUnavailableError(self.name, f"gave a block id that is not of block {found}")
        return found, block_id
