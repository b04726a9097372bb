"""How commands that run for long write their log."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated

import typer

from scanner.reports.tables.text import harmless
from scanner.settings import logs
from scanner.settings.log_format import VARIABLE, LogFormat
from scanner.settings.secrets import secret_parts

LogForm = Annotated[LogFormat, typer.Option("--log-format", help="Format of log lines on stderr.")]


def start_logs(form: LogFormat, *urls: str, secrets: Iterable[str] = ()) -> None:
    """Log to stderr from now on.

    urls: whose keys must not be seen; shorter parts of them may be words of a message, and whole
    URLs are left out anyway. secrets: as they are. Processes that this one starts read the format
    from the environment.
    """
    os.environ[VARIABLE] = form.value
    hidden = [*secrets, *(part for url in urls for part in secret_parts(url, shortest=12))]
    logs.configure(form, harmless, hidden)
