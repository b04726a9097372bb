"""A server of the XRP Ledger that replays recorded answers (tests/vectors/xrpl)."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from support.recorded import WorldServer, recorded, sent
from support.replay import Sent, Trap

EPOCH = 900_000_000  # close time of ledger 0


class XrplServer(WorldServer):
    """Values held: drops for "", and the text of a balance for a token.

    quirks: "ledger_hash ignored", "absence unbound", "open ledger", "other account", "silent
    network", "header altered", "two pages".
    """

    network = "xrpl"
    protocol = "xrpl_rpc"

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        asked = json.loads(body)
        parameters = asked["params"][0]
        return sent({"result": getattr(self, "_" + asked["method"])(parameters)})

    def hash(self, index: int) -> str:
        return self._header(index)["ledger_hash"]

    def _server_info(self, asked: dict[str, Any]) -> dict[str, Any]:
        result = recorded("xrpl", "server_info")["result"]
        result["info"]["complete_ledgers"] = f"{self.world.oldest}-{self.world.tip}"
        result["info"]["validated_ledger"]["seq"] = self.world.tip
        # rippled and Clio name their network; the recorded server does not.
        if "silent network" not in self.quirks:
            result["info"]["network_id"] = 1 if self.trap is Trap.WRONG_CHAIN else 0
        return result

    def _ledger(self, asked: dict[str, Any]) -> dict[str, Any]:
        index = asked["ledger_index"]
        index = self.world.tip if index == "validated" else index
        if not self.world.oldest <= index <= self.world.tip:
            return self._error("error_height_too_high", asked, "lgrNotFound")
        result = recorded("xrpl", "ledger_header")["result"]
        header = self._header(index)
        result["ledger"] |= header
        result |= {"ledger_hash": header["ledger_hash"], "ledger_index": index}
        if "header altered" in self.quirks:
            result["ledger"]["close_time"] += 1
        return result

    def _account_info(self, asked: dict[str, Any]) -> dict[str, Any]:
        index = self._index(asked)
        if index is None:
            return self._error("error_height_too_high", asked, "lgrNotFound")
        held = self.held(asked["account"], index)
        if held is None:
            return self._missing(asked, index)
        if self.trap is Trap.DROPS:
            return {"status": "success"} | self._bound(index)
        result = recorded("xrpl", "account_info_at_height")["result"]
        result["account_data"] |= {"Account": self._who(asked), "Balance": str(held)}
        if asked.get("signer_lists"):  # asked for, they are there, though there be none
            result["account_data"]["signer_lists"] = []
        return result | self._bound(index)

    def _account_lines(self, asked: dict[str, Any]) -> dict[str, Any]:
        index = self._index(asked)
        if index is None:
            return self._error("error_height_too_high", asked, "lgrNotFound")
        if self.held(asked["account"], index) is None:
            return self._missing(asked, index)
        lines = []
        for (address, contract), _ in self.world.held.items():
            value = self.held(address, index, contract)
            currency, _, issuer = contract.rpartition(".")
            if address == asked["account"] and issuer == asked["peer"] and value is not None:
                lines.append({"account": issuer, "balance": value, "currency": currency})
        result = {"account": self._who(asked), "lines": lines, "status": "success"}
        if "two pages" in self.quirks and "marker" not in asked:
            return result | {"lines": [], "marker": "next"} | self._bound(index)
        if "pages of two ledgers" in self.quirks and "marker" not in asked:
            return result | {"marker": "next"} | self._bound(index - 1)
        if "pages of two ledgers" in self.quirks:
            return result | {"lines": []} | self._bound(index)
        if "line twice" in self.quirks:
            result["lines"] = lines * 2
        return result | self._bound(index)

    def _missing(self, asked: dict[str, Any], index: int) -> dict[str, Any]:
        result = self._error("error_unknown_account", asked, "actNotFound")
        if "absence unbound" in self.quirks:  # as the recorded server answers
            return result
        return result | {"account": self._who(asked)} | self._bound(index)

    def _error(self, name: str, asked: dict[str, Any], code: str) -> dict[str, Any]:
        result = recorded("xrpl", name)["result"]
        result["request"] |= asked
        return result | {"error": code}

    def _who(self, asked: dict[str, Any]) -> str:
        other = "rrrrrrrrrrrrrrrrrrrrBZbvji"
        return other if "other account" in self.quirks else asked["account"]

    def _index(self, asked: dict[str, Any]) -> int | None:
        if "ledger_hash ignored" in self.quirks:
            return self.world.tip
        for index in range(self.world.tip, self.world.oldest - 1, -1):
            if self.hash(index) == asked["ledger_hash"].upper():
                gone = self.trap is Trap.PRUNED
                return None if gone else self.state(index)
        return None

    def _bound(self, index: int) -> dict[str, Any]:
        return {
            "ledger_hash": self.hash(index),
            "ledger_index": index,
            "validated": "open ledger" not in self.quirks,
        }

    def _header(self, index: int) -> dict[str, Any]:
        return dict(_header(self.fork, index))


@cache
def _header(fork: str, index: int) -> dict[str, Any]:
    header = recorded("xrpl", "ledger_header")["result"]["ledger"] | {
        "ledger_index": str(index),
        "close_time": EPOCH + 4 * index,
        "parent_close_time": EPOCH + 4 * index - 4,
        "account_hash": hashlib.sha256(f"{fork}{index}".encode()).hexdigest(),
    }
    data = b"LWR\0" + index.to_bytes(4, "big") + int(header["total_coins"]).to_bytes(8, "big")
    for name in ("parent_hash", "transaction_hash", "account_hash"):
        data += bytes.fromhex(header[name])
    data += header["parent_close_time"].to_bytes(4, "big")
    data += header["close_time"].to_bytes(4, "big") + bytes((10, 0))
    return header | {"ledger_hash": hashlib.sha512(data).hexdigest()[:64].upper()}
