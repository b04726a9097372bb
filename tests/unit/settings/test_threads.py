"""A process is forked only while it has one thread, by the system's count and not by Python's."""

import subprocess
import sys

import pytest

from scanner.settings import threads

ALONE = "print(may_fork(0.0))"
RUNNING = "t = Thread(target=sleep, args=(9,), daemon=True); t.start(); print(may_fork(0.1))"
ENDING = "t = Thread(target=sleep, args=(0.2,)); t.start(); print(may_fork(9.0))"
# Such a thread stands in no count of Python's, as one that was joined and is on its way out.
UNCOUNTED = "start_new_thread(sleep, (9,)); print(active_count(), may_fork(0.1))"
ELSEWHERE = "t = Thread(target=lambda: print(may_fork(0.0))); t.start(); t.join()"


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
@pytest.mark.parametrize(
    ("work", "said"),
    [
        (ALONE, "True"),
        (RUNNING, "False"),
        (ENDING, "True"),
        (UNCOUNTED, "1 False"),
        (ELSEWHERE, "False"),
    ],
)
def test_when_a_process_may_be_forked(work, said):
    program = (
        "from _thread import start_new_thread; from threading import Thread, active_count; "
        "from time import sleep; from scanner.settings.threads import may_fork; " + work
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == said


def test_nothing_is_forked_where_the_system_does_not_tell(monkeypatch):
    monkeypatch.setattr(threads, "TASKS", "/nowhere")
    assert not threads.may_fork(0.0)
