"""A wire to PostgreSQL that fails at one question, in one way: what is asked of a server over a
network can be lost before it arrives, after it was done and before the answer is back, or refused.

It reads the protocol as far as it needs to (PostgreSQL's manual, "Frontend/Backend Protocol"), so
it sees every question of every library: SQLAlchemy's, COPY, Procrastinate's.
"""

from __future__ import annotations

import re
import select
import socket
import struct
import threading
from contextlib import suppress
from typing import NamedTuple, Self

_INT = struct.Struct("!I")
_SECRET_TALK = (80877103, 80877104)
"""Codes with which a client asks for TLS and GSSAPI."""
COPY_END = "COPY END"
"""What the end of a COPY's rows is called here."""


class Way(NamedTuple):
    """How a question fails. code, said: the server's error, "" for a lost connection.

    done: whether the server has done what was asked. lost: whether the connection ends.
    """

    name: str
    done: bool = False
    lost: bool = True
    code: str = ""
    said: str = ""


BEFORE = Way("lost before")
AFTER = Way("lost after", done=True)
DEADLOCK = Way("deadlock", lost=False, code="40P01", said="deadlock detected")
SERIALIZATION = Way(
    "serialization", lost=False, code="40001",
    said="could not serialize access due to concurrent update",
)  # fmt: skip
DISK_FULL = Way(
    "disk full", lost=False, code="53100",
    said='could not extend file "base/5/16391": No space left on device',
)  # fmt: skip
STANDBY = Way(
    "standby", lost=False, code="25006", said="cannot execute INSERT in a read-only transaction"
)
TOO_LONG = Way(
    "statement timeout", lost=False, code="57014",
    said="canceling statement due to statement timeout",
)  # fmt: skip
IDLE = Way(
    "idle in transaction", code="25P03",
    said="terminating connection due to idle-in-transaction timeout",
)  # fmt: skip
RESTART = Way("restart", code="57P01", said="terminating connection due to administrator command")
WAYS = (BEFORE, AFTER, DEADLOCK, SERIALIZATION, DISK_FULL, STANDBY, TOO_LONG, IDLE, RESTART)


class FaultyWire:
    """Listens on 127.0.0.1 and passes on to a server there. A context manager.

    asked: every question since `arm`, as SQL; a statement that was prepared under its own text.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._links: set[_Link] = set()
        self.asked: list[str] = []
        self._way, self._left, self._what = BEFORE, 0, re.compile("")
        self.failed = ""
        self.then: tuple[Way, str] | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def url(self, url: str) -> str:
        """The URL of a database of that server, over this wire."""
        return url.replace(f":{self._to}/", f":{self.port}/")

    def arm(
        self, way: Way, number: int = 1, what: str = "", then: tuple[Way, str] | None = None
    ) -> None:
        """Let the number-th question from now on fail, of those in which `what` is found; 0: none.

        what: a regular expression. then: the same of a question behind that one, armed in the same
        moment: whoever asks may be quicker than a test that looks.
        """
        with self._lock:
            self._way, self._left, self._what = way, number, re.compile(what, re.IGNORECASE)
            self.asked, self.failed, self.then = [], "", then

    def cut(self) -> None:
        """Cut every connection, as a server that ends does."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.end()

    def fails(self, question: str) -> Way | None:
        """Asked about every question: the way in which it is to fail, None if it is not."""
        with self._lock:
            self.asked.append(question)
            if not self._left or not self._what.search(question):
                return None
            self._left -= 1
            if self._left:
                return None
            found = self._way
            if self.then is None:
                self.failed = question
            else:
                self._way, self._left = self.then[0], 1
                self._what = re.compile(self.then[1], re.IGNORECASE)
                self.then = None
            return found

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                link = _Link(self, client, socket.create_connection(("127.0.0.1", self._to)))
                with self._lock:
                    self._links.add(link)
                threading.Thread(target=self._run, args=(link,), daemon=True).start()

    def _run(self, link: _Link) -> None:
        with suppress(
            OSError, ValueError
        ):  # a socket that `end` has closed meanwhile has no number
            link.run()
        link.end()
        with self._lock:
            self._links.discard(link)


