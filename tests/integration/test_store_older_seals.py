"""What a program before the chain stored is still read, and `db check` says what no seal covers."""

import pytest
from sqlalchemy import text
from support.command import run_scanner
from support.snapshot_stub import StubSource, eth_claim, stored
from support.taking import take
from support.web_data import served

from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.database import chain
from scanner.store.database.engine import open_store
from scanner.store.reading.check import check
from scanner.store.reading.check_chain import newest_head
from scanner.store.schema import append_only, guards
from scanner.store.writing.runs import create_snapshot


def without_triggers(store, connection):
    """Let a transaction change what is kept."""
    if store.dialect == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    else:
        for name in [*append_only.wanted("sqlite"), *(g.name for g in guards.guards("sqlite"))]:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")


def before_the_chain(store):
    """As a program before the chain left it, and this one found it when it upgraded the schema."""
    with store.write() as connection:
        without_triggers(store, connection)
        connection.execute(text("DELETE FROM link"))
        if store.dialect == "sqlite":
            made = append_only.wanted("sqlite").values()
            for statement in [*made, *guards.create_statements("sqlite")]:
                connection.exec_driver_sql(statement)
    with store.write() as connection:
        chain.begin(connection)


def test_what_is_older_than_the_chain_is_read_and_named(filled_url):
    with open_store(filled_url) as store:
        before_the_chain(store)
        problems = check(store)
        assert problems
        assert all(problem.older for problem in problems)
        listed = stored(store, [eth_claim(70)], publisher="other")
        take(store, create_snapshot(store, listed.list_id, SnapshotPolicy()), StubSource())
        assert check(store) == problems, "what comes later is sealed"
    done = run_scanner(["db", "check"], env={"SCANNER_DATABASE": filled_url})
    assert done.status == 3
    for words in (
        "the list 1 was stored by an older program, without a seal",
        "snapshot 1: an older program sealed its results, without list, publisher and times",
    ):
        assert words in done.err
    assert run_scanner(["totals", "1"], env={"SCANNER_DATABASE": filled_url}).status in (0, 1, 3)


def test_what_is_older_is_still_not_to_be_changed(filled_url):
    """The first link has the digest of the liabilities and prices that it found."""
    with open_store(filled_url) as store:
        before_the_chain(store)
        with store.write() as connection:
            without_triggers(store, connection)
            connection.execute(text("UPDATE price SET value = '1'"))
        wrong = [problem.what for problem in check(store) if not problem.older]
        assert any("rows of price" in what for what in wrong), wrong


def test_the_newest_head_stands_on_every_report_and_export(filled_url, tmp_path):
    """Whoever keeps one of them elsewhere has a head to compare."""
    with open_store(filled_url) as store:
        head = newest_head(store)

    def said(*words):
        done = run_scanner(words, env={"SCANNER_DATABASE": filled_url})
        assert done.status in (0, 1, 3), done.err
        return done.text + done.err

    for more in ((), ("--json",)):
        said("report", "1", *more, "-o", str(tmp_path / "report"))
        assert head in (tmp_path / "report").read_text()
    assert head in said("db", "check")
    for table in ("totals", "balances", "ownership", "claims", "findings"):
        for form in ("csv", "json", "jsonl"):
            assert head in said("export", table, "1", "--format", form, "-o", "-")
    pytest.importorskip("uvicorn")
    with served(filled_url) as client:
        for place in (
            *("/", "/snapshots/1", "/snapshots/1/rows", "/snapshots/1/findings"),
            *("/verify", "/snapshots/1/report.html", "/api/v1/snapshots/1"),
        ):
            assert head in client.get(place).text, place
        assert client.get("/snapshots/1/totals.csv").headers["newest-head"] == head
    checked = run_scanner(["db", "check", "--head", head], env={"SCANNER_DATABASE": filled_url})
    assert checked.status == 0, checked.err
    other = run_scanner(["db", "check", "--head", "0" * 64], env={"SCANNER_DATABASE": filled_url})
    assert other.status == 1
    assert "does not contain the head" in other.err
