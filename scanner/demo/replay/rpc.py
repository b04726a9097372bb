"""Replayed JSON-RPC servers: XRP Ledger, Solana, NEAR, Polkadot."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from hashlib import blake2b

from scanner.chains.substrate.keys import NOW, NUMBER, account_key, compact
from scanner.demo.replay.server import Json, Replay, Said, recorded
from scanner.model.addresses import base58
from scanner.model.addresses.base58_keys import Ss58Codec

_CAPITAL = re.compile("[A-Z]")
_XRPL_EPOCH = 946_684_800  # 2000-01-01


def _called(server: Replay, method: str) -> Callable[..., Json]:
    """The function for a server's method: "getBlock" is `_get_block`, as Python writes names."""
    name = _CAPITAL.sub(lambda found: f"_{found[0].lower()}", method)
    made: Callable[..., Json] = getattr(server, f"_{name}")
    return made


class Xrpl(Replay):
    """The XRP Ledger, rippled's commands. `given_away`: the regular key; the master key is off."""

    network, protocol, chain = "xrpl", "xrpl_rpc", "31337"

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        parameters = asked["params"][0]
        return Said({"result": _called(self, asked["method"])(parameters)})

    def _server_info(self, asked: Json) -> Json:
        del asked
        result = recorded("xrpl", "server_info")["result"]
        info = result["info"]
        info["complete_ledgers"] = f"{self.ledger.height}-{self.ledger.tip}"
        info["validated_ledger"]["seq"] = self.ledger.tip
        info["network_id"] = int(self.chain)
        return result

    def _ledger(self, asked: Json) -> Json:
        index = asked["ledger_index"]
        index = self.ledger.tip if index == "validated" else index
        result = recorded("xrpl", "ledger_header")["result"]
        header = self._header(index)
        result["ledger"] |= header
        return result | {"ledger_hash": header["ledger_hash"], "ledger_index": index}

    def _account_info(self, asked: Json) -> Json:
        bound = {
            "ledger_hash": asked["ledger_hash"],
            "ledger_index": self.ledger.height,
            "validated": True,
        }
        result = recorded("xrpl", "account_info_at_height")["result"]
        account = result["account_data"]
        who = asked["account"]
        account |= {"Account": who, "Balance": str(self.held(who) or 0)}
        if who in self.ledger.given_away:
            account |= {"Flags": 0x0010_0000, "RegularKey": self.ledger.given_away[who]}
        if asked.get("signer_lists"):
            account["signer_lists"] = []
        return result | bound

    def _header(self, index: int) -> Json:
        at = self.ledger.time - _XRPL_EPOCH
        header = recorded("xrpl", "ledger_header")["result"]["ledger"] | {
            "ledger_index": str(index),
            "close_time": at,
            "parent_close_time": at - 4,
            "account_hash": self.digest(index).hex(),
        }
        data = b"LWR\0" + index.to_bytes(4, "big") + int(header["total_coins"]).to_bytes(8, "big")
        for name in ("parent_hash", "transaction_hash", "account_hash"):
            data += bytes.fromhex(header[name])
        data += (at - 4).to_bytes(4, "big") + at.to_bytes(4, "big") + bytes((10, 0))
        return header | {"ledger_hash": hashlib.sha512(data).hexdigest()[:64].upper()}


class Solana(Replay):
    """Solana, which tells of its newest state only: `tip` may be later than `height`."""

    network, protocol = "solana", "solana_rpc"
    chain = base58.encode(hashlib.sha256(b"the demonstration's genesis").digest())

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        result = _called(self, asked["method"])(*asked.get("params", ()))
        return Said({"jsonrpc": "2.0", "id": asked["id"], "result": result})

    def _get_genesis_hash(self) -> str:
        return self.chain

    def _get_health(self) -> str:
        return "ok"

    def _get_slot(self, config: Json) -> int:
        del config
        return self.ledger.tip

    def _get_blocks(self, first: int, last: int, config: Json) -> list[int]:
        del config
        return list(range(first, last + 1))

    def _get_block(self, slot: int, config: Json) -> Json:
        del config
        name = base58.encode(self.digest(slot))
        return {"blockhash": name, "blockTime": self.ledger.time, "blockHeight": slot}

    def _get_block_time(self, slot: int) -> int:
        del slot
        return self.ledger.time

    def _get_multiple_accounts(self, keys: list[str], config: Json) -> Json:
        del config
        answer = recorded("solana", "get_multiple_accounts")["result"]
        answer["context"]["slot"] = self.ledger.tip
        pattern = answer["value"][0]
        held = [self.held(key) for key in keys]
        answer["value"] = [pattern | {"lamports": n} if n else None for n in held]
        return answer

    def _get_vote_accounts(self, config: Json) -> Json:
        del config
        return {"current": [], "delinquent": []}

    def _get_program_accounts(self, program: str, config: Json) -> Json:
        del program, config
        return {"context": {"slot": self.ledger.tip}, "value": []}


