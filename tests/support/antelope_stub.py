"""A nodeos that replays recorded answers (tests/vectors/antelope)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from support.recorded import WorldServer, recorded, sent
from support.replay import Sent, Trap

CHAIN = "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"
START = 1_700_000_000
FINAL = 3  # blocks below the head


class AntelopeServer(WorldServer):
    """Values held: base units of A for "", of EOS for its contract; such accounts exist.

    system: account -> rows of the system contract, as "delband", "refund", "rex", "rexfund".
    keys: account -> the one key of its permissions, where it is not the recorded one.
    quirks: "lags", "no pool", "other account", "next account's rows", "other token", "goes back", "moves".
    """

    network = "vaulta"
    protocol = "antelope_rpc"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.system: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        asked = json.loads(body)
        result = getattr(self, "_" + path.rpartition("/")[2])(asked)
        return result if isinstance(result, Sent) else sent(result)

    def id(self, number: int) -> str:
        return f"{number:08x}" + hashlib.sha256(f"{self.fork}{number}".encode()).hexdigest()[8:]

    def _get_info(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "moves" in self.quirks:
            self.world.tip += 1
        if "goes back" in self.quirks:
            self.world.tip -= 1
        head = self.state(self.world.tip)
        info: dict[str, Any] = recorded("antelope", "get_info")
        return info | {
            "chain_id": "11" * 32 if self.trap is Trap.WRONG_CHAIN else CHAIN,
            "head_block_num": head,
            "head_block_id": self.id(head),
            "head_block_time": _time(head),
            "last_irreversible_block_num": head - FINAL,
            "last_irreversible_block_id": self.id(head - FINAL),
        }

    def _get_block_info(self, asked: dict[str, Any]) -> Any:
        number = asked["block_num"]
        if self.trap is Trap.PRUNED or not self.world.oldest <= number <= self.world.tip:
            return sent(recorded("antelope", "error_get_block_too_high"), 400)
        block = recorded("antelope", "get_block_info_old")
        return block | {"block_num": number, "id": self.id(number), "timestamp": _time(number)}

    def _get_account(self, asked: dict[str, Any]) -> Any:
        name = asked["account_name"]
        if not any(self._holds(name, contract) for who, contract in self.world.held if who == name):
            text = json.dumps(recorded("antelope", "error_get_account_unknown"))
            return sent(json.loads(text.replace("nosuchacct11", name)), 400)
        if self.trap is Trap.DROPS:
            return {}
        mine = self.system.get(name, {})
        account = recorded("antelope", "get_account")
        account["head_block_num"] = self.state(self.world.tip) - 9 * ("lags" in self.quirks)
        account["account_name"] = "somebodyelse" if "other account" in self.quirks else name
        account["refund_request"], account["rex_info"] = mine.get("refund"), mine.get("rex")
        for permission in account["permissions"]:
            (listed,) = permission["required_auth"]["keys"]
            listed["key"] = self.keys.get(name, listed["key"])
        return account

    def _get_currency_balance(self, asked: dict[str, Any]) -> list[str]:
        symbol = asked["symbol"]
        contract = "" if symbol == "A" else f"{asked['code']}:4,{symbol}"
        assert asked["code"] == ("core.vaulta" if symbol == "A" else "eosio.token")
        held = self.held(asked["account"], self.world.tip, contract)
        if held is None:
            answer: list[str] = recorded("antelope", "get_currency_balance_account_unknown")
            return answer
        return [_asset(held, "FAKE" if "other token" in self.quirks else symbol)]

    def _get_table_rows(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = recorded("antelope", "get_table_rows_delband")
        table = asked["table"]
        if table == "rexpool":
            pool = {"total_lendable": "1200.0000 EOS", "total_rex": "1000.0000 REX"}
            return answer | {"rows": [] if "no pool" in self.quirks else [pool]}
        name = asked["scope"] if table == "delband" else asked["lower_bound"]
        rows = self.system.get(name, {}).get(table, [])
        if "next account's rows" in self.quirks and table == "rexfund":
            rows = [{"owner": "somebodyelse", "balance": "9.0000 EOS"}]
        if "two pages" in self.quirks and table == "delband":
            first = "lower_bound" not in asked
            page = (
                {"rows": rows[:1], "more": True, "next_key": "1"} if first else {"rows": rows[1:]}
            )
            return answer | page
        return answer | {"rows": rows}

    def _holds(self, name: str, contract: str) -> bool:
        return self.held(name, self.world.tip, contract) is not None


def _asset(units: int, symbol: str) -> str:
    return f"{units // 10000}.{units % 10000:04} {symbol}"


def _time(number: int) -> str:
    return datetime.fromtimestamp(START + number, UTC).strftime("%Y-%m-%dT%H:%M:%S.000")
