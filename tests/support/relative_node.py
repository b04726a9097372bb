"""Answers as nodes of Bitcoin's relatives do, from a real regtest chain.

No package registry has these nodes. What their `scantxoutset` answers is taken from their sources
(src/rpc/blockchain.cpp of Bitcoin Cash Node and of Dash Core); everything else is JSON-RPC 1.0 as
all of them speak it: refusals with HTTP 404 or 500, and both `result` and `error` in every answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scanner.chains.bitcoin.core_rpc import RPC_METHOD_NOT_FOUND, CoreRpc, RpcFailure
from scanner.model.endpoint import Endpoint
from support.bitcoin_chain import Chain
from support.scripted_http import Said, Seen, serving

_COIN = ("txid", "vout", "scriptPubKey", "amount", "height")


@dataclass(frozen=True, slots=True)
class Form:
    """How a node's answer to `scantxoutset` is made: its fields, and those of each coin.

    counted_as: what it calls the number of coins it looked at. token: what some coins carry.
    prevouts: whether `getblock` tells what a block spent.
    """

    fields: tuple[str, ...]
    coin: tuple[str, ...]
    counted_as: str
    token: Mapping[str, object] | None
    prevouts: bool


FORMS = {
    "bitcoin-cash": Form(
        ("success", "unspents", "total_amount"),
        _COIN,
        "searched_items",
        {"category": "ab" * 32, "amount": "18446744073709551615"},
        prevouts=False,
    ),
    "dash": Form(
        ("success", "height", "bestblock", "unspents", "total_amount"),
        (*_COIN, "desc", "coinbase"),
        "txouts",
        None,
        prevouts=False,
    ),
}


@contextmanager
def relative(
    chain: Chain, network: str, after_scan: Callable[[], object] | None = None
) -> Iterator[Endpoint]:
    """Serve a chain as a node of another network. after_scan: called before a scan is answered."""
    form = FORMS[network]
    real = CoreRpc(chain.node.endpoint("real"))

    def answer(request: Seen) -> Said:
        calls = json.loads(request.body)
        if isinstance(calls, list):
            return _said(200, [_one(call) for call in calls])
        said = _one(calls)
        failed = said["error"]
        status = 200 if not failed else 404 if failed["code"] == RPC_METHOD_NOT_FOUND else 500
        return _said(status, said)

    def _one(call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], list(call["params"])
        if method in ("scanblocks", "getdescriptoractivity", "dumptxoutset"):
            return _answer(
                call, error={"code": RPC_METHOD_NOT_FOUND, "message": "Method not found"}
            )
        if method == "getblock" and not form.prevouts:
            params[1] = min(params[1], 2)
        found = real.ask(method, params)
        if isinstance(found, RpcFailure):
            return _answer(call, error={"code": found.code, "message": found.message})
        if method == "scantxoutset" and isinstance(found, dict) and "unspents" in found:
            if after_scan is not None:
                after_scan()
            found = _scan(form, found)
        return _answer(call, found)

    with serving(answer) as host:
        yield Endpoint(
            "relative", network, "bitcoin_core", f"http://{host}", chain="regtest", own=True
        )
    real.close()


def _scan(form: Form, answer: dict[str, Any]) -> dict[str, Any]:
    said = {name: answer[name] for name in form.fields}
    said[form.counted_as] = answer["txouts"]
    said["unspents"] = [{name: coin[name] for name in form.coin} for coin in answer["unspents"]]
    if form.token and said["unspents"]:
        said["unspents"][0]["tokenData"] = form.token
        said["token_total_amounts"] = {"ab" * 32: "1"}
    return said


def _answer(
    call: dict[str, Any], result: object = None, error: dict[str, object] | None = None
) -> dict[str, Any]:
    return {"result": result, "error": error, "id": call["id"]}


def _said(status: int, value: object) -> Said:
    return Said(status, json.dumps(value, default=float).encode())
