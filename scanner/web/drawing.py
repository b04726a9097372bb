"""What pages show beside the API's objects: bars, charts, words, neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from scanner.model.amount import grouped_amount, rescale
from scanner.model.finding import WEIGHTS, Weight
from scanner.reports.documents.bars import Segment, stacked_bar
from scanner.reports.documents.html import share_words
from scanner.reports.documents.lines import Line, Point, grid_amounts, line_charts
from scanner.reports.documents.months import over_time, small_multiples
from scanner.reports.documents.pictures import whole_bar
from scanner.reports.documents.shown import block_span
from scanner.reports.documents.value_view import point_view, worth_view
from scanner.reports.figures.amounts import reading_coins
from scanner.reports.figures.outcome import in_order
from scanner.reports.figures.ratios import ratio_view, why_absent
from scanner.reports.figures.signed_texts import text_objects, text_view
from scanner.reports.figures.values import SPANS
from scanner.reports.figures.values_json import grouped
from scanner.reports.figures.words import MEANINGS
from scanner.reports.tables.text import printable
from scanner.reports.tables.times import iso_time
from scanner.snapshots.tally import SHOWN_EVIDENCE
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import assets_of
from scanner.store.reading.row_pages import FoundClaim
from scanner.store.reading.series import before
from scanner.web.site import Site

Json = Mapping[str, Any]

MEANING_OF: Mapping[str, str] = {kind.value: words for kind, words in MEANINGS.items()}
LEGEND: Sequence[tuple[str, str]] = (
    *((e.value, f"verified, {e.value.replace('_', ' ')}") for e in SHOWN_EVIDENCE),
    ("unverified", "held, but not verified"),
    ("track", "claimed; not found, or no balance was read"),
)


def read_at(head: SnapshotHead) -> str:
    """When a snapshot's balances are of; "" where no block has a time."""
    return block_span(iso_time(pinned.as_of) for pinned in head.blocks)


def by_value(words: Mapping[Any, str]) -> dict[str, str]:
    """Words by the text of what they explain."""
    return {key.value: text for key, text in words.items()}


def texts(head: SnapshotHead) -> list[Json]:
    """The texts that a snapshot's list signs, each with what it counts as, in words."""
    return [text_view(text) for text in text_objects(head.policy.statement, head.texts)]


def bars(totals: Json) -> dict[str, Json]:
    """For each asset its bar and the share that is verified."""
    return {total["asset"]: _bar(total) for total in totals["assets"]}


def _bar(total: Json) -> Json:
    decimals, asset = total["decimals"], total["asset"]
    name = printable(asset)
    claimed, verified, unverified = (
        int(total[key] or 0) for key in ("claimed", "verified", "unverified")
    )
    parts = [
        Segment(e.value, f"{e.value}: {reading_coins(amount, decimals, asset)} {name}", amount)
        for e in SHOWN_EVIDENCE
        if (amount := int(total["by_evidence"][e.value] or 0))
    ]
    words = f"not verified: {reading_coins(unverified, decimals, asset)} {name}"
    parts.append(Segment("unverified", words, unverified))
    share = share_words(total)
    told = f"verified {reading_coins(verified, decimals, asset)}, " if total["verified"] else ""
    label = f"{name}: {told}{share}"
    bar = stacked_bar(parts, claimed, label)
    return {"bar": Markup(bar), "share": share}  # noqa: S704 - made and escaped by bars.py


def ratios(found: Json, totals: Json) -> list[Json]:
    """Rows of reserves against liabilities. found: of the API; totals: of the same snapshot."""
    of = {total["asset"]: total for total in totals["assets"]}
    complete = totals["complete"]
    return [
        {**ratio_view(r, of[r["asset"]], complete=complete), "bar": ""}
        for r in found["ratios"]
        if r["asset"] in of
    ]


def points(history: Json) -> list[Json]:
    """The points of an asset with the cells of their worth, and why a ratio is absent; "" else."""
    return [
        {
            **p,
            "worth": None if p["worth"] is None else point_view(p["worth"]),
            "why_absent": _why_absent(p["total"]),
        }
        for p in history["points"]
    ]


def _why_absent(total: Json | None) -> str:
    """Only complete snapshots have a total there."""
    if total is None or total["liabilities"] is None or total["reserve_ratio"] is not None:
        return ""
    return why_absent(total, complete=True)


