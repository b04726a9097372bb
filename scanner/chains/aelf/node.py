"""One aelf node: its chain, its blocks, and what its token contract says.

Source: the node's Web API (OpenAPI description, error codes of AElf.WebApp.Application.Chain).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scanner.chains.aelf.messages import balance_call, read_balance
from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.base58_keys import AelfCodec
from scanner.model.endpoint import Endpoint
from scanner.net.http import Reply, Transport
from scanner.net.words import heard

TOKENS: Final = {
    "AELF": "JRmBduh4nXWi1aXgdUsj5gJrzeZb2LxmrAbf7W99faZSvoAaE",
    "tDVV": "7RzVGiuVWkvL4VfVHdZfQF2Tri3sgLe9U991bohHFfSRZXuGX",
}
"""Chain -> its token contract."""

_NOT_FOUND: Final = "20001"
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Status:
    """best, final: height and hash of the newest block, and of the last irreversible one."""

    chain: str
    best: tuple[int, str]
    final: tuple[int, str]


class AelfNode:
    """Asks one node of one chain ("AELF" or "tDVV"). Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint, chain: str) -> None:
        self.name, self.chain = endpoint.name, chain
        self.endpoint = endpoint
        self._http = Transport(endpoint)
        self._token = AelfCodec("aelf", "").decode(TOKENS[chain]).payload

    def status(self) -> Status:
        """How far it is. Raises SourceRejectedError on another chain."""
        answer = self._json(self._http.get("api/blockChain/chainStatus"))
        chain = take(self.name, answer, str, "ChainId")
        if chain != self.chain:
            what = f"is on chain {heard(self.name, chain)}, not {self.chain}"
            raise SourceRejectedError(self.name, what)
        best, final = (
            (
                self._height(answer, f"{which}Height"),
                self._hash(take(self.name, answer, str, f"{which}Hash")),
            )
            for which in ("BestChain", "LastIrreversibleBlock")
        )
        return Status(chain, best, final)

    def block(self, height: int) -> tuple[str, int]:
        """Hash and time of an irreversible block.

        Raises HeightNotReachedError, HeightPrunedError.
        """
        final = self.status().final[0]
        if height > final:
            raise HeightNotReachedError(self.name, height, final)
        place = f"api/blockChain/blockByHeight?blockHeight={height}&includeTransactions=false"
        try:
            block = self._json(self._http.get(place))
        except _NotFoundError:
            raise HeightPrunedError(self.name, height, "it does not keep that block") from None
        if take(self.name, block, int, "Header", "Height") != height:
            raise SourceUnavailableError(self.name, "answered with another block")
        text = take(self.name, block, str, "Header", "Time")
        # Fractions of seven digits are more than Python reads.
        match = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$", text)
        if match is None:
            raise SourceUnavailableError(self.name, "answered with an invalid time")
        time = int(datetime.fromisoformat(match[1] + "+00:00").timestamp())
        return self._hash(take(self.name, block, str, "BlockHash")), time

    def balance(self, symbol: str, owner: bytes, at: tuple[int, str]) -> int:
        """What a holder (32 bytes) has of a token in the newest state. at: a recent block.

        Raises SourceUnavailableError and SourceError.
        """
        call = balance_call(self._token, symbol, owner, at[0], bytes.fromhex(at[1]))
        reply = self._http.post_json(
            {"RawTransaction": call.hex()}, "api/blockChain/executeTransaction"
        )
        self._refused(reply)
        text = reply.text().strip().strip('"')
        try:
            told = read_balance(bytes.fromhex(text if _HEX.fullmatch(text) else ""))
        except ValueError:
            raise SourceUnavailableError(self.name, "answered with an invalid balance") from None
        if told[:2] != (symbol, owner):
            raise SourceUnavailableError(self.name, "answered about another holder or token")
        return told[2]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _json(self, reply: Reply) -> object:
        self._refused(reply)
        return reply.json()

    def _refused(self, reply: Reply) -> None:
        """Raise what an error answer says: its own code where it has one."""
        if 200 <= reply.status < 300:
            return
        if reply.status in (400, 403):
            answer = reply.json()
            problem = take(self.name, answer, dict, "Error")
            if problem.get("Code") == _NOT_FOUND:
                raise _NotFoundError(self.name, "does not find it")
            words = self._http.heard(str(problem.get("Message")))
            raise SourceRejectedError(self.name, f"refuses in {words}")
        reply.raise_for_status()

    def _height(self, value: object, name: str) -> int:
        height = take(self.name, value, int, name)
        if not 0 <= height < 1 << 63:
            raise SourceUnavailableError(self.name, "answered with an invalid height")
        return height

    def _hash(self, text: str) -> str:
        if not _HASH.fullmatch(text):
            raise SourceUnavailableError(self.name, "answered with an invalid hash")
        return text


class _NotFoundError(SourceRejectedError):
    """There is no such block."""
