"""How long a job waits for its next try, and how often it is tried: as docs/operations.md says."""

import pytest

from scanner.worker.queue import Timing


@pytest.mark.parametrize(("tried", "seconds"), [(1, 15), (2, 60), (3, 240), (4, 900), (999, 900)])
def test_waits_grow_fourfold_to_a_quarter_of_an_hour(tried, seconds):
    assert Timing().wait_after(tried) == seconds


def test_a_chunk_is_tried_four_times_in_all():
    pytest.importorskip("procrastinate")
    from procrastinate.jobs import Job

    from scanner.worker.queue import _patience

    patience = _patience(Timing(), Timing().tries)
    waits = []
    for attempts in range(5):
        job = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name="t", attempts=attempts)
        decision = patience.get_retry_decision(exception=ValueError(), job=job)
        waits.append(decision and decision.retry_at)
    assert [wait is not None for wait in waits] == [True, True, True, False, False]
