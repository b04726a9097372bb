"""What a search for validators found: a table for people, JSON, and a list to take snapshots of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, TextIO

from scanner.model.amount import counted, format_amount, rescale
from scanner.model.block import BlockRef
from scanner.model.network import Network
from scanner.model.validator import (
    GWEI_DECIMALS,
    Difference,
    FoundValidators,
    Payee,
    Validator,
)
from scanner.reports.figures.amounts import whole_coins
from scanner.reports.tables.grid import Column, print_grid
from scanner.reports.tables.times import block_time
from scanner.reports.tables.writers import write_csv

SHOWN: Final = 20
"""Validators of one kind that are told to people one by one; JSON has all of them."""

LIST_COLUMNS: Final[Mapping[str, str]] = {
    **{"network": "text", "asset": "text", "height": "int", "address": "text", "amount": "text"},
    **{"withdrawal_credentials": "text", "validator_status": "text"},
}
"""Columns of the list: those that `scanner snapshot` knows, and two for the reader."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A published list against the chain.

    listed: validators that the list names. unlisted: those that pay a payee and are not in it.
    elsewhere: those in it that pay nobody who was asked about. absent: keys that the chain does not
    know; None: there is no telling, operators differ. unreadable: rows that might name one.
    """

    listed: int
    unlisted: tuple[Validator, ...]
    elsewhere: tuple[Validator, ...]
    absent: tuple[str, ...] | None
    unreadable: int

    @property
    def differs(self) -> bool:
        """Whether the list is shown not to be that of the chain."""
        return bool(self.unlisted or self.elsewhere or self.absent)


@dataclass(frozen=True, slots=True)
class ValidatorReport:
    """Everything to tell. groups: a payee's own validators, by index."""

    network: Network
    at: BlockRef
    found: FoundValidators
    groups: Sequence[tuple[Payee, Sequence[Validator]]]
    compared: Compared | None = None


def group_by_payee(
    payees: Sequence[Payee], validators: Sequence[Validator]
) -> list[tuple[Payee, list[Validator]]]:
    """Each payee with its validators, in the order given; those of nobody are left out."""
    return [(p, [v for v in validators if v.credentials in p.credentials]) for p in payees]


def compare(
    payees: Sequence[Payee], found: FoundValidators, listed: frozenset[str], unreadable: int
) -> Compared:
    """Compare a list with the chain.

    listed: keys in it. found: all validators that pay the payees or are listed.
    """
    paid = frozenset[str]().union(*(p.credentials for p in payees))
    known = {v.key for v in found.validators}
    return Compared(
        len(listed),
        tuple(v for v in found.validators if v.credentials in paid and v.key not in listed),
        tuple(v for v in found.validators if v.credentials not in paid),
        None if found.unsettled else tuple(sorted(listed - known)),
        unreadable,
    )


def write_list(stream: BinaryIO, report: ValidatorReport) -> int:
    """Write the validators as a CSV list of claims; returns how many there are."""
    return write_csv(stream, LIST_COLUMNS, _list_rows(report))


def _list_rows(report: ValidatorReport) -> Iterator[dict[str, object]]:
    network = report.network
    for _, validators in report.groups:
        for validator in validators:
            amount = rescale(validator.balance, GWEI_DECIMALS, network.decimals)
            yield {
                "network": network.name,
                "asset": network.native,
                "height": report.at.height,
                "address": validator.key,
                "amount": format_amount(amount, network.decimals),
                "withdrawal_credentials": validator.credentials,
                "validator_status": validator.status,
            }


def report_record(report: ValidatorReport) -> dict[str, object]:
    """The object of `validators --json`. Balances: gwei, as text."""
    at, found, compared = report.at, report.found, report.compared
    return {
        "network": at.network,
        "chain": at.chain,
        "height": at.height,
        "hash": at.hash,
        "block_time": block_time(at),
        "evidence": str(found.evidence),
        "sources": list(found.sources),
        "validators_in_state": found.total,
        "payees": [_group_record(payee, group) for payee, group in report.groups],
        "differences": [_difference_record(d) for d in found.differences],
        "unsettled": found.unsettled,
        "list": _compared_record(compared) if compared else None,
    }


