"""Puts the web application together. One process, one database that it only reads."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner import __version__
from scanner.errors import ScannerError
from scanner.model.jsontext import own_json
from scanner.reports.tables.jsontext import compact
from scanner.reports.tables.text import harmless
from scanner.settings import log_format, logs
from scanner.settings.database import password_of
from scanner.settings.tables import load_registry
from scanner.store.database.engine import open_store
from scanner.web import answers, api, checking, downloads, feeds, pages, scanning, uploading
from scanner.web.forms import Words
from scanner.web.guard import LOCAL_NAMES, Guard, Rules
from scanner.web.jobs import Jobs
from scanner.web.metrics import CONTENT_TYPE, metrics_text
from scanner.web.scanning import Scans
from scanner.web.site import Site
from scanner.web.trouble import JSON, RefusedError, Trouble, trouble_body, trouble_of
from scanner.web.uploading import Uploads

THREADS = 3
"""Requests worked on at once; fewer than the connections to the database, so none waits for one."""
log = logging.getLogger(__name__)

VARIABLE = "SCANNER_SERVE"
"""Settings of `scanner serve` for its worker processes, as JSON."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """database: URL, may hold a password. hosts: further names to answer under. origins: sites
    whose scripts may read the API. keep_bytes: of finished answers to keep, None for the usual.
    uploads: whether a list may be sent to be checked. secret: what forms are marked with, the same
    in all processes of a server; "" for one that this process makes. scans: folder of the snapshots
    that signed-in users start, with the token to sign in; "" where they may not.
    """

    database: str
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    keep_bytes: int | None = None
    uploads: bool = True
    secret: str = ""
    scans: str = ""
    token: str = ""

    def to_json(self) -> str:
        """For a worker's environment."""
        return compact(asdict(self)).decode("ascii")


def worker_app() -> Guard:
    """The application of a worker process, its settings from the environment."""
    stored = own_json(os.environ[VARIABLE])
    form = log_format.LogFormat(os.environ.get(log_format.VARIABLE, "text"))
    logs.configure(form, harmless, [password_of(stored["database"])])
    for name in ("hosts", "origins"):
        stored[name] = tuple(stored[name])
    return make_app(WebSettings(**stored))


def make_app(settings: WebSettings) -> Guard:
    """Make the application. The database is opened when it starts, and closed at its end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        store = open_store(settings.database, read_only=True)
        words = Words(settings.secret or token_hex(32))
        jobs = Jobs(Path(settings.scans), settings.database) if settings.scans else None
        app.state.uploads = Uploads(words, offered=settings.uploads)
        app.state.scans = Scans(settings.token, words, jobs)
        app.state.site = Site(store, load_registry(), keep_bytes=settings.keep_bytes)
        yield
        if jobs is not None:
            jobs.close()
        app.state.site.close()

    app = FastAPI(
        title="Reserve scanner",
        version=__version__,
        description="Results of snapshots of published reserve lists. Read-only. Amounts are "
        "decimal text in base units, given with the asset's decimals.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    described = app.openapi
    app.openapi = lambda: api.document(described())  # type: ignore[method-assign]
    app.include_router(api.router)
    app.include_router(pages.router)
    app.include_router(downloads.router)
    app.include_router(feeds.router)
    app.include_router(checking.router)
    app.include_router(uploading.router)
    app.include_router(scanning.router)
    _probes(app)
    _troubles(app)
    names = LOCAL_NAMES | {host.lower() for host in settings.hosts}
    forms = {uploading.PATH: uploading.MOST_BYTES} if settings.uploads else {}
    if settings.scans:
        forms |= {scanning.PATH: scanning.MOST_BYTES, scanning.SIGN_IN: scanning.MOST_SIGN_IN}
    return Guard(app, Rules(names, frozenset(settings.origins), forms))


def _probes(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        return _json({"status": "alive"})

    @app.get("/readyz", include_in_schema=False)
    def ready(request: Request) -> Response:
        answers.ready(request.app.state.site)
        return _json({"status": "ready"})

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        body = metrics_text(request.app.state.site.store)
        return Response(body, headers={"cache-control": "no-store", "content-type": CONTENT_TYPE})


def _json(value: dict[str, Any]) -> Response:
    return Response(compact(value), media_type=JSON, headers={"cache-control": "no-store"})


def _troubles(app: FastAPI) -> None:
    def answer(request: Request, trouble: Trouble) -> Response:
        body, media = trouble_body(trouble, request.url.path)
        headers = {"cache-control": "no-store"}
        return Response(body, trouble.status, headers, media)

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        return answer(request, Trouble(400, f"'{name}' is not valid: {first['msg']}."))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        words = "There is no such page." if error.status_code == 404 else str(error.detail)
        return answer(request, Trouble(error.status_code, words))

    @app.exception_handler(ScannerError)
    async def failed(request: Request, error: ScannerError) -> Response:
        trouble = trouble_of(error)
        # What is refused is no failure, and whoever asks often enough would fill the log with it.
        if trouble.status >= 500 and not isinstance(error, RefusedError):
            _log(request, error)
        return answer(request, trouble)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        _log(request, error)
        return answer(request, trouble_of(error))


def _log(request: Request, error: Exception) -> None:
    what = f"{request.url.path}: {type(error).__name__}: {error}"
    log.error("%s", harmless(what))
