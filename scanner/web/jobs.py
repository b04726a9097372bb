"""Snapshots that a signed-in user starts: `scanner snapshot` as a process, one at a time.

What is known of a job lies in a folder that all processes of the server share and that its end
removes. The list lies there only while its job runs. The database says how far a snapshot is.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Lock, Thread

from scanner.files.scratch import HELD
from scanner.model.jsontext import own_json
from scanner.web.forms import plain_name
from scanner.web.trouble import RefusedError

LOCK = f"{HELD}.job"
"""The file that a job keeps locked; while it does, the folder is not removed as forsaken."""
MOST_KEPT = 20
"""Jobs that are remembered; the oldest are forgotten."""
LOG_BYTES = 20_000
"""Of a job's words, the last that are read."""
STOP_SECONDS = 10
LOST = 70
"""The status of a job whose end nobody saw: the server that had started it was gone."""
SETTLING = 5.0
"""Seconds without a word, after a job let go of the lock, in which its status may still come."""

PYTHON = (sys.executable, "-P", "-m")
"""Runs a module of ours. Without -P the folder that it starts in comes before all libraries, and
lists lie there under names that strangers gave them: of a list called yaml.py a program is made.
That folder is none with a list in it either: PYTHONPATH may name it, too (an empty part does)."""

_ID = re.compile(r"[0-9]{14}-[0-9a-f]{8}", re.ASCII)
_HIDDEN = ("SCANNER_SERVE", "SCANNER_SCAN_TOKEN")


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One snapshot that was started. status: how its process ended, None while it runs.

    started: ISO, UTC. sha256: of the list. log: its last words.
    """

    id: str
    name: str
    started: str
    sha256: str
    status: int | None = None
    log: str = ""


def _status(file: Path) -> int | None:
    """What is written there; None for nothing. Nothing is never 0: that says all is verified."""
    try:
        return int(file.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return None


def _locked(file: int) -> bool:
    """Whether a lock is ours now. Who only looks whether it is held has it for a moment."""
    for _ in range(3):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


class Jobs:
    """Starts jobs and tells of them. folder: shared by all processes of a server."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder, self._database = folder, database
        self._lock = Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._list: Path | None = None

    def start(self, name: str, body: bytes, options: Sequence[str]) -> Job:
        """Begin a snapshot of a list. options: of `scanner snapshot`.

        Raises RefusedError while another one runs. The lock is held by the process that works:
        it is free once that has ended, however.
        """
        now = datetime.now(UTC)
        job = Job(
            f"{now:%Y%m%d%H%M%S}-{token_hex(4)}",
            plain_name(name),
            now.isoformat(timespec="seconds"),
            sha256(body).hexdigest(),
        )
        with self._lock, (self._folder / LOCK).open("w") as lock:
            if not _locked(lock.fileno()):
                raise RefusedError(409, "A snapshot is being taken. Wait for its end.")
            place = self._folder / job.id
            try:
                path = self._laid_down(place, job, body)
                self._running = self._begin(path, place / "log", options, lock.fileno())
            except OSError as e:
                shutil.rmtree(place, ignore_errors=True)
                log.error("a list that was sent could not be kept: %s", e.strerror)  # noqa: TRY400
                raise RefusedError(503, "This server could not save the list.") from None
            self._list = path
        Thread(target=self._watch, args=(self._running, path), daemon=True).start()
        self._forget(job.id)
        return job

    @staticmethod
    def _laid_down(place: Path, job: Job, body: bytes) -> Path:
        place.mkdir(mode=0o700)
        (place / "job.json").write_text(json.dumps(asdict(job)), "ascii")
        path = place / "list" / job.name
        path.parent.mkdir()
        path.write_bytes(body)
        return path

    def _begin(
        self, path: Path, log: Path, options: Sequence[str], lock: int
    ) -> subprocess.Popen[bytes]:
        environment = {k: v for k, v in os.environ.items() if k not in _HIDDEN}
        with log.open("wb") as out:
            return subprocess.Popen(
                [*PYTHON, "scanner.cli", "snapshot", *options, "--", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**environment, "SCANNER_DATABASE": self._database, "NO_COLOR": "1"},
                pass_fds=(lock,),
                cwd=log.parent,
            )

    @staticmethod
    def _watch(process: subprocess.Popen[bytes], path: Path) -> None:
        status = process.wait()
        path.unlink(missing_ok=True)
        place = path.parent.parent
        if place.is_dir():  # not so when the server ended meanwhile
            # Whole or not at all: half of a status, on a full disk, would be another one.
            (place / "status.new").write_text(str(status), "ascii")
            (place / "status.new").replace(place / "status")

    def all(self) -> list[Job]:
        """Every job that is remembered, newest first."""
        return [job for name in self._ids() if (job := self.job(name)) is not None]

    def job(self, wanted: str) -> Job | None:
        """One job; None for what is none."""
        if not _ID.fullmatch(wanted):
            return None
        place = self._folder / wanted
        try:
            known: Mapping[str, str] = own_json((place / "job.json").read_bytes())
            with (place / "log").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
                words = file.read().decode("utf-8", "replace")
        except (FileNotFoundError, ValueError):
            return None
        ended = _status(place / "status")
        if ended is None:
            ended = self._lost(place)
        return Job(known["id"], known["name"], known["started"], known["sha256"], ended, words)

    def _lost(self, place: Path) -> int | None:
        """None while the job works; LOST where whoever had to note its end was killed."""
        quiet = time.time() - (place / "log").stat().st_mtime
        if quiet < SETTLING or self._is_held():
            return None
        shutil.rmtree(place / "list", ignore_errors=True)
        return LOST

    def _is_held(self) -> bool:
        with (self._folder / LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _ids(self) -> list[str]:
        found = (entry.name for entry in self._folder.iterdir() if _ID.fullmatch(entry.name))
        return sorted(found, reverse=True)

    def _forget(self, new: str) -> None:
        """Remove the oldest; not the new one, though by a clock that was set back it is that."""
        for name in [known for known in self._ids() if known != new][MOST_KEPT - 1 :]:
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def close(self) -> None:
        """Stop what this process started: it saves what it has read, and may be resumed."""
        process = self._running
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._list is not None:
            self._list.unlink(missing_ok=True)
