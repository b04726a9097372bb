"""The page that checks one signed message. It asks nobody and reads no database."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from scanner.errors import InputError
from scanner.lists.spelling import usual_address
from scanner.model.finding import WEIGHTS, Weight
from scanner.model.registry import Registry
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.reports.commands.one_message import checked_object
from scanner.reports.commands.ownership import control_kind
from scanner.reports.figures.words import BINDING, CONTROL, FRESHNESS
from scanner.web import drawing, render
from scanner.web.site import Site
from scanner.web.trouble import HTML

router = APIRouter(include_in_schema=False)

Short = Annotated[str, Query(max_length=512)]
Long = Annotated[str, Query(max_length=2_000)]
Key = Annotated[str, Query(max_length=1_000)]

_WORDS = {"verified": "Good signature", "false": "False", "unshown": "Not verified"}


@router.get("/check")
def check(
    request: Request,
    address: Short = "",
    message: Long = "",
    signature: Long = "",
    network: Short = "",
    key: Key = "",
) -> Response:
    """One address, message and signature: a form, and below it the verdict in words."""
    site: Site = request.app.state.site
    # Browsers send the lines of a form with CR LF, whatever was typed.
    text = message.replace("\r\n", "\n")
    given = {"address": address, "message": text, "signature": signature,
             "network": network, "key": key}  # fmt: skip

    def make() -> bytes:
        values = {
            "newest_head": site.newest_head(),
            "given": given,
            "networks": sorted(site.registry.networks),
            "controls": drawing.by_value(CONTROL),
            "bindings": drawing.by_value(BINDING),
            "freshness": drawing.by_value(FRESHNESS),
            **_verdict(site.registry, given),
        }
        return render.page("check.html.j2", values)

    return site.respond(request, make, HTML)


def _verdict(registry: Registry, given: dict[str, str]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"checked": None, "trouble": "", "status": "", "word": ""}
    if not given["address"].strip() and not given["signature"].strip():
        return nothing
    if not given["address"].strip() or not given["signature"].strip():
        return {**nothing, "trouble": "An address and a signature are needed."}
    signed = SignedMessage(
        given["address"],
        given["message"],
        (given["signature"],),
        given["network"].strip(),
        given["key"],
    )
    try:
        checked = check_message(signed, registry, respell=usual_address)
    except InputError as e:
        return {**nothing, "trouble": str(e)}
    kind = control_kind(checked.result)
    weight = None if kind is None else WEIGHTS[kind]
    status = "false" if weight is Weight.FALSE else "verified" if weight is None else "unshown"
    if status == "verified" and checked.purpose:
        status = "unshown"
    return {**nothing, "checked": checked_object(signed, checked), "status": status,
            "word": _WORDS[status]}  # fmt: skip