class _Link:
    """One client's connection."""

    def __init__(self, wire: FaultyWire, client: socket.socket, server: socket.socket) -> None:
        self._wire, self._client, self._server = wire, client, server
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._from_client, self._from_server = bytearray(), bytearray()
        self._begun = False
        self._asking = bytearray()
        self._words: list[str] = []
        self._prepared: dict[bytes, str] = {}
        self._status = b"I"

    def end(self) -> None:
        for one in (self._client, self._server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def run(self) -> None:
        """Pass on until one side ends, or the wire fails."""
        while True:
            ready, _, _ = select.select([self._client, self._server], [], [])
            if self._server in ready:
                got = self._server.recv(1 << 16)
                if not got:
                    return
                self._hear(got)
                self._client.sendall(got)
            if self._client in ready:
                got = self._client.recv(1 << 16)
                if not got:
                    return
                self._from_client += got
                if not self._take():
                    return

    def _hear(self, got: bytes) -> list[bytes]:
        """Kinds of the messages in what the server sent; keeps the state of its transaction."""
        self._from_server += got
        kinds = []
        while len(self._from_server) >= 5 and self._begun:
            size = 1 + _INT.unpack_from(self._from_server, 1)[0]
            if len(self._from_server) < size:
                break
            kind = bytes(self._from_server[:1])
            kinds.append(kind)
            if kind == b"Z":
                self._status = bytes(self._from_server[5:6])
            del self._from_server[:size]
        return kinds

    def _take(self) -> bool:
        """Pass on whole questions. Returns False where the connection is lost."""
        while True:
            at = 1 if self._begun else 0
            if len(self._from_client) < at + 4:
                return True
            size = at + _INT.unpack_from(self._from_client, at)[0]
            if len(self._from_client) < size:
                return True
            message = bytes(self._from_client[:size])
            del self._from_client[:size]
            if not self._begun:
                if _INT.unpack_from(message, 4)[0] in _SECRET_TALK:
                    self._client.sendall(b"N")
                    continue
                self._begun = True
                self._server.sendall(message)
                continue
            self._asking += message
            if not self._ends_question(message):
                continue
            asked, question = bytes(self._asking), "; ".join(self._words)
            self._asking, self._words = bytearray(), []
            if question and (way := self._wire.fails(question)) is not None:
                if not self._fail(way, asked, question):
                    return False
                continue
            self._server.sendall(asked)

    def _ends_question(self, message: bytes) -> bool:
        """Notes what a message asks. Returns whether it is passed on now, with those before it."""
        kind, body = message[:1], message[5:]
        if kind == b"Q":
            self._words.append(body[:-1].decode())
        elif kind == b"P":
            name, sql, _ = body.split(b"\0", 2)
            self._prepared[name] = sql.decode()
        elif kind == b"B":
            name = body.split(b"\0", 2)[1]
            self._words.append(self._prepared.get(name, ""))
        elif kind == b"c":
            self._words.append(COPY_END)
        return kind not in b"PBDEC"  # those wait for their Sync

    def _fail(self, way: Way, asked: bytes, question: str) -> bool:
        if way.done:
            self._server.sendall(asked)
            self._await()
        if not way.lost and question == COPY_END:
            self._server.sendall(b"f" + _INT.pack(4 + 5) + b"full\0")
            return True
        if way.code:
            fields = (f"S{'FATAL' if way.lost else 'ERROR'}", f"C{way.code}", f"M{way.said}", "")
            body = b"\0".join(field.encode() for field in fields) + b"\0"
            self._client.sendall(b"E" + _INT.pack(4 + len(body)) + body)
        if way.lost:
            return False
        after = b"I" if self._status == b"I" or question == "COMMIT" else b"E"
        if question == "COMMIT":  # that fails: nothing of its transaction is kept
            self._server.sendall(b"Q" + _INT.pack(4 + 9) + b"ROLLBACK\0")
            self._await()
        self._client.sendall(b"Z" + _INT.pack(5) + after)
        return True

    def _await(self) -> None:
        """Until the server has done what it was asked; its answer goes nowhere."""
        while True:
            got = self._server.recv(1 << 16)
            if not got or {b"Z", b"G"} & set(self._hear(got)):
                return
