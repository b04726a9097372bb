"""Starts `scanner` commands in processes of their own that need not import the program again.

A server that has imported every command, and has done nothing else, forks for each: a process with
its own folder, environment, output and exit status, as a shell's, a second of imports earlier.
Ended without being taken apart, it costs half of what it would.
One thread, so that a fork is whole. The server ends when the process that started it does.
"""

from __future__ import annotations

import array
import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import BinaryIO, NoReturn, TextIO

from scanner.settings.tables import load_registry

TESTS = Path(__file__).resolve().parent.parent
_SIZE = struct.Struct("!I")
_STATUS = struct.Struct("!i")


LATER = (
    "alembic.autogenerate",
    "alembic.command",
    "croniter",
    "encodings.idna",
    "encodings.utf_8_sig",
    "eth_account.messages",
    "ijson.backends.yajl2_c",
    "openpyxl",
    "procrastinate",
    "psycopg_pool",
    "py_arkworks_bls12381",
    "sqlalchemy.dialects.postgresql.psycopg",
    "yaml",
)
"""What commands import when they first need it, and start no thread."""

ROOMS = ("scanner.lists", "scanner.model", "scanner.ownership", "scanner.chains.evm")
"""Whose modules are loaded by name, by nearly every command that reads a list or a chain."""


class Started:
    """A process that the server has started; used as `subprocess.Popen` is.

    stdout, stderr: text to read, where a pipe was asked for.
    """

    def __init__(self, link: socket.socket, files: Mapping[int, TextIO]) -> None:
        self._link = link
        (self.pid,) = _STATUS.unpack(_read(link, _STATUS.size))
        self.stdout, self.stderr = files.get(1), files.get(2)
        self.returncode: int | None = None

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self.stdout, self.stderr):
            if file is not None:
                file.close()
        self.wait()

    def poll(self) -> int | None:
        """The status, negative for the signal that ended it; None while it runs."""
        if self.returncode is None and select.select([self._link], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The status, once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._link], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a warm process", timeout or 0)
            (self.returncode,) = _STATUS.unpack(_read(self._link, _STATUS.size))
            self._link.close()
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Everything it still says. Raises subprocess.TimeoutExpired."""
        said = {1: "", 2: ""}

        def read(number: int, file: TextIO) -> None:
            with file:
                said[number] = file.read()

        files = {n: f for n, f in ((1, self.stdout), (2, self.stderr)) if f and not f.closed}
        readers = [threading.Thread(target=read, args=each, daemon=True) for each in files.items()]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join(timeout)
        return said[1], said[2]

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Warm:
    """The server, from the side of a test."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self._place = str(Path(self._folder.name) / "s")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._place)
        self._listener.listen(64)
        fd = self._listener.fileno()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "support.warm", str(fd)], pass_fds=[fd], cwd=TESTS,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(
        self,
        arguments: Sequence[str],
        *,
        module: str = "",
        cwd: Path,
        env: Mapping[str, str],
        stdout: int | BinaryIO = subprocess.PIPE,
        stderr: int | BinaryIO = subprocess.PIPE,
    ) -> Started:
        """Start `scanner ARGUMENTS`, or a module as a program. env: every variable it has."""
        link = socket.socket(socket.AF_UNIX)
        link.connect(self._place)
        order = {"arguments": list(arguments), "module": module, "cwd": str(cwd), "env": dict(env)}
        ours: dict[int, TextIO] = {}
        theirs, files = [], []
        for number, given in ((1, stdout), (2, stderr)):
            if isinstance(given, int):
                assert given == subprocess.PIPE
                read, write = os.pipe()
                ours[number] = os.fdopen(read, encoding="utf-8")
                theirs.append(write)
                files.append(write)
            else:
                files.append(given.fileno())
        _send(link, json.dumps(order).encode(), files)
        for file in theirs:
            os.close(file)
        return Started(link, ours)

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(10)
        self._listener.close()
        self._folder.cleanup()


def _send(link: socket.socket, words: bytes, files: Sequence[int]) -> None:
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
    link.sendmsg([_SIZE.pack(len(words))], rights)
    link.sendall(words)


