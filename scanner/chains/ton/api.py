"""The HTTP API of TON's nodes (ton-http-api, also known as toncenter version 2).

Source: its OpenAPI description and published examples (tests/vectors/ton).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.endpoint import Endpoint
from scanner.net.http import Reply, Transport
from scanner.net.words import heard

MASTERCHAIN: Final = (-1, "-9223372036854775808")
"""Workchain and shard of the chain whose blocks name the state of all others."""

_GONE: Final = ("gc'd", "not in db", "not found", "cannot load", "not applied", "unknown block")
"""Words of a node that does not keep the state of a block."""

_STATUSES: Final = ("active", "uninitialized", "frozen")


@dataclass(frozen=True, slots=True)
class Block:
    """seqno, hash: root hash, 64 lower-case hex digits. time: seconds since 1970 UTC.

    network: the chain's global id, -239 for the main network.
    """

    seqno: int
    hash: str
    time: int
    network: int


@dataclass(frozen=True, slots=True)
class AccountState:
    """balance: nanoton. status: "active", "uninitialized" or "frozen".

    data, code: bags of cells in base64, "" if none.
    """

    seqno: int
    hash: str
    balance: int
    status: str
    data: str
    code: str


class TonApi:
    """Asks one node. The endpoint's URL is the one above its methods, with the API key if any."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._http = Transport(endpoint)

    def tip(self) -> tuple[int, str]:
        """The newest masterchain seqno, and the root hash of the chain's first state, in hex."""
        info = self._get("getMasterchainInfo", {})
        seqno = take(self.name, info, int, "last", "seqno")
        return seqno, self._hash(take(self.name, info, str, "init", "root_hash"))

    def block(self, seqno: int) -> Block:
        """A masterchain block. Raises HeightNotReachedError, HeightPrunedError."""
        workchain, shard = MASTERCHAIN
        asked = {"workchain": workchain, "shard": shard, "seqno": seqno}
        header = self._at(seqno, lambda: self._get("getBlockHeader", asked))
        number, block_hash = self._block_id(take(self.name, header, dict, "id"))
        if number != seqno:
            what = f"answered with block {number} when asked for {seqno}"
            raise SourceUnavailableError(self.name, what)
        time = take(self.name, header, int, "gen_utime")
        return Block(number, block_hash, time, take(self.name, header, int, "global_id"))

    def shard_time(self, seqno: int) -> int | None:
        """The time of the base chain's block of a seqno, None if the node does not have it."""
        asked: dict[str, object] = {"workchain": 0, "shard": MASTERCHAIN[1], "seqno": seqno}
        try:
            header = self._get("getBlockHeader", asked)
        except SourceError:  # also for a shard that was split: it is one reading less
            return None
        return take(self.name, header, int, "gen_utime")

    def seqno_at(self, time: int) -> int | None:
        """The masterchain's block at a time (seconds since 1970), None where the node has none."""
        workchain, shard = MASTERCHAIN
        asked: dict[str, object] = {"workchain": workchain, "shard": shard, "unixtime": time}
        try:
            found = self._get("lookupBlock", asked)
        except _GoneError:
            return None
        return self._block_id(take(self.name, found, dict))[0]

    def account(self, address: str, seqno: int) -> AccountState:
        """An account after a masterchain block; the answer names the block it is from.

        Raises SourceUnavailableError.
        """
        asked = {"address": address, "seqno": seqno}
        state = self._at(seqno, lambda: self._get("getAddressInformation", asked))
        number, block_hash = self._block_id(take(self.name, state, dict, "block_id"))
        status = take(self.name, state, str, "state")
        if status not in _STATUSES:
            said = heard(self.name, status)
            raise SourceUnavailableError(self.name, f"answered with an account that is {said}")
        text = str(state.get("balance") if isinstance(state, dict) else "")
        never = text == "-1" and status == _STATUSES[1]
        if not never and not (text.isascii() and text.isdigit() and len(text) < 40):
            raise SourceUnavailableError(
                self.name, f"answered with a balance of {heard(self.name, text)}"
            )
        data, code = (take(self.name, state, str, field) for field in ("data", "code"))
        # -1 is what the library below says of an account that was never there.
        return AccountState(number, block_hash, 0 if never else int(text), status, data, code)

    def run(self, address: str, method: str, stack: list[object], seqno: int) -> list[object]:
        """Run a contract's method in the state after a block; its stack.

        Raises SourceRejectedError when it fails, which comes with `ok: true` and numbers.
        """
        body = {"address": address, "method": method, "stack": stack, "seqno": seqno}
        answer = self._at(seqno, lambda: self._result(self._http.post_json(body, "runGetMethod")))
        code = take(self.name, answer, int, "exit_code")
        if code != 0:
            raise SourceRejectedError(self.name, f"{method} ended with exit code {code}")
        return take(self.name, answer, list, "stack")

    def cell(self, stack: list[object], place: int) -> str:
        """The bag of cells at a place of a stack, in base64. Raises SourceUnavailableError."""
        if take(self.name, stack, str, place, 0) not in ("cell", "slice"):
            raise SourceUnavailableError(self.name, "answered with a stack of another kind")
        return take(self.name, stack, str, place, 1, "bytes")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _get(self, method: str, asked: dict[str, object]) -> object:
        query = "?" + urlencode(asked, quote_via=quote) if asked else ""
        return self._result(self._http.get(method + query))

    def _result(self, reply: Reply) -> object:
        if reply.status == 429:
            reply.raise_for_status()
        answer = reply.json()
        if isinstance(answer, dict) and answer.get("ok") is False:
            said = str(answer.get("error") or answer.get("result"))
            words = self._http.heard(said)
            if any(word in said[:1000].lower() for word in _GONE):
                raise _GoneError(self.name, "it does not have that block")
            raise SourceUnavailableError(self.name, f"answered with an error ({words})")
        reply.raise_for_status()
        if take(self.name, answer, bool, "ok") is not True:
            raise SourceUnavailableError(self.name, "answered with neither success nor an error")
        return take(self.name, answer, dict, "result")

    def _at(self, seqno: int, ask: Callable[[], object]) -> object:
        """Ask about a block; where the node does not have it, say which end it is beyond."""
        try:
            return ask()
        except _GoneError as e:
            newest = self.tip()[0]
            if seqno > newest:
                raise HeightNotReachedError(self.name, seqno, newest) from None
            raise HeightPrunedError(self.name, seqno, e.words) from None

    def _block_id(self, block: dict[str, object]) -> tuple[int, str]:
        where = (block.get("workchain"), str(block.get("shard")))
        if where != MASTERCHAIN:
            raise SourceUnavailableError(self.name, "answered for a block of another chain")
        seqno = take(self.name, block, int, "seqno")
        return seqno, self._hash(take(self.name, block, str, "root_hash"))

    def _hash(self, text: str) -> str:
        try:
            data = base64.b64decode(text, validate=True)
        except ValueError:  # binascii.Error is one; so is a letter beyond ASCII
            data = b""
        if len(data) != 32:
            raise SourceUnavailableError(self.name, "answered with an invalid hash")
        return data.hex()


class _GoneError(SourceRejectedError):
    """The node does not have a block or its state."""

    def __init__(self, endpoint: str, words: str) -> None:
        super().__init__(endpoint, f"answered with an error: {words}")
        self.words = words
