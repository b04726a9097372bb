"""Keeps proofs of one total over all coins beside a snapshot, whole."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, select

from scanner.errors import SnapshotNotFoundError
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.record import KeptProof
from scanner.store.database import chain
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t


def keep_proof(store: Store, snapshot_id: int, proof: KeptProof) -> bool:
    """Keep one; False if this document is kept beside the snapshot already.

    Raises SnapshotNotFoundError.
    """
    with store.write() as connection:
        known = select(t.snapshot.c.id).where(t.snapshot.c.id == snapshot_id)
        if connection.execute(known).first() is None:
            raise SnapshotNotFoundError(str(snapshot_id))
        if any(kept.sha256 == proof.sha256 for kept in proofs_of(connection, snapshot_id)):
            return False
        values = {**asdict(proof), "status": proof.status.value, "evidence": proof.evidence.value}
        connection.execute(t.liability_proof.insert(), {"snapshot_id": snapshot_id, **values})
        chain.append(connection, chain.PROOFS, {"keys": [[snapshot_id, proof.sha256]]})
        return True


def proofs_of(connection: Connection, snapshot_id: int) -> list[KeptProof]:
    """What is kept beside a snapshot, by hash."""
    c = t.liability_proof.c
    query = select(t.liability_proof).where(c.snapshot_id == snapshot_id).order_by(c.sha256)
    return [
        KeptProof(
            row.sha256,
            row.format,
            row.name,
            ProofStatus(row.status),
            LiabilityEvidence(row.evidence),
            row.net,
            row.unit_usd,
            row.root,
            row.pin,
            row.key_data,
            row.document,
            row.published_ratio,
        )
        for row in connection.execute(query)
    ]
