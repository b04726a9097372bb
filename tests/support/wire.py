"""Stands between readers and their servers, keeps what was said, and changes one answer.

`Wire.run` carries out a few steps with the n-th answer changed. What comes of the steps is either a
value or a SourceError; anything else is the test's to see. Nothing of a changed answer that is a
word (WORD) may be in what comes of them: readers say things in words of ours.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pytest

from scanner.errors import SourceError
from scanner.net import http
from scanner.net.http import Reply, Transport

WORD = "wOrd!~of a$node"
"""In no alphabet of hashes, keys, names or numbers."""

SLOWEST = 2.0
"""Seconds for the steps with one changed answer, on a busy machine."""

Change = Callable[[Any], Any]
Step = Callable[[], object]


class Answering(Protocol):
    """A stub that can be asked without a network in between (`support.replay.Server`).

    Of a server of lines (Electrum) `respond` takes the line alone and gives one.
    """

    url: str

    @property
    def respond(self) -> Callable[..., Any]: ...


@dataclass
class Wire:
    """Every Transport's answers go through here. direct: servers that are asked in this process.

    change: of the answer with the number `at`, and of all answers of the kind `kind` (signature).
    """

    direct: list[Answering] = field(default_factory=list)
    kept: list[tuple[str, Reply]] = field(default_factory=list)
    at: int = -1
    kind: str = ""
    change: Callable[[Reply], Reply] | None = None
    places: dict[tuple[str, str], tuple[int | None, str]] = field(default_factory=dict)

    def put_between(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of every Transport's `send`."""
        wire, real = self, Transport.send

        def send(transport: Transport, method: str, path: str = "", **more: Any) -> Reply:
            reply = wire._asked(transport, method, path, more)
            return wire._pass(method, path, more, reply or real(transport, method, path, **more))

        monkeypatch.setattr(Transport, "send", send)
        if self.direct:
            monkeypatch.setattr(http, "open_client", lambda *_, **__: _Nothing())
        lines = {s.url.rpartition(":")[2]: s for s in self.direct if s.url.startswith("tcp:")}
        if lines:
            monkeypatch.setattr(
                "scanner.chains.bitcoin.electrum_rpc.socket.create_connection",
                lambda place, timeout: _Lines(self, lines[str(place[1])]),
            )

    def _asked(self, transport: Transport, method: str, path: str, more: Any) -> Reply | None:
        port, asked = self._place(transport, path)
        for server in self.direct:
            if server.url.endswith(f":{port}"):
                sent = {k.lower(): v for k, v in (more.get("headers") or {}).items()}
                said = server.respond(method, asked, more.get("body") or b"", sent)
                headers = {k.lower(): v for k, v in said.headers.items()}
                return Reply(transport.name, said.status, said.body, headers)
        return None

    def _place(self, transport: Transport, path: str) -> tuple[int | None, str]:
        """Port and path of a request. Thousands ask the same: each is put together once."""
        key = str(transport._base), path
        if key not in self.places:
            url = transport._url(path)
            self.places[key] = url.port, url.raw_path.decode()
        return self.places[key]

    def _pass(self, method: str, path: str, more: Any, reply: Reply) -> Reply:
        number, kind = len(self.kept), signature(method, path, more.get("body") or b"")
        self.kept.append((kind, reply))
        chosen = number == self.at or kind == self.kind
        return self.change(reply) if self.change and chosen else reply

    def run(
        self, steps: Callable[[], Sequence[Step]], at: int, change: Callable[[Reply], Reply] | None
    ) -> list[object]:
        """What comes of the steps, each by itself; a SourceError is one of the outcomes."""
        self.kept, self.at, self.change = [], at, change
        found: list[object] = []
        for step in steps():
            try:
                found.append(step())
            except SourceError as e:
                found.append(e)
        return found


class _Lines:
    """A socket to a server of lines that is asked in this process."""

    def __init__(self, wire: Wire, server: Answering) -> None:
        self._wire, self._server, self._said = wire, server, b""
        self._waits = True

    def sendall(self, line: bytes) -> None:
        said = self._server.respond(line)
        if said is not None:
            reply = Reply("line", 200, said, {})
            self._said += self._wire._pass("LINE", "", {"body": line}, reply).body + b"\n"

    def recv(self, size: int) -> bytes:
        """What is left to say; then the connection is closed."""
        if not self._said and not self._waits:
            raise BlockingIOError
        said, self._said = self._said[:size], self._said[size:]
        return said

    def settimeout(self, seconds: float) -> None:
        self._waits = True

    def setblocking(self, blocking: bool) -> None:
        self._waits = blocking

    def close(self) -> None:
        pass


class _Nothing:
    def close(self) -> None:
        pass


def signature(method: str, path: str, body: bytes) -> str:
    """What kind of question it is: the same for other addresses and heights."""
    place = re.sub(r"[^/?&=]*\d[^/?&=]*", "#", path)
    asked = re.findall(rb'"(?:method|query|type|account)": ?"([^"]{1,60})', body)
    return f"{method} {place} {b' '.join(asked[:2]).decode('ascii', 'replace')}"


def said(outcomes: Sequence[object]) -> str:
    """All of it as text, errors with their causes."""
    texts = []
    for outcome in outcomes:
        texts.append(repr(outcome))
        seen: BaseException | None = outcome if isinstance(outcome, BaseException) else None
        while seen is not None:
            texts.append(str(seen))
            seen = seen.__cause__
    return "\n".join(texts)


