"""A small server that answers as Blockbook's published API says, fed from a regtest node.

It follows docs/api.md of trezor/blockbook (paths, fields, pages, `from`); it is not Blockbook
itself, which no package registry carries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.bitcoin_chain import Chain, sat
from support.scripted_http import Said, Seen, serving

PAGE_LIMIT = 20  # smaller than the real one, so that tests see several pages


@dataclass
class BlockbookStub:
    """`names`: script in hex -> address text. `in_sync`: what it says of itself. `instead`: may give
    another answer than the true one."""

    chain: Chain
    names: dict[str, str]
    in_sync: bool = True
    instead: Callable[[str], Said | None] = lambda path: None
    url: str = ""

    @contextmanager
    def serve(self) -> Iterator[BlockbookStub]:
        with serving(self.answer) as host:
            self.url = f"http://{host}"
            yield self

    def answer(self, request: Seen) -> Said:
        trick = self.instead(request.path)
        if trick is not None:
            return trick
        parts = urlsplit(request.path)
        node = self.chain.node
        match parts.path.removeprefix("/api/v2").strip("/").split("/"):
            case [""]:
                return _json(
                    {
                        "blockbook": {
                            "coin": "Test",
                            "inSync": self.in_sync,
                            "bestHeight": self.chain.tip(),
                        },
                        "backend": {"chain": "regtest"},
                    }
                )
            case ["block-index", height]:
                if int(height) > self.chain.tip():
                    return _json({"blockHash": ""})  # with status 200, as recorded
                return _json({"blockHash": node.rpc("getblockhash", int(height))})
            case ["block", block_hash]:
                block = node.rpc("getblock", block_hash, 3)
                told = {name: block[name] for name in ("hash", "height", "time")}
                return _json(told | {"totalPages": 1, "txs": [self._tx(t) for t in block["tx"]]})
            case ["address", text]:
                if text not in self.names.values():
                    return Said(
                        400, b'{"error":"Invalid address, decoded address is of unknown format"}'
                    )
                return self._address(text, {k: v[0] for k, v in parse_qs(parts.query).items()})
        return Said(404)

    def _address(self, text: str, query: dict[str, str]) -> Said:
        txs = [t for t in self._transactions() if text in json.dumps(t["vin"] + t["vout"])]
        balance = sum(_own(t["vout"], text) - _own(t["vin"], text) for t in txs)
        answer: dict[str, Any] = {
            "address": text,
            "balance": str(balance),
            "unconfirmedTxs": 0,
            "txs": len(txs),
        }
        if query["details"] == "txs":
            answer["unconfirmedBalance"] = "0"  # not with details=basic, as recorded
            chosen = [t for t in txs if t["blockHeight"] >= int(query.get("from", 0))]
            size, page = min(int(query["pageSize"]), PAGE_LIMIT), int(query["page"])
            answer |= {
                "page": page,
                "totalPages": -(-len(chosen) // size) or 1,
                "itemsOnPage": size,
            }
            if chosen:
                answer["transactions"] = chosen[(page - 1) * size : page * size]
        return _json(answer)

    def _transactions(self) -> list[dict[str, Any]]:
        node, found = self.chain.node, []
        for height in range(self.chain.tip(), 0, -1):
            block = node.rpc("getblock", node.rpc("getblockhash", height), 3)
            told = {"blockHeight": height, "confirmations": self.chain.tip() - height + 1}
            found += [self._tx(tx) | told for tx in block["tx"]]
        return found

    def _tx(self, tx: dict[str, Any]) -> dict[str, Any]:
        paid = [i["prevout"] for i in tx["vin"] if "prevout" in i]
        return {
            "txid": tx["txid"],
            "vin": [
                self._part(i["prevout"]) if "prevout" in i else {"isAddress": False}
                for i in tx["vin"]
            ],
            "vout": [self._part(o) | {"hex": _script(o)} for o in tx["vout"]],
            "value": str(sum(sat(o["value"]) for o in tx["vout"])),
            "valueIn": str(sum(sat(o["value"]) for o in paid)),
        }

    def _part(self, output: dict[str, Any]) -> dict[str, Any]:
        name = self.names.get(output["scriptPubKey"]["hex"])
        return {
            "value": str(sat(output["value"])),
            "addresses": [name] if name else None,
            "isAddress": bool(name),
        }


def _script(output: dict[str, Any]) -> str:
    text: str = output["scriptPubKey"]["hex"]
    return text


def _own(parts: list[dict[str, Any]], text: str) -> int:
    return sum(int(p["value"]) for p in parts if text in (p.get("addresses") or ()))


def _json(value: object) -> Said:
    return Said(200, json.dumps(value).encode())
