"""Totals of a snapshot as a table for people, as CSV and as JSON."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from textwrap import fill

from scanner.model.balance import Evidence
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.reports.figures.amounts import (
    NOT_KNOWN,
    NOT_READ,
    claimed_share,
    counted_rows,
    known_coins,
    percent,
    whole_coins,
)
from scanner.reports.figures.other_chains import Chain, chain_lines
from scanner.reports.figures.ratios import limits_of
from scanner.reports.figures.totals_records import (
    TOTAL_COLUMNS,
    elsewhere_words,
    totals_records,
    unasked_words,
)
from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.text import printable
from scanner.reports.tables.writers import write_csv
from scanner.snapshots.tally import SHOWN_EVIDENCE, AssetTotal
from scanner.store.reading.queries import SnapshotTotals

Ratios = Sequence[Mapping[str, object]]
"""As `ratio_objects` makes them."""

Elsewhere = Sequence[tuple[str, int]]
"""Other publishers whose lists claim addresses of this one, too, each with how many."""

Worst = Mapping[str, tuple[FindingKind, int]]
"""Asset -> the worst that was found of it, and how often; as `worst_by_asset` tells."""

NARROW = 80
"""Characters of a line that the short table fits into."""


def write_totals(
    totals: SnapshotTotals,
    form: str,
    ratios: Ratios = (),
    worst: Worst | None = None,
    chains: Sequence[Chain] = (),
    elsewhere: Elsewhere = (),
) -> None:
    """Write totals to stdout. form: "table" or "exact". chains: other chains that were read.

    elsewhere: other publishers whose lists claim the same addresses.
    """
    if form == "exact":
        print_exact(totals, ratios, chains, elsewhere)
    else:
        print_totals(totals, worst or {}, ratios, chains, elsewhere)


def totals_csv(totals: SnapshotTotals, chains: Mapping[str, Sequence[Chain]]) -> bytes:
    """One line per asset, amounts in base units with `decimals` beside them.

    chains: as `chains_of_assets` finds them.
    """
    out = io.BytesIO()
    write_csv(out, TOTAL_COLUMNS, totals_records(totals, chains))
    return out.getvalue()


def print_totals(
    totals: SnapshotTotals,
    worst: Worst,
    ratios: Ratios = (),
    chains: Sequence[Chain] = (),
    elsewhere: Elsewhere = (),
) -> None:
    """Print the short table: what is claimed and verified, and the worst that was found.

    ratios: for what limits each ratio, which stands beside it. chains: other chains, which are told
    directly below; none where the outcome tells them. elsewhere: as of `write_totals`.
    """
    columns = [
        Column("asset"), Column("claimed", True), Column("verified", True), Column("%", True),
        Column("worst finding"),
    ]  # fmt: skip
    known = {a.asset for a in totals.assets}
    rows = [_short(a, worst) for a in totals.assets]
    # Nothing of such an asset is counted (a coin's second name, say), and it is told all the same.
    rows += [_found_alone(name, worst[name]) for name in sorted(worst.keys() - known - {""})]
    print_grid(columns, rows, title=_title(totals))
    _tell_chains(chains)
    owed = [a for a in totals.assets if a.liabilities]
    for line in fill(_ratios_line(owed, ratios), NARROW).splitlines() if owed else []:
        sys.stdout.write(printable(line) + "\n")
    for words in _beside(totals, elsewhere):
        for line in fill(printable(words), NARROW).splitlines():
            sys.stdout.write(line + "\n")
    sys.stdout.write(f"Exact amounts and evidence: scanner totals {totals.snapshot} --exact\n")
    sys.stdout.flush()


def _short(asset: AssetTotal, worst: Worst) -> list[Cell]:
    def read(amount: int | None, absent: str, style: str = "") -> Cell:
        text = known_coins(amount, asset.decimals, asset.asset, absent)
        return Cell(text, "dim" if amount is None else style)

    nothing = not (asset.claimed or asset.verified or asset.unverified or asset.unavailable_rows)
    if nothing:  # owed, and no row is about it
        return [Cell(asset.asset, "bold"), *[Cell("-", "dim")] * 3, _worst(asset, worst)]
    claimed = read(asset.claimed, "not stated")
    verified = read(asset.verified, NOT_READ, "bold")
    share = _share(asset).removesuffix(" %")
    return [Cell(asset.asset, "bold"), claimed, verified, Cell(share), _worst(asset, worst)]


def _worst(asset: AssetTotal, worst: Worst) -> Cell:
    """The worst first: what is false, then a ratio below 1, then what could not be verified."""
    found = _found(*worst[asset.asset]) if asset.asset in worst else None
    if found is not None and WEIGHTS[worst[asset.asset][0]] is Weight.FALSE:
        return found
    ratio = asset.reserve_ratio
    if ratio is not None and Decimal(ratio) < 1:
        return Cell("maybe owes more", "yellow")  # what is false of it was found, above
    if asset.liabilities and ratio is None:
        return Cell("owed, no ratio", "yellow")
    if asset.unavailable_rows:
        return Cell(f"{asset.unavailable_rows:,} no balance", "yellow")
    if asset.unverified:
        return Cell("not verified", "yellow")
    return found or Cell("-", "dim")


def _found_alone(asset: str, found: tuple[FindingKind, int]) -> list[Cell]:
    return [Cell(asset, "bold"), *[Cell("-", "dim")] * 3, _found(*found)]


def _found(kind: FindingKind, count: int) -> Cell:
    style = "bold red" if WEIGHTS[kind] is Weight.FALSE else "yellow"
    return Cell(f"{count:,} {kind.value.replace('_', ' ')}", style)


def _ratios_line(owed: Sequence[AssetTotal], ratios: Ratios) -> str:
    limits = {str(known["asset"]): limits_of(known) for known in ratios}
    parts = []
    for asset in owed:
        limit = limits.get(asset.asset) if asset.reserve_ratio else ""
        shown = f" ({limit})" if limit else ""
        parts.append(f"{asset.asset} {asset.reserve_ratio or 'unknown'}{shown}")
    return f"Verified reserves by liabilities: {', '.join(parts)}"


def _title(totals: SnapshotTotals) -> str:
    # Not "complete": what was read to the end may be verified or not.
    state = "read to the end" if totals.complete else "INCOMPLETE: not every balance has been read"
    unread = sum(asset.unavailable_rows for asset in totals.assets) if totals.complete else 0
    missing = f", {counted_rows(unread)} without a balance" if unread else ""
    return f"Totals of snapshot {totals.snapshot}: {state}{missing}"


def print_exact(
    totals: SnapshotTotals,
    ratios: Ratios = (),
    chains: Sequence[Chain] = (),
    elsewhere: Elsewhere = (),
) -> None:
    """Print the wide table: whole coins, exact, only columns that say something.

    ratios: whose evidence stands beside the ratio, for it is as strong as its weaker side. chains,
    elsewhere: as of `print_totals`.
    """
    levels = {str(r["asset"]): _levels(r) for r in ratios}
    columns = _columns(totals.assets, levels)
    rows = [[Cell(a.asset, "bold"), *(show(a) for _, show in columns)] for a in totals.assets]
    names = [Column("asset"), *(Column(title, right=True) for title, _ in columns)]
    print_grid(names, rows, title=_title(totals))
    _tell_chains(chains)
    for words in _beside(totals, elsewhere):
        sys.stdout.write(printable(words) + "\n")


def _tell_chains(chains: Sequence[Chain]) -> None:
    for line in chain_lines(chains):
        sys.stdout.write(printable(line) + "\n")


def _beside(totals: SnapshotTotals, elsewhere: Elsewhere) -> list[str]:
    """What no number of the table says of itself, a sentence each."""
    said = [unasked_words(totals.keys_not_asked)] if totals.keys_not_asked else []
    unstated = [a.asset for a in totals.assets if a.claimed and a.unstated]
    if unstated:
        said.append(
            f"of {', '.join(unstated)} some rows state no amount: what they hold is in what is "
            "verified or not, and nothing of it in what is claimed"
        )
    return [*said, *elsewhere_words(elsewhere)]


_Show = Callable[[AssetTotal], Cell]


def _columns(assets: Sequence[AssetTotal], levels: Mapping[str, str]) -> list[tuple[str, _Show]]:
    """What stands beside an asset's name; columns that would be empty for all are left out."""
    found: list[tuple[str, _Show]] = [
        ("claimed", lambda a: _coins(a, a.claimed, absent="not stated")),
        ("verified", lambda a: _coins(a, a.verified, "bold", NOT_READ)),
        ("of claimed", lambda a: Cell(_share(a))),
    ]
    for e in SHOWN_EVIDENCE:
        if any(a.by_evidence.get(e, 0) for a in assets):
            found.append((e.value, partial(_of_evidence, e)))
    if any(a.unverified for a in assets):
        found.append(("not verified", lambda a: _coins(a, a.unverified, "yellow")))
    if any(a.unavailable_rows for a in assets):
        found.append(("no balance", _without_balance))
    if any(a.shortfall for a in assets):
        found.append(("shortfall", lambda a: _coins(a, a.shortfall, "bold red")))
    if any(a.surplus for a in assets):
        found.append(("surplus", lambda a: _coins(a, a.surplus)))
    if any(a.liabilities is not None for a in assets):
        found.append(("liabilities", _owed))
        found.append(("ratio", lambda a: Cell(a.reserve_ratio or "-")))
    if levels:
        found.append(("reserves / liabilities are", lambda a: Cell(levels.get(a.asset, ""))))
    return found


