"""Attackers who make us work: hostile contracts, fat rows, half requests. Each costs its own size."""

import os
import resource
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from support.command import COMMAND
from support.databases import BOTH, new_database
from support.snapshot_stub import StubSource, eth_claim, stored
from support.taking import planned, take

from scanner.chains.evm import blocks
from scanner.chains.evm.columns import Column
from scanner.chains.evm.node import MOST_ANSWERED, Node
from scanner.chains.evm.single import SingleCalls
from scanner.chains.fleet.faults import Fault, RpcError, classify, read_error
from scanner.demo.nodes import free_port
from scanner.errors import SourceRejectedError
from scanner.model.addresses.table import undecoded_key
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.ownership.bitcoin import bip322_interpreter as bip322
from scanner.ownership.primitives.not_proven import NotProvenError
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading import row_pages
from scanner.store.writing.runs import create_snapshot
from scanner.web import protocol

REVM = (
    "OpcodeNotFound", "InvalidFEOpcode", "InvalidJump", "NotActivated", "StackUnderflow",
    "StackOverflow", "OutOfOffset", "CreateCollision", "PrecompileError",
    "PrecompileErrorWithContext", "NonceOverflow", "CreateContractStartingWithEF",
    "OverflowPayment", "StateChangeDuringStaticCall", "CallNotAllowedInsideStatic", "OutOfFunds",
    "CallTooDeep",
)  # fmt: skip
"""revm's HaltReason, but for the kinds of gas and size, which ask for less at once."""
GETH = (
    "max call depth exceeded", "insufficient balance for transfer", "contract address collision",
    "invalid jump destination", "write protection", "return data out of bounds",
    "invalid code: must not begin with 0xef", "nonce uint64 overflow", "stack underflow (0 <=> 1)",
    "stack limit reached 1024 (1023)", "invalid opcode: INVALID", "invalid opcode: opcode 0xef",
)  # fmt: skip


@pytest.mark.parametrize("halt", REVM)
@pytest.mark.parametrize("form", ["EVM error {}", "EVM error: {}", "execution halted: {}"])
def test_a_halt_in_revms_words_is_the_contracts(halt, form):
    assert classify(-32603, form.format(halt)) is Fault.REVERTED
    assert classify(-32000, form.format(halt)) is Fault.REVERTED


@pytest.mark.parametrize("words", GETH)
def test_a_halt_in_geths_words_is_the_contracts(words):
    assert classify(-32000, words) is Fault.REVERTED


TALK = (
    "too many requests, try again in 50 s", "rate limit", "missing trie node", "block not found",
    "header not found", "out of gas", "method does not exist", "execution timeout", "pruned",
    "archive", "unknown block", "the daily request count is exceeded",
)  # fmt: skip


@pytest.mark.parametrize("talk", TALK)
@pytest.mark.parametrize(
    "form",
    ["execution reverted: {}", "VM execution error. Reverted {}", "Error: reverted with '{}'",
     "VM Exception while processing transaction: revert {}"],
)  # fmt: skip
def test_what_a_contract_says_is_not_the_nodes_word(talk, form):
    assert classify(-32000, form.format(talk)) is Fault.REVERTED
    error = {"code": -32000, "message": talk, "data": "0x08c379a0"}
    assert read_error("n", error, talk).fault is Fault.REVERTED


@pytest.mark.parametrize("talk", TALK)
def test_a_node_that_says_so_itself_is_still_understood(talk):
    assert classify(-32000, talk) is not Fault.REVERTED


def _pinned(node):
    rpc = node.rpc
    header = blocks.header(rpc, 1)
    return BlockRef("ethereum", "1", 1, header.hash, None)


CODES = {
    "invalid opcode": "0xfe",
    "undefined opcode": "0x0c",
    "stack underflow": "0x01",
    "bad jump": "0x600056",
    "reverts and talks": None,
    "reverts": "0x60006000fd",
}


@pytest.mark.node
@pytest.mark.parametrize("name", [name for name, code in CODES.items() if code])
def test_a_contract_that_halts_has_answered(anvil_factory, name):
    chain = anvil_factory()
    hostile = "0x" + "fa" * 20
    chain.rpc("anvil_setCode", hostile, CODES[name])
    chain.rpc("anvil_mine", "0x2")
    node = Node(Endpoint("n", "ethereum", "ethereum_rpc", chain.url), "1")
    began = time.monotonic()
    at = _pinned(node)
    assert node.call(bytes.fromhex("fa" * 20), b"\x00" * 4, at) == b""
    reading = SingleCalls(batched=False).read(
        node, [Column(bytes.fromhex("fa" * 20), [bytes(20)])], {"blockHash": at.hash}, at
    )
    assert reading[0].decimals is None, "its column, not the chunk"
    assert time.monotonic() - began < 20
    node.close()