def asset_worth(history: Json) -> Json | None:
    """What an asset was worth in the newest complete snapshot, and its changes, in words."""
    value = history["value"]
    if value is None:
        return None
    spans = [span.name for span in SPANS if value["change"][span.name] is not None]
    missing = [span.name for span in SPANS if span.name not in spans]
    return {**worth_view(value, spans), "spans": spans, "missing": missing}


def value_chart(history: Json) -> Markup:
    """The worth of what was verified over time; a point without a usable price is a gap."""
    name = printable(history["asset"])
    parts: list[list[Point]] = [[]]
    for point in sorted(history["points"], key=lambda p: (p["at"], p["snapshot"])):
        worth = point["worth"]
        text = None if worth is None else worth["verified_usd"]
        if text is None:
            parts.append([])
            continue
        label = f"{point['at'][:10]}: $ {grouped(text)} of verified {name}"
        parts[-1].append(Point(_seconds(point["at"]), int(text.replace(".", "")), label))
    amounts = [point.amount for part in parts for point in part]
    if len(amounts) < 2:
        return Markup()
    texts = [axis_amount(amount, 2) for amount in grid_amounts(max(amounts))]
    days = sorted((p.at, p.label[:10]) for part in parts for p in part)
    words = f"What verified {name} of {printable(history['publisher'])} was worth over time"
    chart = line_charts([Line("verified", parts)], days, texts, words)
    return Markup(chart)  # noqa: S704 - made and escaped by lines.py


def history_chart(history: Json) -> Markup:
    """Claimed and verified over time as one drawing; a snapshot without totals is a gap."""
    points = [_with_held(point) for point in reversed(history["points"])]
    decimals = max((p["total"]["decimals"] for p in points if p["total"]), default=0)
    name = printable(history["asset"])
    drawn = [
        Line(css, list(_parts(points, key, decimals, (history["asset"], f"{css} {name}"))))
        for css, key in (
            ("claimed", "claimed"),
            ("owed", "liabilities"),
            ("held", "held"),
            ("verified", "verified"),
        )
    ]
    amounts = [p.amount for line in drawn for part in line.parts for p in part]
    texts = [axis_amount(a, decimals) for a in grid_amounts(max(amounts, default=0))]
    moments = [(_seconds(p["at"]), p["at"][:10]) for p in points if p["total"]]
    words = f"{name} claimed and verified by {printable(history['publisher'])} over time"
    chart = line_charts(drawn, moments, texts, words)
    return Markup(chart)  # noqa: S704 - made and escaped by lines.py


def _with_held(point: Json) -> Json:
    """A point with what was held beside its totals: verified or not, where both are known.

    Without it, who signs nothing looks as if nothing were there.
    """
    total = point["total"]
    if total is None or total.get("verified") is None or total.get("unverified") is None:
        return {**point, "total": None if total is None else {**total, "held": None}}
    held = int(total["verified"]) + int(total["unverified"])
    shown = str(held) if int(total["unverified"]) else None
    return {**point, "total": {**total, "held": shown}}


def axis_amount(amount: int, decimals: int) -> str:
    """A few digits for an axis: whole coins from a thousand on, thousands of thousands by letter.

    12345678900, 8 -> "123.456"; 0.5 stays "0.5". Cut, not rounded; the table has every digit.
    """
    whole = amount // 10**decimals
    for power, letter in ((12, "T"), (9, "B"), (6, "M")):
        if 10**power <= whole < 10**15:
            return f"{grouped_amount(whole // 10 ** (power - 3), 3)} {letter}"
    if whole >= 10**15:
        digits = str(whole)
        return f"{digits[0]}.{digits[1:3]}e{len(digits) - 1}"
    if whole >= 1_000:
        return f"{whole:,}"
    text = grouped_amount(amount, decimals)
    if whole:
        return text[: len(str(whole)) + 4].rstrip(".")
    zeros = len(text) - len(text[2:].lstrip("0")) - 2
    return text[: zeros + 4]