class Near(Replay):
    """NEAR; every account has one full-access key, its own or the one it was given away to."""

    network, protocol, chain = "near", "near_rpc", "demonet"

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        params = asked["params"]
        if asked["method"] == "status":
            result = recorded("near", "status") | {"chain_id": self.chain}
            result["sync_info"]["latest_block_height"] = self.ledger.tip
        elif asked["method"] == "block":
            height = params.get("block_id", self.ledger.tip)
            time = self.ledger.time * 10**9
            header = {"height": height, "hash": self._hash(height), "timestamp": time}
            result = {"author": "demo", "header": header}
        else:
            result = self._account(params)
        return Said({"jsonrpc": "2.0", "id": asked["id"], "result": result})

    def _hash(self, height: int) -> str:
        return base58.encode(self.digest(height))

    def _account(self, params: Json) -> Json:
        place = {"block_hash": params["block_id"], "block_height": self.ledger.height}
        who = params["account_id"]
        if params["request_type"] == "view_access_key_list":
            owner = bytes.fromhex(self.ledger.given_away.get(who, who))
            access = {"nonce": 1, "permission": "FullAccess"}
            key = {"public_key": f"ed25519:{base58.encode(owner)}", "access_key": access}
            return place | {"keys": [key]}
        result = recorded("near", "view_account")["result"]
        return result | place | {"amount": str(self.held(who) or 0), "locked": "0"}


class Polkadot(Replay):
    """One of Polkadot's chains."""

    network, protocol = "polkadot", "substrate_rpc"
    chain = "0x" + hashlib.sha256(b"the demonstration's genesis").hexdigest()

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        result = _called(self, asked["method"])(*asked["params"])
        return Said({"jsonrpc": "2.0", "id": asked["id"], "result": result})

    def _chain_get_block_hash(self, number: int) -> str:
        return self.chain if number == 0 else self._block(number)[0]

    def _chain_get_finalized_head(self) -> str:
        return self._block(self.ledger.tip)[0]

    def _chain_get_header(self, block: str) -> Json:
        known = {self._block(n)[0]: n for n in (self.ledger.height, self.ledger.tip)}
        return self._block(known[block])[1]

    def _state_query_storage_at(self, keys: list[str], block: str) -> Json:
        answer = recorded("substrate", "state_queryStorageAt")["result"]
        known = self._state()
        changes = [[key, known.get(key)] for key in keys]
        return [answer[0] | {"block": block, "changes": changes}]

    def _state(self) -> dict[str, str]:
        known = {
            NUMBER: self.ledger.height.to_bytes(4, "little"),
            NOW: (self.ledger.time * 1000).to_bytes(8, "little"),
        }
        codec = Ss58Codec("polkadot", "0")
        for (address, _), units in self.ledger.held.items():
            data = bytes(8) + (1).to_bytes(4, "little") + bytes(4)
            data += b"".join(n.to_bytes(16, "little") for n in (units, 0, 0, 1 << 127))
            known[account_key(codec.decode(address).payload)] = data
        return {key: "0x" + data.hex() for key, data in known.items()}

    def _block(self, number: int) -> tuple[str, Json]:
        header = recorded("substrate", "chain_getHeader_old")
        header = header.get("result", header)
        header["number"] = f"0x{number:08x}"
        header["extrinsicsRoot"] = "0x" + self.digest(number).hex()
        parts = [bytes.fromhex(header["parentHash"][2:]), compact(number)]
        parts += [bytes.fromhex(header[k][2:]) for k in ("stateRoot", "extrinsicsRoot")]
        logs = header["digest"]["logs"]
        parts += [compact(len(logs)), *(bytes.fromhex(log[2:]) for log in logs)]
        return "0x" + blake2b(b"".join(parts), digest_size=32).hexdigest(), header


def base64_hash(digest: bytes) -> str:
    """32 bytes as TON writes hashes."""
    return base64.b64encode(digest).decode()
