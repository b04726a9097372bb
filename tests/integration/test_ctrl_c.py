"""Ctrl-C is answered in bounded time by every command that may take long: real signals, counted.

Each command is started in a session of its own, and when it is at its work SIGINT goes to all of
its processes, as a terminal sends it. It has to end by that signal, in ANSWERED seconds on a busy
machine, with no process of it left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from support.command import COMMAND, scanner_in
from support.databases import BOTH, new_database
from support.export_memory import fill
from support.scripted_http import Said, serving

from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.web.server import GRACE_SECONDS
from scanner.worker.service import GRACE

ANSWERED = 10.0
"""Seconds, on a machine that does other things, too; alone it is a tenth of that."""
STARTS = 90
INTERRUPTED = 130
ROWS = 150_000
HANGS = 4
"""Seconds that the slow node takes for an answer: as long as a request that is at hand lasts."""
NEVER = 25


class Started:
    """A command in a session of its own."""

    def __init__(self, folder, *words, stdout=subprocess.DEVNULL):
        self.folder = folder
        with (folder / "said").open("w") as said:
            self.process = subprocess.Popen(
                [*COMMAND, *map(str, words)],
                cwd=folder,
                env={**os.environ, "SCANNER_DATA": str(folder / "data"), "COLUMNS": "100"},
                stdout=stdout,
                stderr=said,
                start_new_session=True,
            )

    @property
    def said(self):
        return (self.folder / "said").read_text()

    def wait_for(self, sign):
        """Until `sign()` is true of the running process."""
        end = time.monotonic() + STARTS
        while not sign():
            assert self.process.poll() is None, f"it ended by itself: {self.said}"
            assert time.monotonic() < end, self.said
            time.sleep(0.02)

    def held(self, sign):
        """Stop it while `sign()` is true; False if it was done before anybody saw that."""
        while self.process.poll() is None:
            if sign():
                os.killpg(self.process.pid, signal.SIGSTOP)
                if sign():
                    return True
                os.killpg(self.process.pid, signal.SIGCONT)
                self.process.wait()
            time.sleep(0.005)
        return False

    def reads(self, path):
        """Whether it has a file open."""
        return lambda: str(path) in _open_files(self.process.pid)

    def says(self, words):
        return lambda: words in self.said

    def _leaves_nobody(self):
        """Python's own process that tidies up after others sees their end a moment later."""
        end = time.monotonic() + ANSWERED
        while left := _session(self.process.pid):
            assert time.monotonic() < end, f"processes are left: {left}"
            time.sleep(0.05)

    def interrupt(self, within, times=1):
        """Send SIGINT to all of it; its exit status and the seconds until it ended."""
        assert self.process.poll() is None, f"it ended by itself: {self.said}"
        began = time.monotonic()
        for _ in range(times):
            os.killpg(self.process.pid, signal.SIGINT)
            os.killpg(self.process.pid, signal.SIGCONT)
            time.sleep(0.3)
        status = self.process.wait(max(within * 6, 60))
        took = time.monotonic() - began
        assert took < within, f"{took:.1f} s: {self.said}"
        self._leaves_nobody()
        assert "Traceback" not in self.said, self.said
        return status


def _open_files(pid):
    found = set()
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(os.readlink(entry))
    return found


def _session(leader):
    """Processes of a session that run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                parts = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(parts[3]) == leader and parts[0] != "Z":
                    found.append(int(entry.name))
    return found


@pytest.fixture
def start(tmp_path):
    """Start commands; what is left of them is killed at the end."""
    started = []

    def begin(*words, **more):
        started.append(Started(tmp_path, *words, **more))
        return started[-1]

    yield begin
    for one in started:
        with suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()


@pytest.fixture(scope="module")
def large_list(tmp_path_factory):
    """Rows that a reader and a judge have to look at one by one."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    with path.open("w") as file:
        file.write("coin,network,address,amount,message,signature1\n")
        for n in range(ROWS):
            made = sha256(b"%d" % n).hexdigest()
            signature = made + sha256(made.encode()).hexdigest()[:62] + "011b"
            file.write(f"ETH,ETH,0x{made[:40]},{n},we hold this in 2026,0x{signature}\n")
    return path


@pytest.mark.parametrize("words", [["lists", "inspect"], ["verify"]], ids=" ".join)
def test_a_long_list(start, large_list, words):
    running = start(*words, large_list)
    running.wait_for(running.reads(large_list))
    time.sleep(0.5)
    assert running.interrupt(ANSWERED) == INTERRUPTED, running.said
    assert "scanner: stopped" in running.said


def test_a_proof_of_liabilities(start, tmp_path):
    tree = tmp_path / "tree.csv"
    with tree.open("w") as file:
        file.write("block_height:1\n")
        file.writelines(f"{sha256(b'%d' % n).hexdigest()},{n}\n" for n in range(2**20 - 1))
    running = start("liabilities", "verify", tree)
    running.wait_for(running.reads(tree))
    assert running.interrupt(ANSWERED) == INTERRUPTED, running.said


