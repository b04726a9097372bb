"""Runs the demonstration: two real nodes, a published list, the main job, a check of its result.

The list is scanned by the `scanner` command itself in a process of its own, as a user would run it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.demo.chains import ethereum_genesis, load_bitcoin, mine_ethereum
from scanner.demo.check import Comparison, compare
from scanner.demo.nodes import Anvil, Bitcoind, Node
from scanner.demo.publication import EXAMPLE, OWED, PublishedRow, make_rows, write_list
from scanner.errors import NodeFailedError
from scanner.model.registry import Registry
from scanner.reports.tables.text import printable
from scanner.store.database.engine import open_store
from scanner.store.reading import queries

BLOCKS = 160
"""Blocks mined on Ethereum's genesis; the list's height is the newest final one of them."""
CHAIN_ID = 31337
"""Not Ethereum's own: what is read from this chain must not pass for mainnet."""

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
        return self.folder / "okx-demo.csv"

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
        return f"sqlite:///{self.database}"


@dataclass(frozen=True, slots=True)
class Stage:
    """The demonstration, set up: nodes running and loaded, list and endpoints written.

    lines: the line of each row in the list.
    """

    places: Places
    bitcoind: Bitcoind
    anvil: Anvil
    rows: Sequence[PublishedRow]
    lines: Sequence[int]


def run_demo(folder: Path, registry: Registry) -> int:
    """Run it all in `folder`; results of an earlier run there are replaced, other files are kept.

    Prints for people on stderr, totals on stdout. Returns 0 when the totals equal what the chains
    were loaded with and exactly the planted faults were found, else 1.
    Raises NodeError when a node cannot be had, StoreError.
    """
    started = time.monotonic()
    with _alone_in(folder), set_stage(folder, registry) as stage:
        places = stage.places
        database = ["--database", f"sqlite:///{_short(places.database)}"]
        endpoints = ["--endpoints", _short(places.endpoints)]
        status = _scan(["snapshot", _short(places.list), *endpoints, *database])
    if status not in _ANSWERED:
        _say("", f"scanner snapshot could not run (exit status {status})")
        return 1
    comparison = _check(stage, status)
    written = _scan(["report", "latest", "-o", _short(places.report), *database])
    _tell(comparison, stage.rows)
    _where(places, time.monotonic() - started)
    return 1 if comparison.wrong or written else 0


@contextlib.contextmanager
def set_stage(folder: Path, registry: Registry) -> Iterator[Stage]:
    """Start both nodes in the folder, load them, write list and endpoints; stop them at the end."""
    places = Places(folder.resolve())
    rows = make_rows(registry)
    _clear(places)
    _say(f"Starting a bitcoind (regtest) and an anvil (chain {CHAIN_ID}) in {places.folder}")
    genesis = _genesis(rows, registry)
    anvil = Anvil(places.folder / "anvil", genesis=genesis, chain_id=CHAIN_ID)
    with Bitcoind(places.folder / "bitcoind") as bitcoind, anvil:
        heights = {
            "bitcoin": load_bitcoin(bitcoind, list(_outputs(rows))),
            "ethereum": mine_ethereum(anvil, BLOCKS),
        }
        lines = write_list(places.list, rows, heights)
        _write_endpoints(places.endpoints, (bitcoind, anvil))
        for sample in (EXAMPLE, *OWED):
            shutil.copyfile(sample, places.folder / sample.name)
        faults = sum(row.fault is not None for row in rows)
        _say(
            f"Loaded them with what {places.list.name} claims for {len(rows)} rows of real "
            f"published addresses, except for {faults} faults"
        )
        yield Stage(places, bitcoind, anvil, rows, lines)


def _scan(arguments: Sequence[str]) -> int:
    """Run one `scanner` command in front of the user. Returns its exit status."""
    _say("", f"$ scanner {' '.join(arguments)}", "")
    # Unbuffered: totals and findings come in order also when both go to one file.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "scanner.cli", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def _check(stage: Stage, status: int) -> Comparison:
    with open_store(stage.places.database_url) as store:
        snapshot_id = queries.resolve(store, "latest")
        comparison = compare(store, snapshot_id, stage.rows, stage.lines)
        blocks = queries.head(store, snapshot_id).blocks
    read_at = ", ".join(
        f"{b.block.network} block {b.block.height} (chain {b.block.chain})" for b in blocks
    )
    _say("", f"Read at {read_at}: chains of this demonstration, not the real ones.")
    if status == _FOUND_FALSE:
        return comparison
    exit_wrong = f"scanner snapshot left with {status}, not {_FOUND_FALSE}"
    return Comparison(comparison.planted, (*comparison.wrong, exit_wrong))


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
    return ethereum_genesis(held("ETH"), tokens, contracts, BLOCKS)


def _write_endpoints(path: Path, nodes: Sequence[Node]) -> None:
    lines = ["# The demonstration's nodes. They are stopped at its end.\n"]
    for node in nodes:
        endpoint = node.endpoint()
        lines.append(
            "[[endpoint]]\n"
            f"name = {json.dumps(endpoint.name)}\n"
            f"network = {json.dumps(endpoint.network)}\n"
            f"protocol = {json.dumps(endpoint.protocol)}\n"
            f"url = {json.dumps(endpoint.url)}\n"
            f"chain = {json.dumps(endpoint.chain)} # a demonstration chain, not the real one\n"
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
            raise NodeFailedError("demo", f"another one is running in {folder}") from None
        yield


def _tell(comparison: Comparison, rows: Sequence[PublishedRow]) -> None:
    _say("", f"Planted in this list were {len(comparison.planted)} faults:")
    for planted in comparison.planted:
        row, found = planted.row, planted.found
        _say(f"  line {planted.line}, {row.coin.name} {row.address}: {row.story}")
        _say(f"    found {found.kind.value}: {found.reason}" if found else "    NOT FOUND")
    if comparison.wrong:
        _say("", "The scan is wrong:", *(f"  {sentence}" for sentence in comparison.wrong))
        return
    verified = sum(row.proves_control and row.held is not None for row in rows)
    _say(
        "",
        "Every planted fault was found and nothing else was called false. Each total equals what",
        f"the chains were loaded with, to the last base unit. {verified} rows are verified: keys",
        "that own the address signed, and its balance was read. Rows that nobody signed, or whose",
        "network has no node here, stay 'not shown': failed is not zero, claimed is not proven.",
    )


def _where(places: Places, seconds: float) -> None:
    scanner = _short(Path(sys.executable).with_name("scanner"))
    _say(
        "",
        f"In {_short(places.folder)}: {places.list.name} (the list), {places.database.name} (the "
        f"results), {EXAMPLE.name} (a publisher's own sample), the nodes' folders and logs.",
        f"The nodes are stopped; it took {seconds:.1f} s.",
        f"The report, one page for a browser or a printer: {_short(places.report)}",
        "Try next:",
        f"  export SCANNER_DATABASE=sqlite:///{_short(places.database)}",
        f"  {scanner} totals latest",
        f"  {scanner} show latest --only shortfall",
        f"  {scanner} verify {_short(places.list)}",
        f"  {scanner} lists inspect {_short(places.folder / EXAMPLE.name)}",
        f"  {scanner} --help",
    )


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(printable(line) + "\n")
    sys.stderr.flush()
