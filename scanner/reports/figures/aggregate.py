"""Reserves against what is owed over all coins: one number, by dated prices.

For proofs that give one total and none of a single coin. The reserves side is what is verified, at
its worth by the prices nearest to the snapshot; the other side is the proven net in US dollars.
Absent where a side is missing, never 0; rounded down. Coins that the publisher issues itself are no
reserves: they are left out, and named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from scanner.liabilities.interface import LiabilityEvidence, ratio_limits
from scanner.liabilities.record import KeptProof, check_ratio
from scanner.reports.figures.amounts import dollars
from scanner.reports.figures.other_chains import COLUMN, chain_objects, other_chains
from scanner.reports.figures.values import (
    AssetValue,
    PriceRule,
    SnapshotValue,
    TotalsOf,
    value_report,
)
from scanner.reports.figures.values_json import grouped, usd
from scanner.settings.publishers import load_publishers
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.writing.liability_proofs import proofs_of

RATIO_DECIMALS = 6
GAP = (
    "the published circuit does not stop a dishonest prover, so the total is accepted by the "
    "published verifier and not proven"
)
STANDING = "accepted by the published verifier under a pinned key"
UNPROVEN = "unproven: the key comes from the file itself"
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One kept proof against a snapshot's worth.

    owed_cents: the net in US cents, None where nobody said what one unit is worth. ratio: decimal
    text, None with the reason in `why_absent`. published: what the publisher says, as given; "" if
    nobody told. left_out: what is verified of coins that the publisher issues itself; in no figure.
    proofs: how many are kept beside the snapshot. Each may be of some users only.
    """

    proof: KeptProof
    value: SnapshotValue
    owed_cents: int | None
    ratio: str | None
    why_absent: str
    published: str
    left_out: tuple[str, ...] = ()
    proofs: int = 1

    @property
    def limits(self) -> str:
        """What the ratio may not be shown without. No proof says of which day it is, or of whom."""
        proven = self.proof.evidence is LiabilityEvidence.SNARK_AGGREGATE
        several = f"one of {self.proofs} proofs" if self.proofs > 1 else ""
        said = ratio_limits(proven=proven, dated=False, scope="")
        return ", ".join(filter(None, (said, several)))


def aggregates(
    store: Store,
    snapshot_id: int,
    rule: PriceRule | None = None,
    published: str = "",
    totals_of: TotalsOf = queries.totals,
) -> list[Aggregate]:
    """One for each proof kept beside a snapshot. Raises SnapshotNotFoundError, InputError.

    published: the publisher's own ratio, in place of the one that is kept with a proof.
    """
    check_ratio(published)
    with store.read() as connection:
        kept = proofs_of(connection, snapshot_id)
    if not kept:
        return []
    value = value_report(store, snapshot_id, rule, totals_of).now
    own = load_publishers().known(queries.head(store, snapshot_id).publisher).tokens
    left_out = tuple(a.asset for a in value.assets if a.asset in own and a.total.verified)
    others = replace(value, assets=tuple(a for a in value.assets if a.asset not in own))
    made = [aggregate_of(proof, others, published or proof.published_ratio) for proof in kept]
    return [replace(each, left_out=left_out, proofs=len(kept)) for each in made]


def aggregate_of(proof: KeptProof, value: SnapshotValue, published: str) -> Aggregate:
    """One proof against what is worth so much; nothing is left out here.

    published: the publisher's own ratio, "" if nobody told.
    """
    owed = _cents(proof)
    why = ""
    if owed is None:
        why = "the publisher's unit has no known value in US dollars (--unit-usd)"
    elif owed == 0:
        why = "nothing is owed"
    elif not value.complete:
        why = "not every balance has been read"
    elif value.verified is None:
        why = "no source returned a balance"
    elif not _priced(value.assets):
        why = "no verified asset has a price near the snapshot (see 'scanner prices')"
    held = value.verified
    ratio = None if why or not owed or held is None else _ratio(held, owed)
    return Aggregate(proof, value, owed, ratio, why, published)


def _priced(assets: tuple[AssetValue, ...]) -> bool:
    return any(value.verified for value in assets)