@pytest.mark.node
def test_an_endless_contract_costs_its_own_question(anvil_factory):
    chain = anvil_factory()
    chain.rpc("anvil_setCode", "0x" + "fa" * 20, "0x5b600056")
    chain.rpc("anvil_mine", "0x2")
    node = Node(Endpoint("n", "ethereum", "ethereum_rpc", chain.url), "1")
    at = _pinned(node)
    with pytest.raises(RpcError) as caught:
        node.call(bytes.fromhex("fa" * 20), b"", at)
    assert caught.value.fault is Fault.TOO_BIG
    column = Column(bytes.fromhex("fa" * 20), [bytes(20)])
    (reading,) = SingleCalls(batched=False).read(node, [column], {"blockHash": at.hash}, at)
    assert reading.decimals is None
    node.close()


@pytest.mark.node
def test_a_fat_answer_is_left_where_it_is(anvil_factory):
    """3 MB to every question: sixty rows were a gigabyte."""
    chain = anvil_factory()
    chain.rpc("anvil_setCode", "0x" + "fa" * 20, f"0x62{3_000_000:06x}6000f3")
    chain.rpc("anvil_setCode", "0x" + "fb" * 20, f"0x62{MOST_ANSWERED:06x}6000f3")
    chain.rpc("anvil_mine", "0x2")
    node = Node(Endpoint("n", "ethereum", "ethereum_rpc", chain.url), "1")
    at = _pinned(node)
    assert len(node.call(bytes.fromhex("fb" * 20), b"", at)) == MOST_ANSWERED
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for n in range(10):
        with pytest.raises(SourceRejectedError, match="larger than"):
            node.call(bytes.fromhex("fa" * 20), bytes([n]), at)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    node.close()


FAT = 300_000


@pytest.fixture(scope="module")
def fat(tmp_path_factory):
    """A database whose rows have messages of 0.3 MB."""
    url = f"sqlite:///{tmp_path_factory.mktemp('fat') / 'scanner.db'}"
    with open_store(url, create=True) as store:
        snapshot = planned(store, [eth_claim(n, message="m" * FAT) for n in range(40)])
        take(store, snapshot, StubSource())
    return url


def test_a_page_ends_by_its_size_and_goes_on(fat):
    with open_store(fat) as store:
        seen, after, pages = [], 0, 0
        while after is not None:
            page = row_pages.row_page(store, 1, 1, row_pages.RowFilter(), after=after, limit=200)
            size = sum(len(found.row.claim.message) for found in page.rows)
            assert page.rows
            assert size <= max(FAT, row_pages.MOST_TEXT)
            seen += [found.row.no for found in page.rows]
            after, pages = page.next, pages + 1
    assert seen == list(range(1, 41)), "nothing is left out"
    assert pages > 10


PAGES = (
    ("/snapshots/2/findings", {"limit": 200}, "findings"),
    ("/differences", {"old": 1, "new": 2, "limit": 200}, "differences"),
    ("/differences", {"old": 1, "new": 2, "change": "gone", "limit": 200}, "differences"),
    ("/snapshots/2/rows", {"limit": 200}, "rows"),
)


@pytest.fixture(scope="module")
def fat_addresses(tmp_path_factory):
    """Three lists whose addresses have 0.2 MB each; the third is another publisher's."""
    url = f"sqlite:///{tmp_path_factory.mktemp('long') / 'scanner.db'}"
    with open_store(url, create=True) as store:
        for first, publisher in ((0, "One"), (20, "One"), (20, "Two")):
            claims = [
                eth_claim(n)._replace(address=text, address_key=undecoded_key(text))
                for n in range(first, first + 60)
                for text in [f"{n:05}" + "a" * 200_000]
            ]
            listed = stored(store, claims, publisher=publisher).list_id
            take(store, create_snapshot(store, listed, SnapshotPolicy()), StubSource())
    with _serving(url) as (port, _):
        yield port


