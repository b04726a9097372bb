"""An Esplora server over a chain in memory, with the fields and errors of a recorded real one.

Shapes: answers of Blockstream's electrs 0.4.1 to the paths of its API.md.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, ClassVar

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry
from support.coin_world import MADE, TIP, CoinWorld, Mined
from support.replay import Sent, Server, Trap

PAGE = 25


class EsploraReplay(Server):
    """world: the chain. Scripts are asked for by address, or by their SHA-256."""

    network: ClassVar[str] = "bitcoin"
    protocol = "esplora"

    def __init__(self, world: CoinWorld) -> None:
        super().__init__()
        self.world = world
        self._network = load_registry().network(self.network)
        self._by_hash = {sha256(s).hexdigest(): s for s in world.scripts}
        self.tells_blocks = True

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        match path.strip("/").split("/"):
            case ["blocks", "tip", "height"]:
                return Sent(str(TIP).encode())
            case ["blocks", "tip", "hash"]:
                return Sent(self.world.hash(TIP, self.trap).encode())
            case ["block-height", height] if int(height) <= TIP:
                return Sent(self.world.hash(int(height), self.trap).encode())
            case ["block", block_hash]:
                return self._block(block_hash)
            case ["block", block_hash, what] if self.tells_blocks:
                return self._inside(block_hash, what)
            case ["tx", txid, "hex"]:
                found = self.world.find(txid, self.trap)
                return Sent(found.raw.hex().encode()) if found else Sent(b"Not found", 404)
            case ["address" | "scripthash" as kind, text, *rest]:
                return self._about({kind: text}, self._script(kind, text), rest)
        return Sent(b"Block not found", 404)

    def _block(self, block_hash: str) -> Sent:
        height = self.world.height_of(block_hash, self.trap)
        if height is None:
            return Sent(b"Block not found", 404)
        return _json({"id": block_hash, "height": height, "timestamp": MADE + 600 * height})

    def _inside(self, block_hash: str, what: str) -> Sent:
        height = self.world.height_of(block_hash, self.trap)
        if height is None:
            return Sent(b"Block not found", 404)
        if what == "header":
            return Sent(self.world.header(height, self.trap).hex().encode())
        return _json([t.txid for t in self.world.block(height)])

    def _script(self, kind: str, text: str) -> bytes:
        if kind == "scripthash":
            return self._by_hash.get(text, b"")
        return script_pubkey(decode_address(self._network, text))

    def _about(self, asked: dict[str, str], script: bytes, rest: list[str]) -> Sent:
        mined = self.world.mined(script, self.trap)[::-1]
        match rest:
            case []:
                stats = _stats(mined, script)
                if self.trap is Trap.DROPS:
                    del stats["funded_txo_sum"]
                waiting = _stats([], script)
                return _json(asked | {"chain_stats": stats, "mempool_stats": waiting})
            case ["txs"]:
                return _json([_tx(t) for t in mined[:PAGE]])
            case ["txs", "chain", last]:
                at = [t.txid for t in mined].index(last) + 1
                return _json([_tx(t) for t in mined[at : at + PAGE]])
        return Sent(b"endpoint does not exist", 404)


def _stats(mined: list[Mined], script: bytes) -> dict[str, int]:
    got = [amount for t in mined for to, amount in t.outputs if to == script]
    gave = [s.amount for t in mined for s in t.inputs if s.script == script]
    return {
        "funded_txo_count": len(got),
        "funded_txo_sum": sum(got),
        "spent_txo_count": len(gave),
        "spent_txo_sum": sum(gave),
        "tx_count": len(mined),
    }


def _tx(mined: Mined) -> dict[str, Any]:
    made = sum(amount for _, amount in mined.outputs)
    spent = [(s.txid, s.vout, s.script, s.amount) for s in mined.inputs]
    spent = spent or [("ab" * 32, 0, b"\x52", made + 10)]
    return {
        "txid": mined.txid,
        "fee": sum(amount for *_, amount in spent) - made,
        "vin": [
            {
                "txid": txid,
                "vout": vout,
                "is_coinbase": False,
                "prevout": {"scriptpubkey": script.hex(), "value": amount},
            }
            for txid, vout, script, amount in spent
        ],
        "vout": [{"scriptpubkey": s.hex(), "value": a} for s, a in mined.outputs],
        "status": {"confirmed": True, "block_height": mined.height},
    }


def _json(value: object) -> Sent:
    return Sent(json.dumps(value).encode())
