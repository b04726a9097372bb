"""JSON-RPC client of Bitcoin Core and the nodes that speak its dialect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.chains.bitcoin.block_times import height_at
from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.interface import vouched
from scanner.chains.shape import take
from scanner.errors import (
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.net.http import DEFAULT_LIMIT, Reply, Transport
from scanner.net.words import heard

Params = Sequence[object] | Mapping[str, object]
"""Positional or named parameters of one call."""

RPC_INVALID_PARAMETER = -8
RPC_INVALID_ADDRESS_OR_KEY = -5
RPC_METHOD_NOT_FOUND = -32601
RPC_IN_WARMUP = -28
_HASH = re.compile(r"[0-9a-f]{64}")
_MEANINGS = {
    -1: "failed there",
    -3: "a parameter of the wrong type",
    -5: "no such address, block or transaction",
    -7: "out of memory there",
    -8: "a parameter that it does not accept",
    -20: "its database failed",
    -22: "the request cannot be decoded",
    -28: "it is still starting",
    -32600: "no request it understands",
    -32700: "no JSON it understands",
}
"""Bitcoin Core's error codes (src/rpc/protocol.h) in our words; its own words are not kept."""
_RETRY_CODES = {
    RPC_IN_WARMUP,
    -7,  # out of memory
    -9,  # not connected
    -10,  # in initial download
    -20,  # database error
}


