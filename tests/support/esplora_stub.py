"""A small server that answers as Esplora's published API says, fed from a regtest node.

It follows API.md of Blockstream's esplora (paths, fields, page sizes, newest first, 404 for unknown
blocks, 400 for busy addresses); it is not Esplora itself, which no package registry carries.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry
from support.bitcoin_chain import Chain
from support.raw_blocks import block_transactions
from support.scripted_http import Said, Seen, serving

PAGE = 25


@dataclass
class EsploraStub:
    """`hide`: transactions it keeps quiet about. `busy`: addresses it refuses. `pending`: what
    waits for an address in the memory pool, in base units. `page`: transactions of a full page, the
    first of which has `waiting` unconfirmed ones among them, as mempool's electrs counts. `queue`: answers given instead of the true one, first come first served. `after`: called after each request."""

    chain: Chain
    hide: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    pending: dict[str, int] = field(default_factory=dict)
    page: int = PAGE
    waiting: int = 0
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

    def answer_for(self, path: str) -> Said:
        """What it honestly says about a path, without a request."""
        with self._lock:
            return self._answer(path.split("/"))

    def _answer(self, parts: list[str]) -> Said:
        node = self.chain.node
        match parts:
            case ["blocks", "tip", "height"]:
                return Said(200, str(self.chain.tip()).encode())
            case ["blocks", "tip", "hash"]:
                return Said(200, node.rpc("getbestblockhash").encode())
            case ["block-height", height] if int(height) > self.chain.tip():
                return Said(404, b"Block not found")
            case ["block-height", height]:
                return Said(200, node.rpc("getblockhash", int(height)).encode())
            case ["block", block_hash]:
                header = node.rpc("getblockheader", block_hash)
                told = {"height": header["height"], "timestamp": header["time"]}
                return _json({"id": block_hash, "nonce": header["nonce"], **told})
            case ["block", block_hash, "header" | "txids" as what]:
                return self._inside(block_hash, what)
            case ["tx", txid, *rest] if rest in ([], ["hex"]):
                return self._one(txid, rest)
            case ["address" | "scripthash" as kind, text, *rest]:
                script = self._script(kind, text)
                if text in self.busy:
                    return Said(400, b"Too many history entries")
                return self._about({kind: text}, script, rest, self.pending.get(text, 0))
        return Said(404, b"endpoint does not exist")

    def _inside(self, block_hash: str, what: str) -> Said:
        if what == "header":
            return Said(200, self.chain.node.rpc("getblockheader", block_hash, False).encode())
        return _json(self.chain.node.rpc("getblock", block_hash, 1)["tx"])

    def _one(self, txid: str, rest: list[str]) -> Said:
        found = self._index()["by_txid"].get(txid)
        if found is None or txid in self.hide:
            return Said(404, b"Transaction not found")
        if rest:
            return Said(200, self.chain.node.rpc("getrawtransaction", txid).encode())
        return _json(found.json())

    def _script(self, kind: str, text: str) -> str:
        if kind == "scripthash":
            return self._index()["by_hash"].get(text, "none")
        return script_pubkey(decode_address(self._network, text)).hex()

    def _about(self, asked: dict[str, str], script: str, rest: list[str], pending: int) -> Said:
        txs = [t for t in self._index()["by_script"].get(script, []) if t.txid not in self.hide]
        match rest:
            case []:
                waiting = {**_stats([], script), "funded_txo_sum": pending}
                told = {"chain_stats": _stats(txs, script), "mempool_stats": waiting}
                return _json(asked | told)
            case ["txs"]:
                first = [_unconfirmed(n) for n in range(min(self.waiting, self.page))]
                return _json(first + [t.json() for t in txs[: self.page - len(first)]])
            case ["txs", "chain", last]:
                at = [t.txid for t in txs].index(last) + 1
                return _json([t.json() for t in txs[at : at + self.page]])
        return Said(404, b"endpoint does not exist")

    def _index(self) -> dict[str, Any]:
        tip = self.chain.node.rpc("getbestblockhash")
        if self._state[0] != tip:
            self._state = (tip, _build(self.chain))
        return self._state[1]


def _build(chain: Chain) -> dict[str, Any]:
    """Every transaction of each script, newest first, from the node's blocks as bytes.

    Bytes, because a million outputs as JSON take the node and this process a minute.
    """
    by_script: dict[str, list[Any]] = {}
    by_txid: dict[str, _Entry] = {}
    for height in range(1, chain.tip() + 1):
        block_hash = chain.node.rpc("getblockhash", height)
        block = bytes.fromhex(chain.node.rpc("getblock", block_hash, 0))
        status = {
            "confirmed": True,
            "block_height": height,
            "block_hash": block_hash,
            "block_time": int.from_bytes(block[68:72], "little"),
        }
        for tx in block_transactions(block):
            spent = [by_txid[txid].outputs[vout] for txid, vout in tx.inputs]
            entry = _Entry(tx.txid, status, tx.inputs, spent, tx.outputs, tx.coinbase)
            by_txid[tx.txid] = entry
            for script in {s for s, _ in (*spent, *tx.outputs)}:
                by_script.setdefault(script.hex(), []).insert(0, entry)
    by_hash = {hashlib.sha256(bytes.fromhex(s)).hexdigest(): s for s in by_script}
    return {"by_script": by_script, "by_hash": by_hash, "by_txid": by_txid}


@dataclass(frozen=True, slots=True)
class _Entry:
    txid: str
    status: dict[str, Any]
    inputs: Sequence[tuple[str, int]]
    spent: Sequence[tuple[bytes, int]]
    outputs: Sequence[tuple[bytes, int]]
    coinbase: bool

    def json(self) -> dict[str, Any]:
        shown = [
            {"txid": txid, "vout": vout, "is_coinbase": False, "prevout": _output(*coin)}
            for (txid, vout), coin in zip(self.inputs, self.spent, strict=True)
        ]
        paid = sum(value for _, value in self.spent) - sum(value for _, value in self.outputs)
        return {
            "txid": self.txid,
            "fee": 0 if self.coinbase else paid,
            "status": self.status,
            "vin": [{"is_coinbase": True, "prevout": None}] if self.coinbase else shown,
            "vout": [_output(*coin) for coin in self.outputs],
        }


def _unconfirmed(number: int) -> dict[str, Any]:
    return {
        "txid": f"{number:064x}",
        "fee": 1,
        "status": {"confirmed": False},
        "vin": [],
        "vout": [],
    }


def _output(script: bytes, value: int) -> dict[str, Any]:
    return {"scriptpubkey": script.hex(), "value": value}


def _stats(txs: Sequence[_Entry], script: str) -> dict[str, int]:
    wanted = bytes.fromhex(script) if txs else b""
    got = [value for t in txs for paid, value in t.outputs if paid == wanted]
    spent = [value for t in txs for paid, value in t.spent if paid == wanted]
    return {
        "tx_count": len(txs),
        "funded_txo_count": len(got),
        "funded_txo_sum": sum(got),
        "spent_txo_count": len(spent),
        "spent_txo_sum": sum(spent),
    }


def _json(value: object) -> Said:
    return Said(200, json.dumps(value).encode())