@pytest.fixture(scope="module", params=BOTH)
def large_database(request, tmp_path_factory):
    """A snapshot of many rows."""
    url = new_database(request, tmp_path_factory.mktemp("many"))
    upgrade(url)
    with open_store(url) as store:
        fill(store, 12_000)
    return url


def test_an_export_into_a_pipe_that_nobody_empties(start, large_database):
    """It waits for the reader, as it does for a pager; Ctrl-C ends that, too."""
    running = start("export", "balances", "1", "--database", large_database, stdout=subprocess.PIPE)
    running.wait_for(lambda: _waits(running.process.pid))
    assert running.interrupt(ANSWERED) == INTERRUPTED, running.said
    running.process.stdout.close()


def _waits(pid):
    """Whether a process sleeps in a write to a pipe."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/wchan").read_text() in ("pipe_write", "anon_pipe_write")
    return False


def test_an_export_into_a_file(start, large_database, tmp_path):
    for _ in range(5):  # on a busy machine the whole file may be there before anybody looks
        (tmp_path / "out.csv").unlink(missing_ok=True)
        running = start("export", "balances", "1", "-o", "out.csv", "--database", large_database)
        if running.held(lambda: any(tmp_path.glob(".scanner-part-*"))):
            break
    assert running.interrupt(ANSWERED) == INTERRUPTED, running.said
    assert not list(tmp_path.glob("*.csv*")) + list(tmp_path.glob(".scanner*")), (
        "half a file is left"
    )


@contextmanager
def slow_node(folder, seconds=HANGS):
    """An endpoint that takes its time; yields what it was asked."""
    asked = []

    def answer(request):
        asked.append(request)
        time.sleep(seconds)
        return Said(503)

    with serving(answer) as host:
        (folder / "endpoints.toml").write_text(
            '[[endpoint]]\nname = "slow"\nnetwork = "ethereum"\nprotocol = "ethereum_rpc"\n'
            f'url = "http://{host}/"\nchain = "1:dev"\n'
        )
        (folder / "list.csv").write_text(
            "network,asset,height,address,amount\n"
            + "".join(f"ethereum,ETH,100,0x{n:040x},1\n" for n in range(1, 1500))
        )
        yield asked


def test_a_snapshot_of_a_node_that_takes_its_time(start, tmp_path):
    with slow_node(tmp_path) as asked:
        running = start("snapshot", "list.csv", "--endpoints", "endpoints.toml")
        running.wait_for(lambda: asked)
        assert running.interrupt(ANSWERED + HANGS) == INTERRUPTED, running.said
        assert "run 'scanner resume 1 --endpoints endpoints.toml' to continue" in running.said
    told = start("status", stdout=subprocess.PIPE)
    assert b"stopped: scanner resume 1" in told.process.communicate(timeout=STARTS)[0]


def test_the_second_one_waits_for_no_node(start, tmp_path):
    with slow_node(tmp_path, NEVER) as asked:
        running = start("snapshot", "list.csv", "--endpoints", "endpoints.toml")
        running.wait_for(lambda: asked)
        assert running.interrupt(ANSWERED, times=2) == INTERRUPTED, running.said


@pytest.fixture(params=BOTH)
def database(request, tmp_path):
    """URL of an empty database."""
    url = new_database(request, tmp_path)
    upgrade(url)
    return url


def test_a_worker_without_work(start, database):
    running = start("worker", "--database", database)
    running.wait_for(running.says("working on"))
    time.sleep(3)  # for the queue's library, which begins then
    assert running.interrupt(ANSWERED) == 0
    assert "stopped" in running.said


def test_a_worker_whose_node_takes_its_time(start, database, tmp_path):
    """What is at hand is finished in GRACE seconds, or at the second signal."""
    with slow_node(tmp_path) as asked:
        where = ("--database", database)
        added = ("schedule", "add", "x", "--list", "list.csv", "--cron", "0 6 1 1 *")
        for command in (("db", "upgrade"), added, ("schedule", "run-now", "x")):
            done = scanner_in(tmp_path)(*command, *where)
            assert done.status == 0, done.err
        running = start("worker", "--endpoints", "endpoints.toml", "--database", database)
        running.wait_for(lambda: asked)
        within = ANSWERED + HANGS + (0 if database.startswith("sqlite") else GRACE)
        assert running.interrupt(within, times=2) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_the_web_pages_with_a_visitor_who_stays(start, database, workers):
    """What is being answered is finished, within GRACE_SECONDS."""
    pytest.importorskip("uvicorn")
    running = start("serve", "--port", "0", "--workers", workers, "--database", database)
    running.wait_for(running.says("serving http://"))
    place = running.said.partition("serving ")[2].split()[0]
    with httpx.Client(base_url=place, trust_env=False, timeout=STARTS) as visitor:
        assert visitor.get("/healthz").status_code == 200
        assert running.interrupt(GRACE_SECONDS + ANSWERED) in (0, INTERRUPTED, -signal.SIGINT)
