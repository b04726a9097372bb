"""JSON-RPC 2.0 to one endpoint: answers matched by id, nothing taken on trust from their order."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import orjson

from scanner.chains.fleet.faults import SAYS, Fault, RpcError, message_of, read_error, wait_hint
from scanner.errors import SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.model.jsontext import check_size
from scanner.net.http import DEFAULT_LIMIT, Reply, Transport

Call = tuple[str, list[object]]
"""Method and parameters of one call."""


class Rpc:
    """Asks one endpoint. Safe to use from several threads.

    reverts: codes with which this network's nodes say that a contract stopped: what such an error
    says besides are the contract's words, and none of them classifies it.
    calls, requests: how many JSON-RPC calls and HTTP requests were made so far (providers bill by
    the call).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        transport: Transport | None = None,
        reverts: frozenset[int] = frozenset(),
    ) -> None:
        self.name = endpoint.name
        self._reverts = reverts
        self._transport = transport or Transport(endpoint)
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self.calls = 0
        self.requests = 0

    def ask(self, method: str, *params: object, limit: int = DEFAULT_LIMIT) -> object:
        """Make one call and return its result (None for a JSON null).

        limit: most bytes of the answer. Raises RpcError for an error answer,
        SourceUnavailableError for no usable answer or a rate limit.
        """
        number = next(self._ids)
        body = orjson.dumps(
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
        )
        answer, reply = self._post(body, 1, limit)
        if isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        result = self._result(answer, reply, number)
        if isinstance(result, RpcError):
            raise result
        return result

    def batch(self, calls: Sequence[Call]) -> list[object]:
        """Make several calls in one request; a result or an RpcError for each, in order.

        An item that the answer leaves out, or answers twice, is an RpcError of kind MISSING.
        Raises RpcError when the batch as a whole is refused, SourceUnavailableError for no usable
        answer and for rate limits, also when they hit only some of the items.
        """
        numbers = [next(self._ids) for _ in calls]
        body = orjson.dumps(
            [
                {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                for number, (method, params) in zip(numbers, calls, strict=True)
            ]
        )
        answer, reply = self._post(body, len(calls), DEFAULT_LIMIT)
        if not isinstance(answer, list):
            result = self._result(answer, reply, None)
            raise result if isinstance(result, RpcError) else self._odd(reply, "no batch answer")
        by_id: dict[int, object] = {}
        twice: set[int] = set()
        for item in answer:
            number = item.get("id") if isinstance(item, dict) else None
            if isinstance(number, int) and not isinstance(number, bool):
                if number in by_id:
                    twice.add(number)
                by_id[number] = item
        return [
            self._result(by_id[number], reply, number)
            if number in by_id and number not in twice
            else RpcError(self.name, Fault.MISSING, 0, "left out of the batch answer")
            for number in numbers
        ]

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _post(self, body: bytes, calls: int, limit: int) -> tuple[object, Reply]:
        with self._lock:
            self.requests += 1
            self.calls += calls
        reply = self._transport.send("POST", body=body, limit=limit)
        if reply.status in (429, 503):
            reply.raise_for_status()
        if reply.status == 413:
            raise RpcError(self.name, Fault.TOO_BIG, 413, "the request is too large")
        try:
            check_size(reply.body)
            return orjson.loads(reply.body), reply
        except ValueError:
            reply.raise_for_status()
            raise self._odd(reply, "something that is not JSON") from None

    def _result(self, answer: object, reply: Reply, number: int | None) -> object:
        """Take one response object apart; number None accepts errors only."""
        if not isinstance(answer, dict):
            reply.raise_for_status()
            raise self._odd(reply, "no JSON-RPC object")
        error = answer.get("error")
        if error is not None:
            # A null id is right when the request could not be read (JSON-RPC 2.0, section 5).
            if number is not None and answer.get("id") not in (number, None):
                raise self._odd(reply, "another request's id")
            return self._error(error)
        reply.raise_for_status()
        if number is None or answer.get("id") != number or "result" not in answer:
            raise self._odd(reply, "another request's id or no result")
        return answer["result"]

    def _error(self, error: object) -> RpcError:
        words = message_of(error)
        self._transport.heard(words)
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(code, int) and code in self._reverts:
            return RpcError(self.name, Fault.REVERTED, code, SAYS[Fault.REVERTED])
        fault = read_error(self.name, error, words)
        if fault.fault is Fault.LIMITED:
            what = f"limits the rate (error {fault.code})"
            raise SourceUnavailableError(self.name, what, wait_hint(error))
        return fault

    def _odd(self, reply: Reply, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(self.name, f"answered HTTP {reply.status} with {what}")
