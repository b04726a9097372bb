"""A gateway that ignores the block it is asked about: found out by a question nobody can answer."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.attack_lab import (
    MESSAGE,
    WEI,
    account_of,
    evm_endpoint,
    key,
    sign_evm,
    write_rows,
    write_table,
)

pytestmark = pytest.mark.node


def newest_for_any_hash(body: bytes) -> bytes:
    """What such a gateway does: a block by hash becomes the newest one."""
    asked = json.loads(body)
    for call in asked if isinstance(asked, list) else [asked]:
        params = call.get("params", [])
        call["params"] = [
            "latest" if isinstance(p, dict) and "blockHash" in p else p for p in params
        ]
    return json.dumps(asked).encode()


def newest_for_calls(body: bytes) -> bytes:
    """The same for calls of programs alone: balances asked for one by one are of the block."""
    asked = json.loads(body)
    for call in asked if isinstance(asked, list) else [asked]:
        if call["method"] == "eth_call":
            call["params"][1] = "latest"
    return json.dumps(asked).encode()


@contextmanager
def gateway(port: int, spoil: Callable[[bytes], bytes] = newest_for_any_hash) -> Iterator[str]:
    """A server before a node that puts the newest block in place of every hash."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = spoil(self.rfile.read(int(self.headers["Content-Length"])))
            node = http.client.HTTPConnection("127.0.0.1", port)
            node.request("POST", "/", body, {"Content-Type": "application/json"})
            answer = node.getresponse().read()
            node.close()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_gateway_that_answers_for_any_hash(scanner, tmp_path, anvil_factory):
    """Empty at block 2, 777 ETH now: read by number, with the hash looked at around it."""
    node = anvil_factory()
    node.rpc("anvil_mine", "0x3")
    node.rpc("anvil_setBalance", account_of(key(18)), hex(777 * WEI))
    node.rpc("anvil_mine", "0x3")
    row = {"coin": "ETH", "network": "ETH", "height": 2, "address": account_of(key(18))}
    write_rows(tmp_path / "list.csv", [row | {"amount": "777", "signature1": sign_evm(key(18))}])
    with gateway(node.port) as url:
        write_table(tmp_path / "ends.toml", evm_endpoint(node) | {"url": url})
        done = scanner(
            *("snapshot", "list.csv", "--endpoints", "ends.toml", "--json"),
            *("--statement", MESSAGE),
        )
    (total,) = done.object["assets"]
    assert (total["verified"], total["shortfall"]) == ("0", str(777 * WEI))
    assert done.status == 1


def test_a_gateway_that_runs_programs_in_another_block(scanner, tmp_path, anvil_factory):
    """The few balances that a way is tried with are the same in both blocks; the others are not."""
    node = anvil_factory()
    keys = [key(n) for n in range(30, 36)]
    for k in keys[:3]:
        node.rpc("anvil_setBalance", account_of(k), hex(7 * WEI))
    node.rpc("anvil_mine", "0x3")
    for k in keys[3:]:
        node.rpc("anvil_setBalance", account_of(k), hex(7 * WEI))
    node.rpc("anvil_mine", "0x3")
    rows = [
        {"coin": "ETH", "network": "ETH", "height": 2, "address": account_of(k), "amount": "7"}
        | {"signature1": sign_evm(k)}
        for k in keys
    ]
    write_rows(tmp_path / "list.csv", rows)
    with gateway(node.port, newest_for_calls) as url:
        write_table(tmp_path / "ends.toml", evm_endpoint(node) | {"url": url})
        done = scanner(
            *("snapshot", "list.csv", "--endpoints", "ends.toml", "--json"),
            *("--statement", MESSAGE),
        )
    (total,) = done.object["assets"]
    assert (done.status, total["verified"], total["unavailable_rows"]) == (3, None, 6)
    told = done.err + scanner("show", "latest").out.decode()
    assert "in block 6: it ignores the block" in " ".join(told.split())


@pytest.mark.parametrize(("own", "evidence"), [(False, "reported"), (True, "proven")])
def test_a_proof_under_a_hash_that_its_own_endpoint_named(
    scanner, tmp_path, anvil_factory, own, evidence
):
    """A stranger's private chain with Ethereum's id proves anything about itself."""
    node = anvil_factory()
    node.rpc("anvil_setBalance", account_of(key(16)), hex(90_000_000 * WEI))
    node.rpc("anvil_mine", "0x3")
    row = {"coin": "ETH", "network": "ETH", "height": 2, "address": account_of(key(16))}
    write_rows(
        tmp_path / "list.csv", [row | {"amount": "90000000", "signature1": sign_evm(key(16))}]
    )
    write_table(tmp_path / "ends.toml", evm_endpoint(node, own=own, operator="a stranger"))
    take = ("snapshot", "list.csv", "--endpoints", "ends.toml", "--json", "--proof")
    done = scanner(*take, "--statement", MESSAGE)
    (total,) = done.object["assets"]
    assert total["by_evidence"][evidence] == str(90_000_000 * WEI)
    (exported,) = scanner("export", "balances", "latest", "--format", "jsonl").objects
    consistent = "the proof is consistent with the block that this endpoint named"
    assert (consistent in exported["reason"]) is not own
    assert exported["evidence"] == evidence, "a row is no stronger than the total it is in"

    known = node.rpc("eth_getBlockByNumber", "0x2", False)["hash"]
    said = scanner(*take, "--statement", MESSAGE, "--at", f"ethereum=2:{known}")
    assert said.object["assets"][0]["by_evidence"]["proven"] == str(90_000_000 * WEI)
    other = scanner(*take, "--statement", MESSAGE, "--at", "ethereum=2:0x" + "ab" * 32)
    assert other.status == 3
    assert "but you gave" in other.err + scanner("show", "latest").out.decode()


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("chain", ["", "1", "1:dev"])
def test_a_private_chain_that_took_a_networks_id(scanner, tmp_path, anvil_factory, own, chain):
    """Ethereum is known by its first block: who has another has to be called another chain."""
    node = anvil_factory()
    node.rpc("anvil_setBalance", account_of(key(16)), hex(90 * WEI))
    node.rpc("anvil_mine", "0x3")
    row = {"coin": "ETH", "network": "ETH", "height": 2, "address": account_of(key(16))}
    write_rows(tmp_path / "list.csv", [row | {"amount": "90", "signature1": sign_evm(key(16))}])
    write_table(tmp_path / "ends.toml", evm_endpoint(node, own=own, chain=chain))
    done = scanner(
        *("snapshot", "list.csv", "--endpoints", "ends.toml", "--json", "--proof"),
        *("--statement", MESSAGE),
    )
    if chain == "1:dev":
        assert done.object["assets"][0]["verified"] == str(90 * WEI)
        assert "NOT THE REAL ethereum: read on the chain '1:dev'" in done.err
    else:
        (total,) = done.object["assets"]
        assert (done.status, total["verified"], total["unavailable_rows"]) == (3, None, 1)
        told = done.err + scanner("show", "latest").out.decode()
        assert "another chain of the same id: its block 0 is not 0xd4e5" in told
        assert 'say chain = "1:dev"' in told
