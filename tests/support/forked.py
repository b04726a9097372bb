"""Worker processes that begin warm: forked from a process that has everything imported.

A fresh interpreter takes two seconds to import the scanner and Procrastinate; a test that kills
two hundred of them has no time for that.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

PRELOADED = ["support.forked_worker", "support.counting_server"]


@cache
def warm() -> ForkServerContext:
    """A context whose processes are forked from a warm one; the first call takes a while."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    before = os.environ.get("PYTHONPATH")
    # Python 3.11 does not give the path to what it preloads, and does not say that it failed.
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return context
