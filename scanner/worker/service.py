"""Runs a worker until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from contextlib import suppress

from scanner.errors import StoreError
from scanner.net import ending
from scanner.worker.clocks import WallClock, forget_future
from scanner.worker.jobs import Jobs
from scanner.worker.queue import CHUNKS, UPKEEP, Timing, make_app
from scanner.worker.watch import Stage, Watch

log = logging.getLogger(__name__)

GRACE = 45.0
"""Seconds that the jobs at hand may still take; service managers kill after 60 or 90."""

BEAT = 1.0
"""Seconds between two signs of life of the loop."""

BACK_AFTER = 2.0
"""Seconds before a worker whose database went away tries to reach it again."""


def run_worker(jobs: Jobs, *, timing: Timing | None = None, concurrency: int = 2) -> None:
    """Do jobs until SIGTERM or SIGINT; then finish those at hand and return.

    A second signal, or GRACE seconds, end those at hand too: they are done again elsewhere.
    concurrency: jobs at a time in this process. When the database goes away the worker waits for
    it: its jobs are given to others meanwhile if that takes long.
    """
    asyncio.run(_run(jobs, timing or Timing(), concurrency))


async def _run(jobs: Jobs, timing: Timing, concurrency: int) -> None:
    from procrastinate import exceptions  # noqa: PLC0415 - an extra
    from psycopg_pool import PoolTimeout  # noqa: PLC0415 - an extra

    stopping, ended = asyncio.Event(), asyncio.Event()

    def end_at_hand() -> None:
        jobs.stop.set()
        ending.begin()

    def stop() -> None:
        if stopping.is_set():
            end_at_hand()
        stopping.set()
        ended.set()
        jobs.watch.stop()
        loop.call_later(GRACE, end_at_hand)

    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop)
    beating = asyncio.create_task(_beat(jobs.watch, ended))
    while not stopping.is_set():
        ended.clear()
        try:
            await _work(jobs, timing, concurrency, ended)
        except (exceptions.ConnectorException, PoolTimeout, OSError, StoreError) as e:
            jobs.watch.enter(Stage.WAITING)
            log.warning("the database does not answer (%s); trying again", type(e).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), BACK_AFTER)
    beating.cancel()


async def _beat(watch: Watch, ended: asyncio.Event) -> None:
    clock = WallClock()
    while True:
        watch.beat()
        if clock.was_set_back():
            log.warning("this machine's clock was set back; starting again")
            ended.set()
        await asyncio.sleep(BEAT)


async def _work(jobs: Jobs, timing: Timing, concurrency: int, ended: asyncio.Event) -> None:
    """Work until `ended` is set; jobs at hand are finished."""
    app = make_app(jobs.store, jobs, timing, ended.set)
    async with app.open_async():
        await asyncio.to_thread(forget_future, jobs.store, timing.longest_wait)
        jobs.watch.enter(Stage.WORKING)
        worker = asyncio.create_task(
            app.run_worker_async(
                name=f"{socket.gethostname()}/{os.getpid()}",
                queues=[CHUNKS, UPKEEP],
                concurrency=concurrency,
                install_signal_handlers=False,
                update_heartbeat_interval=timing.heartbeat,
                stalled_worker_timeout=timing.stalled,
                fetch_job_polling_interval=timing.poll,
                delete_jobs="successful",
            )
        )
        told = asyncio.create_task(ended.wait())
        await asyncio.wait({worker, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not worker.done():
            worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
