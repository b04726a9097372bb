"""`scanner serve`: web pages and a read-only JSON API over the database."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from dataclasses import replace
from secrets import token_hex
from typing import Annotated

import typer

from scanner.cli.common.log_options import LogForm, start_logs
from scanner.cli.common.options import Database, database_url
from scanner.errors import ConfigError
from scanner.files import scratch
from scanner.settings.database import password_of
from scanner.settings.log_format import LogFormat
from scanner.store.database import engine
from scanner.web import app, scanning, server

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for a free one.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Number of server processes.")]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="A further host name that the server answers to. May be repeated."
    ),
]
AllowOrigin = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ORIGIN", help="A website whose scripts may read the API (CORS). May be repeated."
    ),
]


AllowUploads = Annotated[
    bool,
    typer.Option(
        "--uploads/--no-uploads",
        help="Allow lists to be uploaded to the page that checks one; nothing of them is kept.",
    ),
]


AllowScans = Annotated[
    bool,
    typer.Option(
        "--allow-scans",
        help="Allow snapshots to be started in the browser with the token in SCANNER_SCAN_TOKEN "
        "(if it is not set, a token is printed).",
    ),
]
TOKEN = "SCANNER_SCAN_TOKEN"  # noqa: S105 - its name


def serve(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 8077,
    workers: Workers = 2,
    allow_host: AllowHost = None,
    allow_origin: AllowOrigin = None,
    uploads: AllowUploads = True,
    allow_scans: AllowScans = False,
    log_format: LogForm = LogFormat.TEXT,
    database: Database = None,
) -> None:
    """Serve the database as web pages and as JSON. By default it only reads.

    It listens on this machine only, unless --host says otherwise. There are no accounts and no
    encryption: put a reverse proxy in front before others can reach it.
    """
    url = database_url(context, database)
    engine.open_store(url, read_only=True).close()
    start_logs(log_format, secrets=[password_of(url)])
    place = server.Place(host, port, workers)
    names = (place.name, *(allow_host or ()))
    settings = app.WebSettings(
        url, names, tuple(allow_origin or ()), uploads=uploads, secret=token_hex(32)
    )
    with ExitStack() as stack:
        opened = stack.enter_context(server.listen(place))
        if allow_scans:
            # Where lists lie while they are read, and what jobs say.
            folder = stack.enter_context(scratch.scratch_folder())
            settings = replace(settings, token=_token(), scans=str(folder))
            # The server lets the signal through at its end: the folder is to be removed before.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        # Not by `say`: it leaves web addresses out, and this one is ours.
        at = f"http://{place.name}:{opened.getsockname()[1]}/"
        sys.stderr.write(f"serving {at} (Ctrl+C stops it)\n")
        sys.stderr.flush()
        server.run(place, opened, settings.to_json())


def _token() -> str:
    """What signs in. Raises ConfigError for one that could be tried out."""
    given = os.environ.get(TOKEN, "").strip()
    if given and len(given) < scanning.LEAST_TOKEN:
        raise ConfigError(f"{TOKEN} has fewer than {scanning.LEAST_TOKEN} characters")
    if not given:
        given = token_hex(16)
        sys.stderr.write(f"token to start snapshots in the browser: {given}\n")
    return given