def _of_evidence(evidence: Evidence, asset: AssetTotal) -> Cell:
    return _coins(asset, asset.by_evidence.get(evidence, 0))


def _coins(asset: AssetTotal, amount: int | None, style: str = "", absent: str = NOT_KNOWN) -> Cell:
    if amount is None:
        return Cell(absent, "dim")
    text = whole_coins(amount, asset.decimals) if amount else "-"
    return Cell(text, style if amount else "dim")


def _owed(asset: AssetTotal) -> Cell:
    if asset.owed_unit and asset.liabilities is not None:
        amount = whole_coins(asset.liabilities, asset.decimals)
        return Cell(printable(f"{amount} {asset.owed_unit}"), "yellow")
    return _coins(asset, asset.liabilities, absent="unknown")


def _share(asset: AssetTotal) -> str:
    return claimed_share(asset.claimed, asset.verified) or "-"


def _levels(ratio: Mapping[str, object]) -> str:
    held = str(ratio["reserves_evidence"] or "nothing").replace("_", " ")
    owed = str(ratio["liabilities_evidence"]).replace("_", " ")
    return ", ".join(filter(None, (f"{held} / {owed}", limits_of(ratio))))


def _without_balance(asset: AssetTotal) -> Cell:
    """Rows, and how much of what is claimed they claim."""
    if not asset.unavailable_rows:
        return Cell("-", "dim")
    rows = counted_rows(asset.unavailable_rows)
    if asset.unanswered is None or not asset.claimed:
        return Cell(rows, "yellow")
    return Cell(f"{rows}, {percent(asset.unanswered, asset.claimed)} of claimed", "yellow")
