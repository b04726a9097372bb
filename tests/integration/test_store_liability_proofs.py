"""Proofs of one total, kept in both databases and verified again from there."""

from __future__ import annotations

import gzip
import json

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


def test_the_same_proof_in_other_bytes_is_no_second_one(store, tmp_path):
    """Written anew with other spaces it would owe everything twice, or by another unit nothing."""
    snapshot = planned(store, twenty_five())
    _, proof = keep(TOY, pin("toy"), "0.0001", "1.05")
    assert proof is not None
    assert keep_proof(store, snapshot, proof)
    spaced = tmp_path / "again.json"
    spaced.write_text(json.dumps(json.loads(gzip.decompress(TOY.read_bytes())), indent=2))
    _, again = keep(spaced, pin("toy"), "0.0001", "1.05")
    assert again is not None
    assert again.sha256 != proof.sha256
    assert not keep_proof(store, snapshot, again)
    _, bare = keep(TOY, "", "")
    assert bare is not None
    assert not keep_proof(store, snapshot, bare), "what is not given is not said to be otherwise"
    with store.read() as connection:
        assert proofs_of(connection, snapshot) == [proof]


@pytest.mark.parametrize("file", ["same", "again"])
@pytest.mark.parametrize(
    ("before", "said", "option"),
    [
        ((pin("toy"), "0.0001", "1.05"), (pin("toy"), "0.01", ""), "--unit-usd 0.0001 and not"),
        ((pin("toy"), "", ""), (pin("toy"), "0.01", ""), "--unit-usd not given and not 0.01"),
        ((pin("toy"), "", "1.05"), (pin("toy"), "", "1.04"), "--published 1.05 and not 1.04"),
        (("", "", ""), (pin("toy"), "", ""), "--key not given and not"),
    ],
)
def test_what_is_said_anew_of_a_kept_proof_is_not_dropped_without_a_word(
    store, tmp_path, file, before, said, option
):
    snapshot = planned(store, twenty_five())
    _, proof = keep(TOY, *before)
    assert proof is not None
    assert keep_proof(store, snapshot, proof)
    spaced = tmp_path / "again.json"
    spaced.write_text(json.dumps(json.loads(gzip.decompress(TOY.read_bytes())), indent=2))
    _, again = keep(TOY if file == "same" else spaced, *said)
    assert again is not None
    with pytest.raises(StoreError, match=f"has this proof already.*with {option}"):
        keep_proof(store, snapshot, again)
    with store.read() as connection:
        assert proofs_of(connection, snapshot) == [proof]


def test_a_proof_belongs_to_a_snapshot(store):
    _, proof = keep(TOY, "", "")
    assert proof is not None
    with pytest.raises(SnapshotNotFoundError):
        keep_proof(store, 999, proof)
