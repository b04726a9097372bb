"""Lotus as far as the scanner asks it: an EVM node behind it, actor numbers, and empty rounds."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from support.scripted_http import Said, Seen, serving

NOT_FOUND = "resolution lookup failed ({0}): resolve address {0}: actor not found"


@contextmanager
def lotus(
    node_url: str,
    numbers: dict[str, int],
    empty: frozenset[int] = frozenset(),
    trick: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda call: None,
) -> Iterator[str]:
    """Serve; yields the URL. numbers: address -> actor. empty: epochs without a block.

    trick: may answer a call itself, with a result or an error.
    """

    def answer_one(call: dict[str, Any]) -> dict[str, Any]:
        head = {"jsonrpc": "2.0", "id": call["id"]}
        own = trick(call)
        if own is not None:
            return head | own
        if call["method"] == "Filecoin.StateLookupID":
            address = call["params"][0]
            if address in numbers:
                return head | {"result": f"f0{numbers[address]}"}
            return head | {"error": {"code": 1, "message": NOT_FOUND.format(address)}}
        if call["method"] == "eth_getBlockByNumber" and call["params"][0].startswith("0x"):
            epoch = int(call["params"][0], 16)
            if epoch in empty:
                words = f"requested epoch was a null round ({epoch})"
                return head | {"error": {"code": 12, "message": words, "data": epoch}}
        request = urllib.request.Request(
            node_url, json.dumps(call).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as reply:
            said: dict[str, Any] = json.loads(reply.read())
        return said

    def answer(request: Seen) -> Said:
        asked = json.loads(request.body)
        body = [answer_one(c) for c in asked] if isinstance(asked, list) else answer_one(asked)
        return Said(200, json.dumps(body).encode())

    with serving(answer) as host:
        yield f"http://{host}"