def _parts(
    points: Sequence[Json], key: str, decimals: int, names: tuple[str, str]
) -> Iterator[Sequence[Point]]:
    """names: the asset, and what the line is called on pointing at it."""
    asset, words = names
    part: list[Point] = []
    for point in sorted(points, key=lambda p: (p["at"], p["snapshot"])):
        total = point["total"]
        if total is None or total.get(key) is None:
            yield part
            part = []
            continue
        amount = rescale(int(total[key] or 0), total["decimals"], decimals)
        label = f"{point['at'][:10]}: {reading_coins(amount, decimals, asset)} {words}"
        part.append(Point(_seconds(point["at"]), amount, label))
    yield part


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def kinds_of(site: Site, snapshot_id: int) -> list[tuple[str, str, int]]:
    """Kinds that were found as (kind, weight, count), what is false first."""
    counts = site.counts(snapshot_id)
    return [(kind.value, WEIGHTS[kind].value, counts[kind]) for kind in in_order(counts)]


def is_verified(found: FoundClaim) -> bool:
    """Whether a row counts as verified and nothing else is to be said of it."""
    balance = found.row.balance
    held = balance is not None and balance.amount is not None
    proof = found.row.is_proof and not found.row.duplicate
    return held and proof and all(f.weight is Weight.NOTE for f in found.findings)


def publisher_id(site: Site, snapshot_id: int) -> int:
    """The publisher of a snapshot that exists."""
    return site.publisher_of(snapshot_id) or 0


def read_by_amount(totals: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Assets that are not read to the end, the least first: name, and how much is, in percent.

    Of what is claimed, rounded down: 100 % is all of it. Assets of which nothing is claimed have
    no share. Rows of no known amount are not among them.
    """
    shares = []
    for asset in totals["assets"]:
        claimed, left = int(asset["claimed"] or 0), int(asset["unanswered"] or 0)
        if claimed and left:
            shares.append((10_000 * (claimed - left) // claimed, asset["asset"]))
    return [(name, f"{n // 100}.{n % 100:02} %") for n, name in sorted(shares)]


def is_answered(worth: Json) -> bool:
    """Whether somebody said what is held of every asset of a snapshot's worth."""
    return all(asset["verified"] is not None for asset in worth["assets"])


def all_assets(worths: Sequence[tuple[str, Json]], publisher: str) -> Markup:
    """Claimed and verified over time, all assets with a price together, in dollars.

    worths: (ISO time, worth of a snapshot), any order; at least two, or there is no drawing.
    What is verified has a gap where nobody answered for an asset: its sum would look like a fall.
    """
    if len(worths) < 2:
        return Markup()
    lines = []
    for css, key in (("claimed", "claimed_usd"), ("verified", "verified_usd")):
        parts: list[list[Point]] = [[]]
        for at, worth in sorted(worths, key=lambda known: known[0]):
            text = str(worth[key])
            if css == "verified" and not is_answered(worth):
                parts.append([])
                continue
            label = f"{at[:10]}: $ {grouped(text)} {css}"
            parts[-1].append(Point(_seconds(at), int(text.replace(".", "")), label))
        lines.append(Line(css, parts))
    highest = max(point.amount for line in lines for part in line.parts for point in part)
    texts = [axis_amount(amount, 2) for amount in grid_amounts(highest)]
    ticks = [(_seconds(at), at[:10]) for at, _ in worths]
    words = f"Dollars claimed and verified by {printable(publisher)} over time"
    return Markup(line_charts(lines, ticks, texts, words))  # noqa: S704 - made by lines.py


def whole(worth: Json | None, totals: Json) -> tuple[Markup, Sequence[tuple[str, str, str]]]:
    """A snapshot's assets with a price as one bar in dollars, and its legend; "" for none."""
    bar, legend = whole_bar({"value": worth or {}, "totals": totals})
    return Markup(bar), legend  # noqa: S704 - made and escaped by pictures.py


def previous(site: Site, snapshot_id: int) -> int | None:
    """The snapshot before this one, as alerts and `scanner diff` choose."""
    found = before(site.store, site.head(str(snapshot_id)))
    return None if found is None else found.id


def assets(site: Site, publisher: int) -> list[Json]:
    """Assets of the publisher's newest complete snapshot, each with its small drawing.

    Those that no earlier snapshot has, or of which too little is known, have none: "line" is "".
    """
    for view in site.publishers():
        if view.id == publisher and view.latest_complete is not None:
            totals = site.totals(site.head(str(view.latest_complete)))
            history = over_time(site.store, totals)
            drawn = {m["asset"]: m for m in small_multiples({"history": history})}
            names = assets_of(site.store, view.latest_complete)
            return [drawn.get(name, {"asset": name, "line": ""}) for name in names]
    return []
