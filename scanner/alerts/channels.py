"""Delivers one event: a POST to a webhook, or a mail.

The webhook's body is one JSON object:

    {"version": 1, "event": "<32 hex digits>", "rule": "...", "kind": "...", "publisher": "...",
     "list": "...", "snapshot": 7, "state": "complete", "subject": "BTC", "reason": "...",
     "facts": {...}, "created": "<ISO 8601, UTC>",
     "other_chains": [{"network": "bitcoin", "chain": "regtest"}]}

`event` is the same at every delivery of an event: a receiver that has seen it may drop it. With a
key, the header `X-Scanner-Signature` is "sha256=" and the HMAC-SHA256 (RFC 2104) of the body in
hex. Any 2xx answer means delivered. With `pages` there is a "link" to the snapshot's page.
`other_chains`: networks that were read on a chain that is not their own. With the
format "slack" the body is {"text": "..."} instead: title, reason, other chains, publisher and list,
link.
"""

from __future__ import annotations

import hashlib
import hmac
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from threading import Timer

from scanner.alerts.config import Channel, Email, Webhook
from scanner.errors import SourceRejectedError, SourceUnavailableError, clip
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport
from scanner.reports.figures.other_chains import COLUMN, chain_lines
from scanner.reports.tables.jsontext import compact
from scanner.reports.tables.text import printable

