"""A Blockbook server that gives recorded answers with other addresses, balances and heights."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from support.replay import Sent, Server, Trap

VECTORS = Path(__file__).parents[1] / "vectors" / "blockbook"
TIP = 900_000


def recorded(name: str) -> tuple[int, Any]:
    """Status and body of a recorded answer."""
    status, body = _kept(name)
    return status, pickle.loads(body)


@cache
def _kept(name: str) -> tuple[int, bytes]:
    answer = json.loads((VECTORS / f"{name}.json").read_text())["response"]
    return answer["status"], pickle.dumps(answer["body"])


class BlockbookReplay(Server):
    """held: address as asked for -> heights and amounts of the payments to it.

    echo: address as asked for -> as this server spells it. genesis: (height, hash) by which the
    chain is known. tip: its newest block, and began: the time of block 0, one second a block.
    mined: height -> the address in `held` that its reward is paid to.
    """

    protocol = "blockbook"

    def __init__(
        self,
        network: str,
        held: Mapping[str, Sequence[tuple[int, int]]],
        genesis: tuple[int, str],
        echo: Mapping[str, str] | None = None,
        tip: int = TIP,
        began: int = 1_700_000_000,
        mined: Mapping[int, str] | None = None,
    ) -> None:
        super().__init__()
        self.tip, self.began = tip, began
        self._told: dict[str, int] = {}  # hash -> height of the blocks that were asked for
        self.network = network  # type: ignore[misc]
        self.held, self.genesis, self.echo = held, genesis, echo or {}
        self.mined = mined or {}

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        parts = urlsplit(path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        match unquote(parts.path).removeprefix("/api/v2").strip("/").split("/"):
            case [""]:
                status, said = recorded("status")
                said["blockbook"]["bestHeight"] = self.tip
            case ["block-index", height] if int(height) > self.tip:
                status, said = recorded("error_block_index_too_high")
            case ["block-index", height]:
                status, said = recorded("block_index_old")
                said["blockHash"] = self.hash(int(height))
                self._told[said["blockHash"]] = int(height)
            case ["block", block_hash] if block_hash in self._told:
                status, said = recorded("block_tip")
                number = self._told[block_hash]
                said |= {"hash": block_hash, "height": number, "time": self.began + number}
                said["txs"] = self.block(number, said["txs"][0])
            case ["address", text] if text in self.held:
                status, said = self._address(text, query)
            case ["address", _]:
                status, said = recorded("error_address_malformed")
            case _:
                return Sent(b"", 404)
        return Sent(json.dumps(said).encode(), status)

    def hash(self, height: int) -> str:
        """The hash of a block."""
        if height == self.genesis[0] and self.trap is not Trap.WRONG_CHAIN:
            return self.genesis[1]
        branch = "fork" if self.trap is Trap.FORK else self.network
        return hashlib.sha256(f"{branch}{height}".encode()).hexdigest()

    def block(self, height: int, reward: Any) -> list[Any]:
        """A block's transactions, whatever the server says of balances."""
        model, found = recorded("address_txs")[1]["transactions"][0], []
        for text, payments in self.held.items():
            for at, amount in payments:
                if at == height and self.mined.get(at) == text:
                    reward = copy.deepcopy(reward)
                    reward["vout"][0] |= {"value": str(amount), "addresses": [text]}
                elif at == height:
                    found.append(self._transaction(model, text, at, amount))
        return [reward, *found]

    def _address(self, text: str, query: Mapping[str, str]) -> tuple[int, Any]:
        payments = [] if self.trap is Trap.ZEROES else list(self.held[text])
        if self.trap is Trap.LIES and payments:
            payments[0] = (payments[0][0], payments[0][1] + 1)
        basic = query["details"] == "basic"
        used = "address_basic" if basic else "address_txs"
        status, said = recorded(used if payments or not basic else "address_unknown")
        total = str(sum(amount for _, amount in payments))
        said |= {"address": self.echo.get(text, text), "txs": len(payments), "balance": total}
        if self.trap is Trap.DROPS:
            del said["balance"]
        if basic:
            return status, said
        (model, *_) = said["transactions"]
        said["transactions"] = [
            self._transaction(model, text, height, amount)
            for height, amount in payments
            if height >= int(query["from"])
        ]
        if not said["transactions"]:
            del said["transactions"]
        return status, said

    def _transaction(self, model: Any, text: str, height: int, amount: int) -> Any:
        made = copy.deepcopy(model)
        made |= {"blockHeight": height, "blockHash": self.hash(height)}
        made["txid"] = hashlib.sha256(f"{text}{height}{amount}".encode()).hexdigest()
        made["vout"][0] |= {"value": str(amount), "addresses": [self.echo.get(text, text)]}
        made["value"] = str(sum(int(output["value"]) for output in made["vout"]))
        return made
