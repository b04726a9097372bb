"""A Tron node that replays recorded answers (tests/vectors/tron)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from scanner.chains.tron.sheet import program
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.tron import TronCodec
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

TRON = TronCodec("tron", "")
GENESIS = "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc"
START = 1_700_000_000  # time of block 0


class TronServer(WorldServer):
    """Values held: sun, or the fields of an account's JSON, for ""; a number for a token.

    contracts: tokens that have code. quirks: "overloaded", "shifted", "reverts", "other account",
    "goes back", "moves"; and of creation code in a contract's place, of which the recorded program
    is understood: "no sheet", "busy" (time for `most` holders), "sheet reverts", "sheet cut",
    "sheet misses one", "sheet of others", "sheet of another question", "sheet of another program",
    "sheet of an old block", "sheet of a new block", "sheet of another time",
    "sheet of another chain", "sheet of an unknown kind".
    """

    network = "tron"
    protocol = "tron_http"

    def __init__(self, world: World, contracts: set[str], *quirks: str) -> None:
        super().__init__(world, *quirks)
        self.contracts = contracts
        self.most = 200
        self.sheets: list[int] = []

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        asked = json.loads(body)
        if "overloaded" in self.quirks and path.endswith("getaccount"):
            what = "class java.lang.RuntimeException : lack of computing resources"
            return sent({"Error": what})
        return sent(getattr(self, "_" + path.rpartition("/")[2])(asked))

    def _getnowblock(self, body: dict[str, Any]) -> dict[str, Any]:
        if "moves" in self.quirks:
            self.world.tip += 1
        if "goes back" in self.quirks:
            self.world.tip -= 1
        return block(self.fork, self.state(self.world.tip))

    def _getblockbynum(self, body: dict[str, Any]) -> dict[str, Any]:
        number = body["num"]
        if number == 0:
            other = self.trap is Trap.WRONG_CHAIN
            return {"blockID": "0" * 16 + "11" * 24 if other else GENESIS}
        gone = self.trap is Trap.PRUNED
        if gone or not self.world.oldest <= number <= self.world.tip:
            return recorded("tron", "error_block_too_high")
        return block(self.fork, number)

    def _getaccount(self, body: dict[str, Any]) -> dict[str, Any]:
        held = self.held(_text(body["address"]), self.world.tip)
        if held is None:
            return recorded("tron", "getaccount_unknown")
        account = recorded("tron", "getaccount_latest")
        account["address"] = body["address"]
        for permission in (account["owner_permission"], *account["active_permission"]):
            permission["keys"][0]["address"] = body["address"]  # in hex, as it was asked for
        if "other account" in self.quirks:
            account["address"] = "41" + bytes(20).hex()
        account.pop("balance")
        fields = {"balance": held} if isinstance(held, int) else held
        whole = account | fields  # a node leaves out what is zero or empty
        return {name: value for name, value in whole.items() if value or name not in fields}

    def _triggerconstantcontract(self, body: dict[str, Any]) -> Any:
        if "contract_address" not in body:
            return self._created(body)
        token = _text(body["contract_address"])
        if token not in self.contracts:
            return recorded("tron", "error_trc20_no_contract")
        if "reverts" in self.quirks:
            answer = recorded("tron", "trc20_balanceof_wrong_method")
        else:
            answer = recorded("tron", "solidity_trc20_balanceof")
            held = self.held(_text(body["parameter"][24:]), self.world.tip, token) or 0
            answer["constant_result"] = [f"{held:064x}"]
        value = answer["transaction"]["raw_data"]["contract"][0]["parameter"]["value"]
        value["data"] = value["data"][:8] + body["parameter"]
        value["contract_address"] = body["contract_address"]
        value["owner_address"] = body["owner_address"]
        if "shifted" in self.quirks:
            value["data"] = "70a08231" + ("41" + body["parameter"][24:]).ljust(64, "0")
            answer["constant_result"] = ["0" * 64]
        if self.trap is Trap.DROPS:
            answer["constant_result"] = []
        return answer

    def _created(self, body: dict[str, Any]) -> Any:
        """Run creation code: the sheet and no other, told as a real node told it."""
        code = bytes.fromhex(body["data"])
        assert code.startswith(program())
        request = code[len(program()) :]
        asked = list(_sections(request))
        if "no sheet" in self.quirks:
            return recorded("tron", "error_sheet_no_constant")
        if "sheet reverts" in self.quirks:
            return recorded("tron", "error_sheet_reverts")
        self.sheets.append(len(asked))
        if "busy" in self.quirks and len(asked) > self.most:
            return recorded("tron", "error_sheet_out_of_time")
        answer = recorded("tron", "sheet_balances")
        value = answer["transaction"]["raw_data"]["contract"][0]["parameter"]["value"]
        value["new_contract"]["bytecode"] = body["data"]
        value["owner_address"] = value["new_contract"]["origin_address"] = body["owner_address"]
        if "sheet of another program" in self.quirks:
            value["new_contract"]["bytecode"] = body["data"][:-2] + "00"
        told = b"".join([*self._head(request), *self._records(asked)])
        if "sheet cut" in self.quirks:
            told = told[:-1]
        answer["constant_result"] = [] if self.trap is Trap.DROPS else [told.hex()]
        return answer

    def _head(self, request: bytes) -> Iterator[bytes]:
        number = self.state(self.world.tip)
        number -= "sheet of an old block" in self.quirks
        number += "sheet of a new block" in self.quirks
        time = START + 3 * number + ("sheet of another time" in self.quirks)
        chain = int(GENESIS[-8:], 16) + ("sheet of another chain" in self.quirks)
        if "sheet of another question" in self.quirks:
            request += b"\0"
        yield from (n.to_bytes(32) for n in (chain, number, time))
        yield keccak256(request)

    def _records(self, asked: list[tuple[str, str]]) -> Iterator[bytes]:
        kind = 3 if "sheet of an unknown kind" in self.quirks else 1
        for n, (token, holder) in enumerate(asked):
            if "sheet misses one" in self.quirks and n == 0:
                continue
            if token not in self.contracts or "reverts" in self.quirks:
                yield bytes((2,)) + bytes(31)
                continue
            if "sheet of others" in self.quirks:
                holder = asked[n - 1][1]
            amount = self.held(holder, self.world.tip, token) or 0
            yield bytes((kind,)) + amount.to_bytes(31)


def _sections(request: bytes) -> Iterator[tuple[str, str]]:
    """Token and holder of a sheet's request, in order."""
    at = 0
    while at < len(request):
        token, count = request[at : at + 20], int.from_bytes(request[at + 20 : at + 22])
        at += 22
        for _ in range(count):
            yield TRON.encode(token), TRON.encode(request[at : at + 20])
            at += 20


@cache
def _block(fork: str, number: int) -> str:
    answer = recorded("tron", "solidity_getnowblock")
    raw = answer["block_header"]["raw_data"]
    raw["number"], raw["timestamp"] = number, (START + 3 * number) * 1000
    raw["txTrieRoot"] = hashlib.sha256(f"{fork}{number}".encode()).hexdigest()
    message = _field(1, raw["timestamp"]) + _field(2, raw["txTrieRoot"])
    message += _field(3, raw["parentHash"]) + _field(7, number) + _field(9, raw["witness_address"])
    message += _field(10, raw["version"]) + _field(11, raw["accountStateRoot"])
    answer["blockID"] = f"{number:016x}" + hashlib.sha256(message).hexdigest()[16:]
    return json.dumps(answer)


def block(fork: str, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_block(fork, number))
    return answer


def _field(number: int, value: int | str) -> bytes:
    if isinstance(value, str):
        data = bytes.fromhex(value)
        return _varint(number << 3 | 2) + _varint(len(data)) + data
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def _text(address: str) -> str:
    return TRON.encode(bytes.fromhex(address[-40:]))
