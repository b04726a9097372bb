"""An Ethereum node in memory that knows coins and plain tokens; with actors' numbers, a Lotus.

Error texts: recorded of geth 1.17.10; Lotus' as its issues print them. There is no other code:
calls are answered with nothing, so that balances are asked for one by one in batches.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from support.replay import Sent, Server, Trap

TIP = 200
_HASH = re.compile(r"0x[0-9a-f]{64}")
BEHIND = 20
"""Blocks from the newest one back to the last that is final."""
SECONDS = 12


class EvmReplay(Server):
    """held: 20 bytes -> amount, the same at every block. numbers: Filecoin address -> actor.

    tip: the newest block. began: time of block 0, in seconds since 1970. seconds: a block.
    tokens: contract, 20 bytes -> holder -> raw amount; all with 6 decimals. odd: Filecoin addresses
    that it fails to look up.
    """

    protocol = "ethereum_rpc"

    def __init__(
        self,
        network: str,
        chain_id: int,
        held: Mapping[bytes, int],
        numbers: Mapping[str, int] | None = None,
        tip: int = TIP,
        began: int = 1_700_000_000,
        seconds: int = SECONDS,
    ) -> None:
        super().__init__()
        self.seconds = seconds
        self.tokens: dict[bytes, dict[bytes, int]] = {}
        self.tip, self.began = tip, began
        self.network, self.chain_id = network, chain_id  # type: ignore[misc]
        self.held, self.numbers, self.odd = held, numbers or {}, set[str]()
        self.protocol = "filecoin_rpc" if numbers else "ethereum_rpc"  # type: ignore[misc]

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        asked = json.loads(body)
        if not isinstance(asked, list):
            return Sent(json.dumps(self._one(asked)).encode())
        said = [self._one(call) for call in asked]
        if self.trap is Trap.DROPS:
            said = said[:-1]
        return Sent(json.dumps(said).encode())

    def _one(self, call: dict[str, Any]) -> dict[str, Any]:
        head = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            return head | {"result": self._result(call["method"], call["params"])}
        except _Refused as e:
            return head | {"error": {"code": e.code, "message": str(e)}}

    def _result(self, method: str, params: list[Any]) -> object:
        match method:
            case "eth_chainId":
                return hex(5 if self.trap is Trap.WRONG_CHAIN else self.chain_id)
            case "eth_syncing":
                return False
            case "eth_getBlockByNumber" | "eth_getBlockByHash":
                return self._block(params[0])
            case "eth_call":
                return self._call(params[0], params[1])
            case "eth_getCode":
                return "0x6000" if bytes.fromhex(params[0][2:]) in self.tokens else "0x"
            case "eth_getBalance":
                return self._balance(*params)
            case "Filecoin.StateLookupID" if self.numbers:
                if params[0] in self.odd:
                    raise _Refused(1, "resolution lookup failed: load state tree")
                if params[0] in self.numbers:
                    return f"f0{self.numbers[params[0]]}"
                words = f"resolution lookup failed ({params[0]}): actor not found"
                raise _Refused(1, words)
        raise _Refused(-32601, f"the method {method} does not exist/is not available")

    def _block(self, which: str) -> object:
        height = self._height(which)
        if height is None:
            return None
        if self.trap is Trap.OTHER_BLOCK:
            height = max(0, height - 1)
        made = {"number": hex(height), "timestamp": hex(self.began + self.seconds * height)}
        return made | {"hash": self.hash(height)}

    def _height(self, which: str) -> int | None:
        final = self.tip - BEHIND
        named = {"latest": self.tip, "finalized": final, "safe": final, "earliest": 0}
        if which in named:
            return named[which]
        if len(which) == 66:
            height = int(which[-16:], 16) if _HASH.fullmatch(which) else -1
            return height if 0 <= height <= self.tip and self.hash(height) == which else None
        try:
            height = int(which, 16)
        except ValueError:
            raise _Refused(-32602, "invalid argument 0: hex string without 0x prefix") from None
        return height if height <= self.tip else None

    def _call(self, call: dict[str, str], which: Any) -> str:
        held = self.tokens.get(bytes.fromhex(call.get("to", "0x")[2:]))
        if held is None or self._height(which["blockHash"]) is None:
            return "0x"
        selector, word = call["data"][2:10], call["data"][10:]
        if selector == "313ce567":
            return "0x" + (6).to_bytes(32).hex()
        assert selector == "70a08231", call
        return "0x" + held.get(bytes.fromhex(word)[12:], 0).to_bytes(32).hex()

    def _balance(self, address: str, which: Any) -> str:
        height = self._height(which["blockHash"] if isinstance(which, dict) else which)
        if height is None:
            raise _Refused(-32000, "header for hash not found")
        if self.trap is Trap.PRUNED and height < self.tip - 10:
            raise _Refused(-32000, f"historical state {'19' * 32} is not available")
        amount = self.held.get(bytes.fromhex(address[2:]), 0)
        if self.trap is Trap.ZEROES:
            amount = 0
        return hex(amount + (self.trap is Trap.LIES and amount > 0))

    def hash(self, height: int) -> str:
        """The hash of a block, which ends with its height: no chain of millions is gone through."""
        branch = "fork" if self.trap is Trap.FORK else "main"
        return (
            "0x" + hashlib.sha256(f"{branch}{height}".encode()).hexdigest()[:48] + f"{height:016x}"
        )


class _Refused(Exception):
    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
