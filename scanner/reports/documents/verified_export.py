"""What the appendix of the largest rows is a part of: the export of all, and its hash."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import TYPE_CHECKING

from scanner.reports.documents.exports import TABLES
from scanner.reports.tables.writers import write_csv
from scanner.store.database.engine import Store

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

TABLE = "verified"


class _Hashing(io.RawIOBase):
    """Takes bytes for their hash, and keeps none."""

    def __init__(self) -> None:
        super().__init__()
        self.hash = sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        self.hash.update(data)
        return memoryview(data).nbytes


def export_command(snapshot_id: int) -> str:
    """The command that writes every verified row of a snapshot."""
    return f"scanner export {TABLE} {snapshot_id} --format csv"


def verified_export(store: Store, snapshot_id: int) -> dict[str, object]:
    """How many rows are verified, the command that writes them all, and SHA-256 of what it writes.

    Rows are streamed; the same snapshot gives the same bytes on every database.
    """
    sink, table = _Hashing(), TABLES[TABLE]
    with io.BufferedWriter(sink) as stream:
        rows = write_csv(stream, table.columns, table.records(store, snapshot_id))
        stream.flush()
        digest = sink.hash.hexdigest()
    return {
        "rows": rows,
        "command": export_command(snapshot_id),
        "sha256": digest,
    }
