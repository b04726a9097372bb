"""A Sui GraphQL server, by the published schema (tests/vectors/sui)."""

from __future__ import annotations

import hashlib
import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from base58 import b58encode

from support.recorded import WorldServer, recorded, sent
from support.replay import Sent, Trap

START = 1_700_000_000
_ASKED = re.compile(
    r'(q\d+): address\(address: "(\w+)"\) \{ address balance\(coinType: "([^"]+)"\)'
)


class SuiServer(WorldServer):
    """Values held: MIST for "", raw units by coin type. stakes: address -> principals.

    quirks: "other address", "other coin", "many stakes", "plain principal", "no types", "wrapped
    balance".
    """

    network = "sui"
    protocol = "sui_graphql"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.stakes: dict[str, list[int]] = {}
        self.told: dict[str, Any] = {}  # in place of the coins that it lists

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        asked = json.loads(body)
        if "checkpoint(" not in asked["query"]:
            chain = "4c78adac" if self.trap is Trap.WRONG_CHAIN else "35834a8a"
            return sent({"data": {"chainIdentifier": chain}})
        wanted = asked["variables"]["n"]
        number = self.world.tip if wanted is None else wanted
        if "no types" in self.quirks and "coin::Coin<" in asked["query"]:
            words = 'Unknown argument "filter" on field "objects"'
            return sent({"data": None, "errors": [{"message": words}]})
        if number > self.world.tip:
            return sent({"data": {"checkpoint": None}})
        if number < self.world.oldest or (self.trap is Trap.PRUNED and "query {" in asked["query"]):
            words = f"Checkpoint {number} is not in the consistent range"
            return sent({"data": None, "errors": [{"message": words}]})
        return sent({"data": {"checkpoint": self._checkpoint(asked["query"], number)}})

    def _checkpoint(self, text: str, number: int) -> dict[str, Any]:
        made: dict[str, Any] = recorded("sui", "checkpoint")["data"]["checkpoint"]
        pattern = made.pop("query")["q0"]
        at = self.state(number) if "query {" in text else number
        digest = b58encode(hashlib.sha256(f"{self.fork}{at}".encode()).digest()).decode()
        time = datetime.fromtimestamp(START + at, UTC).strftime("%Y-%m-%dT%H:%M:%S.123Z")
        made |= {"sequenceNumber": at, "digest": digest, "timestamp": time}
        if "coin::Coin<" in text:
            made["query"] = self.told or {"objects": {"nodes": self._coins(at)}}
        elif "query {" in text:
            found = {name: self._told(pattern, a, c, at) for name, a, c in _ASKED.findall(text)}
            if self.trap is Trap.DROPS and found:
                found.popitem()
            made["query"] = found
        return made

    def _coins(self, at: int) -> list[dict[str, Any]]:
        """A coin of everybody who holds some, whatever is said of balances, and of a shared object."""
        pattern = recorded("sui", "objects")
        coin = pattern["coin"]["data"]["object"]
        found: list[dict[str, Any]] = [{"owner": {}, **deepcopy(coin)}]
        for address, contract in self.world.held:
            if not contract and (amount := self.world.at(address, at)):
                one = deepcopy({**pattern["owners"]["data"]["addressOwned"], **coin})
                one["owner"]["address"]["address"] = address
                shown = (
                    str(amount) if "wrapped balance" not in self.quirks else {"value": str(amount)}
                )
                one["asMoveObject"]["contents"]["json"]["balance"] = shown
                found.append(one)
        return found[:5]

    def _told(self, pattern: dict[str, Any], address: str, coin: str, at: int) -> dict[str, Any]:
        native = coin == "0x2::sui::SUI"
        held = self.held(address, at, "" if native else coin) or 0
        full = pattern["balance"]["coinType"]["repr"] if native else coin
        if "other coin" in self.quirks:
            full = "0x3::fake::COIN"
        told: dict[str, Any] = {
            "address": "0x" + "22" * 32 if "other address" in self.quirks else address,
            "balance": {"coinType": {"repr": full}, "totalBalance": str(held)},
        }
        if native:
            plain = "plain principal" in self.quirks
            nodes = [
                {
                    "address": f"0x{place:064x}",
                    "contents": {"json": {"principal": str(n) if plain else {"value": str(n)}}},
                }
                for place, n in enumerate(self.stakes.get(address, []))
            ]
            more = {"hasNextPage": "many stakes" in self.quirks}
            told["objects"] = {"pageInfo": more, "nodes": nodes}
        return told
