"""Lotus as far as keys of actors are asked for: tipsets, and states of actors of mainnet."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scanner.chains.evm.filecoin_keys import tipset_hash
from scanner.model.block import BlockRef
from support.recorded import VECTORS
from support.scripted_http import Said, Seen, serving

VECTOR: Any = json.loads((VECTORS / "filecoin" / "actors.json").read_text())
MULTISIG = VECTOR["multisigs"][2]["code"]
ACCOUNT = VECTOR["account"]["code"]
EVM = "bafk2bzacec5ibmbcpfiyxjv5bmcqcrxwqnuc3rtvfbd5ey3dezm4zuptsbgbi"
"""A code of no kind that keys are read of."""

HEIGHT = 3_000_000
START = 1_598_306_400


def cid(text: str) -> str:
    """A made-up block's CID."""
    raw = bytes.fromhex("0171a0e40220") + hashlib.sha256(text.encode()).digest()
    return "b" + base64.b32encode(raw).decode().lower().rstrip("=")


@dataclass
class Lotus:
    """What the node knows. actors: address, as it is asked for -> (code, state).

    empty: epochs without a block. fork: of the chain. trick: may answer a call itself.
    """

    actors: dict[str, tuple[str, Any]] = field(default_factory=dict)
    empty: frozenset[int] = frozenset()
    fork: str = ""
    tip: int = HEIGHT + 50
    trick: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda call: None
    asked: list[str] = field(default_factory=list)

    def cids(self, epoch: int) -> list[str]:
        """The blocks of an epoch, three as a rule."""
        return [cid(f"{self.fork}{epoch} {n}") for n in range(1 + epoch % 3)]

    def block(self, epoch: int = HEIGHT) -> BlockRef:
        """An epoch's tipset as it is pinned."""
        return BlockRef("filecoin", "314", epoch, tipset_hash(self.cids(epoch)), START + 30 * epoch)

    def last(self, epoch: int) -> int:
        """The newest epoch with a block that is not after this one."""
        return next(e for e in range(epoch, 0, -1) if e not in self.empty)

    def following(self, epoch: int) -> int:
        """The first epoch with a block that is not before this one."""
        return next(e for e in range(epoch, epoch + 20) if e not in self.empty)

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """One call's result or error."""
        self.asked.append(call["method"])
        own = self.trick(call)
        if own is not None:
            return own
        name = call["method"].rpartition(".")[2]
        return getattr(self, f"_{name}")(*call["params"])  # type: ignore[no-any-return]

    def _eth_chainId(self) -> dict[str, Any]:
        return {"result": "0x13a"}

    def _eth_syncing(self) -> dict[str, Any]:
        return {"result": False}

    def _eth_getBlockByNumber(self, number: str, _: bool) -> dict[str, Any]:
        epoch = int(number, 16)
        if epoch in self.empty:
            return error(12, f"requested epoch was a null round ({epoch})")
        at = self.block(epoch)
        return {"result": {"number": number, "hash": at.hash, "timestamp": hex(at.time or 0)}}

    def _StateLookupID(self, address: str, _: object) -> dict[str, Any]:
        del address
        return {"result": "f01132563"}

    def _ChainGetTipSetAfterHeight(self, epoch: int, _: object) -> dict[str, Any]:
        if epoch > self.tip:
            return error(1, "looking for tipset with height greater than start point")
        epoch = self.following(epoch)
        parents = links(self.cids(self.last(epoch - 1)))
        cids = links(self.cids(epoch))
        blocks = [{"Height": epoch, "Parents": parents} for _ in cids]
        return {"result": {"Cids": cids, "Blocks": blocks, "Height": epoch}}

    def _StateReadState(self, address: str, tipset: object) -> dict[str, Any]:
        if tipset != links(self.cids(self.following(HEIGHT + 1))):
            return error(1, "loading tipset: the state of another tipset was asked for")
        if address not in self.actors:
            return error(1, f"getting actor: load state tree: {address}: actor not found")
        code, state = self.actors[address]
        return {"result": {"Balance": "0", "Code": {"/": code}, "State": state}}


def links(cids: list[str]) -> list[dict[str, str]]:
    """CIDs as Lotus writes them."""
    return [{"/": one} for one in cids]


def error(code: int, message: str) -> dict[str, Any]:
    """A JSON-RPC error."""
    return {"error": {"code": code, "message": message}}


@contextmanager
def serving_lotus(lotus: Lotus) -> Iterator[str]:
    """Serve; yields the URL."""

    def one(call: dict[str, Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": call["id"]} | lotus.answer(call)

    def answer(request: Seen) -> Said:
        asked = json.loads(request.body)
        listed = isinstance(asked, list)
        said: list[dict[str, Any]] = list(map(partial(one), asked if listed else [asked]))
        said = [item for item in said if "dropped" not in item]
        return Said(200, json.dumps(said if listed else said[0]).encode())

    with serving(answer) as host:
        yield f"http://{host}"
