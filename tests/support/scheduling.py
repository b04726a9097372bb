"""A schedule of one small list, and the work of a worker on it."""

import threading
from datetime import UTC, datetime

from scanner.settings.tables import load_registry
from scanner.store.writing import schedules
from scanner.store.writing.schedules import ScheduleOptions
from scanner.worker.jobs import Jobs
from support.snapshot_stub import StubSource, evm_address, good_judge

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIX = datetime(2026, 11, 21, 6, tzinfo=UTC)
LIST = "network,asset,address,amount\n" + "".join(
    f"ethereum,ETH,{evm_address(n)},1.5\n" for n in range(25)
)


def add(store, location, name="okx", **options):
    return schedules.add(
        store, name, "okx", str(location), "0 6 * * *", ScheduleOptions(**options), START
    )


def jobs_on(store, source=None):
    source = source or StubSource()
    return Jobs(
        store, lambda network, _policy: source if network == source.network else None,
        good_judge, load_registry(), 4, threading.Event(),
    )  # fmt: skip


def one_run(store, schedule):
    (run,) = schedules.runs(store, schedule)
    return run
