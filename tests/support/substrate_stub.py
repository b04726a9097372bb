"""A node of one of Polkadot's chains that replays recorded answers (tests/vectors/substrate)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from hashlib import blake2b, sha256
from typing import Any

from scanner.chains.substrate.keys import (
    BUILT_ON,
    NOW,
    NUMBER,
    account_key,
    asset_key,
    compact,
    ledger_key,
)
from scanner.model.addresses.table import decode_address
from scanner.model.network import Network
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

START = 1_700_000_000
ROOT = recorded("substrate", "chain_getHeader_old")["result"]["stateRoot"][2:]


class SubstrateServer(WorldServer):
    """Values held: free plancks, or (free, reserved[, frozen]), for ""; raw units for an asset's number.

    ledgers: address -> (total, active) at stake. relay: what its blocks are built on. finalized: the last final block. quirks: "null
    state", "header altered", "old layout", "frozen", "built on another".
    """

    network = "polkadot"
    protocol = "substrate_rpc"

    def __init__(
        self, network: Network, world: World, *quirks: str, relay: SubstrateServer | None = None
    ) -> None:
        super().__init__(world, *quirks)
        self.relay = relay
        self.row = network
        self.ledgers: dict[str, tuple[int, int]] = {}
        self.finalized = world.tip

    def endpoint(self, name: str, operator: str = "", **more: object) -> Any:
        made = super().endpoint(name, operator, **more)
        return replace(made, network=self.row.name)

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        asked = json.loads(body)
        result = getattr(self, "_" + asked["method"])(*asked["params"])
        answer = {"jsonrpc": "2.0", "id": asked["id"]}
        return sent(answer | (result if isinstance(result, _Error) else {"result": result}))

    def hash(self, number: int) -> str:
        return _header(self.fork, number)[0]

    def _chain_getBlockHash(self, number: int) -> str | None:
        if number == 0:
            other = self.trap is Trap.WRONG_CHAIN
            return "0x" + "45" * 32 if other else self.row.chain_id
        return self.hash(number) if number <= self.world.tip else None

    def _chain_getFinalizedHead(self) -> str:
        return self.hash(self.finalized)

    def _chain_getHeader(self, block_hash: str) -> dict[str, Any] | None:
        number = self._number(block_hash)
        if number is None:
            return None
        header = dict(_header(self.fork, number)[1])
        if "header altered" in self.quirks:
            header["number"] = hex(number + 1)
        return header

    def _state_queryStorageAt(self, keys: list[str], block_hash: str) -> Any:
        number = self._number(block_hash)
        gone = number is not None and number < self.world.oldest
        if self.trap is Trap.PRUNED and keys != [NUMBER, NOW]:
            gone = True
        if number is None or gone:
            return _Error(
                error={"code": 4003, "message": f"State already discarded for {block_hash}"}
            )
        if "null state" in self.quirks:
            return [{"block": block_hash, "changes": [[key, None] for key in keys]}]
        answer: list[dict[str, Any]] = recorded("substrate", "state_queryStorageAt")["result"]
        at = self.state(number)
        known = self._known(at)
        changes = [[key, known.get(key)] for key in keys]
        if self.trap is Trap.DROPS and len(changes) > 2:
            changes.pop()
        return [answer[0] | {"block": self.hash(at), "changes": changes}]

    def _known(self, at: int) -> dict[str, str]:
        """Every key that has a value in a state."""
        known = {NUMBER: at.to_bytes(4, "little"), NOW: ((START + at) * 1000).to_bytes(8, "little")}
        if self.relay is not None:
            number = self.relay.world.tip - (self.world.tip - at)
            root = "11" * 32 if "built on another" in self.quirks else ROOT
            built_on = compact(3) + b"abc" + number.to_bytes(4, "little") + bytes.fromhex(root)
            known[BUILT_ON] = built_on + bytes(4)
        for address, contract in self.world.held:
            value = self.held(address, at, contract)
            account = decode_address(self.row, address).payload
            if value is None:
                continue
            if contract:
                status = 1 if "frozen" in self.quirks else 0
                data = value.to_bytes(16, "little") + bytes((status, 1))
                known[asset_key(int(contract), account)] = data
                continue
            parts = value if isinstance(value, tuple) else (value,)
            free, reserved, frozen = (*parts, 0, 0)[:3]
            amounts = (free, reserved, frozen, 1 << 127)
            data = bytes(8) + (1).to_bytes(4, "little") + bytes(4)
            data += b"".join(n.to_bytes(16, "little") for n in amounts)
            known[account_key(account)] = data[:72] if "old layout" in self.quirks else data
            if address in self.ledgers:
                total, active = self.ledgers[address]
                known[ledger_key(account)] = account + compact(total) + compact(active) + b"\0"
        return {key: "0x" + data.hex() for key, data in known.items()}

    def _number(self, block_hash: str) -> int | None:
        for number in range(self.world.tip, -1, -1):
            if self.hash(number) == block_hash:
                return number
        return None


class _Error(dict[str, Any]):
    """An error instead of a result."""


@cache
def _header(fork: str, number: int) -> tuple[str, dict[str, Any]]:
    header = recorded("substrate", "chain_getHeader_old")["result"]
    header["number"] = f"0x{number:08x}"
    header["extrinsicsRoot"] = "0x" + sha256(f"{fork}{number}".encode()).hexdigest()
    parts = [bytes.fromhex(header["parentHash"][2:]), compact(number)]
    parts += [bytes.fromhex(header[k][2:]) for k in ("stateRoot", "extrinsicsRoot")]
    logs = header["digest"]["logs"]
    parts += [compact(len(logs)), *(bytes.fromhex(log[2:]) for log in logs)]
    return "0x" + blake2b(b"".join(parts), digest_size=32).hexdigest(), header
