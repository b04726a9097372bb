"""`scanner demo` end to end: its totals against the rows, its findings against the planted faults."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.command import run_scanner

from scanner.demo.check import compare
from scanner.demo.faults import COLUMN, Plan, plant
from scanner.demo.publication import honest_rows, write_list
from scanner.demo.replay.table import HEIGHT, SERVERS
from scanner.demo.run import MOMENT, Places
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

HEIGHTS = dict.fromkeys(SERVERS, HEIGHT) | {"bitcoin": 112, "ethereum": 96, "conflux-core": 1_000}


@dataclass(frozen=True)
class Demo:
    """A demonstration that has run: where it lies, its exit status and its words."""

    places: Places
    status: int
    out: str
    err: str

    def scanner(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = run_scanner([*arguments, "--database", self.places.database_url])
        return subprocess.CompletedProcess(arguments, done.status, done.text, done.err)


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
def plan() -> Plan:
    registry = load_registry()
    return plant(honest_rows(registry), registry)


@pytest.fixture
def lines(plan, tmp_path) -> list[int]:
    return write_list(tmp_path / "list.csv", plan.rows, HEIGHTS, plan.declared, COLUMN)


def test_it_succeeds_and_leaves_no_node_behind(demo):
    assert demo.status == 0, demo.out + demo.err
    commands = [Path(p).joinpath("cmdline") for p in Path("/proc").glob("[0-9]*")]
    for command in commands:
        try:
            assert str(demo.places.folder).encode() not in command.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue


def test_it_is_forty_lines_of_eighty_columns_and_the_report_stands_last(demo):
    shown = demo.out.replace(str(demo.places.folder), ".demo").splitlines()
    assert len(shown) <= 40
    assert max(map(len, shown)) <= 80
    assert demo.out.splitlines()[-1] == f"The report: {demo.places.report}"
    assert "rows are false" in demo.places.report.read_text(encoding="utf-8")
    assert demo.err == ""


def test_every_fault_is_named_before_the_scan_and_its_finding_is_listed(demo, plan, lines):
    before, _, after = demo.out.partition("asset  ")
    for fault in plan.faults:
        assert fault.story in before
    assert f"All {len(plan.faults)} faults were found, and nothing else." in after
    shown = demo.scanner("show", "latest", "--jsonl")
    assert shown.returncode == 1
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    found = {(row["kind"], row["row"]) for row in rows}
    for fault in plan.faults:
        if fault.row is not None:
            assert (fault.kind.value, lines[fault.row]) in found, fault
    assert len(rows) == sum(1 + len(fault.also) for fault in plan.faults)


def test_nine_of_ten_rows_are_verified(plan):
    verified = sum(row.held is not None and row.proves_control for row in plan.rows)
    assert len(plan.rows) >= 400
    assert verified / len(plan.rows) > 0.9
    kinds = {fault.kind for fault in plan.faults}
    assert len(kinds) >= 15


def test_totals_are_what_the_chains_were_loaded_with(demo, plan):
    """Added up here from the rows, by nothing of the program's own arithmetic."""
    wanted = defaultdict(Counter)
    for row in plan.rows:
        if row.fault is FindingKind.DUPLICATE:
            continue
        total = wanted[row.holding.asset]
        total["claimed"] += row.claimed
        total["answered"] += row.held is not None
        if row.held is None:
            total["unavailable_rows"] += 1
            continue
        total["verified" if row.proves_control else "unverified"] += row.held
        if row.fault not in (FindingKind.DIFFERS_NOW, FindingKind.BAD_AMOUNT):
            total["shortfall"] += max(0, row.claimed - row.held)
            total["surplus"] += max(0, row.held - row.claimed)
    shown = json.loads(demo.scanner("totals", "latest", "--json").stdout)
    assert shown["complete"] is True
    assert {asset["asset"] for asset in shown["assets"]} == set(wanted) | {"ADA"}
    ratios = {asset["asset"]: asset["reserve_ratio"] for asset in shown["assets"]}
    assert ratios["TON"] < "1" < ratios["BTC"]
    assert ratios["ADA"] is None
    for asset in shown["assets"]:
        if asset["asset"] == "ADA":
            continue
        total = wanted[asset["asset"]]
        assert asset["claimed"] == str(total["claimed"]), asset["asset"]
        for key in ("verified", "unverified", "shortfall", "surplus"):
            known = str(total[key]) if total["answered"] else None
            assert asset[key] == known, (asset["asset"], key)
        assert asset["unavailable_rows"] == total["unavailable_rows"]
        if total["answered"]:
            assert sum(map(int, asset["by_evidence"].values())) == total["verified"]


