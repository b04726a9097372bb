"""The queue: everything here that knows Procrastinate.

Jobs carry ids only. What Procrastinate does not do by itself and what is therefore done here:
jobs of workers that died or froze are given out again, a limited number of times; chunks that wait
without a job (a queue that was emptied, a database that was restored) get one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, text

from scanner.errors import StoreError
from scanner.snapshots.values import Chunk, SnapshotPolicy
from scanner.store.database.connection import kept_alive
from scanner.store.database.engine import Store
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.schedules import Run, RunState, unfinished
from scanner.store.writing.sink import chunks_of
from scanner.worker.clocks import forget_future
from scanner.worker.jobs import Jobs, unended, waiting_chunks
from scanner.worker.scheduling import (
    FIRST_WAIT,
    LONGEST_WAIT,
    TRIES,
    claim_due,
    give_up,
    start_run,
    wait_after,
)
from scanner.worker.unnoted import telling_manager

if TYPE_CHECKING:
    from procrastinate import App, BaseRetryStrategy, JobContext
    from procrastinate.jobs import Job

CHUNK_TASK = "scanner.chunk"
RUN_TASK = "scanner.run"
FORGET_TASK = "scanner.forget"
KEPT_HOURS = 7 * 24
"""How long jobs that failed stay in the queue's table, where every look for work passes them."""
CHUNKS, UPKEEP = "chunks", "upkeep"
"""Queues: the work, and what keeps it going."""

SUSPECTS = "suspects"
"""Lock of jobs whose workers died more than once."""

log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """When workers count as gone and what is done about it.

    heartbeat: seconds between two signs of life of a worker. stalled: seconds without one after
    which its jobs are given to others; longer than any garbage collection or full disk queue.
    rescue, ticks, forget: cron expressions of looking for such jobs, for schedules that are due,
    and for jobs that failed long ago; a sixth field, if any, is seconds.
    tries: how often a chunk's job is given out at most. first_wait: seconds before a job that had
    no answer is done again, four times as long each time, `longest_wait` at most.
    poll: seconds between two looks for jobs where no notification came.
    """

    heartbeat: float = 10.0
    stalled: float = 60.0
    rescue: str = "* * * * *"
    ticks: str = "* * * * *"
    forget: str = "17 * * * *"
    tries: int = 4
    first_wait: int = FIRST_WAIT
    poll: float = 5.0
    longest_wait: float = LONGEST_WAIT

    def wait_after(self, tried: int) -> float:
        """Seconds before a job that was tried so often is tried again."""
        return wait_after(tried, self.first_wait, self.longest_wait)


def set_up(store: Store) -> bool:
    """Make the queue's tables unless they are there. Returns whether they were made now.

    Raises StoreError on SQLite, which has no queue: one process does everything there.
    """
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - an extra

    _require_postgresql(store)
    with store.write() as connection:
        # Two workers that start at once must not both make them.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('scanner queue'))"))
        if _is_set_up(connection):
            return False
        cursor: Any = connection.connection.cursor()
        cursor.execute(SchemaManager.get_schema())
        cursor.close()
    return True


def enqueue(connection: Connection, snapshot_id: int, chunks: Sequence[tuple[int, str]]) -> None:
    """Give out chunks, (number, lock), in the transaction at hand: it holds both or neither.

    lock: chunks of one lock are taken one at a time, whatever the number of workers.
    Raises StoreError.
    """
    _require_queue(connection)
    raw = connection.connection.driver_connection
    app = _app_without_connections()
    by_lock: dict[str, list[dict[str, int]]] = {}
    for no, lock in chunks:
        by_lock.setdefault(lock, []).append({"snapshot_id": snapshot_id, "chunk_no": no})
    for lock, jobs in by_lock.items():
        task = app.configure_task(CHUNK_TASK, queue=CHUNKS, lock=lock, connection=cast(Any, raw))
        task.batch_defer(*cast(Any, jobs))


def lock_of(network: str, number: int, parallel: int) -> str:
    """The lock of a chunk: as many per network as its source allows at a time, fleet-wide."""
    return f"{network}/{number % max(1, parallel)}"


