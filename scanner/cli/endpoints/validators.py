"""`scanner validators ADDRESS...`: all validators whose stake is paid to an address."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from scanner.chains import interface as chains
from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.listing import ListOptions, open_published
from scanner.cli.common.options import AsJson, Endpoints
from scanner.cli.common.places import at_hand
from scanner.cli.common.progress import ProgressBar
from scanner.cli.common.reading import Quorum, parse_heights
from scanner.cli.common.sources import open_sources
from scanner.cli.common.times import heights_for_times
from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses.table import decode_address
from scanner.model.amount import counted
from scanner.model.block import BlockRef
from scanner.model.claim import Claim, UnreadableRow
from scanner.model.finding import Weight
from scanner.model.registry import Registry
from scanner.model.validator import FoundValidators, payees
from scanner.reports.commands import validators as shown
from scanner.reports.tables import jsontext, writers
from scanner.settings import tables

BEACON = "ethereum-beacon"
ACCOUNTS = "ethereum"
KEYS = "validator_key"
"""Format of the addresses that are validators."""

Payees = Annotated[
    list[str],
    typer.Argument(
        metavar="ADDRESS...",
        help="Withdrawal addresses, or whole withdrawal credentials (0x and 64 hex digits).",
    ),
]
At = Annotated[
    str,
    typer.Option(
        metavar="NETWORK=HEIGHT",
        help="ethereum=BLOCK or ethereum-beacon=SLOT; 'latest' for the newest final one, or a "
        "time such as 2026-11-01T00:00:00Z.",
    ),
]
Out = Annotated[
    str,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write them as a list for 'scanner snapshot'."
    ),
]
Published = Annotated[
    str | None,
    typer.Option(
        "--list", metavar="FILE", help="Compare with the validators in this published list."
    ),
]


def validators(
    address: Payees,
    at: At = f"{BEACON}=latest",
    quorum: Quorum = 1,
    output: Out = "",
    published: Published = None,
    endpoints: Endpoints = None,
    as_json: AsJson = False,
) -> None:
    """Find all validators that pay a withdrawal address.

    Reads every validator of the beacon chain at that block, in hundreds of requests. Finding
    none is a result; a failed read is an error, and nothing is written. Exit status 1 if the
    list of --list omits a validator or names one that pays another address, 3 if operators
    differ.
    """
    if output == "-" and as_json:
        raise ConfigError("--json and --output - both write to stdout: name a file for one of them")
    report = _report(address, at, endpoints, quorum, published)
    if output:
        with writers.whole_file(output) as stream:
            count = shown.write_list(stream, report)
        say(f"{counted(count, 'validator')} written to {output}")
    if as_json:
        emit(jsontext.pretty(shown.report_record(report)))
    else:
        shown.print_report(report, sys.stderr if output == "-" else sys.stdout)
    say(*shown.notes(report))
    finish(_weights(report))


def _report(
    texts: Sequence[str], at: str, endpoints: Path | None, quorum: int, published: str | None
) -> shown.ValidatorReport:
    registry = tables.load_registry()
    asked = payees(texts, ACCOUNTS)
    paid = frozenset[str]().union(*(payee.credentials for payee in asked))
    listed, unreadable = _listed(published, registry) if published else (frozenset[str](), 0)
    block, found = _find(
        lambda v: v.credentials in paid or v.key in listed,
        at,
        endpoints,
        registry,
        chains.ReadPolicy(quorum),
    )
    return shown.ValidatorReport(
        registry.network(block.network),
        block,
        found,
        shown.group_by_payee(asked, found.validators),
        shown.compare(asked, found, listed, unreadable) if published else None,
    )


def _find(
    wanted: chains.Wanted,
    at: str,
    endpoints: Path | None,
    registry: Registry,
    policy: chains.ReadPolicy,
) -> tuple[BlockRef, FoundValidators]:
    stated = heights_for_times([at], endpoints, registry, policy.quorum)
    ((name, height),) = parse_heights(stated, registry).items()
    with open_sources([name], endpoints, registry, policy) as sources:
        source = sources.get(name)
        if source is None:
            raise ConfigError(f"no endpoint of {name} is configured: name one with --endpoints")
        if not isinstance(source, chains.ValidatorFinder):
            raise ConfigError(f"{name} has no validators: give --at {ACCOUNTS}=.. or {BEACON}=..")
        source.require_validators()
        block = source.pin(height)
        with ProgressBar("reading validators", "validators") as bar:
            return block, source.find_validators(wanted, block, bar.update)


def _listed(file: str, registry: Registry) -> tuple[frozenset[str], int]:
    """The validators that a list names, and how many rows could name one and cannot be read."""
    keys: set[str] = set()
    unreadable = 0
    networks = {n.name for n in registry.networks.values() if KEYS in n.address_codec}
    with at_hand(file) as place, open_published(place, registry, ListOptions()) as rows:
        for row in rows:
            if isinstance(row, UnreadableRow):
                unreadable += 1
            elif isinstance(row, Claim) and row.network in networks:
                try:
                    address = decode_address(registry.network(row.network), row.address)
                except AddressFormatError:
                    unreadable += 1
                    continue
                if address.format == KEYS:
                    keys.add(address.key)
    return frozenset(keys), unreadable


def _weights(report: shown.ValidatorReport) -> set[Weight]:
    compared, weights = report.compared, set[Weight]()
    if compared and compared.differs:
        weights.add(Weight.FALSE)
    if report.found.unsettled or (compared and compared.unreadable):
        weights.add(Weight.UNSHOWN)
    return weights
