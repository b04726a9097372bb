"""What the demonstration prints: 40 lines of 80 columns, the report's path last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scanner.demo.check import Comparison
from scanner.demo.faults import Plan
from scanner.model.amount import format_amount
from scanner.snapshots.tally import AssetTotal

WIDTH = 80
_SHOWN = ("BTC", "ETH", "USDT", "USDC", "SOL", "TON")
"""Assets of the table; the others are left to 'scanner totals'."""


@dataclass(frozen=True, slots=True)
class Told:
    """Paths as they are printed: short where they lie below the current folder."""

    folder: str
    report: str
    scanner: str


def opening(plan: Plan, networks: int) -> Iterator[str]:
    """Say what is about to be scanned, and every fault before the scan."""
    rows = len(plan.rows)
    yield f"An invented exchange claims {rows} signed balances on {networks} networks, none real."
    yield f"{len(plan.faults)} faults are planted. The scan must find these and nothing else:"
    for number, fault in enumerate(plan.faults, 1):
        yield f"{number:4}  {fault.story}"


def result(plan: Plan, comparison: Comparison, totals: Sequence[AssetTotal]) -> Iterator[str]:
    """Say what the scan came to, and how that compares with the truth."""
    yield ""
    yield f"  {'asset':6}{'claimed':>18}{'verified':>18}{'%':>8}{'owed':>16}{'ratio':>9}"
    known = {total.asset: total for total in totals}
    for asset in _SHOWN:
        yield _line(known[asset])
    yield f"  and {len(totals) - len(_SHOWN)} more: scanner totals latest"
    yield ""
    missed = [n for n, finding in enumerate(comparison.found, 1) if finding is None]
    if missed or comparison.wrong:
        yield "THE SCAN IS WRONG:"
        yield from (f"  {sentence}" for sentence in comparison.wrong)
        return
    rows = f"{comparison.verified} of {len(plan.rows)} rows are verified; some"
    yield f"All {len(plan.faults)} faults were found, and nothing else. {rows}"
    yield "of these have a fault besides. Each total is what the chains hold, to the unit."


def _line(total: AssetTotal) -> str:
    share = Fraction((total.verified or 0) * 100, total.claimed) if total.claimed else Fraction(0)
    owed = "-" if total.liabilities is None else _amount(total.liabilities, total.decimals)
    ratio = "-" if total.reserve_ratio is None else total.reserve_ratio[:-2]
    claimed, verified = (_amount(n or 0, total.decimals) for n in (total.claimed, total.verified))
    percent = f"{share.numerator * 10 // share.denominator / 10:.1f}"
    return f"  {total.asset:6}{claimed:>18}{verified:>18}{percent:>8}{owed:>16}{ratio:>9}"


def _amount(units: int, decimals: int) -> str:
    """Round down to two places."""
    cut = units // 10 ** max(0, decimals - 2)
    whole, _, fraction = format_amount(cut, min(2, decimals)).partition(".")
    return f"{int(whole):,}.{fraction:0<2}"


def ending(told: Told, seconds: float) -> Iterator[str]:
    """Say what to try next, and where the report is."""
    yield ""
    yield f"It took {seconds:.1f} s. Try next:"
    yield f"  export SCANNER_DATABASE=sqlite:///{told.folder}/scanner.db"
    yield f"  {told.scanner} show latest"
    yield f"  {told.scanner} lists inspect {told.folder}/northbank.csv"
    yield f"  {told.scanner} lists inspect {told.folder}/addresses.csv"
    yield f"The report: {told.report}"
