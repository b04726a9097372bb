"""Whether the figures of a report's twin are what its totals, prices and liabilities come to.

Totals are sealed. Ratios, values and sums stand beside them, so that a reader need not compute:
whoever changes one leaves the totals behind, and each is made anew here by what made it at first.
What nothing else in a report bears out (what is owed, what a price was) only a signature covers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.record import KeptProof
from scanner.model.amount import rescale
from scanner.prices.interface import Price, make_price
from scanner.reports.documents.twin import Json
from scanner.reports.figures.aggregate import aggregate_object, aggregate_of
from scanner.reports.figures.amounts import added
from scanner.reports.figures.other_chains import apart
from scanner.reports.figures.ratios import limits_of
from scanner.reports.figures.values import MAX_AGE, AssetValue, PriceState, SnapshotValue
from scanner.reports.figures.values_json import share, sums_object, usd, worth_object
from scanner.settings.tables import load_registry
from scanner.snapshots.tally import SHOWN_EVIDENCE, AssetTotal, amount_text, reserve_ratio
from scanner.store.reading.prices import Taken


def asset_total(told: Json) -> AssetTotal:
    """An asset's totals as the program has them. told: one of the report's."""
    return AssetTotal(
        told["asset"],
        told["decimals"],
        _number(told["claimed"]),
        _number(told["verified"]),
        {e: _number(told["by_evidence"][e.value]) for e in SHOWN_EVIDENCE},
        _number(told["unverified"]),
        told["unavailable_rows"],
        _number(told["shortfall"]),
        _number(told["surplus"]),
        _number(told["liabilities"]),
        told["reserve_ratio"],
        unanswered=_number(told.get("unanswered")),
    )


def _number(amount: str | None) -> int | None:
    return None if amount is None else int(amount)


# Ratios


def wrong_ratios(document: Json) -> Iterator[str]:
    """Which ratios are not what stands beside them comes to."""
    totals = {a["asset"]: a for a in document["totals"]["assets"]}
    for asset, total in totals.items():
        ratio, (held, owed) = total["reserve_ratio"], (total["verified"], total["liabilities"])
        made = reserve_ratio(_number(held), _number(owed))
        if ratio is not None and ratio != made:
            yield f"{asset}: the ratio is {ratio}, and {held} over {owed} is {made or 'none'}"
        elif ratio is None and total.get("ratio_limits") is not None:
            yield f"{asset}: it says what limits a ratio that it has not"
    for ratio in document["ratios"]:
        total = totals.get(ratio["asset"])
        if total is None or total["reserve_ratio"] != ratio["reserve_ratio"]:
            yield f"{ratio['asset']}: its two ratios differ"
        else:
            yield from _sides(ratio, total)
    owed = {asset for asset, total in totals.items() if total["liabilities"] is not None}
    for asset in sorted(owed - {ratio["asset"] for ratio in document["ratios"]}):
        yield f"{asset} is owed, and its ratios leave out what that rests on"
    for proof in document["aggregate_ratios"]:
        yield from _over_all(document, proof)
    for group in document.get("groups", ()):
        yield from _group(group, totals)


def _sides(ratio: Json, total: Json) -> Iterator[str]:
    """Whether it says of both sides what they are."""
    in_unit = bool(ratio.get("owed_in_unit"))
    if in_unit is not (total["liabilities"] is None) or (in_unit and ratio["reserve_ratio"]):
        yield f"{ratio['asset']}: what is owed is in its own unit and in another one, or in none"
    classes = [e.value for e in SHOWN_EVIDENCE if int(total["by_evidence"][e.value] or 0)]
    if ratio["reserves_evidence"] != (classes[-1] if classes else None):
        yield f"{ratio['asset']}: its ratio says another class of reserves than the totals"
    evidence = LiabilityEvidence(ratio["liabilities_evidence"])
    if ratio["proven_per_coin"] != evidence.proves_coin_totals:
        yield f"{ratio['asset']}: liabilities that are {evidence.value} are said to be otherwise"
    if ratio.get("dated") and not ratio["as_of"]:
        yield f"{ratio['asset']}: liabilities without a date are said to have one"
    limits = (limits_of(ratio) or None) if ratio["reserve_ratio"] is not None else None
    if total.get("ratio_limits", limits) != limits:
        yield f"{ratio['asset']}: what limits its ratio is not said beside it"


_MADE = ("owed_usd", "reserves_usd", "all_assets_priced", "at", "prices", "aggregate_ratio")
"""What of a ratio over all coins follows from the rest; of its words only whether there are any."""


def _over_all(document: Json, told: Json) -> Iterator[str]:
    proof = KeptProof(
        told["sha256"],
        told["format"],
        told["source"],
        ProofStatus.CONSISTENT,
        LiabilityEvidence(told["grade"]),
        int(told["net"]),
        told["unit_usd"] or "",
        *("", "", b"", b""),
    )
    value = _snapshot_value(document)
    others = tuple(a for a in value.assets if a.asset not in told["left_out"])
    proofs = len(document["aggregate_ratios"])
    made = _made(proof, value, others, proofs)
    # Own coins of which nothing is verified are left out without a word.
    held = _made(proof, value, tuple(a for a in others if a.total.verified), proofs)
    if told["all_assets_priced"] == held["all_assets_priced"]:
        made["all_assets_priced"] = held["all_assets_priced"]
    if told.get("ratio_limits", made["ratio_limits"]) != made["ratio_limits"]:
        yield "what limits the ratio over all coins is not said beside it"
    words = ("gap", "why_absent")
    if all(told[n] == made[n] for n in _MADE) and all(
        bool(told[n]) == bool(made[n]) for n in words
    ):
        return
    ratio = told["aggregate_ratio"] or "absent"
    yield f"the ratio over all coins ({ratio}) is not what its reserves, prices and proof give"


def _made(
    proof: KeptProof, value: SnapshotValue, assets: tuple[AssetValue, ...], proofs: int
) -> dict[str, object]:
    rest = SnapshotValue(value.taken, value.complete, assets)
    return aggregate_object(replace(aggregate_of(proof, rest, ""), proofs=proofs))


def _group(group: Json, totals: Mapping[str, Json]) -> Iterator[str]:
    """Whether coins are added up with what is owed in their name as they are in the totals."""
    name, decimals = group["group"], group["decimals"]
    found = [totals.get(member["asset"]) for member in group["members"]]
    amounts = [(m["verified"], m["decimals"]) for m in group["members"]]
    if len({m["asset"] for m in group["members"]}) < len(amounts) or any(
        total is None or (total["verified"], total["decimals"]) != amount
        for total, amount in zip(found, amounts, strict=True)
    ):
        yield f"{name}: its group is not of the totals"
        return
    whole = [asset_total(total) for total in found if total is not None]
    if any(total.decimals > decimals for total in whole):
        yield f"{name}: its group is in a unit that is too large"
        return
    counted = [t for t, m in zip(whole, group["members"], strict=True) if m["counted"]]
    verified = added(t.rescaled(decimals).verified for t in counted)
    owed = [t for t in whole if t.liabilities is not None]
    due = sum(rescale(t.liabilities or 0, t.decimals, decimals) for t in owed) if owed else None
    if (group["verified"], group["liabilities"]) != (amount_text(verified), amount_text(due)):
        yield f"{name}: its group does not add up"
    if group["reserve_ratio"] not in (None, reserve_ratio(verified, due)):
        yield f"{name}: the ratio of its group is not what is verified over what is owed"
    limits = {t.get("ratio_limits") for t in found if t and t["liabilities"] is not None} - {None}
    wanted = (
        ("; ".join(sorted(map(str, limits))) or None)
        if group["reserve_ratio"] is not None
        else None
    )
    if group.get("ratio_limits", wanted) != wanted:
        yield f"{name}: what limits the ratio of its group is not said beside it"


# Worth


def wrong_value(document: Json) -> Iterator[str]:
    """What of the values in dollars is not amounts at their prices. Raises as odd prices do."""
    told = document.get("value")
    if told is None:
        return
    totals = {a["asset"]: a for a in document["totals"]["assets"]}
    if {a["asset"] for a in told["assets"]} != set(totals):
        yield "its values are of other assets than its totals"
        return
    snapshot = document["snapshot"]
    if (told["snapshot"], told["complete"]) != (snapshot["id"], snapshot["complete"]):
        yield "its values are of another snapshot"
    value = _snapshot_value(document)
    if (newest := _newest(document)) and value.taken.at != newest:
        yield f"its values are of {told['at']}, and its newest balances of {newest.isoformat()}"
    for asset, own in zip(told["assets"], value.assets, strict=True):
        yield from _worth(asset, own, totals[asset["asset"]], value)
    if told["priced"] != value.priced or any(told[n] != v for n, v in sums_object(value).items()):
        yield "its values do not add up"
    for span, then in told["against"].items():
        if then is not None:
            yield from _against(span, then, value)


def _worth(told: Json, value: AssetValue, total: Json, whole: SnapshotValue) -> Iterator[str]:
    names = ("decimals", "claimed", "verified", "unverified")
    made = {**worth_object(value), "share_percent": share(whole, value)}
    near = value.price is not None and abs(value.price.at - whole.taken.at) <= MAX_AGE
    state = PriceState.NONE if value.price is None else PriceState.STALE
    if [told[name] for name in names] != [total[name] for name in names]:
        yield f"{value.asset}: its value is of other amounts than its total"
    elif value.state is not (PriceState.USED if near else state):
        yield f"{value.asset}: its price is not {told['price_state']}"
    elif any(told[name] != text for name, text in made.items()):
        yield f"{value.asset}: its value is not its amounts at its price"


def _against(span: str, then: Json, now: SnapshotValue) -> Iterator[str]:
    by = then["verified_by_usd"]
    if by is not None and now.verified is not None:
        before = _cents(then["verified_usd"])
        if by != usd(now.verified - before):
            yield f"the change since a {span} before is not the difference of both values"


def _cents(text: str) -> int:
    return int(text.replace(".", ""))


def _snapshot_value(document: Json) -> SnapshotValue:
    """What the totals are worth at the prices that the report names."""
    told = document.get("value")
    prices = {a["asset"]: a for a in told["assets"]} if told else {}
    assets = [
        _asset_value(asset_total(total), prices.get(total["asset"]))
        for total in document["totals"]["assets"]
    ]
    if told:
        order = {name: at for at, name in enumerate(prices)}
        assets.sort(key=lambda a: order.get(a.asset, len(order)))
    at = datetime.fromisoformat(told["at"]) if told else _newest(document) or _ended(document)
    snapshot = document["snapshot"]
    return SnapshotValue(Taken(snapshot["id"], at), snapshot["complete"], tuple(assets))


def _asset_value(total: AssetTotal, told: Json | None) -> AssetValue:
    if told is None or told["price_usd"] is None:
        state = PriceState.NONE if told is None else PriceState(told["price_state"])
        return AssetValue(total, None, state)
    price: Price = make_price(
        total.asset,
        datetime.fromisoformat(told["price_at"]),
        told["price_source"] or "",
        told["price_usd"],
    )
    return AssetValue(total, price, PriceState(told["price_state"]))


def _newest(document: Json) -> datetime | None:
    """When the newest balances are of; None where no block has a time."""
    times = [t for b in document["blocks"] for t in (b["time"], b.get("read_until")) if t]
    return max(map(datetime.fromisoformat, times), default=None)


def _ended(document: Json) -> datetime:
    snapshot = document["snapshot"]
    told = snapshot["finished"] or snapshot["started"]
    return datetime.fromisoformat(told) if told else datetime.fromtimestamp(0, UTC)


# Rows


def wrong_rows(document: Json) -> Iterator[str]:
    """What stands of rows beside their classes and is not as many, or as much, as these."""
    rows, claims = document["rows"], document["rows"]["claims"]
    if not rows["verified_once"] <= rows["verified"] or rows["duplicates"] > claims:
        yield "more rows are verified once, or repeat others, than there are"
    export = document.get("verified_export")
    if export and export["rows"] != rows["verified_once"]:
        yield "its export of verified rows has other rows than are verified"
    if sum(place["rows"] for place in document["control"]) != claims:
        yield "the rows by asset are not as many as the claims"
    if sum(found["rows"] for found in document["balances"]) != claims:
        yield "the balances by network are not as many as the claims"
    dated = sum(day["rows"] for day in document["signed_days"])
    signed = [text["rows"] for text in document["texts"]]
    if max(sum(signed), sum(document["ages"].values()), dated) > claims:
        yield "more rows sign its texts than there are"
    yield from _history(document)
    yield from _other_chains(document)
    yield from _read_until(document)
    yield from _largest(document)
    yield from _concentration(document)
    yield from _unanswered(document)


def _history(document: Json) -> Iterator[str]:
    """Whether the points of this snapshot are its totals; nobody here knows earlier ones."""
    whole = {a["asset"]: a for a in document["totals"]["assets"]}
    for told in document.get("history", ()):
        total = whole.get(told["asset"])
        own = [p for p in told["points"] if p["snapshot"] == document["snapshot"]["id"]]
        for point, name in ((p, n) for p in own for n in ("claimed", "verified")):
            if total is None or not _same(
                (point[name], told["decimals"]), (total[name], total["decimals"])
            ):
                yield f"{told['asset']}: its newest point is not its total"


def _same(one: tuple[str | None, int], other: tuple[str | None, int]) -> bool:
    """Whether two amounts, each with its decimals, are one."""
    (first, decimals), (second, more) = one, other
    if first is None or second is None:
        return first is second
    return bool(int(first) * 10**more == int(second) * 10**decimals)


def _other_chains(document: Json) -> Iterator[str]:
    """Whether it names each network that was read on a chain which is not its own, and no other."""
    known = load_registry().networks
    read = {(b["network"], b["chain"]) for b in document["blocks"] if b["network"] in known}
    other = set(apart(read))
    told = {(o["network"], o["chain"]) for o in document["other_chains"] if o["network"] in known}
    for network, chain in sorted(other ^ told):
        yield f"{network} was read on the chain {chain!r}, and it does not say so as it is"


def _read_until(document: Json) -> Iterator[str]:
    for block in document["blocks"]:
        until, time = block.get("read_until"), block["time"]
        late = until and time and datetime.fromisoformat(until) < datetime.fromisoformat(time)
        if late:
            yield f"{block['network']}: it was read before its block"


def _unanswered(document: Json) -> Iterator[str]:
    for total in document["totals"]["assets"]:
        unanswered = int(total.get("unanswered") or 0)
        most = int(total["claimed"] or 0) if total["unavailable_rows"] else 0
        if unanswered > most:
            yield f"{total['asset']}: more is without an answer than its rows claim"


def _largest(document: Json) -> Iterator[str]:
    """Rows that the report names make up no more of an asset than is verified in their class."""
    whole = {a["asset"]: a for a in document["totals"]["assets"]}
    named: Counter[tuple[str, str]] = Counter()
    for row in document["largest_verified"]:
        total = whole.get(row["asset"])
        if total is None or row["decimals"] > total["decimals"]:
            yield f"it names verified rows of {row['asset']}, of which it has no such total"
            return
        amount = rescale(int(row["amount"]), row["decimals"], total["decimals"])
        named[row["asset"], row["evidence"]] += amount
    for (asset, evidence), amount in named.items():
        if amount > int(whole[asset]["by_evidence"].get(evidence) or 0):
            yield f"{asset}: the rows it names hold more than is verified ({evidence})"


def _concentration(document: Json) -> Iterator[str]:
    whole = {a["asset"]: a for a in document["totals"]["assets"]}
    rows: Counter[str] = Counter()
    for place in document["control"]:
        rows[place["asset"]] += place["verified"]
    for told in document["concentration"]:
        asset, total = told["asset"], whole.get(told["asset"])
        largest = [int(amount) for amount in told["largest"]]
        same = total is not None and (told["decimals"], told["verified"]) == (
            total["decimals"],
            total["verified"] or "0",
        )
        fits = len(largest) <= told["rows"] <= rows[asset] and sum(largest) <= int(told["verified"])
        if not same or not fits or largest != sorted(largest, reverse=True):
            yield f"{asset}: its largest rows are not of what is verified"
