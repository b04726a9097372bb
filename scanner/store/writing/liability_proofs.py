"""Keeps proofs of one total over all coins beside a snapshot, whole."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, select

from scanner.errors import SnapshotNotFoundError, StoreError
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.record import KeptProof
from scanner.store.database import chain
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t


def keep_proof(store: Store, snapshot_id: int, proof: KeptProof) -> bool:
    """Keep one; False if it is kept beside the snapshot already, with all that was said of it.

    A proof is known by what it proves, its root and its sum: the same one in other bytes (written
    with other spaces, say) would owe everything twice. Raises SnapshotNotFoundError; StoreError if
    another unit, published ratio or key is given than it is kept with: what is stored stays.
    """
    with store.write() as connection:
        known = select(t.snapshot.c.id).where(t.snapshot.c.id == snapshot_id)
        if connection.execute(known).first() is None:
            raise SnapshotNotFoundError(str(snapshot_id))
        for kept in proofs_of(connection, snapshot_id):
            if kept.sha256 == proof.sha256 or _proven(kept) == _proven(proof):
                _refuse_other(snapshot_id, kept, proof)
                return False
        values = {**asdict(proof), "status": proof.status.value, "evidence": proof.evidence.value}
        connection.execute(t.liability_proof.insert(), {"snapshot_id": snapshot_id, **values})
        chain.append(connection, chain.PROOFS, {"keys": [[snapshot_id, proof.sha256]]})
        return True


def _proven(proof: KeptProof) -> tuple[str, str, int]:
    return proof.format, proof.root, proof.net


def _refuse_other(snapshot_id: int, kept: KeptProof, given: KeptProof) -> None:
    """Raise StoreError where another unit, ratio or key is given than the one that is kept.

    What is not given now is not said to be otherwise.
    """
    said = {
        "--unit-usd": (kept.unit_usd, given.unit_usd),
        "--published": (kept.published_ratio, given.published_ratio),
        "--key": (kept.pin, given.pin),
    }
    for option, (before, now) in said.items():
        if now and before != now:
            raise StoreError(
                f"snapshot {snapshot_id} has this proof already ({kept.name}), with {option} "
                f"{before or 'not given'} and not {now}: what is stored is not changed; take a new "
                "snapshot to save it otherwise"
            )


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