def _read(link: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = link.recv(size - len(got))
        if not more:
            raise ConnectionError("the server that runs commands has ended")
        got += more
    return got


def _receive(link: socket.socket) -> tuple[dict, list[int]]:
    head, rights, _, _ = link.recvmsg(_SIZE.size, socket.CMSG_SPACE(2 * 4))
    files = array.array("i")
    for _, _, data in rights:
        files.frombytes(data)
    return json.loads(_read(link, *_SIZE.unpack(head))), list(files)


def _serve(listener: socket.socket) -> None:
    """Start a command for each connection and tell how it ended, until our own stdin is closed.

    No process stands between the server and a command: a fork copies the tables of all memory,
    which costs as much as a short command does.
    """
    running: dict[int, tuple[int, socket.socket]] = {}  # a process's descriptor: its id, who waits
    while True:
        ready, _, _ = select.select([listener, sys.stdin, *running], [], [])
        if sys.stdin in ready:
            return
        for ended in running.keys() & ready:
            pid, link = running.pop(ended)
            os.close(ended)
            _, how = os.waitpid(pid, 0)
            with link, suppress(OSError):  # nobody may wait for it any more
                link.sendall(_STATUS.pack(os.waitstatus_to_exitcode(how)))
        if listener in ready:
            link, _ = listener.accept()
            others = [listener.fileno(), *running, *(each.fileno() for _, each in running.values())]
            pid, descriptor = _start(link, others)
            running[descriptor] = (pid, link)


def _start(link: socket.socket, others: Sequence[int]) -> tuple[int, int]:
    """Fork the command and tell its id. others: what is not the command's. Returns id, descriptor."""
    order, files = _receive(link)
    pid = _fork()
    if pid == 0:
        for each in (link.fileno(), *others):
            os.close(each)
        _become(order, files)
    for file in files:  # who reads them waits for the command alone
        os.close(file)
    with suppress(OSError):
        link.sendall(_STATUS.pack(pid))
    return pid, os.pidfd_open(pid)


def _become(order: dict, files: list[int]) -> None:
    """Carry out a command as its installed script does. Returns never."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in zip((nothing, *files), (0, 1, 2), strict=True):
        os.dup2(source, target)
        os.close(source)
    # Made anew: a stream remembers whether it was a file, a pipe or a terminal.
    sys.stdin = sys.__stdin__ = open(0, encoding=sys.stdin.encoding, closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(  # noqa: SIM115
        1, "w", encoding=sys.stdout.encoding, closefd=False
    )
    sys.stderr = sys.__stderr__ = open(  # noqa: SIM115
        2, "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1, closefd=False
    )
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = [order["module"] or "scanner", *order["arguments"]]
    try:
        if order["module"]:
            runpy.run_module(order["module"], run_name="__main__")
        else:
            import_module("scanner.cli.main").main()
    except SystemExit as e:
        _end(e.code)
    except BaseException as e:
        sys.excepthook(type(e), e, e.__traceback__)
        if isinstance(e, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        _end(1)
    _end(0)


def _end(code: object) -> NoReturn:
    """End as the interpreter does, but for taking it apart.

    That would touch, and so copy, every page which the server shares: half of a short command.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    if not isinstance(code, int | None):
        sys.stderr.write(f"{code}\n")
        code = 1
    try:
        sys.stdout.flush()
    except OSError:
        code = 120
    with suppress(OSError):
        sys.stderr.flush()
    os._exit((code or 0) & 0xFF)


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def _import_everything() -> None:
    import_module("scanner.cli.main")
    for entry in import_module("scanner.cli.table").ENTRIES:
        import_module(f"scanner.cli.{entry.place.partition(':')[0]}")
    for name in ("support.slow_snapshot", "support.stub_worker", *LATER):
        import_module(name)
    for room in ROOMS:
        for module in walk_packages(import_module(room).__path__, f"{room}."):
            import_module(module.name)
    load_registry()  # of the program's own tables; nearly every command does


@cache
def warm() -> Warm:
    """This process's server, started when it is first asked for."""
    made = Warm()
    atexit.register(made.close)
    return made


if __name__ == "__main__":
    _import_everything()
    gc.freeze()  # a collection in each command would copy all of it
    with closing(socket.socket(fileno=int(sys.argv[1]))) as own:
        _serve(own)