@dataclass(frozen=True, slots=True)
class RpcFailure:
    """A node's own refusal: Core's error code (src/rpc/protocol.h) and message."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class ChainInfo:
    """What `getblockchaininfo` says, checked. headers: best header height known."""

    chain: str
    blocks: int
    headers: int
    best_hash: str
    pruned_below: int  # 0 unless the node has deleted old blocks


class CoreRpc:
    """Calls one node. Safe to use from several threads.

    Errors: SourceUnavailableError when asking again may help (no connection, HTTP 5xx, work queue
    full, warming up); SourceRejectedError when it will not (credentials, unknown method, a request
    too large, any other code).
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name
        self._http = Transport(endpoint)

    def call(self, method: str, params: Params = (), *, timeout: float | None = None) -> object:
        """Call one method and return its result; a refusal becomes an error of the tree.

        Raises SourceError.
        """
        answer = self.ask(method, params, timeout=timeout)
        if isinstance(answer, RpcFailure):
            raise self.error(method, answer)
        return answer

    def ask(
        self,
        method: str,
        params: Params = (),
        *,
        timeout: float | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> object | RpcFailure:
        """Call one method; a refusal by the node is returned, for callers that read its code."""
        reply = self._http.post_json(_request(0, method, params), timeout=timeout, limit=limit)
        return self._answer(take(self.name, self._parse(reply), dict), 0)

    def batch(
        self, calls: Sequence[tuple[str, Params]], *, timeout: float | None = None
    ) -> list[object | RpcFailure]:
        """Make many calls in one request; answers in the order of the calls, refusals in place.

        Raises SourceUnavailableError.
        """
        if not calls:
            return []
        requests = [_request(n, method, params) for n, (method, params) in enumerate(calls)]
        answers = take(
            self.name, self._parse(self._http.post_json(requests, timeout=timeout)), list
        )
        by_id: dict[int, dict[str, object]] = {}
        for answer in answers:
            by_id[take(self.name, answer, int, "id")] = take(self.name, answer, dict)
        if len(answers) != len(calls) or set(by_id) != set(range(len(calls))):
            raise SourceUnavailableError(
                self.name, f"answered {len(answers)} of {len(calls)} calls of a batch"
            )
        return [self._answer(by_id[n], n) for n in range(len(calls))]

    def error(self, method: str, failure: RpcFailure) -> SourceError:
        """Make the error for a refusal nobody expected."""
        self._http.heard(failure.message)
        if failure.code == RPC_METHOD_NOT_FOUND:
            return SourceRejectedError(
                self.name, f"does not know {method}: its version is too old, or it is another kind"
            )
        meaning = _MEANINGS.get(failure.code, "refused in words that are not kept")
        if "pruned" in failure.message.lower():  # Core has no code of its own for it
            meaning = "the data is pruned there"
        what = f"{method}: {meaning} (error {failure.code})"
        if failure.code in _RETRY_CODES:
            return SourceUnavailableError(self.name, what)
        return SourceRejectedError(self.name, what)

    def chain_info(self, network: Network) -> ChainInfo:
        """Say where the node stands, once it is known to be on the right chain and synced.

        Raises SourceRejectedError for another chain than the endpoint's or the network's,
        SourceUnavailableError while the node is in initial block download.
        """
        info = self.call("getblockchaininfo")
        chain = take(self.name, info, str, "chain")
        wanted = self.endpoint.chain or network.chain_id
        if chain != wanted:
            raise SourceRejectedError(
                self.name,
                f"is on chain {heard(self.name, chain)}, {network.name} needs {wanted!r}: "
                "set the endpoint's url or chain",
            )
        blocks = take(self.name, info, int, "blocks")
        headers = take(self.name, info, int, "headers")
        if take(self.name, info, bool, "initialblockdownload"):
            raise SourceUnavailableError(
                self.name,
                f"is still syncing (initial block download, block {blocks} of {headers}): wait",
            )
        self._check_fork(network.name, chain)
        pruned = take(self.name, info, bool, "pruned")
        return ChainInfo(
            chain=chain,
            blocks=blocks,
            headers=headers,
            best_hash=self.hash_in(info, "bestblockhash"),
            pruned_below=take(self.name, info, int, "pruneheight") if pruned else 0,
        )

    def block_hash(self, height: int) -> str:
        """Hash of the best chain's block at a height, hex as shown; "" above the tip.

        Raises SourceError.
        """
        answer = self.ask("getblockhash", [height])
        if isinstance(answer, RpcFailure):
            if answer.code == RPC_INVALID_PARAMETER:
                return ""
            raise self.error("getblockhash", answer)
        return self.hash_in(answer)

    def hash_in(self, answer: object, *path: str) -> str:
        """A block's hash out of an answer, hex as shown. Raises SourceUnavailableError."""
        text = take(self.name, answer, str, *path)
        if not _HASH.fullmatch(text):
            what = f"a block hash is {heard(self.name, text)}"
            raise SourceUnavailableError(self.name, f"gave an invalid answer: {what}")
        return text

    def block_ref(self, network: Network, chain: str, block_hash: str) -> BlockRef:
        """Say a best-chain block's height and time. SourceUnavailableError if it left the chain.

        Raises SourceUnavailableError.
        """
        header = self.call("getblockheader", [block_hash])
        if take(self.name, header, int, "confirmations") < 0:
            raise SourceUnavailableError(
                self.name, f"block {block_hash} was replaced in the meantime"
            )
        at = BlockRef(
            network=network.name,
            chain=chain,
            height=take(self.name, header, int, "height"),
            hash=self.hash_in(header, "hash"),
            time=take(self.name, header, int, "time"),
        )
        return vouched(at, own=self.endpoint.own)

    def height_at(self, network: Network, time: int) -> int:
        """See TimeFinder.height_at."""

        def time_of(height: int) -> int:
            header = self.call("getblockheader", [self.block_hash(height)])
            return take(self.name, header, int, "time")

        return height_at(self.name, self.chain_info(network).blocks, time_of, time)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _check_fork(self, network: str, chain: str) -> None:
        """Tell chains apart that all call themselves "main": by a block each of them has."""
        known = chain_marker(network, chain)
        if known is None:
            return
        height, block_hash = known
        seen = self.block_hash(height)
        if seen != block_hash:
            found = heard(self.name, seen) if seen else "missing"
            raise SourceRejectedError(
                self.name, f"is not a {network} node: its block {height} is {found}"
            )

    def _parse(self, reply: Reply) -> object:
        """Read the body: refusals come as HTTP 200 (version 2.0) or 4xx/5xx with JSON (1.x)."""
        if reply.status == 413:
            raise SourceRejectedError(
                self.name, "the request is too large for the node (HTTP 413): ask in smaller parts"
            )
        if reply.status in (401, 403):
            reply.raise_for_status()
        if reply.status == 503 and "work queue" in reply.text().lower():
            raise SourceUnavailableError(
                self.name,
                "its work queue is full (HTTP 503): fewer at once, or raise -rpcworkqueue",
                reply.retry_after,
            )
        if not 200 <= reply.status < 300:
            try:
                return take(self.name, reply.json(), dict)
            except SourceUnavailableError:
                reply.raise_for_status()
        return reply.json()

    def _answer(self, answer: dict[str, object], expected_id: int) -> object | RpcFailure:
        failure = answer.get("error")
        if failure is not None:
            return RpcFailure(
                take(self.name, failure, int, "code"), take(self.name, failure, str, "message")
            )
        if answer.get("id") != expected_id or "result" not in answer:
            raise SourceUnavailableError(self.name, "answered something that was not asked")
        return answer["result"]


def encode_request(method: str, params: Params) -> bytes:
    """The bytes of one call, to know its size before it is sent."""
    return json.dumps(_request(0, method, params)).encode()


def _request(number: int, method: str, params: Params) -> dict[str, object]:
    given = dict(params) if isinstance(params, Mapping) else list(params)
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": given}
