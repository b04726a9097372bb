"""Proofs of one total, kept in both databases and verified again from there."""

from __future__ import annotations

import pytest
from support.okx_proofs import V2, pin
from support.taking import planned, twenty_five

from scanner.errors import SnapshotNotFoundError, StoreError
from scanner.liabilities.kept import keep, recheck
from scanner.reports.figures.aggregate import aggregates
from scanner.store.schema import tables
from scanner.store.writing.liability_proofs import keep_proof, proofs_of

TOY = V2 / "toy" / "sum_proof_data.json.gz"


def test_a_proof_comes_back_as_it_was_and_holds(store):
    snapshot = planned(store, twenty_five())
    _, proof = keep(TOY, pin("toy"), "0.0001")
    assert proof is not None
    assert keep_proof(store, snapshot, proof)
    assert not keep_proof(store, snapshot, proof)
    with store.read() as connection:
        assert proofs_of(connection, snapshot) == [proof]
        assert proofs_of(connection, snapshot + 1) == []
    assert recheck(proof) == ""
    (found,) = aggregates(store, snapshot)
    assert (found.ratio, found.why_absent) == (None, "not every balance has been read")
    assert found.owed_cents == -(-proof.net // 100)
    with pytest.raises(StoreError, match="append-only"), store.write() as connection:
        connection.execute(tables.liability_proof.delete())


def test_a_proof_belongs_to_a_snapshot(store):
    _, proof = keep(TOY, "", "")
    assert proof is not None
    with pytest.raises(SnapshotNotFoundError):
        keep_proof(store, 999, proof)
