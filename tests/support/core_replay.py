"""A Bitcoin Core node over a chain in memory, as far as balances are asked of it.

Methods, fields and error codes: Core's RPC documentation (versions 25 to 29).
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from support.coin_world import MADE, TIP, CoinWorld, Mined
from support.replay import Sent, Server, Trap


class CoreReplay(Server):
    """world: the chain. OTHER_BLOCK: a scan says that it was made at the block before."""

    network: ClassVar[str] = "bitcoin"
    protocol = "bitcoin_core"

    def __init__(self, world: CoinWorld) -> None:
        super().__init__()
        self.world = world

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        asked = json.loads(body)
        said = [self._one(call) for call in (asked if isinstance(asked, list) else [asked])]
        text = json.dumps(said if isinstance(asked, list) else said[0])
        return Sent(re.sub(r'"@([0-9.]+)@"', r"\1", text).encode())

    def _one(self, call: dict[str, Any]) -> dict[str, Any]:
        head = {"jsonrpc": "2.0", "id": call["id"]}
        name, params = f"_{call['method']}", call["params"]
        if call["method"] == "getblockhash" and not 0 <= params[0] <= TIP:
            return head | {"error": {"code": -8, "message": "Block height out of range"}}
        if call["method"] in ("getblock", "getblockheader") and self._height(params[0]) is None:
            return head | {"error": {"code": -5, "message": "Block not found"}}
        if not hasattr(self, name):
            return head | {"error": {"code": -32601, "message": "Method not found"}}
        result = getattr(self, name)(*params)
        if self.trap is Trap.DROPS and isinstance(result, dict):
            result = dict(list(result.items())[:-1])
        return head | {"result": result}

    def _height(self, block_hash: str) -> int | None:
        return self.world.height_of(block_hash, self.trap)

    def _getblockchaininfo(self) -> object:
        chain = "signet" if self.trap is Trap.WRONG_CHAIN else "main"
        return {
            **{"chain": chain, "blocks": TIP, "headers": TIP},
            **{"bestblockhash": self._getbestblockhash(), "initialblockdownload": False},
            "pruned": False,
        }

    def _getbestblockhash(self) -> str:
        return self._getblockhash(TIP)

    def _getblockhash(self, height: int) -> str:
        return self.world.hash(height, self.trap)

    def _getblockheader(self, block_hash: str) -> object:
        height = self._height(block_hash)
        assert height is not None
        made = {"height": height, "time": MADE + 600 * height, "hash": block_hash}
        return {"confirmations": TIP - height + 1, **made}

    def _getblock(self, block_hash: str, verbosity: int) -> object:
        height = self._height(block_hash)
        assert height is not None
        reward = self.world.block(height)[0]
        mined = [t for s in self.world.held for t in self._mined(s) if t.height == height]
        return {
            "hash": block_hash,
            "tx": [_shown(t) for t in (reward, *mined)],
            "previousblockhash": self._getblockhash(height - 1),
        }

    def _scantxoutset(self, action: str, descriptors: list[str] = ()) -> object:  # type: ignore[assignment]
        if action == "status":
            return None
        found, total = [], 0
        for script in map(_script, descriptors):
            mined = self._mined(script)
            gone = {s.txid for t in mined for s in t.inputs}
            for tx in [t for t in mined if not t.inputs and t.txid not in gone]:
                total += tx.outputs[0][1]
                coin = {"txid": tx.txid, "vout": 0, "scriptPubKey": script.hex()}
                more = {
                    "amount": coins(tx.outputs[0][1]),
                    "coinbase": tx.reward,
                    "height": tx.height,
                }
                found.append(coin | more)
        at = TIP - 1 if self.trap is Trap.OTHER_BLOCK else TIP
        named = {"height": at, "bestblock": self._getblockhash(at)}
        if self.trap is Trap.DROPS:
            found = found[:-1]
        return {"success": True, "unspents": found, "total_amount": coins(total)} | named

    def _getblockfilter(self, block_hash: str) -> object:
        return {"filter": "00", "header": block_hash}

    def _scanblocks(
        self, action: str, descriptors: list[str] = (), first: int = 0, last: int = 0
    ) -> object:  # type: ignore[assignment]
        if action == "status":
            return None
        heights = {t.height for d in descriptors for t in self._mined(_script(d))}
        found = [self._getblockhash(h) for h in sorted(heights) if first <= h <= last]
        to = last - 1 if self.trap is Trap.OTHER_BLOCK else last
        return {"from_height": first, "to_height": to, "relevant_blocks": found, "completed": True}

    def _getdescriptoractivity(
        self, blocks: list[str], descriptors: list[str], mempool: bool
    ) -> object:
        events = []
        for script in map(_script, descriptors):
            for tx in self._mined(script):
                if self._getblockhash(tx.height) not in blocks:
                    continue
                place = {"height": tx.height, "blockhash": self._getblockhash(tx.height)}
                if tx.inputs:
                    spent = tx.inputs[0]
                    events.append({"type": "spend", **place, "amount": coins(spent.amount),
                        "prevout_txid": spent.txid, "prevout_vout": spent.vout,
                        "prevout_spk": {"hex": script.hex()}})  # fmt: skip
                else:
                    events.append({"type": "receive", **place, "amount": coins(tx.outputs[0][1]),
                        "txid": tx.txid, "vout": 0,
                        "output_spk": {"hex": script.hex()}})  # fmt: skip
        return {"activity": sorted(events, key=lambda e: int(e["height"]))}

    def _mined(self, script: bytes) -> list[Mined]:
        return self.world.mined(script, self.trap)


def _script(descriptor: str) -> bytes:
    return bytes.fromhex(descriptor.removeprefix("raw(").removesuffix(")"))


def coins(amount: int) -> str:
    """An amount in coins with eight places; `answer` writes it as the number that Core writes."""
    return f"@{amount // 10**8}.{amount % 10**8:08}@"


def _shown(mined: Mined) -> object:
    spent = [_spent(mined, n) for n in range(len(mined.inputs))]
    made = [{"value": coins(amount), "n": n, "scriptPubKey": {"hex": script.hex()}}
            for n, (script, amount) in enumerate(mined.outputs)]  # fmt: skip
    return {"vin": [{"coinbase": "00"}] if mined.reward else spent, "vout": made}


def _spent(mined: Mined, number: int) -> object:
    spent = mined.inputs[number]
    prevout = {"generated": False, "height": spent.height, "value": coins(spent.amount),
               "scriptPubKey": {"hex": spent.script.hex()}}  # fmt: skip
    return {"txid": spent.txid, "vout": spent.vout, "prevout": prevout}
