"""The page that inspects and verifies a list that is sent to it. Nothing is kept, nobody is asked.

The work is done by a process of its own (`list_check`) with limits of time and memory; this one
answers other pages meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from scanner.files.scratch import scratch_folder
from scanner.model.finding import Weight
from scanner.model.jsontext import own_json
from scanner.reports.documents.shown import counted_kinds
from scanner.reports.figures.signed_texts import text_view
from scanner.reports.tables.jsontext import compact
from scanner.web import render
from scanner.web.forms import Form, Rate, Room, Words, plain_name, read_form
from scanner.web.jobs import PYTHON
from scanner.web.site import Site
from scanner.web.trouble import HTML, RefusedError

router = APIRouter(include_in_schema=False)

PATH = "/verify"
MOST_BYTES = 16 * 2**20
"""Of the whole form; larger lists are for the terminal."""
SECONDS = 60
MOST_A_MINUTE = 10
NO_STORE = {"cache-control": "no-store"}

_STATUS = {0: "verified", 1: "false", 3: "unshown"}
_RESULT = {"verified": "All signed for", "false": "Found false", "unshown": "Not fully verified"}
_FIELDS = ("publisher", "statement", "columns", "network", "asset")
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "HOME")
"""What the child is told: no address of a database, no secret."""


class Uploads:
    """What limits uploads in this process: few come in and one is checked at a time, so many a
    minute.
    """

    def __init__(self, words: Words, *, offered: bool) -> None:
        self.offered = offered
        self.words = words
        self.rate = Rate(MOST_A_MINUTE, 60)
        self.room = Room()
        self.limiter = anyio.CapacityLimiter(1)


@router.get(PATH)
def form(request: Request) -> Response:
    """The form."""
    return _page(request, Form({}), {})


@router.post(PATH)
async def upload(request: Request) -> Response:
    """Check a list that was sent. Raises RefusedError."""
    uploads: Uploads = request.app.state.uploads
    sent = await read_form(request, MOST_BYTES, uploads.room)
    if not uploads.words.good("upload", sent["word"]):
        raise RefusedError(403, "This form has expired, or is of another server: open it again.")
    if "list" not in sent.files:
        return _page(request, sent, {"trouble": "Choose a file, then send it."})
    uploads.rate.take()
    if uploads.limiter.borrowed_tokens:
        raise RefusedError(503, "Another list is being checked. Try again in a moment.")
    name, body = sent.files["list"]
    options = {"name": plain_name(name), **{field: sent[field] for field in _FIELDS}}
    answer = await anyio.to_thread.run_sync(checked, options, body, limiter=uploads.limiter)
    return await anyio.to_thread.run_sync(_page, request, sent, answer)


def checked(options: dict[str, str], body: bytes) -> dict[str, Any]:
    """What `list_check` says of a list; a `trouble` where it says nothing in time."""
    with scratch_folder() as folder:
        try:
            done = subprocess.run(
                [*PYTHON, "scanner.web.list_check", json.dumps(options)],
                input=body,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env={k: v for k in _KEPT_ENVIRONMENT if (v := os.environ.get(k))},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"trouble": f"this list takes longer than {SECONDS} seconds", "limited": True}
    try:
        found: dict[str, Any] = own_json(done.stdout)
    except ValueError:
        trouble = "this list needs more time or memory than a page may use"
        return {"trouble": trouble, "limited": True}
    return found


def _page(request: Request, sent: Form, answer: dict[str, Any]) -> Response:
    site: Site = request.app.state.site
    uploads: Uploads = request.app.state.uploads
    status = _STATUS.get(answer.get("exit_status", -1), "")
    values = {
        "newest_head": site.newest_head(),
        "offered": uploads.offered,
        "scans": request.app.state.scans.jobs is not None,
        "word": uploads.words.make("upload"),
        "given": {field: sent[field] for field in _FIELDS},
        "networks": sorted(site.registry.networks),
        "most": MOST_BYTES // 2**20,
        "seconds": SECONDS,
        "trouble": answer.get("trouble", ""),
        "limited": answer.get("limited", False),
        "status": status,
        "result": _RESULT.get(status, ""),
        "found": None if not status else _view(answer),
    }
    return Response(render.page("verify.html.j2", values), media_type=HTML, headers=NO_STORE)


def _view(answer: dict[str, Any]) -> dict[str, Any]:
    """The two objects of the child, joined by asset and network."""
    read, signed = answer["inspection"], answer["ownership"]
    told = {p["kind"] for p in read["problems"]}
    more = [f for f in signed["findings"] if f["kind"] not in told]
    order = list(Weight)
    findings = sorted(read["problems"] + more, key=lambda f: order.index(Weight(f["weight"])))
    of = {(h["asset"], h["network"]): h for h in signed["holdings"]}
    return {
        "publisher": answer["publisher"],
        "list": read,
        "sentence": _sentence(signed, findings),
        "cautions": signed["cautions"],
        "kinds": [
            (title, kinds)
            for title, weight in (("False", "false"), ("Not verified", "unshown"))
            if (kinds := counted_kinds(findings, weight))
        ],
        "holdings": [
            {**h, "verified": of.get((h["asset"], h["network"]), {}).get("verified", 0)}
            for h in read["holdings"]
        ],
        "texts": [text_view(text) for text in signed["texts"]],
        "problems": sorted(signed["problems"], key=lambda p: p["class"] != "mismatch"),
        "findings": findings,
        "json": compact({"inspection": read, "ownership": signed}).decode("ascii"),
    }  # fmt: skip


def _sentence(signed: dict[str, Any], findings: Sequence[dict[str, Any]]) -> str:
    """The worst first: a list may contradict itself though no row of it is false."""
    sentence: str = signed["sentence"]
    contradicted = any(f["weight"] == Weight.FALSE for f in findings) and not signed["false"]
    return f"The list contradicts itself. {sentence}" if contradicted else sentence