def make_app(
    store: Store, jobs: Jobs, timing: Timing, unnoted: Callable[[], None] = lambda: None
) -> App:
    """A Procrastinate app whose tasks do `jobs`. Opened and run by the caller.

    unnoted: called where a job ended and the database could not be told. To everybody it is still
    being done, by a worker that lives: only when that worker registers anew is it given out again.
    """
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415 - an extra
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - an extra

    # What SQLAlchemy itself connects with: its URLs are not quite libpq's (a blank is "+").
    _, options = store.engine.dialect.create_connect_args(store.engine.url)
    options.pop("context", None)  # the driver's own, no word for libpq
    where = make_conninfo(**{**kept_alive(store.engine.url), **options})
    app = App(connector=PsycopgConnector(conninfo=where, min_size=1, max_size=4))
    app.job_manager = telling_manager(app, unnoted)  # before the tasks: they keep it

    @app.task(
        name=CHUNK_TASK, queue=CHUNKS, retry=_patience(timing, timing.tries), pass_context=True
    )
    def chunk(context: JobContext, snapshot_id: int, chunk_no: int) -> None:
        jobs.chunk(snapshot_id, chunk_no, context.job.attempts)

    @app.task(name=RUN_TASK, queue=CHUNKS, retry=_patience(timing, TRIES + 1), priority=5)
    def run(schedule_id: int, tick: int) -> None:
        wanted = _run_of(schedule_id, tick)
        start_run(store, jobs.registry, jobs.sources, partial(queued_snapshot, store), wanted)

    @app.periodic(cron=timing.ticks)
    @app.task(name="scanner.tick", queue=UPKEEP, priority=10)
    def tick(timestamp: int) -> None:
        claim_due(store, server_time(store), give_out_run)

    @app.periodic(cron=timing.ticks)
    @app.task(name="scanner.tell", queue=UPKEEP, queueing_lock="scanner.tell")
    def tell(timestamp: int) -> None:
        jobs.tell()

    @app.periodic(cron=timing.rescue)
    @app.task(name="scanner.rescue", queue=UPKEEP, priority=10)
    async def rescue(timestamp: int) -> None:
        from procrastinate.exceptions import ConnectorException  # noqa: PLC0415 - an extra
        from procrastinate.utils import sync_to_async  # noqa: PLC0415 - an extra

        await sync_to_async(forget_future, store, timing.longest_wait)
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=timing.stalled):
            try:
                await _rescue(app, jobs, job, timing)
            except ConnectorException:
                # Another worker was quicker, or the job ended after all: the others need us still.
                log.info("job %s: not stalled any more", job.id)
            except StoreError as e:
                log.warning("job %s stays with its worker, which is gone: %s", job.id, e)
        await sync_to_async(refill, store, jobs.parallel)
        await sync_to_async(refill_runs, store)
        await sync_to_async(jobs.settle_empty)

    _add_forgetting(app, timing)
    return app


def _add_forgetting(app: App, timing: Timing) -> None:
    """Jobs that are done are deleted at once; those that failed stay a while, to be looked at."""

    @app.periodic(cron=timing.forget)
    @app.task(name=FORGET_TASK, queue=UPKEEP, queueing_lock=FORGET_TASK)
    async def forget(timestamp: int) -> None:
        await app.job_manager.delete_old_jobs(
            KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )


def _patience(timing: Timing, tries: int) -> BaseRetryStrategy:
    """Try a job so often in all, waiting four times as long each time.

    Procrastinate's own strategy raises the factor to a power and leaves the first wait out of it.
    """
    from procrastinate import BaseRetryStrategy, RetryDecision  # noqa: PLC0415 - an extra

    class Patience(BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
            tried = job.attempts + 1
            if tried >= tries:
                return None
            return RetryDecision(retry_in={"seconds": round(timing.wait_after(tried))})

    return Patience()


def refill(store: Store, parallel: Callable[[str], int] = lambda _network: 1) -> int:
    """Give out chunks that wait and have no job, and the end of snapshots. Returns how many.

    parallel: network -> chunks that may be in flight at a time.
    """
    waiting, ends = waiting_chunks(store), unended(store)
    if not waiting and not ends:
        return 0
    live = text(
        "SELECT (args->>'snapshot_id')::bigint, (args->>'chunk_no')::int FROM procrastinate_jobs "
        "WHERE task_name = :task AND status IN ('todo', 'doing')"
    )
    with store.write() as connection:
        # One at a time, or two workers would both give out the same chunks.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('scanner refill'))"))
        known = {(snapshot, no) for snapshot, no in connection.execute(live, {"task": CHUNK_TASK})}
        lost: dict[int, list[tuple[int, str]]] = {}
        for snapshot_id, no, network in waiting:
            if (snapshot_id, no) not in known:
                lost.setdefault(snapshot_id, []).append(
                    (no, lock_of(network, no, parallel(network)))
                )
        at_work = {snapshot for snapshot, _ in known}
        for snapshot_id, no, network in ends:
            if snapshot_id not in at_work:
                lost[snapshot_id] = [(no, lock_of(network, no, parallel(network)))]
        for snapshot_id, chunks in lost.items():
            enqueue(connection, snapshot_id, chunks)
    return sum(map(len, lost.values()))


def refill_runs(store: Store) -> int:
    """Give out claimed runs that have no job (a restored backup, an emptied queue). How many."""
    claimed = unfinished(store)
    if not claimed:
        return 0
    live = text(
        "SELECT (args->>'schedule_id')::bigint, (args->>'tick')::bigint FROM procrastinate_jobs "
        "WHERE task_name = :task AND status IN ('todo', 'doing')"
    )
    with store.write() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('scanner refill'))"))
        known = {tuple(row) for row in connection.execute(live, {"task": RUN_TASK})}
        lost = [run for run in claimed if (run.schedule_id, _tick_of(run)) not in known]
        for run in lost:
            give_out_run(connection, run)
    return len(lost)


