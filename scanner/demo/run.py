"""Runs the demonstration: real nodes, a published list, the main job, a check of its result.

The list is scanned by the `scanner` command itself in a process of its own, as a user would run it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanner.demo.chains import ethereum_genesis, load_bitcoin, mine_ethereum
from scanner.demo.check import Comparison, compare
from scanner.demo.faults import COLUMN, RIVAL, Plan, plant
from scanner.demo.nodes import FREE_CHAIN_ID, Anvil, Bitcoind
from scanner.demo.publication import (
    DAY,
    EXAMPLE,
    OWED,
    PUBLISHER,
    PublishedRow,
    honest_rows,
    write_addresses,
    write_list,
)
from scanner.demo.replay.table import replays
from scanner.demo.signing import TEXT
from scanner.demo.words import Told, ending, opening, result
from scanner.errors import NodeFailedError
from scanner.lists.open import open_list
from scanner.lists.reconcile import ListAudit
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.reports.tables.text import printable
from scanner.settings.database import sqlite_url
from scanner.snapshots.tally import AssetTotal
from scanner.store.database.engine import Store, open_store
from scanner.store.reading import queries
from scanner.store.writing.lists_in import import_list

BLOCKS = 160
"""Blocks mined on Ethereum's genesis; the list's height is the newest final one of them."""
CHAIN_ID = FREE_CHAIN_ID
"""Not Ethereum's own: what is read from this chain must not pass for mainnet."""

MOMENT = 1_793_404_800
"""Seconds since 1970 of every block of the demonstration: 2026-10-31 00:00 UTC."""

_FOUND_FALSE = 1  # exit status of a snapshot with faults
_ANSWERED = (0, _FOUND_FALSE, 3)
_TOKENS = (("DemoUsdt", "USDT"), ("DemoUsdc", "USDC"))


@dataclass(frozen=True, slots=True)
class Places:
    """Files of one demonstration, all in one folder."""

    folder: Path

    @property
    def list(self) -> Path:
        """The published list."""
        return self.folder / f"{PUBLISHER}.csv"

    @property
    def rival(self) -> Path:
        """The list of another publisher, who claims one of the addresses, too."""
        return self.folder / f"{RIVAL}.csv"

    @property
    def liabilities(self) -> Path:
        """What the publisher owes."""
        return self.folder / "liabilities.csv"

    @property
    def addresses(self) -> Path:
        """The small example: addresses that an exchange has published."""
        return self.folder / "addresses.csv"

    @property
    def endpoints(self) -> Path:
        """Where its nodes listen."""
        return self.folder / "endpoints.toml"

    @property
    def database(self) -> Path:
        """Everything the scan stored."""
        return self.folder / "scanner.db"

    @property
    def report(self) -> Path:
        """The result as one page for people."""
        return self.folder / "report.html"

    @property
    def database_url(self) -> str:
        """The database as commands take it."""
        return sqlite_url(self.database)


@dataclass(frozen=True, slots=True)
class Stage:
    """The demonstration, set up: nodes running and loaded, list and endpoints written.

    lines: the line of each row in the list. heights: our network name -> the block that the list
    states.
    """

    places: Places
    anvil: Anvil
    plan: Plan
    lines: Sequence[int]
    heights: Mapping[str, int]


def snapshot_arguments(places: Places) -> list[str]:
    """Arguments of `scanner` that take the demonstration's snapshot, without the database."""
    return [
        "snapshot", _short(places.list), "--publisher", PUBLISHER, "--statement", TEXT,
        "--liabilities", _short(places.liabilities), "--endpoints", _short(places.endpoints),
    ]  # fmt: skip


def run_demo(folder: Path, registry: Registry) -> int:
    """Run it all in `folder`; results of an earlier run there are replaced, other files are kept.

    Prints for people on stdout. Returns 0 when the totals equal what the chains were loaded with
    and exactly the planted faults were found, else 1.
    Raises NodeError when a node cannot be had, StoreError.
    """
    started = time.monotonic()
    with _alone_in(folder), set_stage(folder, registry) as stage:
        places = stage.places
        _say(*opening(stage.plan, len({row.holding.network for row in stage.plan.rows})))
        _import_rival(places, registry)
        status = _scan(snapshot_arguments(places), places, "snapshot")
    if status not in _ANSWERED:
        _say(f"scanner snapshot could not run (status {status}): see {_short(places.folder)}")
        return 1
    report = _scan(["report", "latest", "-o", _short(places.report)], places, "report")
    with open_store(places.database_url) as store:
        comparison, totals = _look(store, stage, status)
    _say(*result(stage.plan, comparison, totals))
    told = Told(_short(places.folder), _short(places.report), _short(_scanner()))
    _say(*ending(told, time.monotonic() - started))
    return 1 if comparison.wrong or report not in _ANSWERED else 0


