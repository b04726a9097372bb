"""A TON node behind ton-http-api that replays published answers (tests/vectors/ton)."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scanner.chains.ton.jetton import LAYOUTS, wallet_address
from scanner.model.addresses.ton import TonCodec
from scanner.model.ton_cells import Builder, Cell, Slice, read_bag, write_bag
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

CODEC = TonCodec("ton", "")
# USDT's wallet code is a reference to shared code, by its hash.
USDT_CODE = Cell(
    0x028F452D7A4DFD74066B682365177259ED05734435BE76B5FD4BD5D8AF2B7C3D68, 264, (), True
)
START = 1_700_000_000


class TonServer(WorldServer):
    """Values held: nanoton for "", raw units for a jetton; addresses as the codec writes them.

    masters: jetton -> place in LAYOUTS, or None for one that is not known. shards: seqno of a block
    of the base chain -> its time. quirks: "old seqno",
    "fake wallet", "method fails", "locked", "uninitialized", "frozen", "frozen wallets".
    """

    network = "ton"
    protocol = "ton_http"

    def __init__(self, world: World, masters: dict[str, int | None], *quirks: str) -> None:
        super().__init__(world, *quirks)
        self.masters = masters
        self.shards: dict[int, int] = {}

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        parts = urlsplit(path)
        asked: dict[str, Any] = {k: v[0] for k, v in parse_qs(parts.query).items()}
        asked |= json.loads(body) if body else {}
        seqno = int(asked.get("seqno", self.world.tip))
        if asked.get("workchain") == "0":
            if seqno not in self.shards:
                return _error("LITE_SERVER_UNKNOWN: block is not in db")
            header = recorded("ton", "block_header")["result"]
            return sent({"ok": True, "result": header | {"gen_utime": self.shards[seqno]}})
        if parts.path.strip("/") == "lookupBlock":
            found = {"workchain": -1, "shard": "-9223372036854775808"}
            found |= self._id(int(asked["unixtime"]) - START)
            return sent({"ok": True, "result": found})
        kind = parts.path.strip("/")
        if not self.world.oldest <= seqno <= self.world.tip:
            return _error("LITE_SERVER_UNKNOWN: block is not in db")
        if self.trap is Trap.PRUNED and kind != "getMasterchainInfo":
            return _error("LITE_SERVER_NOTREADY: cannot load state : state already gc'd")
        return sent({"ok": True, "result": getattr(self, "_" + kind)(asked, seqno)})

    def _getMasterchainInfo(self, asked: dict[str, Any], seqno: int) -> dict[str, Any]:
        result: dict[str, Any] = recorded("ton", "masterchain_info")["result"]
        result["last"] |= self._id(self.world.tip)
        if self.trap is Trap.WRONG_CHAIN:
            result["init"]["root_hash"] = "gj+B8wb/AmlPk1z1AhVI484rhrUpgSr2oSFIh56VoSg="
        return result

    def _getBlockHeader(self, asked: dict[str, Any], seqno: int) -> dict[str, Any]:
        result: dict[str, Any] = recorded("ton", "block_header")["result"]
        result["id"] |= self._id(seqno)
        return result | {"gen_utime": START + seqno}

    def _getAddressInformation(self, asked: dict[str, Any], seqno: int) -> dict[str, Any]:
        result: dict[str, Any] = recorded("ton", "address_information")["result"]
        at = self.world.tip if "old seqno" in self.quirks else self.state(seqno)
        result["block_id"] |= self._id(at)
        address = CODEC.decode(asked["address"]).text
        wallet = self._wallets(at).get(address)
        if wallet is not None:
            frozen = "frozen wallets" in self.quirks
            state = "frozen" if frozen else "active"
            return result | {"balance": "1", "data": wallet, "state": state}
        held = self.held(address, at)
        if self.trap is Trap.DROPS:
            del result["balance"]
            return result
        if held is None:
            return result | {"balance": "0", "state": "uninitialized", "code": "", "data": ""}
        result |= {"balance": str(held)}
        for state in ("uninitialized", "frozen"):
            if state in self.quirks:
                result |= {"state": state, "code": "", "data": ""}
        return result

    def _runGetMethod(self, asked: dict[str, Any], seqno: int) -> dict[str, Any]:
        result: dict[str, Any] = recorded("ton", "run_get_method_failed")["result"]
        if "method fails" in self.quirks:
            return result
        place = self.masters[asked["address"]]
        if asked["method"] == "get_jetton_data":
            empty = Builder().cell()
            cells = [["cell", {"bytes": write_bag(c)}] for c in (empty, empty, USDT_CODE)]
            stack: list[Any] = [["num", "0x1"], ["num", "-0x1"], *cells]
        else:
            owner = Slice(read_bag(asked["stack"][0][1])).address()
            where = bytes(32) if place is None else _wallet(place, owner, asked["address"])
            cell = Builder().address(0, where).cell()
            stack = [["cell", {"bytes": write_bag(cell)}]]
        return result | {"exit_code": 0, "stack": stack}

    def _wallets(self, at: int) -> dict[str, str]:
        """Address of every jetton wallet -> its data."""
        found = {}
        for address, contract in self.world.held:
            amount = self.held(address, at, contract)
            if not contract or amount is None:
                continue
            place = self.masters[contract] or 0
            owner, master = _parts(address), _parts(contract)
            stated = (0, bytes(32)) if "fake wallet" in self.quirks else owner
            width = LAYOUTS[place].status
            state = Builder().uint("locked" in self.quirks and width > 0, width)
            size = -(-amount.bit_length() // 8)
            state.uint(size, 4).uint(amount, 8 * size).address(*stated).address(*master)
            cell = state.cell(USDT_CODE) if LAYOUTS[place].code else state.cell()
            found[CODEC.encode(0, _wallet(place, owner, contract))] = write_bag(cell)
        return found

    def _id(self, seqno: int) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self.fork}{seqno}".encode()).digest()
        return {"seqno": seqno, "root_hash": base64.b64encode(digest).decode()}


def _error(words: str) -> Sent:
    return sent({"ok": False, "error": words, "code": 500}, 500)


def _parts(address: str) -> tuple[int, bytes]:
    return 0, CODEC.decode(address).payload


@cache
def _wallet(place: int, owner: tuple[int, bytes], master: str) -> bytes:
    return wallet_address(LAYOUTS[place], USDT_CODE, owner, _parts(master))
