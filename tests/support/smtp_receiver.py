"""A small real SMTP server on 127.0.0.1: STARTTLS and AUTH PLAIN, and answers a test chooses."""

from __future__ import annotations

import base64
import contextlib
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path


@dataclass
class Received:
    """One mail. encrypted: it came through TLS. login: user and password, if any were given."""

    sender: str
    to: list[str]
    mail: EmailMessage
    encrypted: bool
    login: tuple[str, str] | None


@dataclass
class Receiver:
    """What came. answer: called with the end of each mail; its line is sent back."""

    port: int = 0
    mails: list[Received] = field(default_factory=list)
    answer: Callable[[], str] = lambda: "250 taken"
    password: str = ""


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    certificate, key = folder / "smtp.pem", folder / "smtp.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@contextmanager
def receiving(
    certificate: tuple[Path, Path] | None = None, *, at_once: bool = False
) -> Iterator[Receiver]:
    """Receive mails. certificate: offer STARTTLS with it; at_once: speak TLS from the beginning."""
    receiver = Receiver()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError, ssl.SSLError):
                session = _Session(self, receiver, certificate)
                if at_once:
                    session.encrypt()
                session.run()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


class _Session:
    def __init__(self, handler, receiver: Receiver, certificate) -> None:
        self._socket, self._receiver = handler.connection, receiver
        self._file = self._socket.makefile("rwb")
        self._certificate, self._encrypted = certificate, False
        self._login: tuple[str, str] | None = None
        self._sender, self._to = "", []

    def run(self) -> None:
        self._say("220 receiver")
        try:
            while line := self._file.readline():
                word, _, rest = line.decode().strip().partition(" ")
                if word.upper() == "QUIT":
                    self._say("221 bye")
                    return
                getattr(self, f"_{word.lower()}", self._unknown)(rest)
        finally:
            self._file.close()
            self._socket.close()

    def _say(self, *lines: str) -> None:
        self._file.write("".join(f"{line}\r\n" for line in lines).encode())
        self._file.flush()

    def _unknown(self, rest: str) -> None:
        self._say("502 unknown")

    def _ehlo(self, rest: str) -> None:
        offers = ["250-receiver"]
        if self._certificate and not self._encrypted:
            offers.append("250-STARTTLS")
        self._say(*offers, "250 AUTH PLAIN")

    def _starttls(self, rest: str) -> None:
        self._say("220 go")
        self.encrypt()

    def encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._certificate)
        self._file.close()
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._file, self._encrypted = self._socket.makefile("rwb"), True

    def _auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        if password != self._receiver.password:
            self._say(f"535 wrong password {password}")
            return
        self._login = (user, password)
        self._say("235 welcome")

    def _mail(self, rest: str) -> None:
        self._sender, self._to = rest, []
        self._say("250 ok")

    def _rcpt(self, rest: str) -> None:
        self._to.append(rest)
        self._say("250 ok")

    def _rset(self, rest: str) -> None:
        self._say("250 ok")

    def _data(self, rest: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self._file.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        answer = self._receiver.answer()
        if answer.startswith("2"):
            mail = message_from_bytes(b"".join(lines), policy=policy.default)
            self._receiver.mails.append(
                Received(self._sender, self._to, mail, self._encrypted, self._login)
            )
        self._say(answer)
