"""Run as a program by tests that kill it: takes one snapshot from a slow stub source.

Arguments: database URL, snapshot id, seconds for each chunk. Prints "taking" when the first
chunk is asked for, "chunk" after each that is stored, and the snapshot's state at the end.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Sequence

from scanner.model.block import BlockRef
from scanner.model.finding import Finding
from scanner.settings.tables import load_registry
from scanner.snapshots import crew
from scanner.snapshots.interface import Chunk, RowResult
from scanner.snapshots.take import take_snapshot
from scanner.store.database.engine import open_store
from scanner.store.writing.sink import StoreSink
from support.snapshot_stub import StubSource, good_judge


class TellingSink(StoreSink):
    def finish_chunk(
        self, chunk: Chunk, results: Sequence[RowResult], block: BlockRef | None = None
    ) -> list[Finding]:
        found = super().finish_chunk(chunk, results, block)
        tell("chunk")
        return found


def main() -> None:
    url, snapshot_id, delay = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    registry = load_registry()
    if "LARGEST_FILE" in os.environ:  # a small disk, as far as this process can tell
        most = int(os.environ["LARGEST_FILE"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    with open_store(url) as store:
        first = threading.Event()

        def say(_queries: object) -> None:
            if not first.is_set():
                first.set()
                tell("taking")

        networks = ("ethereum", "arbitrum")
        sources = {n: StubSource(n, delay=delay, trouble=say) for n in networks}
        crew.WORTH_IT = 0
        taken = take_snapshot(
            TellingSink(store), snapshot_id, sources, good_judge, registry,
            processes=int(os.environ.get("PROCESSES", "1")),
        )  # fmt: skip
    tell(taken.state.value)


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
