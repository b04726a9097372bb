"""`scanner demo` end to end: its totals against the rows, its findings against the planted faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from scanner.demo.check import compare
from scanner.demo.publication import PublishedRow, make_rows, write_list
from scanner.demo.run import Places
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

HEIGHTS = {"bitcoin": 149, "ethereum": 96}


@dataclass(frozen=True)
class Demo:
    """A demonstration that has run: where it lies, its exit status and its words."""

    places: Places
    status: int
    out: str
    err: str

    def scanner(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scanner.cli", *arguments]
        return subprocess.run(
            [*command, "--database", self.places.database_url],
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def demo(node_programs, tmp_path_factory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "scanner.cli", "demo", "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return Demo(Places(folder), done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def rows() -> list[PublishedRow]:
    return make_rows(load_registry())


@pytest.fixture
def lines(rows, tmp_path) -> list[int]:
    return write_list(tmp_path / "list.csv", rows, HEIGHTS)


def test_it_succeeds_and_leaves_no_node_behind(demo):
    assert demo.status == 0, demo.err
    commands = [Path(p).joinpath("cmdline") for p in Path("/proc").glob("[0-9]*")]
    for command in commands:
        try:
            assert str(demo.places.folder).encode() not in command.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue


def test_totals_are_what_the_chains_were_loaded_with(demo, rows):
    """Added up here from the rows, by nothing of the program's own arithmetic."""
    wanted = defaultdict(lambda: Counter())
    for row in rows:
        total = wanted[row.holding.asset]
        total["claimed"] += row.claimed
        total["answered"] += row.held is not None
        signed = bool(row.signatures[0])
        refused = row.fault in (FindingKind.BAD_SIGNATURE, FindingKind.OWNER_UNPROVEN)
        if row.held is None:
            total["unavailable_rows"] += 1
        else:
            total["verified" if signed and not refused else "unverified"] += row.held
            total["shortfall"] += max(0, row.claimed - row.held)
            total["surplus"] += max(0, row.held - row.claimed)
    shown = json.loads(demo.scanner("totals", "latest", "--json").stdout)
    assert shown["complete"] is True
    assert {asset["asset"] for asset in shown["assets"]} == set(wanted)
    for asset in shown["assets"]:
        total = wanted[asset["asset"]]
        assert asset["claimed"] == str(total["claimed"]), asset["asset"]
        for key in ("verified", "unverified", "shortfall", "surplus"):
            known = str(total[key]) if total["answered"] else None
            assert asset[key] == known, (asset["asset"], key)
        assert asset["unavailable_rows"] == total["unavailable_rows"]
        if total["answered"]:
            assert sum(map(int, asset["by_evidence"].values())) == total["verified"]
        assert (asset["liabilities"], asset["reserve_ratio"]) == (None, None)


@pytest.mark.parametrize(
    ("only", "status", "words"),
    [
        ("shortfall", 1, [("bc1qxmaqqg9az39uj8pxf6qckqhu2awquhlg24zg4897mv6wnj8aw97svxgu3r", "12.5")]),
        ("surplus", 0, [("0x52b311c52436789f3754bd199bf3886b8ccbab4c", "0.700000000000000001")]),
        ("mismatch", 1, [
            ("bc1q0zfx8k7fqkhvvytwf5z6nrv75wq6c74tql8hcl9wwj9xj8zq7snskl60vr", "1 distinct of the 2"),
            ("0x8c3cb9665833fd9f79eb14cba16d82bbab6f22d8", "another key"),
        ]),
        ("asserted", 3, [("0x57e2dcd253527a0f70c6a3de3556f6e6e163f19c", "")]),
    ],
)  # fmt: skip
def test_each_planted_fault_is_named(demo, only, status, words):
    shown = demo.scanner("show", "latest", "--only", only)
    assert shown.returncode == status
    found = shown.stdout.splitlines()
    assert len(found) == len(words)
    for (address, reason), line in zip(words, found, strict=True):
        assert address.lower() in line.lower()
        assert reason in line
        assert address in demo.err, "the demonstration itself says so too"


