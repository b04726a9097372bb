"""A command started warm, as most of these tests do, is the one that the installed script starts."""

import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from support.command import start_scanner

HALF = "network,asset,address,amount\nbitcoin,BTC,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,1\nx,y\n"
COMMANDS = (
    ("--version",),
    ("totals",),
    ("nothing-of-this-name",),
    ("verify", "list.csv", "--jsonl", "-"),
    ("lists", "show", "list.csv", "--json"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_it_says_and_returns_the_same(scanner, tmp_path, words):
    (tmp_path / "list.csv").write_text(HALF)
    assert scanner(*words) == scanner(*words, cold=True)


def test_it_has_its_own_folder_environment_and_process(scanner, tmp_path):
    done = scanner("totals", env={"SCANNER_DATABASE": "sqlite:///none/of.db", "SCANNER_DEBUG": "1"})
    assert done.status == 2
    assert "none" in done.err
    assert "Traceback" in done.err
    assert "Traceback" not in scanner("totals").err
    assert not (tmp_path / "none").exists()
    assert os.environ.get("SCANNER_DEBUG") is None


@pytest.fixture
def silent():
    """The address of a list whose server never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/list.csv"


def test_its_words_come_through_pipes_too():
    with start_scanner(["totals", "--nothing"]) as run:
        said, told = run.communicate(60)
    assert (run.returncode, said) == (2, "")
    assert "--nothing" in told


def test_two_run_at_the_same_time_and_one_that_takes_too_long_is_ended(scanner, silent):
    other = threading.Thread(target=lambda: said.append(scanner("--version").status))
    said: list[int] = []
    other.start()
    with pytest.raises(subprocess.TimeoutExpired):
        scanner("lists", "inspect", silent, timeout=2)
    other.join(60)
    assert said == [0]


def test_the_signal_that_ends_it_is_told(scanner, silent, tmp_path):
    def end() -> None:
        until = time.monotonic() + 60
        while not (pids := started(tmp_path)) and time.monotonic() < until:
            time.sleep(0.05)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    ending = threading.Thread(target=end)
    ending.start()
    assert scanner("lists", "inspect", silent).status == -signal.SIGKILL
    ending.join()


def started(folder):
    """Processes whose folder this is."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.readlink(f"/proc/{name}/cwd") == str(folder):
                found.append(int(name))
        except OSError:
            continue
    return found
