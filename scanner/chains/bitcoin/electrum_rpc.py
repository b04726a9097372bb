"""Client of the Electrum protocol: JSON-RPC in batches over TCP or TLS, one line a message.

Endpoint URLs: tcp://host:port, ssl://host:port (the certificate must be valid), or
ssl://host:port?sha256=HEX for the self-signed certificate with that fingerprint.
Source: the Electrum protocol documentation, versions 1.4 to 1.6.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from scanner.chains.shape import take
from scanner.errors import ConfigError, SourceRejectedError, SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.model.jsontext import read_json
from scanner.net import ending
from scanner.net.budget import budget_of
from scanner.net.reach import connected, is_written_inside
from scanner.net.words import connection_words, heard

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of one line; servers themselves send a megabyte a call, twenty at most."""
_IDLE = 4
_NAME = "reserve-scanner"
_VERSIONS = ["1.4", "1.6"]


@dataclass(frozen=True, slots=True)
class ElectrumFailure:
    """A server's refusal of one call."""

    code: int
    message: str


Call = tuple[str, Sequence[object]]
_FILLER: Call = ("blockchain.block.header", [0])
_ENOUGH = 8
Answer = object | ElectrumFailure


class ElectrumRpc:
    """Calls one server over a few connections. Safe to use from several threads.

    Raises ConfigError if the URL cannot be used; SourceUnavailableError for everything that fails
    on the way; SourceRejectedError for a certificate that is not the right one.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        parts = urlsplit(endpoint.url)
        self.name = endpoint.name
        try:
            self._place = (parts.hostname or "", parts.port or 0)
        except ValueError:
            self._place = ("", 0)
        if parts.scheme not in ("tcp", "ssl") or not all(self._place):
            raise ConfigError(
                f"endpoint {self.name}: its URL must begin with tcp or ssl, then :// and HOST:PORT"
            )
        self._tls = parts.scheme == "ssl"
        self._pin = parse_qs(parts.query).get("sha256", [""])[0].lower().replace(":", "")
        self._inside = endpoint.own or is_written_inside(self._place[0])
        self._timeout = endpoint.timeout
        self._budget = budget_of(endpoint)
        self._idle: list[_Connection] = []
        self._process = os.getpid()
        self._lock = threading.Lock()

    def call(self, method: str, *params: object) -> object:
        """Make one call and return its result; a refusal becomes SourceRejectedError.

        Raises SourceRejectedError.
        """
        (answer,) = self.batch([(method, params)])
        if isinstance(answer, ElectrumFailure):
            raise SourceRejectedError(self.name, f"{method}: {heard(self.name, answer.message)}")
        return answer

    def batch(self, calls: Sequence[Call]) -> list[Answer]:
        """Make many calls in one message; answers in the order of the calls, refusals in place."""
        if not calls:
            return []
        if self._budget is not None:
            self._budget.take()
        ending.ask_no_more(self.name)
        connection = self._borrow()
        try:
            answers = connection.batch(calls)
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if len(self._idle) < _IDLE:
                self._idle.append(connection)
                return answers
        connection.close()
        return answers

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _borrow(self) -> _Connection:
        with self._lock:
            if self._process != os.getpid():  # forked: connections are those of who opened them
                self._idle, self._process = [], os.getpid()
            while self._idle:
                connection = self._idle.pop()
                if connection.usable():
                    return connection
                connection.close()
        return self._connect()

    def _connect(self) -> _Connection:
        with _network_errors(self.name):
            plain = connected(self.name, *self._place, self._inside, self._timeout)
            try:
                connection = _Connection(self.name, self._secure(plain), self._timeout)
            except BaseException:
                plain.close()
                raise
        try:
            (answer,) = connection.batch([("server.version", [_NAME, _VERSIONS])])
        except BaseException:
            connection.close()
            raise
        if isinstance(answer, ElectrumFailure):
            connection.close()
            raise SourceRejectedError(
                self.name,
                f"does not speak the protocol's version ({heard(self.name, answer.message)})",
            )
        return connection

    def _secure(self, plain: socket.socket) -> socket.socket:
        if not self._tls:
            return plain
        context = ssl.create_default_context()
        if self._pin:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # the fingerprint below says more
        secure = context.wrap_socket(plain, server_hostname=self._place[0])
        certificate = secure.getpeercert(binary_form=True) or b""
        if self._pin and hashlib.sha256(certificate).hexdigest() != self._pin:
            secure.close()
            raise SourceRejectedError(self.name, "its certificate has another fingerprint")
        return secure


class _Connection:
    """One connection: one batch at a time."""

    def __init__(self, name: str, sock: socket.socket, timeout: float) -> None:
        self._name, self._socket, self._timeout = name, sock, timeout
        self._buffer = bytearray()
        self._next_id = 0

    def batch(self, calls: Sequence[Call]) -> list[Answer]:
        first = self._next_id
        padded = [*calls, *self._padding(len(calls))]
        self._next_id += len(padded)
        message = [
            {"jsonrpc": "2.0", "id": first + n, "method": method, "params": list(params)}
            for n, (method, params) in enumerate(padded)
        ]
        deadline = time.monotonic() + self._timeout
        answers: dict[int, Answer] = {}
        with _network_errors(self._name):
            self._socket.settimeout(self._timeout)
            self._socket.sendall(json.dumps(message).encode() + b"\n")
            while len(answers) < len(padded):
                # Servers answer a batch with a list; some answer item by item.
                line = self._parse(self._line(deadline))
                for item in line if isinstance(line, list) else [line]:
                    self._take(item, first, len(padded), answers)
        return [answers[first + n] for n in range(len(calls))]

    def _padding(self, calls: int) -> list[Call]:
        """Calls that make a short message's answer long enough to be sent at once.

        Some servers hold answers back for up to a second until a kilobyte is there, so that nobody
        can tell from the outside what was asked. The first call, for the version, stands alone.
        """
        return [_FILLER] * max(0, _ENOUGH - calls) if self._next_id else []

    def usable(self) -> bool:
        """Whether the other side has neither closed nor said anything unasked."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def _take(self, item: object, first: int, count: int, answers: dict[int, Answer]) -> None:
        answer = take(self._name, item, dict)
        if "method" in answer:
            return  # a notification
        failure = answer.get("error")
        if failure is not None and answer.get("id") is None:
            words = heard(self._name, failure)
            raise SourceUnavailableError(self._name, f"refused the whole batch ({words})")
        number = take(self._name, answer, int, "id")
        if not first <= number < first + count or number in answers:
            raise SourceUnavailableError(self._name, "answered something that was not asked")
        if failure is not None:
            code = failure.get("code", 0) if isinstance(failure, dict) else 0
            words = failure.get("message", "") if isinstance(failure, dict) else failure
            answers[number] = ElectrumFailure(code if isinstance(code, int) else 0, str(words))
        else:
            answers[number] = take(self._name, answer, object, "result")

    def _line(self, deadline: float) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            part = self._socket.recv(1 << 20)
            if not part:
                raise ConnectionResetError("closed by the server")
            self._buffer += part
            if len(self._buffer) > MAX_ANSWER:
                raise SourceRejectedError(
                    self._name, f"its answer is larger than {MAX_ANSWER:,} bytes"
                )
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _parse(self, line: bytes) -> object:
        try:
            return read_json(line)
        except ValueError:
            raise SourceUnavailableError(
                self._name, "answered with something that is not JSON"
            ) from None


class _network_errors:  # noqa: N801  (reads as a statement)
    """Turn what sockets raise into errors of the tree, without the address."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if isinstance(error, ssl.SSLCertVerificationError):
            raise SourceRejectedError(
                self._name,
                "its certificate is not valid: if it is self-signed, add ?sha256=FINGERPRINT",
            ) from None
        if isinstance(error, TimeoutError):
            raise SourceUnavailableError(self._name, "no complete answer in time") from None
        if isinstance(error, OSError):
            what = connection_words(error)
            raise SourceUnavailableError(self._name, f"no connection ({what})") from None
