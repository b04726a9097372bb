"""Logs of the long-running commands: one line an event on stderr, JSON or text, no secret in it.

A JSON line is one object: `timestamp` (ISO 8601, UTC), `level`, `logger`, `event`, and what the
event is about. Everything passes the filter, also what libraries log and the text of exceptions:
known secrets become `***`, and what `clean` takes out goes.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, Processor

from scanner.settings.log_format import LogFormat

QUIET = ("procrastinate", "alembic", "uvicorn", "asyncio")
"""Libraries that tell only what is wrong."""


def configure(
    form: LogFormat,
    clean: Callable[[str], str],
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every log of this process to stderr, through the filter.

    clean: applied to every text (takes URLs out, makes hostile text harmless). secrets: texts
    that become `***` wherever they stand, as they are or as a URL writes them. stream: in place
    of stderr.
    """
    hidden = sorted({form for s in secrets if s for form in _spellings(s)}, key=len, reverse=True)
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if form is LogFormat.JSON else _as_text
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _filter(clean, hidden),
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    debug = bool(os.environ.get("SCANNER_DEBUG"))
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.INFO if debug else logging.WARNING)
    for name in ("httpx", "httpcore"):  # they print URLs at INFO
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.captureWarnings(True)


def _spellings(secret: str) -> set[str]:
    """A text and its forms in URLs: of the standard, of HTML forms, of SQLAlchemy."""
    return {secret, quote(secret, safe=""), quote_plus(secret), quote(secret, safe=" +")}


def _filter(
    clean: Callable[[str], str], hidden: list[str]
) -> Callable[[Any, str, EventDict], EventDict]:
    def text(value: str) -> str:
        for secret in hidden:
            value = value.replace(secret, "***")
        return clean(value)

    def cleaned(value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {text(str(k)): cleaned(v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [cleaned(v) for v in value]
        return text(str(value))

    def apply(_logger: object, _method: str, event: EventDict) -> EventDict:
        return {text(str(key)): cleaned(value) for key, value in event.items()}

    return apply


def _as_text(_logger: object, _method: str, event: EventDict) -> str:
    """`2026-01-31T06:00:00Z warning scanner.worker: what happened (key=value)`."""
    known = [event.pop(key, "") for key in ("timestamp", "level", "logger", "event")]
    moment, level, logger, what = known
    more = " ".join(f"{key}={value}" for key, value in event.items())
    return f"{moment} {level} {logger}: {what}" + (f" ({more})" if more else "")
