"""Real chain nodes in folders of their own, for the demonstration and the tests.

`Bitcoind` and `Anvil` are context managers: entering starts the program itself (so that `pid` is
the node's) on a free port of 127.0.0.1 and waits until it answers; leaving stops it. Nothing is
shared with other nodes on the machine, and a node does not outlive the process that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from scanner.errors import NodeFailedError, NodeMissingError, SourceError, clip
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport

DEVNET = Path(__file__).resolve().parents[2] / ".devnet"
"""Where `scripts/install-*` put the programs; shared by the demonstration and the tests."""

START_SECONDS = 60.0
STOP_SECONDS = 60.0
FREE_CHAIN_ID: Final = 31337
"""The id that development chains share: no network has it."""
_ATTEMPTS = 3  # a free port can be taken by somebody else before the node binds it
_PORT_TAKEN = re.compile(r"in use|[Uu]nable to (bind|start HTTP)")

Json = Any
"""A decoded JSON answer: its shape is the called method's."""


class Node(ABC):
    """One node process. A stopped node can be started again on the same folder.

    folder: its data and its log; made if missing, never deleted.
    Raises NodeMissingError when the program is not there, NodeFailedError when it does not start.
    """

    name: str
    network: str
    protocol: str
    program_variable: str
    program_places: Sequence[Path | str]
    remedy: str

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        self.folder = folder.resolve()
        self.arguments = tuple(arguments)
        self.log = self.folder / f"{self.name}.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._http: Transport | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the running node. Raises NodeFailedError."""
        if self._process is None:
            raise NodeFailedError(self.name, "is not running", str(self.log))
        return self._process.pid

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers; may hold a password."""

    @property
    @abstractmethod
    def chain(self) -> str:
        """The chain's own name or id, as an endpoint states it."""

    @classmethod
    def program(cls) -> Path:
        """Find the program: the environment's, the installed one, the one on PATH.

        Raises NodeMissingError.
        """
        chosen = os.environ.get(cls.program_variable)
        for place in [chosen] if chosen else cls.program_places:
            found = shutil.which(place)
            if found:
                return Path(found)
        raise NodeMissingError(cls.name, cls.remedy)

    def endpoint(self, name: str = "", own: bool = True) -> Endpoint:
        """Describe it as a configured endpoint."""
        return Endpoint(
            name=name or f"demo-{self.name}",
            network=self.network,
            protocol=self.protocol,
            url=self.url,
            operator=f"demo-{self.name}",
            chain=self.chain,
            own=own,
        )

    def start(self) -> None:
        """Start the program and wait until it answers; does nothing when it runs already."""
        if self._process is not None:
            return
        program = self.program()
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._start_once(program)
            except NodeFailedError:
                port_taken = (
                    "in use" in self._last_words() or "Unable to bind" in self._last_words()
                )
                if attempt == _ATTEMPTS or not port_taken:
                    raise
            else:
                return

    def stop(self) -> None:
        """End the process, at first politely. Harmless when it does not run."""
        if self._http is not None:
            self._http.close()
        process, self._process, self._http = self._process, None, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def rpc(self, method: str, *params: object) -> Json:
        """Call one JSON-RPC method; numbers with a fraction come back as Decimal.

        Raises NodeFailedError with the node's own words when it refuses.
        """
        if self._http is None:
            raise NodeFailedError(self.name, "is not running", str(self.log))
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self._http.post_json(request, timeout=START_SECONDS).json()
        except SourceError as e:
            raise NodeFailedError(self.name, f"{method}: {e.what}", str(self.log)) from None
        if not isinstance(answer, dict) or answer.get("error") or "result" not in answer:
            raise NodeFailedError(self.name, f"{method}: {clip(str(answer), 300)}", str(self.log))
        return answer["result"]

    @abstractmethod
    def _command(self) -> list[str]:
        """Arguments after the program's name; may choose `port`."""

    @abstractmethod
    def _ready(self) -> None:
        """Find out where it listens and ask it something. Raises NodeFailedError or OSError."""

    def _start_once(self, program: Path) -> None:
        command = [*tied_to_this_process(), str(program), *self._command(), *self.arguments]
        environment = {**os.environ, "HOME": str(self.folder)}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we then stop the node in order
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process is None or self._process.poll() is not None:
                raise NodeFailedError(self.name, f"ended: {self._last_words()}", str(self.log))
            with contextlib.suppress(NodeFailedError, OSError):
                self._ready()
                return
            if time.monotonic() > deadline:
                raise NodeFailedError(
                    self.name, f"not ready after {START_SECONDS:.0f} s", str(self.log)
                )
            time.sleep(0.05)

    def _connect(self) -> None:
        if self._http is not None:
            self._http.close()
        self._http = Transport(self.endpoint())

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text("utf-8", "replace").split("\n")
            said = [line.strip() for line in lines if line.strip()]
            return clip(" / ".join(said[-2:]), 400)
        return ""


