"""Who is sound? One line for each publisher: result, dollars, worst ratio, age, months before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from markupsafe import Markup

from scanner.reports.documents.lines import sparkline
from scanner.reports.figures.amounts import NOT_READ, percent
from scanner.reports.figures.other_chains import COLUMN, chain_objects, other_chains
from scanner.reports.figures.ratios import limits_of
from scanner.reports.figures.values_json import grouped
from scanner.settings.publishers import load_publishers
from scanner.store.reading import queries
from scanner.store.reading.about_texts import others_claiming
from scanner.store.reading.beginnings import keys_beginning
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import PublisherView, in_order
from scanner.web import answers, objects
from scanner.web.drawing import is_answered
from scanner.web.site import Site
from scanner.web.worth import snapshot_worth

Json = Mapping[str, Any]
MONTHS = 12
"""Complete snapshots of a publisher that its small drawing goes back."""
MOST_NAMED = 20
"""Publishers that a search names."""
SORTS = ("publisher", "verified", "share", "own", "ratio", "age")
_RESULTS = {"false": 0, "incomplete": 1, "unshown": 2, "verified": 3}


def overview(site: Site, sort: str) -> list[Json]:
    """Every publisher with what its newest complete snapshot came to.

    sort: one of SORTS; what has no number stands last. Unknown words sort by name.
    """
    lines: list[Json] = [_line(site, view) for view in site.publishers()]
    if sort == "verified":
        lines.sort(key=lambda line: -1 if line["cents"] is None else line["cents"], reverse=True)
    elif sort == "share":
        lines.sort(key=lambda line: (line["part"] is None, line["part"] or 0))
    elif sort == "own":
        lines.sort(
            key=lambda line: -1 if line["own_part"] is None else line["own_part"], reverse=True
        )
    elif sort == "ratio":
        lines.sort(key=lambda line: (line["worst"] is None, line["worst"] or 0))
    elif sort == "age":
        lines.sort(key=lambda line: line["of"] or "")
    return lines


def with_others(site: Site) -> Json:
    """Every publisher, by name; `others`: who claims addresses of its newest list, and how many."""

    def others(view: PublisherView) -> list[tuple[str, int]]:
        if view.latest is None:
            return []
        return others_claiming(site.store, site.head(str(view.latest)).list_id)

    return {
        "publishers": [
            {**objects.publisher_object(view), "others": others(view)} for view in site.publishers()
        ]
    }


def named(site: Site, text: str) -> list[PublisherView]:
    """Publishers whose names have the text in them, in any case; MOST_NAMED at most."""
    wanted = text.strip().casefold()
    found = [v for v in site.publishers() if wanted and wanted in v.name.casefold()]
    return sorted(found, key=lambda v: (not v.name.casefold().startswith(wanted), v.name))[
        :MOST_NAMED
    ]


def beginnings(site: Site, text: str) -> list[str]:
    """Addresses that begin so, in the case that their network writes them in."""
    wanted = text.strip()
    lower = wanted.lower() if wanted[:2].lower() == "0x" else wanted
    return keys_beginning(site.store, lower)


def _line(site: Site, view: PublisherView) -> dict[str, Any]:
    line: dict[str, Any] = {
        "id": view.id, "name": view.name, "lists": view.lists, "snapshots": view.snapshots,
        "newest": view.latest, "snapshot": view.latest_complete, "status": None, "cents": None,
        "verified": "", "part": None, "share": "",
        "own": "", "own_part": None, "own_names": "", "worst": None, "ratio": "",
        "worst_asset": "", "worst_limits": "",
        "of": "", "spark": Markup(), COLUMN: [],
    }  # fmt: skip
    if view.latest_complete is None:
        return line
    head = site.head(str(view.latest_complete))
    line |= {"status": answers.status_word(site, head), "of": _balances_of(head)}
    line[COLUMN] = chain_objects(other_chains(head))
    return {
        **line,
        **_money(site, head),
        **_own(site, head),
        **_worst_ratio(site, head),
        "spark": _spark(site, view),
    }


def _balances_of(head: SnapshotHead) -> str:
    """The day of the oldest block that was read: no balance of the snapshot is older."""
    times = [pinned.as_of for pinned in head.blocks if pinned.as_of]
    return datetime.fromtimestamp(min(times), UTC).date().isoformat() if times else ""


def _money(site: Site, head: SnapshotHead) -> Json:
    worth = snapshot_worth(site, head)
    if worth is None or worth["verified_usd"] is None:
        return {}
    verified, claimed = _cents(worth["verified_usd"]), _cents(worth["claimed_usd"])
    part = Fraction(verified, claimed) if claimed else None
    return {
        "cents": verified,
        "verified": grouped(str(worth["verified_usd"])),
        "part": part,
        "share": percent(verified, claimed) if claimed else "",
    }


def _own(site: Site, head: SnapshotHead) -> Json:
    """The part of the verified dollars that the publisher issues itself, as it stands in a cell.

    Nothing of a publisher whose own coins nobody wrote down: that is not 0, nor are rows without an
    answer.
    """
    issued = load_publishers().known(head.publisher).tokens
    if not issued:
        return {}
    own_coins = [a for a in site.totals(head).assets if a.asset in issued]
    held = [a for a in own_coins if a.verified]
    unread = [a for a in own_coins if a.unavailable_rows]
    names = ", ".join(total.asset for total in held or unread)
    if not held:
        return (
            {"own": NOT_READ, "own_names": names}
            if unread
            else {"own": "none", "own_part": Fraction(0)}
        )
    worth = snapshot_worth(site, head)
    priced = {} if worth is None else {a["asset"]: a["verified_usd"] for a in worth["assets"]}
    dollars = [priced.get(total.asset) for total in held]
    if worth is None or None in dollars or not _cents(worth["verified_usd"]):
        return {"own": "no price", "own_names": names}
    own, whole = sum(_cents(each) for each in dollars), _cents(worth["verified_usd"])
    hundredths = -(-own * 10_000 // whole)  # up: what is there never reads 0.00 %
    text = f"{'at least ' if unread else ''}{hundredths // 100:,}.{hundredths % 100:02} %"
    return {"own": text, "own_part": Fraction(own, whole), "own_names": names}


def _cents(text: object) -> int:
    return int(str(text).replace(".", ""))


def _worst_ratio(site: Site, head: SnapshotHead) -> Json:
    """The lowest of the per-asset ratios, whose it is, and its limits; nothing if none is known."""
    found: Sequence[Json] = answers.ratios(site, str(head.id))["ratios"]  # type: ignore[assignment]
    known = [
        (Fraction(r["reserve_ratio"]), r["reserve_ratio"], r["asset"], limits_of(r))
        for r in found
        if r["reserve_ratio"] is not None
    ]
    if not known:
        return {}
    worst, text, asset, limits = min(known)
    return {"worst": worst, "ratio": text, "worst_asset": asset, "worst_limits": limits}


def worths(site: Site, publisher: int) -> list[tuple[str, Json]]:
    """(ISO time of the newest balances, worth) of the publisher's last complete snapshots."""
    found: list[tuple[str, Json]] = []
    for head in queries.heads(site.store, publisher_id=publisher, limit=2 * MONTHS):
        worth = snapshot_worth(site, head) if head.complete else None
        times = [pinned.as_of for pinned in head.blocks if pinned.as_of]
        if worth is not None and times:
            found.append((datetime.fromtimestamp(max(times), UTC).isoformat(), worth))
    return found


def _spark(site: Site, view: PublisherView) -> Markup:
    """Dollars verified in the publisher's last complete snapshots, oldest first."""
    newest = in_order(site.store, view.id)[:MONTHS]
    heads = [site.head(str(each)) for each in newest]
    worths = [snapshot_worth(site, head) for head in reversed(heads) if head.complete]
    amounts = [_cents(w["verified_usd"]) for w in worths if w is not None and is_answered(w)]
    if len(amounts) < 2:
        return Markup()
    drawn = sparkline(amounts, f"dollars verified in the last {len(amounts)} snapshots")
    return Markup(drawn)  # noqa: S704 - made and escaped by lines.py