@pytest.mark.parametrize(("place", "asked", "name"), PAGES)
def test_every_page_ends_by_bytes(fat_addresses, place, asked, name):
    """What 200 rows of a list show is cut, or the page ends: never 200 times what one row has."""
    url = f"http://127.0.0.1:{fat_addresses}/api/v1{place}"
    answer = httpx.get(url, params=asked, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    assert answer.json()[name], "there is something on it"
    assert len(answer.content) < 2 * row_pages.MOST_TEXT


@pytest.fixture(scope="module", params=BOTH)
def fat_by_the_hundred(request, tmp_path_factory):
    """Rows of 0.9 MB each, 90 MB of them, on the web: 200 at once were 169 MB a visitor."""
    url = new_database(request, tmp_path_factory.mktemp("fatter"))
    upgrade(url)
    with open_store(url) as store:
        snapshot = planned(store, [eth_claim(n, message="m" * 890_000) for n in range(100)])
        take(store, snapshot, StubSource())
    with _serving(url) as found:
        yield found


@pytest.fixture(scope="module")
def web(fat):
    """The fat database on the web."""
    with _serving(fat) as found:
        yield found


@contextmanager
def _serving(url):
    """`scanner serve` with a database; its port and process id."""
    pytest.importorskip("uvicorn")
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--workers", "1"],
        env={**os.environ, "SCANNER_DATABASE": url},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _peak(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def test_a_visitor_costs_what_is_sent_to_him(web):
    port, pid = web
    place = f"http://127.0.0.1:{port}/api/v1/snapshots/1/rows"
    first = httpx.get(place, params={"limit": 1}, trust_env=False)
    before = _peak(pid)
    answer = httpx.get(place, params={"limit": 200}, timeout=60, trust_env=False)
    assert first.status_code == answer.status_code == 200
    assert len(answer.content) < 3 * row_pages.MOST_TEXT
    assert answer.json()["next"] is not None
    assert _peak(pid) - before < 40


class Resident(threading.Thread):
    """Looks again and again what a process has of its own in memory: RssAnon, in megabytes.

    A SQLite file is mapped, once by each connection: its pages count in VmRSS as often as they
    are mapped, are in memory once, and are the system's to take back.
    """

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            with open(f"/proc/{self.pid}/status") as status:
                lines = dict(line.split(":", 1) for line in status)
            self.most = max(self.most, int(lines["RssAnon"].split()[0]) // 1024)


def test_eight_visitors_at_once_cost_what_is_sent_to_them(fat_by_the_hundred):
    port, pid = fat_by_the_hundred
    place = f"http://127.0.0.1:{port}/api/v1/snapshots/1/rows"
    httpx.get(place, params={"limit": 1}, trust_env=False)
    idle = Resident(pid)
    idle.start()
    time.sleep(0.2)
    idle.over.set()
    idle.join()
    watch = Resident(pid)
    watch.start()
    found = []

    def visit(number):
        for limit in (200, 199, 150):
            asked = {"limit": limit, "after": number}
            found.append(httpx.get(place, params=asked, timeout=120, trust_env=False))

    visitors = [threading.Thread(target=visit, args=(n,)) for n in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    watch.over.set()
    watch.join()
    assert [answer.status_code for answer in found] == [200] * 24
    assert max(len(answer.content) for answer in found) < 3 * row_pages.MOST_TEXT
    assert idle.most > 10, "it was looked at"
    assert watch.most - idle.most < 8 * 12, (idle.most, watch.most)


def test_half_a_request_is_not_waited_for(web):
    port, _ = web
    opened = []
    for words in (b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", b"GET"):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(words)
        opened.append(connection)
    began = time.monotonic()
    for connection in opened:
        connection.settimeout(protocol.REQUEST_SECONDS + 20)
        assert connection.recv(1) == b""
        connection.close()
    assert time.monotonic() - began < protocol.REQUEST_SECONDS + 20


def test_the_checks_of_all_inputs_are_counted_together():
    checks = bip322._Checks()
    first, second = bip322._Counted(checks), bip322._Counted(checks)
    for _ in range(bip322.MAX_CHECKS // 2):
        first.append(1)
        second.append(1)
    with pytest.raises(NotProvenError, match="check more than 1,000"):
        second.append(1)


def test_inputs_times_bytes_are_limited(monkeypatch):
    """250 inputs in 181 kB of text were six seconds, for each of two signatures of a row."""
    tx = bytes.fromhex("0200000001" + "11" * 32 + "0000000000ffffffff0100000000000000000000000000")
    with pytest.raises(NotProvenError, match=r"script fails|mismatch|signature"):
        bip322.check_inputs(tx, [(0, b"\x00")])
    monkeypatch.setattr(bip322, "MAX_HASHED", len(tx) - 1)
    with pytest.raises(NotProvenError, match="too large for so many inputs"):
        bip322.check_inputs(tx, [(0, b"\x00")])
