"""Whether this process may be forked: a copy has one thread, and every lock as it was.

A lock that another thread holds at that moment is never given back in the copy. Python's own count
of threads is not enough: one that was joined may still be on its way out, where OpenSSL takes a
lock of its own, and a copy made meanwhile waits for that lock at its first connection, for ever.
"""

from __future__ import annotations

import os
import sys
import threading
import time

TASKS = "/proc/self/task"
_LOOK_AGAIN = 0.001


def may_fork(patience: float) -> bool:
    """Whether nothing but the calling, first thread runs.

    patience: seconds to wait for others that are ending. False where the system does not tell.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return False
    deadline = time.monotonic() + patience
    while threading.active_count() > 1 or _tasks() != 1:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_AGAIN)
    return True


def _tasks() -> int:
    try:
        return len(os.listdir(TASKS))
    except OSError:
        return 0