def _run_of(schedule_id: int, tick: int) -> Run:
    return Run(schedule_id, _EPOCH + timedelta(microseconds=tick), RunState.CLAIMED)


def _tick_of(run: Run) -> int:
    """The moment of a run as jobs carry it: microseconds since 1970."""
    return (run.tick - _EPOCH) // timedelta(microseconds=1)


async def _rescue(app: App, jobs: Jobs, job: Job, timing: Timing) -> None:
    """Give a stalled job out again, or give it up if it was tried too often."""
    from procrastinate.jobs import Status  # noqa: PLC0415 - an extra
    from procrastinate.utils import sync_to_async  # noqa: PLC0415 - an extra

    tried = job.attempts + 1
    if tried < timing.tries:
        log.warning("job %s: its worker is gone; another worker may take it", job.id)
        # A chunk that kills its worker takes the worker's other chunks with it. From the second
        # time on they are taken one at a time, so that the innocent ones come through.
        # At once by the server's clock: by that of a machine that is ahead, it would have to wait.
        now = await sync_to_async(server_time, jobs.store)
        await app.job_manager.retry_job(job, retry_at=now, lock=SUSPECTS if tried > 1 else None)
        return
    if job.task_name != CHUNK_TASK:
        log.error("job %s (%s): given up: its workers died over it", job.id, job.task_name)
        if job.task_name == RUN_TASK:
            why = f"given up: {tried} workers died or froze while starting it"
            run = _run_of(*(cast(int, job.task_kwargs[name]) for name in ("schedule_id", "tick")))
            await sync_to_async(give_up, jobs.store, run, why)
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        return
    snapshot_id, chunk_no = cast(int, job.task_kwargs["snapshot_id"]), job.task_kwargs["chunk_no"]
    await sync_to_async(jobs.poisoned, snapshot_id, cast(int, chunk_no), tried)
    await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)


def _is_set_up(connection: Connection) -> bool:
    query = text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")
    return bool(connection.execute(query).scalar())


def _app_without_connections() -> App:
    """An app that only puts jobs into transactions it is given."""
    from procrastinate import App, SyncPsycopgConnector  # noqa: PLC0415 - an extra

    return App(connector=SyncPsycopgConnector())


def _require_queue(connection: Connection) -> None:
    if not _is_set_up(connection):
        raise StoreError("the queue has no tables yet: run 'scanner db upgrade'")


def _require_postgresql(store: Store) -> None:
    if store.dialect != "postgresql":
        raise StoreError(
            "the queue needs PostgreSQL; with SQLite one process does everything: "
            "'scanner snapshot' and 'scanner worker' without a queue"
        )


def give_out_run(connection: Connection, run: Run) -> None:
    """Give out a claimed run in the transaction that claims it.

    Raises StoreError where the database has no queue yet.
    """
    _require_queue(connection)
    raw = connection.connection.driver_connection
    task = _app_without_connections().configure_task(
        RUN_TASK, queue=CHUNKS, priority=5, connection=cast(Any, raw)
    )
    task.defer(schedule_id=run.schedule_id, tick=_tick_of(run))


def server_time(store: Store) -> datetime:
    """The server's clock: the one that all workers share."""
    with store.read() as connection:
        now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)


def queued_snapshot(
    store: Store,
    list_id: int,
    policy: SnapshotPolicy,
    parallel: dict[str, int],
    also: Callable[[Connection, int], None] | None = None,
) -> int:
    """Plan a snapshot for the workers: row, chunks and jobs are one transaction.

    policy: `queued` is set for it; its `chunk_sizes` are kept, for chunks are not cut again.
    parallel: network -> chunks that may be in flight at a time in the whole fleet.
    also: done in the same transaction, with the snapshot's id.
    Returns the snapshot's id. Raises StoreError.
    """
    _require_postgresql(store)

    def give_out(connection: Connection, snapshot_id: int) -> None:
        if also is not None:
            also(connection, snapshot_id)
        chunks: list[Chunk] = chunks_of(connection, snapshot_id)
        enqueue(
            connection,
            snapshot_id,
            [
                (c.no, lock_of(c.plan.network, c.no, parallel.get(c.plan.network, 1)))
                for c in chunks
            ],
        )

    return create_snapshot(store, list_id, replace(policy, queued=True), give_out)
