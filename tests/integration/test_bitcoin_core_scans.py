"""Long scans of Bitcoin Core: broken answers, one at a time, and stopped when nobody waits."""

from __future__ import annotations

import _thread
import json
import threading
import time
from collections.abc import Iterator

import pytest
from support.bitcoin_chain import Chain, address, query, regtest
from support.scripted_http import Said, Seen, serving

from scanner.chains.bitcoin import core_long
from scanner.chains.bitcoin.core_scan import CoreScan
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
BITCOIN = load_registry().network("bitcoin")
ADDRESS = address("p2pkh", b"\x01" * 20)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("scans")) as chain:
        chain.mine(2)
        yield chain


def _own(host: str) -> Endpoint:
    return Endpoint("n", "bitcoin", "bitcoin_core", f"http://{host}", own=True)


AT = BlockRef("bitcoin", "regtest", 5, "aa" * 32, 0)
SCRIPT = script_pubkey(ADDRESS).hex()


def _answer(**change: object) -> dict[str, object]:
    coin = {
        "txid": "11" * 32,
        "vout": 0,
        "scriptPubKey": SCRIPT,
        "amount": 1.5,
        "height": 3,
        "coinbase": False,
    }
    return {
        "success": True,
        "height": 5,
        "bestblock": AT.hash,
        "total_amount": 1.5,
        "unspents": [coin],
        **change,
    }


BROKEN = {
    "sum": (_answer(total_amount=1.4), "add up"),
    "negative": (
        _answer(unspents=[{**_answer()["unspents"][0], "amount": -1.5}]),
        "amount it should not",
    ),  # type: ignore[index]
    "fraction": (
        _answer(unspents=[{**_answer()["unspents"][0], "amount": 1.500000001}]),
        "amount it should not",
    ),  # type: ignore[index]
    "text": (
        _answer(unspents=[{**_answer()["unspents"][0], "amount": "1.5"}]),
        "amount it should not",
    ),  # type: ignore[index]
    "later": (_answer(unspents=[{**_answer()["unspents"][0], "height": 6}]), "later block"),  # type: ignore[index]
    "stranger": (
        _answer(unspents=[{**_answer()["unspents"][0], "scriptPubKey": "51"}]),
        "not asked for",
    ),  # type: ignore[index]
    "hex": (_answer(unspents=[{**_answer()["unspents"][0], "scriptPubKey": "5"}]), "not hex"),  # type: ignore[index]
    "shape": (_answer(unspents={}), "unspents is not list"),
    "aborted": (_answer(success=False), "aborted"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_scan_answer_is_no_number(name: str) -> None:
    answer, words = BROKEN[name]

    def node(request: Seen) -> Said:
        asked = json.loads(request.body)
        action = asked["params"][0] if asked["params"] else asked["method"]
        result = {"status": None, "start": answer, "getbestblockhash": AT.hash}.get(action)
        return Said(200, json.dumps({"id": 0, "result": result}).encode())

    with serving(node) as host:
        source = CoreScan(BITCOIN, _own(host))
        with pytest.raises(SourceUnavailableError, match=words):
            source.fetch_balances([query(ADDRESS)], AT)
        source.close()


def test_progress_busy_and_abort() -> None:
    """A scan that takes long: its status is passed on, a second caller is refused, Ctrl-C aborts."""
    running, released, asked = threading.Event(), threading.Event(), []

    def node(request: Seen) -> Said:
        call = json.loads(request.body)
        if call["method"] == "getbestblockhash":
            return Said(200, json.dumps({"id": 0, "result": AT.hash}).encode())
        action = call["params"][0]
        asked.append(action)
        if action == "start":
            running.set()
            released.wait(5)
            return Said(200, json.dumps({"id": 0, "result": _answer()}).encode())
        if action == "abort":
            released.set()
        share = {"progress": 40} if running.is_set() and not released.is_set() else None
        return Said(200, json.dumps({"id": 0, "result": share}).encode())

    class Stop(BaseException):
        pass

    shares: list[float] = []

    def report(share: float) -> None:
        shares.append(share)
        released.set()

    with serving(node) as host, pytest.MonkeyPatch.context() as patch:
        patch.setattr(core_long, "STATUS_SECONDS", 0.02)
        endpoint = _own(host)
        source, second = CoreScan(BITCOIN, endpoint), CoreScan(BITCOIN, endpoint)
        assert source.fetch_balances([query(ADDRESS)], AT, report)[0].amount == 150_000_000
        assert shares == [0.4, 1.0]

        released.clear()
        running.set()
        with pytest.raises(SourceUnavailableError, match="busy with another scan") as caught:
            second.fetch_balances([query(ADDRESS)], AT)
        assert caught.value.retry_after

        running.clear()
        asked.clear()
        patch.setattr(core_long, "CALL_SECONDS", 0.2)
        with pytest.raises(SourceUnavailableError, match="no complete answer"):
            source.fetch_balances([query(ADDRESS)], AT)
        assert asked == ["status", "start", "abort"]
        source.close()
        second.close()


def test_a_scan_already_in_progress_on_a_real_node(chain: Chain) -> None:
    first, second = (CoreScan(BITCOIN, chain.node.endpoint(n)) for n in ("one", "two"))
    at = first.pin(None)
    many = [query(address("p2tr", n.to_bytes(32, "big"))) for n in range(60_000)]
    answers: list[object] = []
    scanning = threading.Thread(target=lambda: answers.append(first.fetch_balances(many, at)))
    scanning.start()
    while scanning.is_alive() and chain.node.rpc("scantxoutset", "status") is None:
        time.sleep(0.01)
    with pytest.raises(SourceUnavailableError, match="busy with another scan"):
        second.fetch_balances(many[:1], at)
    scanning.join()
    assert len(answers) == 1
    assert second.fetch_balances(many[:1], at)[0].amount == 0
    first.close()
    second.close()


def test_ctrl_c_aborts_the_scan_on_a_real_node(chain: Chain) -> None:
    source = CoreScan(BITCOIN, chain.node.endpoint("own"))
    at = source.pin(None)
    many = [query(address("p2tr", n.to_bytes(32, "big"))) for n in range(60_000)]

    def interrupt_a_scan() -> None:
        while chain.node.rpc("scantxoutset", "status") is None:
            time.sleep(0.002)
        _thread.interrupt_main()

    watch = threading.Thread(target=interrupt_a_scan, daemon=True)
    watch.start()
    with pytest.raises(KeyboardInterrupt):
        source.fetch_balances(many, at)
    watch.join()
    deadline = time.monotonic() + 5
    while chain.node.rpc("scantxoutset", "status") is not None:
        assert time.monotonic() < deadline, "the node is still scanning"
        time.sleep(0.02)
    source.close()