def _cents(proof: KeptProof) -> int | None:
    """What is owed in US cents, rounded up: a ratio is never flattered."""
    match = _DECIMAL.fullmatch(proof.unit_usd)
    if match is None:
        return None
    fraction = match[2] or ""
    scaled = proof.net * int(match[1] + fraction) * 100
    return int(-(-scaled // 10 ** len(fraction)))


def _ratio(reserves: int, owed: int) -> str:
    whole, part = divmod(reserves * 10**RATIO_DECIMALS // owed, 10**RATIO_DECIMALS)
    return f"{whole}.{part:0{RATIO_DECIMALS}d}"


def is_below(found: Aggregate) -> bool:
    """Whether less is verified and priced than is owed, where both sides are known."""
    return found.ratio is not None and (found.value.verified or 0) < (found.owed_cents or 0)


def aggregate_object(found: Aggregate) -> dict[str, object]:
    """For programs. Prices stand beside: a ratio without their time says nothing."""
    proof = found.proof
    return {
        "format": proof.format,
        "source": proof.name,
        "sha256": proof.sha256,
        "grade": proof.evidence.value,
        "net": str(proof.net),
        "unit_usd": proof.unit_usd or None,
        "owed_usd": usd(found.owed_cents),
        "reserves_usd": usd(found.value.verified),
        "all_assets_priced": found.value.priced,
        "at": found.value.taken.at.isoformat(),
        "prices": [
            {
                "asset": value.asset,
                "value": value.price.text,
                "at": value.price.at.isoformat(),
                "source": value.price.source,
            }
            for value in found.value.assets
            if value.price is not None and value.verified
        ],
        "aggregate_ratio": found.ratio,
        "ratio_limits": None if found.ratio is None else found.limits,
        "why_absent": found.why_absent,
        "published_ratio": found.published or None,
        "left_out": list(found.left_out),
        "gap": GAP if proof.evidence is LiabilityEvidence.SNARK_AGGREGATE else None,
    }


def totals_object(
    store: Store, totals: queries.SnapshotTotals, totals_of: TotalsOf = queries.totals
) -> dict[str, object]:
    """The object of `totals --json`: the assets by name, the ratio over all coins, other chains.

    Equal totals, proofs and prices give equal bytes. totals_of: how to find those of others.
    """
    found = aggregates(store, totals.snapshot, totals_of=totals_of)
    chains = chain_objects(other_chains(queries.head(store, totals.snapshot)))
    ratios = [aggregate_object(each) for each in found]
    return {**totals.to_json(), "aggregate_ratios": ratios, COLUMN: chains}


def aggregate_words(found: Aggregate) -> str:
    """The same in one sentence, which stands below the totals."""
    known = found.ratio or f"absent: {found.why_absent}"
    if found.ratio and not found.value.priced:
        known += ", only assets with a price and a balance"
    known += f" ({found.limits})" if found.ratio else ""
    said = f"; the publisher states {found.published}" if found.published else ""
    out = f"; without its own {', '.join(found.left_out)}" if found.left_out else ""
    return f"Ratio over all coins: {known}{out}{said}"


def aggregate_lines(found: Aggregate) -> list[str]:
    """The same for people."""
    proof, value = found.proof, found.value
    accepted = proof.evidence is LiabilityEvidence.SNARK_AGGREGATE
    standing = STANDING if accepted else UNPROVEN
    lines = [
        f"aggregate ratio: {found.ratio} ({found.limits})"
        if found.ratio
        else f"aggregate ratio: absent: {found.why_absent}",
        "reserves: no value"
        if value.verified is None
        else f"reserves: {grouped(usd(value.verified) or '')} US dollars verified"
        + ("" if value.priced else ", only assets with a price and a balance"),
    ]
    if found.left_out:
        lines.append(f"left out, because the publisher issues it: {', '.join(found.left_out)}")
    if found.owed_cents is not None:
        net = grouped(usd(found.owed_cents) or "")
        lines.append(f"owed over all coins, net: {net} US dollars ({standing})")
    else:
        lines.append(f"owed over all coins, net: {proof.net:,} units ({standing})")
    for each in value.assets:
        if (price := each.price) is not None and each.verified:
            at = price.at.isoformat()
            lines.append(f"price: {each.asset} {dollars(price.text)} at {at} ({price.source})")
    if found.published:
        lines.append(f"published ratio: {found.published} (stated by the publisher)")
    if accepted:
        lines.append(f"gap: {GAP}")
    return lines


class Together(NamedTuple):
    """What several proofs owe if they are of different users. ratio: "" where there is none."""

    proofs: int
    owed_cents: int
    ratio: str
    is_below: bool


def together(known: Sequence[Mapping[str, Any]]) -> Together | None:
    """What several kept proofs come to; None for one, or where what one owes is not known.

    known: of `aggregate_object`. The reserves are the same for all: those of each ratio would
    otherwise cover what is owed several times.
    """
    owed = [each["owed_usd"] for each in known]
    if len(known) < 2 or None in owed:
        return None
    due = sum(int(text.replace(".", "")) for text in owed)
    held, any_ratio = known[0]["reserves_usd"], known[0]["aggregate_ratio"]
    if held is None or any_ratio is None or due <= 0:
        return Together(len(known), due, "", is_below=False)
    cents = int(held.replace(".", ""))
    return Together(len(known), due, _ratio(cents, due), cents < due)


def together_words(known: Sequence[Mapping[str, Any]]) -> str:
    """The same in one sentence; "" where there is nothing to say. known: as of `together`."""
    if len(known) < 2:
        return ""
    said = f"{len(known)} proofs are saved, which may be of different users"
    found = together(known)
    if found is None:
        return f"{said}: what they owe together is not known"
    limits = ratio_limits(proven=all(each["gap"] for each in known), dated=False, scope="")
    ratio = f", and the ratio is {found.ratio} ({limits})" if found.ratio else ""
    return f"{said}: together they owe {grouped(usd(found.owed_cents) or '')} US dollars{ratio}"


def aggregate_view(known: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in each cell of `_ratio.j2`. known: of `aggregate_object`."""
    owed, reserves = known["owed_usd"], known["reserves_usd"]
    ratio: str | None = known["aggregate_ratio"]
    return {
        "ratio": ratio or "absent",
        "why_absent": known["why_absent"],
        "limits": known.get("ratio_limits") or ("unproven" if known["gap"] is None else ""),
        "published": known["published_ratio"] or "",
        # Prices are opinions: they make nothing false.
        "below_one": " warn" if ratio is not None and ratio.startswith("0.") else "",
        "unproven": known["gap"] is None,
        "reserves": "no value" if reserves is None else grouped(reserves),
        "owed": f"{int(known['net']):,} units" if owed is None else grouped(owed),
        "standing": STANDING if known["gap"] else UNPROVEN,
        "gap": known["gap"] or "",
        "left_out": ", ".join(known["left_out"]),
        "source": known["source"],
        "partly": not known["all_assets_priced"],
        "prices": known["prices"],
    }
