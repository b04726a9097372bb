"""A small server that answers as Esplora's published API says, fed from a regtest node.

It follows API.md of Blockstream's esplora (paths, fields, page sizes, newest first, 404 for unknown
blocks, 400 for busy addresses); it is not Esplora itself, which no package registry carries.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry
from support.bitcoin_chain import Chain, sat
from support.scripted_http import Said, Seen, serving

PAGE = 25


@dataclass
class EsploraStub:
    """`hide`: transactions it keeps quiet about. `busy`: addresses it refuses. `queue`: answers
    given instead of the true one, first come first served. `after`: called after each request."""

    chain: Chain
    hide: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    queue: list[Said] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._state: tuple[str, dict[str, Any]] = ("", {})
        self._network = load_registry().network("bitcoin")

    @contextmanager
    def serve(self) -> Iterator[EsploraStub]:
        with serving(self.answer) as host:
            self.url = f"http://{host}/api"
            yield self

    def answer(self, request: Seen) -> Said:
        path = request.path.removeprefix("/api/")
        with self._lock:
            self.seen.append(path)
            if self.queue:
                return self.queue.pop(0)
            return self._answer(path.split("/"))

    def _answer(self, parts: list[str]) -> Said:
        node = self.chain.node
        match parts:
            case ["blocks", "tip", "height"]:
                return Said(200, str(self.chain.tip()).encode())
            case ["blocks", "tip", "hash"]:
                return Said(200, node.rpc("getbestblockhash").encode())
            case ["block-height", height]:
                if int(height) > self.chain.tip():
                    return Said(404, b"Block not found")
                return Said(200, node.rpc("getblockhash", int(height)).encode())
            case ["block", block_hash]:
                header = node.rpc("getblockheader", block_hash)
                return _json(
                    {"id": block_hash, "height": header["height"], "timestamp": header["time"]}
                )
            case ["address" | "scripthash" as kind, text, *rest]:
                script = self._script(kind, text)
                if text in self.busy:
                    return Said(400, b"Too many history entries")
                return self._about(script, rest)
        return Said(404, b"endpoint does not exist")

    def _script(self, kind: str, text: str) -> str:
        if kind == "scripthash":
            return self._index()["by_hash"].get(text, "none")
        return script_pubkey(decode_address(self._network, text)).hex()

    def _about(self, script: str, rest: list[str]) -> Said:
        txs = [t for t in self._index()["by_script"].get(script, []) if t["txid"] not in self.hide]
        match rest:
            case []:
                return _json(
                    {"chain_stats": _stats(txs, script), "mempool_stats": _stats([], script)}
                )
            case ["txs"]:
                return _json(txs[:PAGE])
            case ["txs", "chain", last]:
                at = [t["txid"] for t in txs].index(last) + 1
                return _json(txs[at : at + PAGE])
        return Said(404, b"endpoint does not exist")

    def _index(self) -> dict[str, Any]:
        tip = self.chain.node.rpc("getbestblockhash")
        if self._state[0] != tip:
            self._state = (tip, _build(self.chain))
        return self._state[1]


def _build(chain: Chain) -> dict[str, Any]:
    by_script: dict[str, list[Any]] = {}
    for height in range(1, chain.tip() + 1):
        block = chain.node.rpc("getblock", chain.node.rpc("getblockhash", height), 3)
        for tx in block["tx"]:
            entry = _transaction(tx, block)
            scripts = {o["scriptpubkey"] for o in entry["vout"]}
            scripts |= {i["prevout"]["scriptpubkey"] for i in entry["vin"] if not i["is_coinbase"]}
            for script in scripts:
                by_script.setdefault(script, []).insert(0, entry)
    by_hash = {hashlib.sha256(bytes.fromhex(s)).hexdigest(): s for s in by_script}
    return {"by_script": by_script, "by_hash": by_hash}


def _transaction(tx: Any, block: Any) -> dict[str, Any]:
    return {
        "txid": tx["txid"],
        "status": {
            "confirmed": True,
            "block_height": block["height"],
            "block_hash": block["hash"],
            "block_time": block["time"],
        },
        "vin": [
            {"is_coinbase": True, "prevout": None}
            if "coinbase" in i
            else {
                "is_coinbase": False,
                "prevout": {
                    "scriptpubkey": i["prevout"]["scriptPubKey"]["hex"],
                    "value": sat(i["prevout"]["value"]),
                },
            }
            for i in tx["vin"]
        ],
        "vout": [
            {"scriptpubkey": o["scriptPubKey"]["hex"], "value": sat(o["value"])} for o in tx["vout"]
        ],
    }


def _stats(txs: list[Any], script: str) -> dict[str, int]:
    got = [o["value"] for t in txs for o in t["vout"] if o["scriptpubkey"] == script]
    spent = [
        i["prevout"]["value"]
        for t in txs
        for i in t["vin"]
        if not i["is_coinbase"] and i["prevout"]["scriptpubkey"] == script
    ]
    return {
        "tx_count": len(txs),
        "funded_txo_count": len(got),
        "funded_txo_sum": sum(got),
        "spent_txo_count": len(spent),
        "spent_txo_sum": sum(spent),
    }


def _json(value: object) -> Said:
    return Said(200, json.dumps(value).encode())
