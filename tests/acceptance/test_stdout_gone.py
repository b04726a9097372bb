"""Every command, with a stdout that does not take what it prints: its reader has left, the disk is
full, it is closed. The status is never that of a result, what is lost is said, and what is saved,
or written to stderr, is there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import pytest
import typer
from support.beacon_stub import BeaconStub
from support.eth_list import write_endpoints, write_eth_list
from support.okx_proofs import V2
from support.scripted_http import Said, serving
from support.warm import warm

from scanner.cli.main import app

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "liabilities"
TREE, USER = VECTORS / "okx/full-liabilities-merkle-tree.txt", VECTORS / "okx/user_info_file.json"
TOTAL = V2 / "toy/sum_proof_data.json.gz"
KEY = "b88860add96111d84d38a500266df715158f91375d9aaa98aa58356f9a872412"
HOLDER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
NODE = ("--endpoints", "endpoints.toml")
TABLES = ("totals", "balances", "ownership", "verified", "claims", "ratios", "findings")

PRINTS: dict[str, list[tuple[object, ...]]] = {
    "lists inspect": [("list.csv",), ("list.csv", "--json")],
    "verify": [("list.csv",), ("list.csv", "--json"), ("list.csv", "--jsonl", "-")],
    "doctor": [("list.csv", *NODE), ("list.csv", *NODE, "--json")],
    "snapshot": [("list.csv", *NODE), ("list.csv", *NODE, "--json")],
    "resume": [("2", *NODE), ("2", *NODE, "--json")],
    "challenge": [("list.csv", "--network", "ethereum", *NODE)],
    "totals": [(), ("--exact",), ("--json",), ("--format", "csv"), ("--groups",)],
    "value": [(), ("--exact",), ("--json",), ("--format", "csv")],
    "show": [("3",), ("3", "--json"), ("3", "--jsonl", "-")],
    "diff": [("2", "3"), ("2", "3", "--exact"), ("2", "3", "--json"), ("2", "3", "--jsonl", "-")],
    "report": [("-o", "-"), ("-o", "-", "--json"), ("--schema",)],
    "report verify": [("report.json",), ("report.json", "--json")],
    "export": [
        *((table,) for table in TABLES),
        *(("claims", "--format", form) for form in ("json", "jsonl", "parquet")),
    ],
    "liabilities verify": [(TOTAL,), (TOTAL, "--json")],
    "liabilities verify-inclusion": [(TREE, "--user", USER), (TREE, "--user", USER, "--json")],
    "liabilities ratio": [("2",), ("2", "--json")],
    "prices chainlink": [NODE, (*NODE, "--json")],
    "prices fetch": [(), ("--json",)],
    "validators": [(HOLDER, *NODE), (HOLDER, *NODE, "--json"), (HOLDER, *NODE, "-o", "-")],
    "verify-message": [("message.json",), ("message.json", "--json")],
    "verify-transactions": [("said.csv", *NODE, "--jsonl", "-")],
    "proofs check": [("proof.jsonl",), ("proof.jsonl", "--json")],
    "endpoints check": [("--networks", "ethereum", *NODE), ("--json", *NODE)],
    "db grants": [("a", "b")],
    "prune": [("--keep", "1")],
    "pruned": [(), ("--json",)],
    "status": [(), ("--json",)],
    "schedule list": [(), ("--json",)],
    "publishers list": [(), ("--json",), ("--known",)],
    "alerts run": [("--alerts", "alerts.toml", "--json")],
}
"""Command -> each way of its own in which it writes data to stdout, as its arguments."""

SILENT = {
    "init", "liabilities recheck", "liabilities import", "prices import", "db upgrade", "db check",
    "schedule add", "schedule edit", "schedule pause", "schedule resume", "schedule remove",
    "schedule run-now", "publishers rename", "publishers merge", "alerts test",
}  # fmt: skip
"""Commands that have no data for stdout: their words go to stderr."""
APART = {"serve", "worker", "demo"}
"""Servers, and a command that is the others one after another."""
CASES = [(name, *words) for name, ways in PRINTS.items() for words in ways]


def test_every_command_is_here():
    def names(path: str, command) -> Iterator[str]:
        children = getattr(command, "commands", None) or {}
        if not children:
            yield path
        for name, child in children.items():
            yield from names(f"{path} {name}".strip(), child)

    assert set(names("", typer.main.get_command(app))) == {*PRINTS, *SILENT, *APART}


@pytest.fixture(scope="module")
def beacon():
    pays = "0x01" + "00" * 11 + HOLDER[2:].lower()
    state = {"0x8" + "0" * 95: (32 * 10**9, "active_ongoing", pays)}
    with BeaconStub({0: {}, 7: state, 8: {}}, finalized=7).serve() as place:
        yield place


@pytest.fixture(scope="module", autouse=True)
def prices():
    """A service of prices that knows none."""
    with serving(lambda seen: Said(body=b"{}")) as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANNER_COINGECKO_URL", f"http://{place}")
        yield


@pytest.fixture(scope="module")
def prepared(chain, beacon, tmp_path_factory) -> Path:
    """A folder with every file that the cases name, and a database of two snapshots and a half."""
    folder = tmp_path_factory.mktemp("prepared")
    write_eth_list(folder / "list.csv")
    nodes = write_endpoints(folder / "endpoints.toml", chain.url)
    dead = '[[endpoint]]\nname = "dead"\nnetwork = "bitcoin"\nprotocol = "bitcoin_core"\n'
    more = '[[endpoint]]\nname = "b"\nnetwork = "ethereum-beacon"\nprotocol = "beacon"\n'
    nodes.write_text(
        f'{nodes.read_text()}{dead}url = "http://127.0.0.1:1"\n{more}url = "http://{beacon}"\n'
    )
    false = (folder / "list.csv").read_text().replace("58959708849230328", "9")
    (folder / "false.csv").write_text(false.replace("0.058959708849230328", "9"))
    rows = (folder / "list.csv").read_text().splitlines()
    (folder / "one.csv").write_text("\n".join(rows[:-1]) + "\n")
    (folder / "message.json").write_text(
        json.dumps({"address": HOLDER, "message": "a text", "signature": "0x" + "11" * 65})
    )
    (folder / "said.csv").write_text(
        "network,address,kind,txid,amount,after,until\n"
        f"bitcoin,1GNn7ynxZHAf86frp4ggf16SrMXwxtev59,send_to_self,{'11' * 32},0.000208,114,117\n"
    )
    (folder / "alerts.toml").write_text(
        '[[channel]]\nname = "none"\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n'
        '[[rule]]\nname = "any"\nkind = "found_false"\n'
    )
    for words in (
        ("snapshot", "list.csv", *NODE, "--publisher", "one"),
        ("snapshot", "list.csv", *NODE, "--publisher", "one", "--proof"),
        ("snapshot", "false.csv", *NODE, "--publisher", "one"),
        ("snapshot", "one.csv", *NODE, "--publisher", "one"),
        ("liabilities", "import", TOTAL, "--snapshot", "2"),
        ("report", "2", "--json", "-o", "report.json"),
        ("prune", "1", "--yes"),
        ("schedule", "add", "s", "--list", "list.csv", "--cron", "0 0 * * *", "--publisher", "one"),
    ):
        status, _, err = ran(folder, words)
        assert status in (0, 1, 3), (words, err)
    (proofs,) = folder.glob("data/**/*.proofs.jsonl")
    shutil.copy(proofs, folder / "proof.jsonl")
    return folder


@pytest.fixture
def folder(prepared, tmp_path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "work"))


def ran(folder: Path, words, stdout=None, stderr=None) -> tuple[int, bytes, str]:
    """Run `scanner WORDS` with these streams: its status, what it printed, what it said."""
    env = {**os.environ, "SCANNER_DATA": str(folder / "data")}
    with TemporaryFile() as kept, TemporaryFile() as err:
        run = warm().start(
            [str(word) for word in words], cwd=folder, env=env,
            stdout=stdout or kept, stderr=stderr or err,
        )  # fmt: skip
        status = run.wait(120)
        kept.seek(0)
        err.seek(0)
        return status, kept.read(), err.read().decode()


@contextmanager
def nobody() -> Iterator[object]:
    """A pipe whose reader has left."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb", buffering=0) as file:
        yield file


