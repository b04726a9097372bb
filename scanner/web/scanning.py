"""The pages on which a signed-in user starts a snapshot and watches it (`--allow-scans`)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from scanner.store.reading import queries
from scanner.web import objects, render
from scanner.web.forms import Form, Rate, Room, Words, read_form
from scanner.web.jobs import LOST, Job, Jobs
from scanner.web.site import Site
from scanner.web.trouble import HTML, NotHereError, RefusedError

router = APIRouter(include_in_schema=False)

PATH, SIGN_IN = "/scans", "/scans/sign-in"
MOST_BYTES = 64 * 2**20
"""Of the form with the list; larger lists are for the terminal."""
MOST_SIGN_IN = 10_000
MOST_AT_THE_DOOR = 100
"""Forms to sign in that are taken in at a time; they are small."""
SESSION_SECONDS = 12 * 3600
COOKIE = "scanner_session"
LEAST_TOKEN = 16
"""Characters of a token; shorter ones could be tried out."""
NO_STORE = {"cache-control": "no-store"}
AGAIN_SECONDS = 3
LOOKED_AT = 50
"""Newest snapshots among which a job's own is looked for."""

_OPTIONS = ("publisher", "columns", "network", "asset")


class Scans:
    """Who may start snapshots, and those that were. jobs: None where the server starts none."""

    def __init__(self, token: str, words: Words, jobs: Jobs | None) -> None:
        self._token, self._words = token.encode(), words
        self.jobs = jobs
        self._tries = Rate(5, 60)
        self.room, self.door = Room(), Room(MOST_AT_THE_DOOR)

    def session(self, token: str) -> str:
        """A new session for the right token. Raises RefusedError, also for too many tries."""
        self._tries.take()
        if not hmac.compare_digest(self._token, token.encode("utf-8", "replace")):
            raise RefusedError(403, "This is not the token of this server.")
        return self._words.make("session", SESSION_SECONDS)

    def signed_in(self, request: Request) -> str:
        """The session of a request; "" if there is none."""
        session = request.cookies.get(COOKIE, "")
        return session if self._words.good("session", session) else ""

    def word(self, session: str) -> str:
        """What a form of a session (or of none, to sign in) must bring back."""
        return self._words.make(f"scan {session}")

    def check(self, session: str, sent: Form) -> None:
        """Raise RefusedError unless a form is of this session."""
        if not self._words.good(f"scan {session}", sent["word"]):
            raise RefusedError(
                403, "This form has expired, or is of another server: open it again."
            )


def _scans(request: Request) -> Scans:
    scans: Scans = request.app.state.scans
    return scans


def _jobs(scans: Scans) -> Jobs:
    if scans.jobs is None:
        raise NotHereError("This server cannot start snapshots: it runs without --allow-scans.")
    return scans.jobs


@router.get(PATH)
def overview(request: Request) -> Response:
    """The form that starts a snapshot, and those that were started; before it, the token."""
    return _page(request, "")


@router.post(SIGN_IN)
async def sign_in(request: Request) -> Response:
    """Give a session to who knows the token."""
    scans = _scans(request)
    _jobs(scans)
    sent = await read_form(request, MOST_SIGN_IN, scans.door)
    scans.check("", sent)
    session = scans.session(sent["token"])
    answer = RedirectResponse(PATH, status_code=303, headers=NO_STORE)
    secure = request.headers.get("origin", "").startswith("https:")
    answer.set_cookie(
        COOKIE, session, SESSION_SECONDS, path=PATH, httponly=True, samesite="strict", secure=secure
    )
    return answer


@router.post(PATH)
async def start(request: Request) -> Response:
    """Start a snapshot of the list that was sent."""
    scans = _scans(request)
    jobs, session = _jobs(scans), scans.signed_in(request)
    if not session:
        raise RefusedError(403, "Sign in first.")
    sent = await read_form(request, MOST_BYTES, scans.room)
    scans.check(session, sent)
    if "list" not in sent.files:
        return await anyio.to_thread.run_sync(_page, request, "Choose a file, then send it.")
    name, body = sent.files["list"]
    options = [f"--{option}={sent[option]}" for option in _OPTIONS if sent[option]]
    options += [f"--statement={line.strip()}" for line in sent["statement"].splitlines() if line]
    job = await anyio.to_thread.run_sync(jobs.start, name, body, options)
    return RedirectResponse(f"{PATH}/{job.id}", status_code=303, headers=NO_STORE)


@router.get(PATH + "/{job}")
def watch(
    request: Request, job: Annotated[str, Path(max_length=32)], still: bool = False
) -> Response:
    """How far one snapshot is; the page looks again by itself while it runs, unless still."""
    scans = _scans(request)
    jobs = _jobs(scans)
    if not scans.signed_in(request):
        return RedirectResponse(PATH, status_code=303, headers=NO_STORE)
    found = jobs.job(job)
    if found is None:
        raise NotHereError("There is no such job, or it was removed.")
    site: Site = request.app.state.site
    shown = _view(site, found, _after(jobs.all(), found))
    values = {"job": shown, "still": still, "newest_head": site.newest_head()}
    answer = _answer(render.page("scan.html.j2", values))
    if shown["running"] and not still:
        answer.headers["refresh"] = str(AGAIN_SECONDS)
    return answer


def _page(request: Request, trouble: str) -> Response:
    scans, site = _scans(request), request.app.state.site
    jobs, session = _jobs(scans), scans.signed_in(request)
    values = {
        "newest_head": site.newest_head(),
        "session": bool(session),
        "word": scans.word(session),
        "trouble": trouble,
        "most": MOST_BYTES // 2**20,
        "networks": sorted(site.registry.networks),
        "jobs": _views(site, jobs.all()) if session else [],
    }
    return _answer(render.page("scans.html.j2", values))


def _answer(body: bytes) -> Response:
    return Response(body, media_type=HTML, headers=NO_STORE)


_STATUS = {0: "verified", 1: "false", 3: "unshown"}


def _views(site: Site, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Jobs, newest first, each with its snapshot."""
    return [_view(site, job, _after(jobs, job)) for job in jobs]


def _after(jobs: Sequence[Job], job: Job) -> str:
    """When the next job was started; "~" (after all times) for the newest."""
    return min((each.started for each in jobs if each.started > job.started), default="~")


def _view(site: Site, job: Job, until: str) -> dict[str, Any]:
    """A job with the snapshot that it made, if it made one yet, by the list's hash and the time.

    until: when the next job was started; as jobs come one after the other, the same list taken
    again since then is none of this one's.
    """
    heads = [objects.head_object(h) for h in queries.heads(site.store, limit=LOOKED_AT)]
    own = (h for h in reversed(heads) if _is_of(h, job, until))
    return {
        "id": job.id,
        "name": job.name,
        "started": job.started,
        "running": job.status is None,
        "lost": job.status == LOST,
        "failed": job.status is not None and job.status not in _STATUS,
        "status": _STATUS.get(-1 if job.status is None else job.status, ""),
        "lines": [line for line in job.log.replace("\r", "\n").splitlines() if line.strip()][-40:],
        "snapshot": next(own, None),
    }


def _is_of(head: Any, job: Job, until: str) -> bool:  # noqa: ANN401 - an object of the API
    same = head["list"]["sha256"] == job.sha256
    return bool(same and job.started[:19] <= head["created"][:19] < until[:19])
