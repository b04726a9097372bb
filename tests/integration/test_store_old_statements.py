"""Snapshots of programs that did not check what was signed: read as they were, and told."""

from __future__ import annotations

from dataclasses import replace

from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address
from support.taking import SIGNED, planned, take

from scanner.model.finding import FindingKind, Weight
from scanner.model.statement import StatedBy, Statement
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.figures.outcome import outcome_weights
from scanner.snapshots import chunks
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.schema import tables as t
from scanner.store.schema.records import dump_policy, load_policy


def old_snapshot(store, monkeypatch):
    """As an older program leaves it: no rule, no texts, and columns at their defaults."""
    monkeypatch.setattr(
        chunks,
        "settle",
        lambda result, claim, rule: result._replace(
            statement=Statement.NOT_ASKED, stated_by=StatedBy.NOTHING
        ),
    )
    snapshot = planned(store, [eth_claim(n, **SIGNED) for n in range(3)])
    with store.write() as connection:
        stored = connection.execute(t.snapshot.select()).one()
        policy = replace(load_policy(stored.policy), statement=None, origin=None)
        changed = t.snapshot.update().where(t.snapshot.c.id == snapshot)
        connection.execute(changed.values(policy=dump_policy(policy), texts=""))
    take(store, snapshot, StubSource())
    return snapshot


def test_an_old_snapshot_is_read_and_says_that_nobody_asked(store, monkeypatch):
    snapshot = old_snapshot(store, monkeypatch)
    assert check(store) == []
    (eth,) = queries.totals(store, snapshot).assets
    assert eth.verified == sum(balance_of(evm_address(n), "ETH") for n in range(3))
    found = [f.finding for f in queries.findings(store, snapshot)]
    assert [f.kind for f in found] == [FindingKind.STATEMENT_UNCHECKED]
    assert "did not check what was signed" in found[0].reason
    assert outcome_weights(store, snapshot) == {Weight.UNSHOWN}
    document = report_document(store, snapshot)
    assert (document["statement_rule"], document["texts"]) == (None, [])
    assert document["answer"]["status"] == "unshown"
    assert "did not save the texts" in report_page(document)


def test_rows_read_later_without_a_rule_are_not_stated(store):
    """A snapshot that an older program planned: nothing is verified that nobody asked about."""
    snapshot = planned(store, [eth_claim(0, **SIGNED)])
    with store.write() as connection:
        stored = connection.execute(t.snapshot.select()).one()
        policy = replace(load_policy(stored.policy), statement=None)
        connection.execute(t.snapshot.update().values(policy=dump_policy(policy)))
    take(store, snapshot, StubSource())
    (eth,) = queries.totals(store, snapshot).assets
    assert (eth.verified, eth.unverified) == (0, balance_of(evm_address(0), "ETH"))
    assert check(store) == []
