"""A Solana node that replays recorded answers (tests/vectors/solana)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from scanner.model.addresses import base58
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

GENESIS = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
VOTER, FEW = (
    "CcaHc2L43ZWjwCHART3oZoJvHLAe9hzT2DJNUpBzoTN1",
    "9QU2QSxhb24FUX3Tu2FpczXjpK3VYrvRudywSZaM29mF",
)
START = 1_700_000_000
EPOCH = 100
"""Slots of an epoch."""
LOCKUPS = {"locked": (2_000_000_000, 0), "locked epochs": (0, 6), "over": (START, 5)}
"""State of stake -> time and epoch that it is locked until; the tip's epoch is 5."""


class SolanaServer(WorldServer):
    """Values held: lamports for "" (0: no account), the raw amount of one account for a token.

    stakes: withdrawer -> [(lamports, state)], state one of "active", "leaving", "locked" (until 2033),
    "locked epochs" (until the epoch after the tip's), "over" (a lockup that was); the last three are
    delegated. accounts: key -> (program, data) of what is no plain account. mints: token -> its
    program. quirks: "old stake", "no stake index" (empty lists), "no stake search" (refused),
    "behind", "other mint", "two token accounts", "frozen". excluded: owners that its index of
    tokens leaves out.
    """

    network = "solana"
    protocol = "solana_rpc"

    def __init__(self, world: World, mints: dict[str, str], *quirks: str) -> None:
        super().__init__(world, *quirks)
        self.mints = mints
        self.excluded: set[str] = set()
        self.stakes: dict[str, list[tuple[int, str]]] = {}
        self.accounts: dict[str, tuple[str, bytes]] = {}
        self.skipped: set[int] = set()

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        asked = json.loads(body)
        said: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            return sent(said | {"result": getattr(self, "_" + asked["method"])(*asked["params"])})
        except _RpcError as e:
            return sent(said | {"error": {"code": e.args[0], "message": e.args[1]}})

    def _getGenesisHash(self) -> str:
        return "1" * 32 if self.trap is Trap.WRONG_CHAIN else GENESIS

    def _getHealth(self) -> str:
        if "behind" in self.quirks:
            raise _RpcError(-32005, "Node is behind by 42 slots")
        return "ok"

    def _getSlot(self, config: dict[str, Any]) -> int:
        assert config["commitment"] == "finalized"
        return self.state(self.world.tip)

    def _getBlocks(self, first: int, last: int, config: dict[str, Any]) -> list[int]:
        if self.trap is Trap.PRUNED or last < self.world.oldest:
            return []
        later = 1_000 if "later slots" in self.quirks else 0
        return [n + later for n in range(first, last + 1) if n not in self.skipped]

    def _getBlock(self, slot: int, config: dict[str, Any]) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self.fork}{slot}".encode()).digest()
        return {"blockhash": base58.encode(digest), "blockTime": START + slot} | {
            "blockHeight": slot - slot // 20
        }

    def _getBlockTime(self, slot: int) -> int:
        return START + slot

    def _getEpochSchedule(self) -> dict[str, Any]:
        return {
            "firstNormalEpoch": 0,
            "firstNormalSlot": 0,
            "leaderScheduleSlotOffset": EPOCH,
            "slotsPerEpoch": EPOCH,
            "warmup": False,
        }

    def _getMultipleAccounts(self, keys: list[str], config: dict[str, Any]) -> dict[str, Any]:
        assert (config["commitment"], config["encoding"]) == ("finalized", "base64")
        answer = recorded("solana", "get_multiple_accounts")["result"]
        answer["context"]["slot"] = self.state(self.world.tip)
        pattern = answer["value"][0]
        held = [self.held(key, self.world.tip) for key in keys]
        answer["value"] = [pattern | {"lamports": n} if n else None for n in held]
        for n, key in enumerate(keys):
            if key in self.accounts and answer["value"][n]:
                program, data = self.accounts[key]
                shown = {"owner": program, "data": [base64.b64encode(data).decode(), "base64"]}
                answer["value"][n] |= shown
        if self.trap is Trap.DROPS:
            answer["value"].pop()
        result: dict[str, Any] = answer
        return result

    def _getTokenAccountsByOwner(
        self, owner: str, which: dict[str, str], config: dict[str, Any]
    ) -> dict[str, Any]:
        mint = which["mint"]
        if owner in self.excluded:
            raise _RpcError(-32010, f"{owner} excluded from account secondary indexes")
        name = "get_token_accounts"
        if self.mints[mint].startswith("TokenzQd"):
            name += "_2022"
        answer: dict[str, Any] = recorded("solana", name)["result"]
        answer["context"]["slot"] = self.state(self.world.tip)
        pattern = answer["value"][0]
        amount = self.held(owner, self.world.tip, mint)
        if self.trap is Trap.DROPS:
            del answer["value"]
            return answer
        if amount is None:
            return answer | {"value": []}
        parts = [amount - 1, 1] if "two token accounts" in self.quirks else [amount]
        text = mint if "other mint" not in self.quirks else VOTER
        answer["value"] = []
        for n, part in enumerate(parts):
            data = bytearray(base64.b64decode(pattern["account"]["data"][0]))
            data[:64] = base58.decode(text) + base58.decode(owner)
            data[64:72] = part.to_bytes(8, "little")
            data[108] = 2 if "frozen" in self.quirks else 1
            account = pattern["account"] | {"data": [base64.b64encode(data).decode(), "base64"]}
            answer["value"].append({"account": account, "pubkey": _key(n)})
        return answer

    def _getVoteAccounts(self, config: dict[str, Any]) -> dict[str, Any]:
        pairs = ((VOTER, 10**15), (FEW, 5), ("11111111111111111111111111111111", 0))
        votes = [{"votePubkey": key, "activatedStake": stake} for key, stake in pairs]
        return {"current": votes, "delinquent": []}

    def _getProgramAccounts(self, program: str, config: dict[str, Any]) -> dict[str, Any]:
        if "no stake search" in self.quirks:
            raise _RpcError(-32010, "Stake excluded from account secondary indexes")
        where = config["filters"][0]["memcmp"]
        slot = self.state(self.world.tip) - 9 * ("old stake" in self.quirks)
        pattern = recorded("solana", "get_program_accounts_stake")["result"][0]
        stakes: list[tuple[int, str]] = []
        if where["offset"] == 124:
            stakes = [(5, "active")] if where["bytes"] in (FEW, VOTER) else []
        elif self.trap is not Trap.ZEROES:
            stakes = self.stakes.get(where["bytes"], [])
        if "no stake index" in self.quirks:
            stakes = []
        found = []
        for n, (lamports, state) in enumerate(stakes):
            data = bytearray(base64.b64decode(pattern["account"]["data"][0]))
            if where["offset"] == 44:
                data[44:76] = base58.decode(where["bytes"])
            if state == "leaving":
                data[172:180] = (900).to_bytes(8, "little")
            if state in LOCKUPS:
                time, epoch = LOCKUPS[state]
                data[76:92] = time.to_bytes(8, "little") + epoch.to_bytes(8, "little")
            account = pattern["account"] | {
                "data": [base64.b64encode(data).decode(), "base64"],
                "lamports": lamports,
            }
            found.append({"account": account, "pubkey": _key(n)})
        return {"context": {"slot": slot}, "value": found}


def _key(number: int) -> str:
    """The address of some account."""
    return base58.encode(number.to_bytes(32, "big"))


class _RpcError(Exception):
    pass
