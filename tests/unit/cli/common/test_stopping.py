"""Ctrl-C is answered at once, though a request hangs; the second one ends the process."""

import os
import signal
import subprocess
import sys
import time

HANGS = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from scanner.cli.common.stopping import answering
with answering("'scanner resume 7' goes on"):
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(time.sleep, 60)
        print("ready", flush=True)
        hanging.result()
"""


def test_the_first_is_answered_and_the_second_ends_it():
    process = subprocess.Popen(
        [sys.executable, "-c", HANGS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGINT)
        before = time.monotonic()
        line = process.stderr.readline()
        assert "stopping after the current requests, Ctrl-C again stops at once" in line
        os.kill(process.pid, signal.SIGINT)
        assert "'scanner resume 7' goes on" in process.stderr.read()
        assert process.wait() == 130
        assert time.monotonic() - before < 20  # the request would hang for 60