@contextmanager
def full() -> Iterator[object]:
    with open("/dev/full", "wb", buffering=0) as file:
        yield file


@contextmanager
def closed() -> Iterator[object]:
    """As `scanner` opens a stdout that is closed: nothing can be written to it."""
    with open(os.devnull, "rb", buffering=0) as file:
        yield file


GONE = {
    nobody: (141, "scanner: stdout: its reader left before all was written"),
    full: (2, "scanner: stdout: No space left on device"),
    closed: (2, "scanner: stdout: it is closed"),
}


def name(case) -> str:
    return " ".join(Path(str(word)).name for word in case)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_what_stdout_does_not_take_is_said(case, folder, tmp_path):
    words = (*case[0].split(), *case[1:])
    status, out, err = ran(folder, words)
    assert status in (0, 1, 3), err
    assert out, err
    for how, (wanted, last) in GONE.items():
        work = Path(shutil.copytree(folder, tmp_path / how.__name__))
        with how() as stdout:
            status, _, err = ran(work, words, stdout)
        assert (status, err.splitlines()[-1]) == (wanted, last), err
        assert "Traceback" not in err
        assert "internal error" not in err


@pytest.mark.parametrize("how", GONE)
@pytest.mark.parametrize("command", ["snapshot false.csv", "resume 3"])
def test_what_a_snapshot_found_is_said_all_the_same(command, how, folder):
    with how() as stdout:
        status, _, err = ran(folder, (*command.split(), *NODE), stdout)
    assert status == GONE[how][0]
    assert "FALSE: shortfall, 1 (" in err
    assert "2 rows of false.csv: 1 row is false" in err
    number = 3 if "resume" in command else 5
    assert f"snapshot {number} is saved: 'scanner totals {number}' shows its totals" in err
    assert ran(folder, ("totals", str(number)))[0] == 1


@pytest.mark.parametrize("how", GONE)
@pytest.mark.parametrize("command", ["snapshot list.csv", "show 3", "export claims", "init new"])
def test_words_that_stderr_does_not_take_change_nothing(command, how, folder):
    nodes = NODE if command.startswith("snapshot") else ()
    wanted, usual, _ = ran(folder, (*command.split(), *nodes))
    shutil.rmtree(folder / "new", ignore_errors=True)
    with how() as stderr:
        status, out, _ = ran(folder, (*command.split(), *nodes), stderr=stderr)
    assert status == wanted
    assert out.replace(b"snapshot 6", b"snapshot 5").replace(b"totals 6", b"totals 5") == usual