class Bitcoind(Node):
    """A Bitcoin Core compatible node: regtest with every index, or mainnet rules and no network.

    The second (`chain="main"`) stays at block 0: it checks mainnet addresses and signatures.
    """

    name = "bitcoind"
    network = "bitcoin"
    protocol = "bitcoin_core"
    program_variable = "SCANNER_BITCOIND"
    program_places = (DEVNET / "bitcoin" / "bin" / "bitcoind", "bitcoind")
    remedy = (
        "run 'scripts/install-bitcoind .devnet/bitcoin' (Debian, with apt), or set "
        "SCANNER_BITCOIND to one, or run everything with 'docker compose run --rm demo'"
    )
    _INDEXES = ("-txindex=1", "-blockfilterindex=1", "-coinstatsindex=1", "-fallbackfee=0.0001")
    _FLAGS: Mapping[str, tuple[str, ...]] = {
        "regtest": ("-regtest", *_INDEXES),
        "main": ("-connect=0", "-networkactive=0", "-disablewallet=1"),
    }
    _DATA: Mapping[str, str] = {"regtest": "regtest", "main": "."}

    def __init__(
        self, folder: Path, arguments: Sequence[str] = (), *, chain: str = "regtest"
    ) -> None:
        super().__init__(folder, arguments)
        self._chain = chain
        self._cookie = ""

    @property
    def chain(self) -> str:
        """Bitcoin Core's name of the chain."""
        return self._chain

    @property
    def url(self) -> str:
        """Its RPC address with the cookie it wrote at its start."""
        return f"http://{self._cookie}@127.0.0.1:{self.port}/"

    def _command(self) -> list[str]:
        self.port = free_port()
        self._cookie = ""
        return [
            *self._FLAGS[self._chain],
            f"-datadir={self.folder}",
            "-server=1",
            "-listen=0",
            "-dnsseed=0",
            "-fixedseeds=0",
            "-rpcbind=127.0.0.1",
            "-rpcallowip=127.0.0.1",
            f"-rpcport={self.port}",
            "-printtoconsole=1",
            "-dbcache=64",
        ]

    def _ready(self) -> None:
        cookie = self.folder / self._DATA[self._chain] / ".cookie"
        self._cookie = cookie.read_text("ascii").strip()
        self._connect()
        self.rpc("getblockcount")


class Anvil(Node):
    """An EVM development node.

    genesis: what `--init` takes: "alloc" with balance, code and storage, as geth's genesis file.
    chain_id: EIP-155 id, for the chain and its signers.
    Block 0 carries a wrong state root: mine one block before you rely on it.
    """

    name = "anvil"
    network = "ethereum"
    protocol = "ethereum_rpc"
    program_variable = "SCANNER_ANVIL"
    program_places = (DEVNET / "anvil" / "bin" / "anvil", "anvil")
    remedy = (
        "run 'scripts/install-anvil .devnet/anvil' (with npm), or set SCANNER_ANVIL to one, "
        "or run everything with 'docker compose run --rm demo'"
    )
    _LISTENS = re.compile(rb"Listening on 127\.0\.0\.1:(\d{1,5})\s")

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str] = (),
        *,
        genesis: Mapping[str, object] | None = None,
        chain_id: int = 1,
    ) -> None:
        super().__init__(folder, arguments)
        self.chain_id = chain_id
        self._genesis = genesis

    @property
    def chain(self) -> str:
        """The EIP-155 chain id in decimal; with a name where a real network has that id."""
        return f"{self.chain_id}" if self.chain_id == FREE_CHAIN_ID else f"{self.chain_id}:dev"

    @property
    def url(self) -> str:
        """Its JSON-RPC address."""
        return f"http://127.0.0.1:{self.port}"

    def _command(self) -> list[str]:
        self.port = 0  # it takes a free one and says which
        command = ["--host", "127.0.0.1", "--port", "0", "--chain-id", str(self.chain_id)]
        if self._genesis is None:
            return command
        path = self.folder / "genesis.json"
        # The genesis file's chain id is the chain's, the option's is the signers': both are needed.
        path.write_text(json.dumps({**self._genesis, "config": {"chainId": self.chain_id}}))
        return [*command, "--init", str(path)]

    def _ready(self) -> None:
        listens = self._LISTENS.search(self.log.read_bytes())
        if listens is None:
            raise NodeFailedError(self.name, "does not listen yet")
        self.port = int(listens[1])
        self._connect()
        self.rpc("eth_blockNumber")


def free_port() -> int:
    """Find a port of 127.0.0.1 that nobody uses now (somebody may before you bind it)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tied_to_this_process(signal: str = "TERM") -> list[str]:
    """Command prefix that has the kernel end a child when we die without a word.

    [] where there is no `setpriv` (util-linux). It stays the same process: no fork. Linux means
    the death of the thread that started the child: start it from one that stays.
    """
    tool = shutil.which("setpriv")
    return [tool, "--pdeathsig", signal] if tool else []