def _group_record(payee: Payee, validators: Sequence[Validator]) -> dict[str, object]:
    return {
        "payee": payee.text,
        "validators": len(validators),
        "balance_gwei": str(_total(validators)),
        "statuses": _statuses(validators),
        "slashed": sum(v.slashed for v in validators),
        "keys": [_validator_record(v) for v in validators],
    }


def _validator_record(validator: Validator) -> dict[str, object]:
    return {
        "index": validator.index,
        "key": validator.key,
        "balance_gwei": str(validator.balance),
        "status": validator.status,
        "withdrawal_credentials": validator.credentials,
        "slashed": validator.slashed,
    }


def _difference_record(difference: Difference) -> dict[str, object]:
    said = {name: _validator_record(v) if v else None for name, v in difference.said.items()}
    return {"index": difference.index, "settled": difference.settled, "said": said}


def _compared_record(compared: Compared) -> dict[str, object]:
    return {
        "listed": compared.listed,
        "unlisted": [v.key for v in compared.unlisted],
        "pays_somebody_else": [_validator_record(v) for v in compared.elsewhere],
        "no_such_validator": None if compared.absent is None else list(compared.absent),
        "unreadable_rows": compared.unreadable,
    }


def _total(validators: Sequence[Validator]) -> int:
    return sum(v.balance for v in validators)


def _statuses(validators: Sequence[Validator]) -> dict[str, int]:
    return dict(sorted(Counter(v.status for v in validators).items()))


def print_report(report: ValidatorReport, stream: TextIO) -> None:
    """Print a table with one line for each payee."""
    at, found = report.at, report.found
    columns = [Column("paid to"), Column("validators", right=True), Column("ether", right=True)]
    columns += [Column("slashed", right=True), Column("statuses")]
    rows = [
        [
            payee.text,
            f"{len(group):,}" if group else "none",
            whole_coins(_total(group), GWEI_DECIMALS),
            f"{sum(v.slashed for v in group):,}",
            ", ".join(f"{name} {count:,}" for name, count in _statuses(group).items()) or "-",
        ]
        for payee, group in report.groups
    ]
    place = f"{at.network} height {at.height} {at.hash}"
    count = counted(found.total, "validator")
    words = f"{place}: {count}, {found.evidence} by {', '.join(found.sources)}"
    print_grid(columns, rows, title=words, stream=stream)


def notes(report: ValidatorReport) -> list[str]:
    """Lines for people: who has none, on what operators differ, what a list leaves out."""
    found, compared = report.found, report.compared
    lines = [
        f"{payee.text}: no validator pays it; all {found.total:,} were checked"
        for payee, group in report.groups
        if not group and not found.unsettled
    ]
    lines += _some([_difference_words(d) for d in found.differences])
    if found.unsettled:
        lines.append(
            f"validators without a quorum on any answer: {found.unsettled:,}; no sum includes "
            "them, and there may be more after the first one whose existence is in doubt"
        )
    return lines + (_compared_words(compared) if compared else [])


def _difference_words(difference: Difference) -> str:
    said = "; ".join(f"{name} says {_words(v)}" for name, v in sorted(difference.said.items()))
    end = "; the majority's answer is used" if difference.settled else ""
    return f"validator {difference.index}: {said}{end}"


def _words(validator: Validator | None) -> str:
    if validator is None:
        return "there is none"
    slashed = ", slashed" if validator.slashed else ""
    ether = format_amount(validator.balance, GWEI_DECIMALS)
    words = f"{validator.key} holds {ether} ether, {validator.status}{slashed}"
    return f"{words}, paid to {validator.credentials}"


def _compared_words(compared: Compared) -> list[str]:
    lines = _some([f"not in the list: {_words(v)}" for v in compared.unlisted])
    lines += _some([f"in the list, pays another address: {_words(v)}" for v in compared.elsewhere])
    lines += _some([f"in the list, no such validator: {key}" for key in compared.absent or ()])
    if compared.unreadable:
        rows = f"{counted(compared.unreadable, 'row')} of the list could not be read"
        lines.append(f"{rows}: what they name is unknown ('scanner lists inspect' shows them)")
    listed = counted(compared.listed, "validator")
    counts = f"{listed} listed, {len(compared.unlisted):,} not in the list"
    absent = "?" if compared.absent is None else f"{len(compared.absent):,}"
    return [*lines, f"{counts}, {len(compared.elsewhere):,} pay another address, {absent} unknown"]


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"... and {more:,} more (--json has them)"]
