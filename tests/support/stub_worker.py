"""Run as a program by tests: a worker with slow stub sources, on a queue in a hurry.

Arguments: database URL, seconds for each chunk. Prints "working" when it starts.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

from scanner.settings.tables import load_registry
from scanner.store.database.engine import open_store
from scanner.worker.jobs import Jobs
from scanner.worker.queue import Timing
from scanner.worker.service import run_worker
from support.snapshot_stub import StubSource, good_judge

HASTY = Timing(
    heartbeat=0.5,
    stalled=2.0,
    rescue="* * * * * *",
    tries=int(os.environ.get("TRIES", "4")),
    first_wait=1,
    poll=0.5,
)


def main() -> None:
    logging.basicConfig(level=os.environ.get("LOG", "WARNING"))
    url, delay = sys.argv[1], float(sys.argv[2])
    deadly = os.environ.get("DEADLY_ADDRESS", "")

    def trouble(queries) -> None:
        if any(q.address.text.lower() == deadly for q in queries):
            os._exit(9)

    sources = {n: StubSource(n, delay=delay, trouble=trouble) for n in ("ethereum", "arbitrum")}
    with open_store(url) as store:
        jobs = Jobs(
            store,
            lambda network, _policy: sources.get(network),
            good_judge,
            load_registry(),
            HASTY.tries,
            threading.Event(),
        )
        sys.stdout.write("working\n")
        sys.stdout.flush()
        run_worker(jobs, timing=HASTY, concurrency=2)
    sys.stdout.write("stopped\n")


if __name__ == "__main__":
    main()
