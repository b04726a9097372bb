"""JSON-RPC answers of every shape: taken when they are the asked one's, refused otherwise."""

from __future__ import annotations

import json

import pytest

from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.rpc import Rpc
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net.http import Reply

ENDPOINT = Endpoint("n", "ethereum", "ethereum_rpc", "http://127.0.0.1:1/key")


class Script:
    """Stands in for the transport: answers with what a function makes of the request."""

    def __init__(self, make, status=200, headers=None):
        self.make, self.status, self.headers = make, status, headers or {}

    def send(self, method, path="", *, body=b"", timeout=None, limit=0):
        made = self.make(json.loads(body))
        raw = made if isinstance(made, bytes) else json.dumps(made).encode()
        return Reply("n", self.status, raw, self.headers)

    def heard(self, words):
        return "words"


def rpc(make, status=200, headers=None):
    return Rpc(ENDPOINT, Script(make, status, headers))


def ok(request, result="0x1"):
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def test_a_result_and_a_null_result():
    assert rpc(ok).ask("m", 1) == "0x1"
    assert rpc(lambda r: ok(r, None)).ask("m") is None


@pytest.mark.parametrize(
    "make",
    [
        lambda r: {**ok(r), "id": r["id"] + 1},
        lambda r: {**ok(r), "id": None},
        lambda r: {**ok(r), "id": str(r["id"])},
        lambda r: {"id": r["id"]},
        lambda r: [],
        lambda r: [ok(r), ok(r)],
        lambda r: "text",
        lambda r: None,
        lambda r: 5,
        lambda r: b"",
        lambda r: b"<html>",
        lambda r: b"{" * 100_000,
        lambda r: json.dumps(ok(r)).encode()[:-3],
        lambda r: {"id": r["id"] + 7, "error": {"code": 3, "message": "reverted"}},
    ],
)
def test_answers_that_are_nobodys(make):
    with pytest.raises(SourceUnavailableError):
        rpc(make).ask("m")


def test_errors_carry_their_meaning_and_no_secret():
    error = {"code": -32000, "message": "missing trie node at https://host/key"}
    with pytest.raises(RpcError) as caught:
        rpc(lambda r: {"id": r["id"], "error": error}).ask("m")
    assert caught.value.fault is Fault.PRUNED
    assert "key" not in str(caught.value)
    assert str(caught.value) == "n: answered error -32000: the state of that block is gone"


@pytest.mark.parametrize("status", [400, 500, 200])
def test_an_error_object_counts_whatever_the_status(status):
    make = lambda r: {"id": None, "error": {"code": -32601, "message": "no such method"}}  # noqa: E731
    with pytest.raises(RpcError) as caught:
        rpc(make, status).ask("m")
    assert caught.value.fault is Fault.UNSUPPORTED


def test_a_result_under_an_error_status_does_not_count():
    with pytest.raises(SourceUnavailableError):
        rpc(ok, 500).ask("m")


@pytest.mark.parametrize(
    ("status", "kind"), [(429, SourceUnavailableError), (401, SourceRejectedError)]
)
def test_statuses(status, kind):
    with pytest.raises(kind) as caught:
        rpc(lambda r: b"no", status, {"retry-after": "7"}).ask("m")
    if status == 429:
        assert caught.value.retry_after == 7


def test_rate_limits_in_the_body_are_unavailability():
    error = {"code": -32005, "message": "limit", "data": {"rate": {"backoff_seconds": 3}}}
    with pytest.raises(SourceUnavailableError) as caught:
        rpc(lambda r: {"id": r["id"], "error": error}).ask("m")
    assert caught.value.retry_after is None or caught.value.retry_after == 3
    error["message"] = "rate limit exceeded"
    with pytest.raises(SourceUnavailableError) as caught:
        rpc(lambda r: {"id": r["id"], "error": error}).ask("m")
    assert caught.value.retry_after == 3


def test_a_request_too_large_is_said_by_status_413():
    with pytest.raises(RpcError) as caught:
        rpc(lambda r: b"", 413).ask("m")
    assert caught.value.fault is Fault.TOO_BIG


CALLS = [("m", [n]) for n in range(4)]


def items(requests):
    return [ok(r, hex(r["params"][0])) for r in requests]


@pytest.mark.parametrize("order", [1, -1])
def test_batches_in_any_order(order):
    assert rpc(lambda rs: items(rs)[::order]).batch(CALLS) == ["0x0", "0x1", "0x2", "0x3"]


def kinds(answers):
    return [a.fault if isinstance(a, RpcError) else a for a in answers]


def test_an_item_left_out_does_not_shift_the_others():
    """The trap: sorting by id and counting off gives wallet 1 the balance of wallet 2."""
    found = kinds(rpc(lambda rs: [i for i in items(rs) if i["result"] != "0x1"]).batch(CALLS))
    assert found == ["0x0", Fault.MISSING, "0x2", "0x3"]


def test_items_answered_twice_or_for_others_do_not_count():
    def doubled(rs):
        return [*items(rs), {**ok(rs[2]), "result": "0x99"}, {**ok(rs[0]), "id": 10**9}, "x", None]

    assert kinds(rpc(doubled).batch(CALLS)) == ["0x0", "0x1", Fault.MISSING, "0x3"]


def test_items_that_fail_alone():
    def one_bad(rs):
        made = items(rs)
        made[1] = {"id": rs[1]["id"], "error": {"code": 3, "message": "execution reverted"}}
        made[2] = {"id": rs[2]["id"], "error": {"code": -1, "message": "?"}}
        return made

    assert kinds(rpc(one_bad).batch(CALLS)) == ["0x0", Fault.REVERTED, Fault.OTHER, "0x3"]


@pytest.mark.parametrize(
    "make", [lambda rs: {"id": 1, "result": "0x1"}, lambda rs: "x", lambda rs: None]
)
def test_what_is_no_batch_answer(make):
    with pytest.raises(SourceUnavailableError):
        rpc(make).batch(CALLS)


def test_a_batch_refused_as_a_whole():
    make = lambda rs: {"id": None, "error": {"code": -32600, "message": "batch too large"}}  # noqa: E731
    with pytest.raises(RpcError) as caught:
        rpc(make).batch(CALLS)
    assert caught.value.fault is Fault.TOO_BIG


def test_a_rate_limit_of_one_item_is_one_of_the_batch():
    def limited(rs):
        made = items(rs)
        made[3] = {"id": rs[3]["id"], "error": {"code": 429, "message": "too many requests"}}
        return made

    with pytest.raises(SourceUnavailableError):
        rpc(limited).batch(CALLS)


def test_calls_and_requests_are_counted():
    client = rpc(lambda r: items(r) if isinstance(r, list) else ok(r))
    client.batch(CALLS)
    client.ask("m")
    assert (client.requests, client.calls) == (2, 5)
