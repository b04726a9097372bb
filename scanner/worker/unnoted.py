"""Tells of jobs that have ended while the queue's tables still say that they are being done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job, Status
    from procrastinate.manager import JobManager

log = logging.getLogger(__name__)


def telling_manager(app: App, unnoted: Callable[[], None]) -> JobManager:
    """A manager that tells of ends which the database did not take.

    Procrastinate notes a job's end in a task of its own, in which an error stays unseen.
    """
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415 - an extra
    from procrastinate.manager import JobManager  # noqa: PLC0415 - an extra
    from psycopg.errors import RaiseException  # noqa: PLC0415 - an extra

    class TellingManager(JobManager):
        async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
            with told(job):
                await super().finish_job(job, status, delete_job)

        async def retry_job(
            self,
            job: Job,
            retry_at: datetime | None = None,
            priority: int | None = None,
            queue: str | None = None,
            lock: str | None = None,
        ) -> None:
            with told(job):
                await super().retry_job(job, retry_at, priority, queue, lock)

    @contextmanager
    def told(job: Job) -> Iterator[None]:
        try:
            yield
        except ConnectorException as e:
            # What the queue's own functions raise: the job is not being done any more.
            if not isinstance(e.__cause__, RaiseException):
                log.warning("job %s: its end was not noted; registering anew", job.id)
                unnoted()
            raise

    return TellingManager(app.connector)