@pytest.mark.parametrize(
    ("only", "status", "words"),
    [
        ("shortfall", 1, ["12.5"]),
        ("surplus", 0, ["0.7"]),
        ("mismatch", 1, ["only 1 of the 2 required keys signed", "does not allow"]),
        ("asserted", 3, [""]),
    ],
)
def test_planted_faults_are_listed_with_their_reasons(demo, only, status, words):
    shown = demo.scanner("show", "latest", "--only", only)
    assert shown.returncode == status
    found = shown.stdout.splitlines()
    assert len(found) == len(words)
    for reason in words:
        assert any(reason in line for line in found)


def test_the_list_as_a_whole_was_found_false(demo):
    assert demo.scanner("totals", "latest").returncode == 1
    assert demo.scanner("show", "latest").returncode == 1


def test_the_result_says_which_chains_it_was_read_on_and_all_are_of_one_moment(demo):
    from scanner.store.database.engine import open_store
    from scanner.store.reading import queries

    with open_store(demo.places.database_url) as store:
        blocks = queries.head(store, queries.resolve(store, "latest")).blocks
    seen = {b.block.network: b.block for b in blocks if b.block}
    assert set(seen) == set(SERVERS) | {"bitcoin", "ethereum"}
    registry = load_registry()
    for network, block in seen.items():
        assert block.chain != registry.network(network).chain_id
        assert abs(block.time - MOMENT) < 3600


def test_nothing_written_holds_the_nodes_password(demo, tmp_path):
    secret = _between(demo.places.endpoints.read_text(), "__cookie__:", "@").encode()
    assert len(secret) >= 32
    written = [demo.out.encode(), demo.err.encode()]
    for what in ("totals", "balances", "ownership", "claims"):
        file = tmp_path / f"{what}.csv"
        done = demo.scanner("export", what, "latest", "--format", "csv", "-o", str(file))
        assert done.returncode in (0, 1), done.stderr
        written.append(file.read_bytes())
    others = set(demo.places.folder.glob("*")) - {demo.places.endpoints}
    written += [path.read_bytes() for path in others if path.is_file()]
    assert len(written) >= 9
    assert not any(secret in data for data in written)


def test_commands_it_suggests_work_after_the_nodes_stopped(demo):
    _, _, suggested = demo.out.partition("Try next:")
    (_, setting), *commands = [s.split() for s in suggested.splitlines() if s.startswith("  ")]
    name, _, url = setting.partition("=")
    assert len(commands) >= 3
    for _, *arguments in commands:
        done = run_scanner(arguments, env={name: url})
        assert done.status in (0, 1, 3), (arguments, done.err)
        assert done.out


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda row: replace(row, held=row.held + 1), "verified is"),
        (lambda row: replace(row, claimed=row.claimed + 1), "claimed is"),
        (lambda row: replace(row, held=None), "unavailable_rows is"),
        (lambda row: replace(row, fault=FindingKind.UNSIGNED), "unverified is"),
    ],
    ids=["one base unit held", "one base unit claimed", "no chain", "no signature"],
)
def test_its_check_would_notice_a_row(demo, plan, lines, change, complaint):
    """The same stored result against a truth that differs in one honest row."""
    honest = next(n for n, row in enumerate(plan.rows) if row.held and row.fault is None)
    other = [*plan.rows[:honest], change(plan.rows[honest]), *plan.rows[honest + 1 :]]
    wrong = _compared(demo, other, lines, plan.faults)
    assert any(complaint in sentence for sentence in wrong), wrong


def test_its_check_would_notice_a_fault_that_is_missed_and_one_too_many(demo, plan, lines):
    assert _compared(demo, plan.rows, lines, plan.faults) == ()
    (fewer,) = _compared(demo, plan.rows, lines, plan.faults[1:])
    assert "the scan found shortfall, which was not planted" in fewer
    more = [*plan.faults, replace(plan.faults[0], row=0)]
    (missed,) = _compared(demo, plan.rows, lines, more)
    assert missed.startswith("the scan did not find the planted shortfall")


def _compared(demo, rows, lines, faults):
    from scanner.store.database.engine import open_store
    from scanner.store.reading import queries

    with open_store(demo.places.database_url) as store:
        return compare(store, queries.resolve(store, "latest"), rows, lines, faults).wrong


def test_a_second_run_in_the_folder_at_the_same_time_is_refused(tmp_path):
    import fcntl

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_scanner(["demo", "--folder", tmp_path])
    assert done.status == 2
    assert "another demonstration is running" in done.err


def test_without_a_node_it_says_how_to_get_one(tmp_path):
    missing = {"SCANNER_BITCOIND": str(tmp_path / "none")}
    done = run_scanner(["demo", "--folder", tmp_path], env=missing)
    assert done.status == 2
    assert "bitcoind is missing: run 'scripts/install-bitcoind" in done.err


def _between(text: str, before: str, after: str) -> str:
    return text.partition(before)[2].partition(after)[0]
