"""An Aptos full node that replays recorded answers (tests/vectors/aptos)."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

COIN = "0x1::aptos_coin::AptosCoin"
START = 1_700_000_000
PER_BLOCK = 7  # versions of one block


class AptosServer(WorldServer):
    """Values held: octa or raw units, by the asset's own text; heights are block heights.

    decimals: of the assets that there are. quirks: "headers dropped", "other chain header",
    "behind", "no transactions" in blocks.
    """

    network = "aptos"
    protocol = "aptos_rest"

    def __init__(self, world: World, decimals: dict[str, int], *quirks: str) -> None:
        super().__init__(world, *quirks)
        self.decimals = decimals

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        parts = urlsplit(path)
        place = [unquote(p) for p in parts.path.strip("/").split("/")]
        match place:
            case [""]:
                return self._sent(self._info())
            case ["blocks", "by_height", height]:
                return self._block(int(height), "with_transactions" in parts.query)
            case ["blocks", "by_version", version]:
                number = -(-int(version) // PER_BLOCK)
                if number > self.world.tip:
                    missing = {"message": "not found", "error_code": "version_not_found"}
                    return self._sent(missing, 404)
                return self._block(number)
            case ["transactions", "by_version", version]:
                return self._sent(self._transaction(int(version)))
            case ["accounts", address]:  # one that never signed has the key of its address
                told = {"sequence_number": "0", "authentication_key": f"0x{address[2:]:0>64}"}
                return self._sent(told)
            case ["accounts", address, "balance", asset]:
                version = int(parse_qs(parts.query)["ledger_version"][0])
                return self._balance(address, asset, version)
            case ["view"]:
                return self._view(json.loads(body))
        return self._sent({"error_code": "web_framework_error"}, 404)

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = recorded("aptos", "ledger_info")
        return info | {
            "chain_id": 2 if self.trap is Trap.WRONG_CHAIN else 1,
            "block_height": str(self.world.tip),
            "oldest_block_height": str(self.world.oldest),
            "ledger_version": str(self.world.tip * PER_BLOCK),
            "oldest_ledger_version": str(self.world.oldest * PER_BLOCK),
        }

    def _block(self, height: int, whole: bool = False) -> Sent:
        if height > self.world.tip:
            return self._sent({"message": "not found", "error_code": "block_not_found"}, 404)
        if height < self.world.oldest:
            return self._sent(recorded("aptos", "error_version_pruned"), 410)
        block = recorded("aptos", "block_by_height") | {
            "block_height": str(height),
            "block_timestamp": str((START + height) * 1_000_000),
            "first_version": str(height * PER_BLOCK - PER_BLOCK + 1),
            "last_version": str(height * PER_BLOCK),
        }
        if whole and "no transactions" not in self.quirks:
            first = height * PER_BLOCK - PER_BLOCK + 1
            block["transactions"] = [self._user(first, height)] + [
                self._transaction(first + n) for n in range(1, PER_BLOCK)
            ]
        return self._sent(block)

    def _user(self, version: int, height: int) -> dict[str, Any]:
        """A transaction that wrote the store of everybody who holds APT, whatever is said of it."""
        made: dict[str, Any] = recorded("aptos", "user_transaction") | {"version": str(version)}
        store, core = made["changes"][-2:]
        for address, contract in self.world.held:
            if not contract and (amount := self.world.at(address, height)):
                place = primary_store(address)
                held = {**store["data"]["data"], "balance": str(amount)}
                owned = {**core["data"]["data"], "owner": address}
                made["changes"] += [
                    {**store, "address": place, "data": {**store["data"], "data": held}},
                    {**core, "address": place, "data": {**core["data"], "data": owned}},
                ]
        del made["changes"][1:3]
        return made

    def _transaction(self, version: int) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self.fork}{version}".encode()).hexdigest()
        answer: dict[str, Any] = recorded("aptos", "transaction_by_version")
        return answer | {"version": str(version), "accumulator_root_hash": "0x" + digest}

    def _balance(self, address: str, asset: str, version: int) -> Sent:
        if self.trap is Trap.PRUNED or version < self.world.oldest * PER_BLOCK:
            return self._sent(recorded("aptos", "error_version_pruned"), 410)
        held = self.held(address, version // PER_BLOCK, "" if asset == COIN else asset)
        if self.trap is Trap.DROPS:
            return self._sent(None)
        return self._sent(held or 0)

    def _view(self, asked: dict[str, Any]) -> Sent:
        asset = "" if asked["function"] == "0x1::coin::decimals" else asked["arguments"][0]
        if asset not in self.decimals:
            return self._sent({"message": "Move abort", "error_code": "vm_error"}, 400)
        return self._sent([self.decimals[asset]])

    def _sent(self, body: object, status: int = 200) -> Sent:
        info = self._info()
        newest = self.world.tip * PER_BLOCK - 1000 * ("behind" in self.quirks)
        headers = {
            "x-aptos-chain-id": "2" if "other chain header" in self.quirks else "1",
            "x-aptos-ledger-version": str(newest),
            "x-aptos-ledger-oldest-version": info["oldest_ledger_version"],
        }
        return sent(body, status, {} if "headers dropped" in self.quirks else headers)


def primary_store(account: str) -> str:
    """Where an account's APT lies as a fungible asset, without leading zeros as nodes write it."""
    owner = bytes.fromhex(account[2:].rjust(64, "0"))
    digest = hashlib.sha3_256(owner + bytes(31) + b"\x0a\xfc").hexdigest()
    return f"0x{int(digest, 16):x}"