ANSWER_LIMIT = 64 * 1024
MAIL_SECONDS = 120.0
"""For one mail, from the connection to its end; shorter than a delivery belongs to a process."""
SIGNATURE = "x-scanner-signature"
EVENT = "x-scanner-event"


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. key: the same at every delivery. body: the object above."""

    key: str
    title: str
    body: Mapping[str, object]
    created: datetime


def deliver(channel: Channel, message: Message) -> None:
    """Deliver a message. Raises SourceUnavailableError or SourceRejectedError, by name only."""
    _SENDERS[type(channel)](channel, message)


def signature(key: str, body: bytes) -> str:
    """The value of the header X-Scanner-Signature."""
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def _post(channel: Webhook, message: Message) -> None:
    body = compact(_FORMS[channel.form](channel, message))
    headers = {EVENT: message.key}
    if channel.key:
        headers[SIGNATURE] = signature(channel.key, body)
    endpoint = Endpoint(channel.name, "", "webhook", channel.url, timeout=channel.timeout)
    transport = Transport(endpoint, headers)
    try:
        transport.send("POST", body=body, limit=ANSWER_LIMIT).raise_for_status()
    finally:
        transport.close()


def _object(channel: Webhook, message: Message) -> dict[str, object]:
    snapshot = message.body.get("snapshot")
    link = f"{channel.pages}/snapshots/{snapshot}" if channel.pages and snapshot else None
    return {**message.body, **({} if link is None else {"link": link})}


def _text(channel: Webhook, message: Message) -> dict[str, object]:
    """What chat programs show. Their markup is made of these three characters.

    Source: Slack's "Formatting text for app surfaces": &, < and > are escaped, nothing else.
    """
    whole = _object(channel, message)
    about = " ".join(str(whole[k]) for k in ("publisher", "list") if whole.get(k))
    lines = [
        *(message.title, str(whole.get("reason", "")), *_chains(message.body)),
        *(about, str(whole.get("link", ""))),
    ]
    text = "\n".join(printable(line) for line in dict.fromkeys(lines) if line)
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


_FORMS: Mapping[str, Callable[[Webhook, Message], dict[str, object]]] = {
    "json": _object,
    "slack": _text,
}


def _mail(channel: Email, message: Message) -> None:
    watch = _Watch()
    try:
        with watch:
            _send_mail(channel, _mail_of(channel, message), watch)
    except smtplib.SMTPAuthenticationError:
        raise SourceRejectedError(channel.name, "the mail server rejected the password") from None
    except smtplib.SMTPRecipientsRefused:
        raise SourceRejectedError(
            channel.name, "the mail server rejected every recipient"
        ) from None
    except smtplib.SMTPResponseException as e:
        what = f"the mail server answered {e.smtp_code}"
        raise SourceUnavailableError(channel.name, what) from None
    except (smtplib.SMTPException, OSError) as e:
        raise SourceUnavailableError(channel.name, _no_mail(e, watch)) from None
    except ValueError:  # a host name that is none; user and password beyond ASCII
        what = "its host, user or password has characters that a mail server cannot be told"
        raise SourceRejectedError(channel.name, what) from None


def _no_mail(error: Exception, watch: _Watch) -> str:
    """Why a mail was not taken, in our words: theirs may repeat what was sent."""
    if watch.ended:
        return f"the mail server did not take the mail within {MAIL_SECONDS:g} s"
    if isinstance(error, ssl.SSLError):
        return f"no encrypted connection to the mail server ({clip(error.reason or 'TLS')})"
    return f"no connection to the mail server ({type(error).__name__})"


class _Watch:
    """Hangs up when MAIL_SECONDS are over, whatever the server sends meanwhile.

    The library's time-out is for each read, and of a server that sends a byte now and then each is
    in time: a worker would deliver nothing else, and take no snapshot.
    """

    ended = False

    def __init__(self) -> None:
        self._lines: list[socket.socket] = []
        self._timer = Timer(MAIL_SECONDS, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        for line in self._lines:
            line.close()

    def watch(self, line: socket.socket) -> None:
        """Watch a connection. TLS takes the socket over, so another one of the same is kept."""
        self._lines.append(line.dup())
        if self.ended:
            raise TimeoutError

    def _end(self) -> None:
        self.ended = True
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class _Server(smtplib.SMTP):
    """A mail server, its connection watched from the first byte on. context: of TLS at once."""

    def __init__(self, channel: Email, watch: _Watch, context: ssl.SSLContext | None) -> None:
        self._watch, self._context = watch, context
        super().__init__(channel.host, channel.port, timeout=channel.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # The library's own hook, which its types leave out: the one place that connects.
        line: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._watch.watch(line)
        return (
            line if self._context is None else self._context.wrap_socket(line, server_hostname=host)
        )


def _send_mail(channel: Email, mail: EmailMessage, watch: _Watch) -> None:
    context = ssl.create_default_context(cafile=channel.ca_file or None)
    with _Server(channel, watch, context if channel.security == "tls" else None) as server:
        if channel.security == "starttls":
            server.starttls(context=context)
        if channel.user:
            server.login(channel.user, channel.password)
        server.send_message(mail, channel.sender, list(channel.to))


def _mail_of(channel: Email, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = clip(printable(message.title), 200)
    mail["From"], mail["To"] = channel.sender, ", ".join(channel.to)
    mail["Date"] = format_datetime(message.created)
    mail["Message-ID"] = f"<{message.key}@{channel.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody is away on holiday to us
    mail.set_content("\n".join(_lines(message.body)) + "\n", cte="quoted-printable")
    return mail


def _lines(body: Mapping[str, object]) -> list[str]:
    """The body for people: one fact a line, text of a publisher made harmless."""
    chains = [printable(line) for line in _chains(body)]
    lines = [printable(str(body.get("reason", ""))), *chains, ""]
    for key, value in body.items():
        if key == "facts" and isinstance(value, Mapping):
            lines += ["", *_facts(value)]
        elif key not in ("version", "reason", COLUMN):
            lines.append(f"{key}: {printable(str(value))}")
    return lines


def _chains(body: Mapping[str, object]) -> list[str]:
    """The notice for people, a line for each network."""
    found = body.get(COLUMN)
    listed = found if isinstance(found, list) else []
    return chain_lines((str(each["network"]), str(each["chain"])) for each in listed)


def _facts(facts: Mapping[str, object]) -> list[str]:
    lines = []
    for key, value in facts.items():
        if isinstance(value, list):
            lines += [f"{key}:", *(f"  {_inline(v)}" for v in value)]
        else:
            lines.append(f"{key}: {_inline(value)}")
    return lines


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(printable(str(v)) for v in value.values() if v is not None)
    return printable(str(value))


_SENDERS: Mapping[type, Callable[..., None]] = {Webhook: _post, Email: _mail}