def changes_of(reply: Reply) -> Iterator[tuple[str, Callable[[Reply], Reply]]]:
    """Every way to put WORD into an answer: (where and how, change).

    In place of each text and behind it; in place of each name of a field and behind it; in place of
    each number; of equal places in a list only the first two. And in place of all, with errors.
    """
    try:
        value = json.loads(reply.body)
    except ValueError:
        yield "text", lambda r: replace(r, body=WORD.encode())
        yield "text+", lambda r: replace(r, body=r.body + WORD.encode())
        return
    for status in (200, 400, 404, 500):
        yield f"HTTP {status}", _body(status, {"error": WORD, "message": WORD, "code": 5})
    error = {"jsonrpc": "2.0", "id": _get(value, "id"), "error": {"code": -32000, "message": WORD}}
    yield "JSON-RPC error", _body(200, error)
    seen: set[str] = set()
    for path in places_in(value):
        name = ".".join("#" if isinstance(p, int) and p > 1 else str(p) for p in path)
        if name in seen:
            continue
        seen.add(name)
        for how, new in _NEW.items():
            if (made := new(at_path(value, path))) is not None:
                yield f"{name} {how}", _setting(path, made)
        if isinstance(path[-1] if path else 0, str):
            yield f"{name} renamed", _renaming(path)


_NEW: dict[str, Change] = {
    "replaced": lambda old: WORD,
    "followed": lambda old: old + WORD if isinstance(old, str) else None,
    "led": lambda old: WORD + old if isinstance(old, str) else None,
    "in a list": lambda old: [WORD] if isinstance(old, str) else None,
}


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _body(status: int, value: object) -> Callable[[Reply], Reply]:
    return lambda r: replace(r, status=status, body=json.dumps(value).encode())


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places_in(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:3]):
            yield from places_in(inner, (*path, number))
    if path:
        yield path


def at_path(value: Any, path: Sequence[Any]) -> Any:
    for step in path:
        value = value[step]
    return value


def _setting(path: tuple[Any, ...], made: object) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        value = json.loads(reply.body)
        at_path(value, path[:-1])[path[-1]] = deepcopy(made)
        return replace(reply, body=json.dumps(value).encode())

    return change


def _renaming(path: tuple[Any, ...]) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        value = json.loads(reply.body)
        inner = at_path(value, path[:-1])
        kept = inner.pop(path[-1])
        inner[WORD] = kept
        return replace(reply, body=json.dumps(value).encode())

    return change


ODD: tuple[object, ...] = (
    None, True, 0, -1, 2**70, 1.5, "", "0", "-1", "0x", "0x" + "f" * 400, "9" * 90, "x" * 3000,
    "\x00", "\ud83d\ude00", [], {}, [[]], [None], {"": {}}, [[[[[[[[]]]]]]]],
)  # fmt: skip


def oddly(rng: random.Random) -> Callable[[Reply], Reply]:
    """A random change of an answer: a value of another kind somewhere, or turned bytes."""

    def change(reply: Reply) -> Reply:
        try:
            value = json.loads(reply.body)
            places = list(places_in(value))
        except ValueError:
            places = []
        if not places or rng.random() < 0.3:
            return replace(reply, body=_turned(rng, reply.body))
        for _ in range(rng.randint(1, 2)):
            path = rng.choice(places)
            try:
                at_path(value, path[:-1])[path[-1]] = deepcopy(rng.choice(ODD))
            except (KeyError, IndexError, TypeError):
                continue  # it stood inside what was changed before
        return replace(reply, body=json.dumps(value).encode())

    return change


def _turned(rng: random.Random, raw: bytes) -> bytes:
    found = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(found) + 1)
        way = rng.randrange(3)
        if way == 0 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            del found[at : at + rng.randint(1, 30)]
        else:
            found[at:at] = rng.choice((b"\xff" * 9, b"[" * 50, b"0" * 90, b"-", b"null", b"\x00"))
    return bytes(found)


def no_word_comes_out(wire: Wire, steps: Callable[[], Sequence[Step]], known: set[str]) -> None:
    """Put WORD into every place of every answer; no outcome may hold it.

    known: places that were tried, by signature; they are not tried again. Nothing that is known
    here is an excuse: a reader that repeats a node's words has to be mended.
    """
    wire.run(steps, -1, None)
    leaks: dict[str, str] = {}
    for number, (kind, reply) in enumerate(wire.kept):
        for where, change in changes_of(reply):
            place = f"{kind} {reply.status} {where}"
            if place in known:
                continue
            known.add(place)
            text = said(wire.run(steps, number, change))
            if found := re.search(r".{0,80}wOrd!~of a\$node.{0,20}", text):
                leaks[place] = found[0]
    assert not leaks, f"{len(leaks)} places: " + "; ".join(map(" -> ".join, leaks.items()))[:3000]


def anything_is_read_or_refused(
    wire: Wire, steps: Callable[[], Sequence[Step]], times: int, seed: int
) -> None:
    """Change answers at random: each step gives a value or a SourceError, and soon."""
    wire.run(steps, -1, None)
    answers, rng = len(wire.kept), random.Random(seed)
    for number in range(times):
        began = time.process_time()  # a busy machine makes no answer slow to read
        try:
            outcomes = wire.run(steps, rng.randrange(answers), oddly(rng))
        except Exception as e:
            raise AssertionError(f"seed {seed}, change {number}") from e
        assert time.process_time() - began < SLOWEST, (seed, number)
        long = [len(str(o)) for o in outcomes if isinstance(o, SourceError)]
        assert not long or max(long) < 600, (seed, number, outcomes)
