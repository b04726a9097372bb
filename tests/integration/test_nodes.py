"""The nodes the demonstration and the tests start: real, alone, and gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from scanner.demo import nodes
from scanner.demo.nodes import Anvil, Bitcoind
from scanner.errors import NodeFailedError, NodeMissingError

pytestmark = pytest.mark.node


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _alive(pid)


def test_bitcoind_is_a_regtest_node_with_every_index(bitcoind):
    assert bitcoind.rpc("getblockchaininfo")["chain"] == "regtest"
    assert set(bitcoind.rpc("getindexinfo")) >= {
        "txindex", "basic block filter index", "coinstatsindex",
    }  # fmt: skip
    height = bitcoind.rpc("getblockcount")
    mined = bitcoind.rpc("gettxoutsetinfo", "muhash", height)["total_amount"]
    assert isinstance(mined, Decimal)
    assert mined >= 50 * 110


def test_anvil_is_ethereum_as_its_genesis_says(anvil_factory):
    holder = "0x" + "11" * 20
    node = anvil_factory({"alloc": {holder: {"balance": hex(10**30 + 7)}}}, chain_id=1)
    assert int(node.rpc("eth_chainId"), 16) == 1
    assert int(node.rpc("eth_getBalance", holder, "latest"), 16) == 10**30 + 7
    assert node.endpoint().chain == "1:dev"


def test_two_nodes_of_a_kind_do_not_meet(anvil, anvil_factory):
    other = anvil_factory(chain_id=10)
    assert other.port != anvil.port
    assert int(other.rpc("eth_chainId"), 16) == 10
    assert int(anvil.rpc("eth_chainId"), 16) == 1


def test_the_pid_is_the_node_and_leaving_ends_it(tmp_path):
    with Anvil(tmp_path / "a") as anvil, Bitcoind(tmp_path / "b") as bitcoind:
        pids = {anvil: anvil.pid, bitcoind: bitcoind.pid}
        for node, pid in pids.items():
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            assert any(part.endswith(node.name.encode()) for part in command)
    assert not any(_alive(pid) for pid in pids.values())
    with pytest.raises(NodeFailedError, match="is not running"):
        anvil.rpc("eth_blockNumber")


def test_bitcoind_started_again_keeps_its_chain(tmp_path):
    node = Bitcoind(tmp_path)
    with node:
        node.rpc("generatetodescriptor", 3, "raw(51)")
    with node:
        assert node.rpc("getblockcount") == 3


def test_mainnet_rules_without_a_network(bitcoind_main):
    assert bitcoind_main.rpc("validateaddress", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT")["isvalid"]
    assert bitcoind_main.rpc("getnetworkinfo")["networkactive"] is False


def test_nodes_end_with_the_process_that_started_them(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from scanner.demo.nodes import Anvil\n"
        "node = Anvil(Path(sys.argv[1])); node.start(); print(node.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(nodes.__file__).parents[2],
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert _alive(pid)
        os.kill(owner.pid, signal.SIGKILL)
        assert _gone(pid, 10)


def test_a_refusal_carries_the_nodes_words_and_no_password(bitcoind):
    with pytest.raises(NodeFailedError, match="Method not found") as caught:
        bitcoind.rpc("nosuchmethod")
    assert bitcoind.url.split("@")[0].removeprefix("http://") not in str(caught.value)


def test_a_program_that_is_missing_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SCANNER_ANVIL", str(tmp_path / "nothing"))
    with pytest.raises(NodeMissingError, match=r"anvil is missing: run 'scripts/install-anvil"):
        Anvil(tmp_path).start()


def test_a_node_that_ends_at_once_says_what_it_said(tmp_path):
    with pytest.raises(NodeFailedError, match=r"bitcoind: ended: .*nosuchflag.*bitcoind\.log"):
        Bitcoind(tmp_path, ["-nosuchflag=1"]).start()


def test_postgres_is_private_and_needs_its_password(postgres_cluster, postgres, postgres_database):
    assert postgres.startswith("postgresql+psycopg://scanner:")
    assert postgres != postgres_database
    with psycopg.connect(postgres.replace("+psycopg", "")) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
        assert row == ("127.0.0.1",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://scanner@127.0.0.1:{postgres_cluster.port}/postgres")
