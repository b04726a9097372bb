"""What a soak needs: faulty nodes, a list, commands that may be killed, visitors that never rest."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from support.command import COMMAND
from support.evm_replay import EvmReplay
from support.replay import Trap

ROWS = 1_500
HEIGHT = 100
PAGES = (
    "/", "/publishers", "/snapshots/1", "/snapshots/1/rows", "/api/v1/snapshots/1/rows?limit=200",
    "/api/v1/snapshots", "/metrics", "/healthz", "/readyz", "/snapshots/999999", "/nowhere",
    "/api/v1/snapshots/1/rows?limit=-1", "/snapshots/1/rows?after=%00", "/address?q=%27%3B--",
)  # fmt: skip


def holder(number: int) -> bytes:
    """The number-th account."""
    return sha256(b"soak %d" % number).digest()[:20]


def amount(number: int) -> int:
    """What it holds: nothing at times, more than 64 bits at others."""
    return 0 if number % 9 == 0 else (number % 50) * 10**19 + number


def write_list(path: Path) -> None:
    """Claims of all accounts: right ones, some too high, and one row twice."""
    lines = ["network,asset,height,address,amount"]
    for n in [*range(ROWS), 7]:
        whole, part = divmod(amount(n) + (n % 101 == 5), 10**18)
        lines.append(f"ethereum,ETH,{HEIGHT},0x{holder(n).hex()},{whole}.{part:018}")
    path.write_text("\n".join(lines) + "\n")


def faulty_nodes(count: int = 2) -> list[EvmReplay]:
    """Nodes of which every fifth answer is an error, a cut, or nothing at all."""
    held = {holder(n): amount(n) for n in range(ROWS)}
    nodes = [EvmReplay("ethereum", 1, held) for _ in range(count)]
    for node in nodes:
        node.trap = Trap.FAULTS
    return nodes


def write_endpoints(path: Path, nodes: Sequence[EvmReplay]) -> None:
    """The nodes as endpoints of a chain that says what it is: no mainnet."""
    text = ""
    for n, node in enumerate(nodes):
        text += (
            f'[[endpoint]]\nname = "n{n}"\nnetwork = "ethereum"\nprotocol = "ethereum_rpc"\n'
            f'url = "{node.url}"\noperator = "o{n}"\nchain = "1:dev"\ntimeout = 5\n'
        )
    path.write_text(text)


@dataclass
class Ended:
    """How a command ended; status is negative where it was killed."""

    status: int
    out: str
    err: str


@dataclass
class Served:
    """A server or worker, and what it says."""

    process: subprocess.Popen[str]
    log: Path

    def url(self) -> str:
        """Where it listens, once it says so."""
        for _ in range(300):
            if found := re.search(r"http://\S+", self.log.read_text()):
                return found[0]
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())


@dataclass
class Commands:
    """Runs `scanner` in processes of their own, and remembers all of them."""

    folder: Path
    random: random.Random
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)

    def start(self, *words: object, largest_file: int = 0) -> subprocess.Popen[str]:
        """Start one. largest_file: bytes; a small disk, as far as the process can tell."""
        before = ["prlimit", f"--fsize={largest_file}"] if largest_file else []
        process = subprocess.Popen(
            [*before, *COMMAND, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, "SCANNER_DATA": str(self.folder / "data"), "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def serve(self, *words: object) -> Served:
        """Start one that runs until it is told to end; what it says goes to a file."""
        log = self.folder / f"log{len(self.logs)}"
        self.logs.append(log)
        with log.open("w") as to:
            process = subprocess.Popen(
                [*COMMAND, *map(str, words)],
                cwd=self.folder,
                env={**os.environ, "SCANNER_DATA": str(self.folder / "data")},
                stdout=subprocess.DEVNULL,
                stderr=to,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return Served(process, log)

    def run(self, *words: object, kill_after: float = 0.0, largest_file: int = 0) -> Ended:
        """Run one to its end, or kill it and its helpers after some seconds."""
        process = self.start(*words, largest_file=largest_file)
        try:
            out, err = process.communicate(timeout=kill_after or 240)
        except subprocess.TimeoutExpired:
            kill(process)
            out, err = process.communicate()
            assert kill_after, (words, err[-500:])
        assert "internal error" not in err, (words, err)
        assert "Traceback" not in err, (words, err)
        return Ended(process.returncode, out, err)

    def end(self) -> None:
        """Kill what still runs, and close what was open to it."""
        for process in self.started:
            kill(process)
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()

    def left(self) -> list[int]:
        """Processes that were started here, or by those, and still run."""
        sessions = {p.pid for p in self.started}
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError, IndexError):
                    parts = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(parts[3]) in sessions and parts[0] != "Z":
                        found.append(int(entry.name))
        return found


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL for it and its helpers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Visitors(threading.Thread):
    """Asks for pages, good ones and others, until told to stop. away: 503 is no harm then."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.seen: Counter[int] = Counter()
        self.bad: list[str] = []
        self.done, self.away = threading.Event(), threading.Event()
        self._url, self._random = url, random.Random(seed)

    def run(self) -> None:
        """See the class."""
        with httpx.Client(base_url=self._url, timeout=60, trust_env=False) as client:
            while not self.done.is_set():
                page = self._random.choice(PAGES)
                try:
                    status = client.get(page).status_code
                except httpx.HTTPError as e:
                    self.bad.append(f"{page}: {type(e).__name__}")
                    continue
                self.seen[status] += 1
                if status >= 500 and not (status == 503 and self.away.is_set()):
                    self.bad.append(f"{page}: {status}")
                time.sleep(0.05)


def results(commands: Commands, database: str, snapshot: int | str) -> bytes:
    """What a reader is told of a snapshot, as bytes, without its number and its times.

    Nor which of the nodes answered: another one may have been asked when one failed.
    """
    totals = json.loads(commands.run("totals", snapshot, "--json", "--database", database).out)
    found = commands.run(
        "export", "findings", snapshot, "--format", "jsonl", "--database", database
    )
    lines = sorted(_plain(json.loads(line)) for line in found.out.splitlines())
    told = "\n".join([_plain(totals), *lines])
    return re.sub(r"says n\d alone", "says one alone", told).encode()


def _plain(value: dict[str, Any]) -> str:
    for name in ("snapshot", "head", "chain_head", "created", "finished", "taken"):
        value.pop(name, None)
    return json.dumps(value, sort_keys=True)


def files_open(pid: int) -> int:
    """Descriptors of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