def test_the_list_as_a_whole_was_found_false(demo):
    assert demo.scanner("totals", "latest").returncode == 1
    assert demo.scanner("show", "latest").returncode == 1


def test_the_result_says_which_chains_it_was_read_on(demo):
    from scanner.store.database.engine import open_store
    from scanner.store.reading import queries

    with open_store(demo.places.database_url) as store:
        blocks = queries.head(store, queries.resolve(store, "latest")).blocks
    seen = {b.block.network: (b.block.chain, b.block.height) for b in blocks if b.block}
    assert seen == {"bitcoin": ("regtest", 149), "ethereum": ("31337", 96)}


def test_nothing_written_holds_the_nodes_password(demo, tmp_path):
    secret = _between(demo.places.endpoints.read_text(), "__cookie__:", "@").encode()
    assert len(secret) >= 32
    written = [demo.out.encode(), demo.err.encode()]
    for what in ("totals", "balances", "ownership", "claims"):
        file = tmp_path / f"{what}.csv"
        done = demo.scanner("export", what, "latest", "--format", "csv", "-o", str(file))
        assert done.returncode in (0, 1), done.stderr
        written.append(file.read_bytes())
    assert demo.scanner("report", "latest", "-o", str(tmp_path / "r.html")).returncode in (0, 1)
    written.append((tmp_path / "r.html").read_bytes())
    others = set(demo.places.folder.glob("*")) - {demo.places.endpoints}
    written += [path.read_bytes() for path in others if path.is_file()]
    assert len(written) >= 9
    assert not any(secret in data for data in written)


def test_it_ends_by_naming_the_report_it_wrote(demo):
    page = demo.places.report.read_text(encoding="utf-8")
    assert "3 rows are false and " in page
    _, named, _ = demo.err.partition("The report, one page")
    assert named
    assert str(demo.places.report) in demo.err


def test_commands_it_suggests_work_after_the_nodes_stopped(demo):
    _, _, suggested = demo.err.partition("Try next:")
    (_, setting), *commands = [s.split() for s in suggested.splitlines() if s.startswith("  ")]
    name, _, url = setting.partition("=")
    assert len(commands) >= 4
    for _, *arguments in commands:
        done = subprocess.run(
            [sys.executable, "-m", "scanner.cli", *arguments],
            env={**os.environ, name: url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1, 3), (arguments, done.stderr)
        assert done.stdout


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda row: replace(row, held=row.held + 1), "unverified is"),
        (lambda row: replace(row, claimed=row.claimed + 1), "claimed is"),
        (lambda row: replace(row, fault=FindingKind.SHORTFALL), "shortfall was to be found"),
        (lambda row: replace(row, signatures=("x", "")), "nobody planted unsigned"),
        (lambda row: replace(row, held=None), "balance_unavailable was to be found"),
    ],
    ids=[
        "one base unit held",
        "one base unit claimed",
        "fault missed",
        "extra finding",
        "no chain",
    ],
)
def test_its_check_would_notice(demo, rows, lines, change, complaint):
    """The same stored result against a truth that differs in one honest row."""
    from scanner.store.database.engine import open_store
    from scanner.store.reading import queries

    honest = next(n for n, row in enumerate(rows) if row.held and not row.signatures[0])
    other = [*rows[:honest], change(rows[honest]), *rows[honest + 1 :]]
    with open_store(demo.places.database_url) as store:
        latest = queries.resolve(store, "latest")
        assert compare(store, latest, rows, lines).wrong == ()
        wrong = compare(store, latest, other, lines).wrong
    assert any(complaint in sentence for sentence in wrong), wrong


def test_a_second_run_in_the_folder_at_the_same_time_is_refused(tmp_path):
    import fcntl

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, "-m", "scanner.cli", "demo", "--folder", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "another one is running" in done.stderr


def test_without_a_node_it_says_how_to_get_one(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "scanner.cli", "demo", "--folder", str(tmp_path)],
        env={**os.environ, "SCANNER_BITCOIND": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "bitcoind is missing: run 'scripts/install-bitcoind" in done.stderr


def _between(text: str, before: str, after: str) -> str:
    return text.partition(before)[2].partition(after)[0]
