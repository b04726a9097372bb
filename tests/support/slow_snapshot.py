"""Run as a program by tests that kill it: takes one snapshot from a slow stub source.

Arguments: database URL, snapshot id, seconds for each chunk. Prints "taking" when the first
chunk is asked for, "chunk" after each that is stored, and the snapshot's state at the end.
"""

from __future__ import annotations

import os
import resource
import sys
import threading

from scanner.settings.tables import load_registry
from scanner.snapshots.take import take_snapshot
from scanner.store.engine import open_store
from scanner.store.sink import StoreSink
from support.snapshot_stub import StubSource, good_judge


def main() -> None:
    url, snapshot_id, delay = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    registry = load_registry()
    if "LARGEST_FILE" in os.environ:  # a small disk, as far as this process can tell
        most = int(os.environ["LARGEST_FILE"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    with open_store(url) as store:
        first = threading.Event()
        known = 0

        def say(_queries: object) -> None:
            if not first.is_set():
                first.set()
                tell("taking")

        def progress(_share: float, claims: int) -> None:
            nonlocal known
            if claims > known:
                known = claims
                tell("chunk")

        networks = ("ethereum", "arbitrum")
        sources = {n: StubSource(n, delay=delay, trouble=say) for n in networks}
        taken = take_snapshot(
            StoreSink(store), snapshot_id, sources, good_judge, registry, progress=progress
        )
    tell(taken.state.value)


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
