"""A snapshot that is still being read: every command says so, none takes unread for zero."""

from __future__ import annotations

import json

import pytest
from support.web_data import make_database

from scanner.reports.documents.exports import TABLES


@pytest.fixture
def running(scanner, tmp_path):
    """Run a command on a snapshot of which 20 of 60 claims are read. Gives it, and the ids."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    ids = make_database(url)

    def run(*arguments):
        return scanner(*arguments, env={"SCANNER_DATABASE": url})

    return run, ids


def told(done):
    return "INCOMPLETE" in done.err + done.out.decode()


def test_nothing_is_settled_and_nothing_lost(running):
    run, ids = running
    done = run("totals", ids.running, "--json")
    (eth,) = done.object["assets"]
    assert (done.status, done.object["complete"], eth["unavailable_rows"]) == (
        1,
        False,
        40,
    )  # a row repeats
    assert int(eth["claimed"]) > int(eth["verified"]) > 0
    assert told(run("totals", ids.running))
    shown = run("show", ids.running, "--only", "shortfall")
    assert (shown.status, shown.out, told(shown)) == (3, b"", True)


def test_the_report_is_written_and_says_so(running, tmp_path):
    run, ids = running
    done = run("report", ids.running, "-o", "report.html")
    assert (done.status, told(done)) == (0, True)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "the result is incomplete" in page
    twin = run("report", ids.running, "--json", "-o", "-").object
    assert twin["answer"]["status"] == "incomplete"
    assert twin["rows"]["not_judged"] == 41


def test_exports_have_every_row_and_leave_what_is_unread_empty(running, tmp_path):
    run, ids = running
    for table in TABLES:
        done = run("export", table, ids.running, "-f", "jsonl", "-o", f"{table}.jsonl")
        assert (done.status, told(done)) == (0, True), table
    rows = [json.loads(line) for line in (tmp_path / "balances.jsonl").read_text().splitlines()]
    assert len(rows) == 61
    unread = [row for row in rows if row["found"] is None]
    assert {(row["evidence"], row["reason"]) for row in unread} == {(None, "not read yet")}
    assert len(unread) == 41


def test_liabilities_give_no_ratio_yet_and_a_value_is_a_lower_bound(running, tmp_path):
    run, ids = running
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,0.1\n")
    assert run("liabilities", "import", "owed.csv", "--snapshot", ids.running).status == 0
    (eth,) = run("totals", ids.running, "--json").object["assets"]
    assert (eth["liabilities"], eth["reserve_ratio"]) == (str(10**17), None)
    value = run("value", ids.running)
    assert (value.status, told(value)) == (1, True)
    assert "lower bounds" in value.err


def test_a_difference_with_it_says_so(running):
    run, ids = running
    assert told(run("diff", ids.new, ids.running))
