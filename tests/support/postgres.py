"""A private PostgreSQL cluster: Debian's programs, a temporary folder, a free port of 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from scanner.demo.nodes import free_port, tied_to_this_process

MISSING = "PostgreSQL's server is missing: 'apt-get install postgresql' on Debian"
_START_SECONDS = 30.0


class PostgresMissingError(Exception):
    """There is no server program, or no user that may run it."""


class Postgres:
    """One cluster, thrown away at the end. It refuses to run as root: then it runs as another user."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """environment: added to the server's own."""
        self._environment = {**os.environ, **(environment or {})}
        self.programs = _programs()
        self._user = _user()
        self._folder = Path(tempfile.mkdtemp(prefix="scanner-pg-", dir="/tmp"))
        self.password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def create_database(self, name: str = "") -> str:
        """Make an empty database and return its URL, password included."""
        import psycopg

        name = name or "test_" + secrets.token_hex(6)
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        return "postgresql+psycopg" + self._dsn(name).removeprefix("postgresql")

    def _start(self) -> None:
        data, secret = self._folder / "data", self._folder / "password"
        secret.write_text(self.password)
        if self._user:
            for path in (self._folder, secret):
                shutil.chown(path, self._user)
        self._run(
            "initdb", f"--pgdata={data}", "--username=scanner", f"--pwfile={secret}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        self.port = free_port()
        self._serve()

    def restart(self, mode: str) -> None:
        """What `pg_ctl restart` does. mode: "fast" (clients are told) or "immediate" (a crash)."""
        assert self._process is not None
        data = str(self._folder / "data")
        self._run("pg_ctl", "stop", f"--pgdata={data}", f"--mode={mode}", "--wait")
        self._process.wait(_START_SECONDS)
        self._serve()

    def _serve(self) -> None:
        data = self._folder / "data"
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "fsync": "off",  # nobody needs this cluster after a power cut
            "max_connections": "60",
            # A client that gives up while it connects may leave its socket open: a stop waits for
            # it, by default a minute.
            "authentication_timeout": "5",
        }
        with (self._folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*tied_to_this_process("INT"), str(self.programs / "postgres"), "-D", str(data)]
                + [f"--{key}={value}" for key, value in options.items()],
                user=self._user,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    words = (self._folder / "postgres.log").read_text("utf-8", "replace")
                    raise RuntimeError(f"PostgreSQL did not start: {words[-1000:]}") from None
                time.sleep(0.05)
            else:
                return

    def _stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            user=self._user,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def _dsn(self, database: str) -> str:
        return f"postgresql://scanner:{self.password}@127.0.0.1:{self.port}/{database}"


def _programs() -> Path:
    """Find the newest installed server's programs; Debian keeps them off PATH."""
    versions = Path("/usr/lib/postgresql")
    found = sorted(versions.glob("*/bin/initdb"), key=lambda p: float(p.parent.parent.name))
    places = [str(path) for path in reversed(found)] + [shutil.which("initdb") or ""]
    for place in places:
        folder = Path(place).parent
        if place and (folder / "postgres").exists():
            return folder
    raise PostgresMissingError(MISSING)


def _user() -> str | None:
    """Who runs it: this user, or for root one that every Debian has."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise PostgresMissingError("PostgreSQL does not run as root, and there is no user 'nobody'")