@contextlib.contextmanager
def set_stage(folder: Path, registry: Registry) -> Iterator[Stage]:
    """Start the nodes in the folder, load them, write list and endpoints; stop them at the end."""
    places = Places(folder.resolve())
    plan = plant(honest_rows(registry), registry)
    _clear(places)
    clock = f"-mocktime={MOMENT}"
    genesis = _genesis(plan.rows, registry)
    anvil = Anvil(places.folder / "anvil", genesis=genesis, chain_id=CHAIN_ID)
    with contextlib.ExitStack() as running:
        bitcoind = running.enter_context(Bitcoind(places.folder / "bitcoind", (clock,)))
        running.enter_context(anvil)
        servers = [running.enter_context(s) for s in replays(plan.rows, MOMENT)]
        heights = {
            "bitcoin": load_bitcoin(bitcoind, list(_outputs(plan.rows))),
            "ethereum": mine_ethereum(anvil, BLOCKS),
            **{server.of: server.ledger.height for server in servers},
            "conflux-core": 1_000,
        }
        endpoints = [bitcoind.endpoint(), anvil.endpoint(), *(s.endpoint() for s in servers)]
        _write_endpoints(places.endpoints, endpoints)
        lines = _publish(places, plan, heights)
        yield Stage(places, anvil, plan, lines, heights)


def _publish(places: Places, plan: Plan, heights: Mapping[str, int]) -> list[int]:
    """Write the lists and what is owed."""
    lines = write_list(places.list, plan.rows, heights, plan.declared, COLUMN)
    shared = plan.rows[plan.shared]
    write_list(places.rival, [shared], heights)
    owed = "".join(f"{asset},{amount},{DAY}\n" for asset, amount in plan.owed.items())
    places.liabilities.write_text(f"asset,amount,as_of\n{owed}", "utf-8")
    write_addresses(places.addresses)
    for sample in (EXAMPLE, *OWED):
        shutil.copyfile(sample, places.folder / sample.name)
    return lines


def _import_rival(places: Places, registry: Registry) -> None:
    """Put the other publisher's list into the database: its claims are known, nothing is read."""
    with (
        open_store(places.database_url, create=True) as store,
        open_list(places.rival, registry) as rows,
    ):
        import_list(store, rows, ListAudit(registry), publisher=RIVAL, name=places.rival.name)


def _scan(arguments: Sequence[str], places: Places, name: str) -> int:
    """Run one `scanner` command as a user would, its words into a file. Returns its status."""
    # Without -P, modules are looked for in the user's folder first: whatever files lie there.
    command = [sys.executable, "-P", "-m", "scanner.cli", *arguments]
    command += ["--database", places.database_url]
    with (places.folder / f"{name}.txt").open("wb") as words:
        return subprocess.run(
            command, stdout=words, stderr=subprocess.STDOUT, check=False
        ).returncode


def _look(store: Store, stage: Stage, status: int) -> tuple[Comparison, Sequence[AssetTotal]]:
    snapshot_id = queries.resolve(store, "latest")
    plan = stage.plan
    comparison = compare(store, snapshot_id, plan.rows, stage.lines, plan.faults)
    totals = queries.asset_totals(store, snapshot_id)
    if status == _FOUND_FALSE:
        return comparison, totals
    exit_wrong = f"scanner snapshot left with {status}, not {_FOUND_FALSE}"
    return replace(comparison, wrong=(*comparison.wrong, exit_wrong)), totals


def _scanner() -> Path:
    return Path(sys.executable).with_name("scanner")


def _outputs(rows: Sequence[PublishedRow]) -> Iterator[tuple[str, int]]:
    """What to pay on Bitcoin; every fifth address gets its balance in two coins."""
    for number, row in enumerate(row for row in rows if row.holding.network == "bitcoin"):
        held = row.held or 0
        part = held // 3 if number % 5 == 0 else 0
        yield row.address, part
        yield row.address, held - part


def _genesis(rows: Sequence[PublishedRow], registry: Registry) -> dict[str, object]:
    def held(asset: str) -> dict[str, int]:
        return {
            row.address: row.held or 0
            for row in rows
            if row.holding.network == "ethereum" and row.holding.asset == asset
        }

    tokens = {
        name: (registry.holding(asset, "ethereum").contract, held(asset)) for name, asset in _TOKENS
    }
    contracts = [row.address for row in rows if row.contract]
    return ethereum_genesis(held("ETH"), tokens, contracts, BLOCKS, MOMENT)


def _write_endpoints(path: Path, endpoints: Sequence[Endpoint]) -> None:
    lines = ["# The demonstration's nodes and servers. They are stopped at its end.\n"]
    for endpoint in endpoints:
        lines.append(
            "[[endpoint]]\n"
            f"name = {json.dumps(endpoint.name)}\n"
            f"network = {json.dumps(endpoint.network)}\n"
            f"protocol = {json.dumps(endpoint.protocol)}\n"
            f"url = {json.dumps(endpoint.url)}\n"
            f"chain = {json.dumps(endpoint.chain)} # a demonstration chain, not the real one\n"
            f"operator = {json.dumps(endpoint.operator)}\n"
            "own = true\n"
        )
    path.write_text("\n".join(lines), "utf-8")
    path.chmod(0o600)


def _clear(places: Places) -> None:
    """Remove what an earlier run left, and nothing else: the folder may be anybody's."""
    for name in ("bitcoind", "anvil"):
        shutil.rmtree(places.folder / name, ignore_errors=True)
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{places.database}{suffix}").unlink(missing_ok=True)
    places.folder.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NodeFailedError("demo", f"another demonstration is running in {folder}") from None
        yield


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(printable(line) + "\n")
    sys.stdout.flush()
