"""A beacon node's REST API over a made-up chain: there is no real one to start here.

Paths, fields and errors are those of the published API (eth/v1, eth/v2 for blocks).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from scanner.model.endpoint import Endpoint
from scanner.net.http import Reply
from support.scripted_http import Said, Seen, serving

GENESIS = 1_606_824_023
ZERO = "0x" + "00" * 32


def leaf(number: int) -> bytes:
    return number.to_bytes(8, "little") + bytes(24)


def block_root(slot: int, parent: bytes, state: bytes, body: bytes, proposer: int = 0) -> bytes:
    """hash_tree_root of a header, written out."""
    h = lambda a, b: sha256(a + b).digest()  # noqa: E731
    zero = bytes(32)
    left = h(h(leaf(slot), leaf(proposer)), h(parent, state))
    return h(left, h(h(body, zero), h(zero, zero)))


def beacon_endpoint(number: int, host: str) -> Endpoint:
    """The endpoint of a stub that is served at `host`, each with an operator of its own."""
    return Endpoint(f"b{number}", "ethereum-beacon", "beacon", f"http://{host}", f"op{number}")


@dataclass
class BeaconStub:
    """blocks: slot -> public key -> (balance, status, credentials), by index: the first has index 0.

    forgets: keys left out of lists. spoil: what becomes of every list before it is sent. fault: what
    is answered in place of an answer, None for nothing; it may raise, then the connection ends.

    orphans: slots whose blocks are on no chain any more, though known by their roots.
    kept: slots whose states are kept, None for all. lie: added to every balance. slashed: keys.
    proposer: of every block, by index.
    genesis: time of slot 0. execution: slot -> hash of the execution block in that slot's block;
    none in blocks from before the merge. blinded: whether blocks are given without transactions,
    too. Bodies are not hashed: no body root here is that of its body.
    """

    blocks: dict[int, dict[str, tuple[int, str, str]]]
    finalized: int = 0
    chain_id: str = "1"
    syncing: bool = False
    optimistic: bool = False
    takes_posts: bool = True
    forgets: set[str] = field(default_factory=set)
    kept: set[int] | None = None
    lie: int = 0
    proposer: int = 0
    slashed: set[str] = field(default_factory=set)
    genesis: int = GENESIS
    execution: dict[int, str] = field(default_factory=dict)
    blinded: bool = True
    fork: bytes = bytes(32)
    orphans: set[int] = field(default_factory=set)
    spoil: Callable[[list[dict]], list[dict]] = list
    fault: Callable[[Seen], Said | None] = lambda seen: None
    asked: list[str] = field(default_factory=list)

    def state_root(self, slot: int) -> bytes:
        return sha256(b"state" + leaf(slot) + self.fork).digest()

    def root(self, slot: int) -> str:
        state = self.state_root(slot)
        return "0x" + block_root(slot, self.fork, state, bytes(32), self.proposer).hex()

    def serve(self):
        return serving(self.answer)

    def answer(self, seen: Seen) -> Said:
        self.asked.append(f"{seen.method} {seen.path}")
        return self.fault(seen) or self._answer(seen)

    def _answer(self, seen: Seen) -> Said:
        path, _, query = seen.path.partition("?")
        parts = path.strip("/").split("/")[2:]
        if parts == ["config", "spec"]:
            return ok({"DEPOSIT_CHAIN_ID": self.chain_id, "SECONDS_PER_SLOT": "12"})
        if parts == ["node", "version"]:
            return ok({"version": "stub/v0 \x1b[2J(linux)"})
        if parts == ["node", "syncing"]:
            return ok({"is_syncing": self.syncing, "is_optimistic": False, "head_slot": "1"})
        if parts == ["beacon", "genesis"]:
            return ok({"genesis_time": str(self.genesis), "genesis_validators_root": ZERO})
        if len(parts) < 3:
            return missing("no such path")
        if parts[:2] == ["beacon", "headers"]:
            return self._header(parts[2])
        if parts[:2] in (["beacon", "blinded_blocks"], ["beacon", "blocks"]):
            return self._block(seen.path, parts)
        if parts[:2] == ["beacon", "states"]:
            return self._validators(seen, parts, query)
        return missing("no such path")

    def _slot(self, which: str) -> int | None:
        names = {"head": max(self.blocks), "finalized": self.finalized}
        names |= {str(s): s for s in self.blocks} | {self.root(s): s for s in self.blocks}
        return names.get(which)

    def _header(self, which: str) -> Said:
        slot = self._slot(which)
        if slot is None:
            return missing("block not found")
        message = {
            **{
                "slot": str(slot),
                "proposer_index": str(self.proposer),
                "parent_root": "0x" + self.fork.hex(),
            },
            **{"state_root": "0x" + self.state_root(slot).hex(), "body_root": ZERO},
        }
        data = {
            "root": self.root(slot),
            "canonical": slot not in self.orphans,
            "header": {"message": message},
        }
        return ok(data, self.optimistic)

    def _block(self, path: str, parts: list[str]) -> Said:
        blinded = parts[1] == "blinded_blocks"
        if not path.startswith("/eth/v1/" if blinded else "/eth/v2/"):
            return missing("no such path")
        slot = self._slot(parts[2])
        if slot is None or (blinded and not self.blinded):
            return missing("block not found")
        body: dict[str, object] = {"graffiti": ZERO}
        if slot in self.execution:
            name = "execution_payload_header" if blinded else "execution_payload"
            body[name] = {"block_hash": self.execution[slot], "gas_used": "0"}
        message = {"slot": str(slot), "state_root": "0x" + self.state_root(slot).hex()}
        return ok({"message": {**message, "body": body}, "signature": "0x"}, self.optimistic)

    def _validators(self, seen: Seen, parts: list[str], query: str) -> Said:
        states = {"0x" + self.state_root(s).hex(): s for s in self.blocks}
        slot = states.get(parts[2])
        if slot is None or (self.kept is not None and slot not in self.kept):
            return missing("state not found")
        state = _State(self, self.blocks[slot])
        if len(parts) == 5:
            return state.single(parts[4])
        if seen.method == "GET":
            ids = query.removeprefix("id=").split(",") if query else []
            return failed(414, "Too many IDs") if len(ids) > 64 else state.listed(ids)
        if not self.takes_posts:
            return failed(405, "method not allowed")
        return state.listed(json.loads(seen.body).get("ids") or [])


class _State:
    """The validators of one state. An id is a key or an index in decimal; no ids mean everybody."""

    def __init__(self, stub: BeaconStub, known: dict[str, tuple[int, str, str]]) -> None:
        self._stub, self._known, self._keys = stub, known, list(known)
        self._indexes: dict[str, int] = {}

    def listed(self, ids: list[str]) -> Said:
        """Unknown ones are left out, in no particular order; a malformed one is an error."""
        if not all(_ID.fullmatch(i) for i in ids):
            return failed(400, "Invalid validator ID")
        keys = [k for i in ids if (k := self._key(i))] if ids else self._keys
        entries = [self._entry(k) for k in keys if k not in self._stub.forgets]
        return ok(self._stub.spoil(entries[::-1]))

    def single(self, which: str) -> Said:
        key = self._key(which)
        return ok(self._entry(key)) if key else missing("Validator not found")

    def _key(self, which: str) -> str:
        if which.startswith("0x"):
            return which if which in self._known else ""
        return self._keys[int(which)] if int(which) < len(self._keys) else ""

    def _entry(self, key: str) -> dict[str, object]:
        if not self._indexes:
            self._indexes = {k: n for n, k in enumerate(self._keys)}
        balance, status, credentials = self._known[key]
        validator: dict[str, object] = {"pubkey": key, "withdrawal_credentials": credentials}
        validator["slashed"] = key in self._stub.slashed
        index, text = str(self._indexes[key]), str(balance + self._stub.lie)
        return {"index": index, "balance": text, "status": status, "validator": validator}


_ID = re.compile(r"0x[0-9a-f]{96}|[0-9]{1,20}")


class StubTransport:
    """In place of `Transport`: asks a stub without a network in between."""

    def __init__(self, stub: BeaconStub) -> None:
        self._stub = stub

    def get(self, path: str = "", *, limit: int = 0) -> Reply:
        return self._send(Seen("GET", "/" + path, {}, b""))

    def post_json(self, value: object, path: str = "", *, limit: int = 0) -> Reply:
        return self._send(Seen("POST", "/" + path, {}, json.dumps(value).encode()))

    def _send(self, seen: Seen) -> Reply:
        said = self._stub.answer(seen)
        return Reply("stub", said.status, said.body, said.headers)

    def close(self) -> None:
        pass


def ok(data: object, optimistic: bool = False) -> Said:
    body = {"execution_optimistic": optimistic, "finalized": True, "data": data}
    return Said(200, json.dumps(body).encode())


def missing(why: str) -> Said:
    return failed(404, why)


def failed(status: int, why: str) -> Said:
    return Said(status, json.dumps({"code": status, "message": why}).encode())
