"""Replayed HTTP servers: Tron, Stellar, TON, Aptos, Sui, Algorand, and Blockbook's coins."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qs, unquote, urlsplit

from scanner.chains.tron.sheet import WORD, program
from scanner.demo.replay.rpc import base64_hash
from scanner.demo.replay.server import Json, Replay, Said, recorded
from scanner.model.addresses import base58
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.ton import TonCodec
from scanner.model.addresses.tron import TronCodec
from scanner.model.ton_cells import Builder, write_bag

_PASSPHRASE = "The demonstration's ledger"  # noqa: S105 - a network's name, no secret
_SUI_ASKED = re.compile(
    r'(q\d+): address\(address: "(\w+)"\) \{ address balance\(coinType: "([^"]+)"\)'
)
_WALLET_V3 = 698_983_191
_PER_BLOCK = 7  # versions of an Aptos block
_KEPT = 100  # blocks of Aptos whose versions are not pruned


class Tron(Replay):
    """A java-tron node; its newest solid block is the list's."""

    network, protocol, chain = "tron", "tron_http", "31337"

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        what = path.rpartition("/")[2]
        if what == "getaccount":
            return Said(self._account(asked["address"]))
        if what == "triggerconstantcontract":
            alone = "contract_address" in asked
            return Said(self._token(asked) if alone else self._sheet(asked["data"]))
        number = self.ledger.tip if what == "getnowblock" else asked["num"]
        return Said(self._block(number))

    def _block(self, number: int) -> Json:
        if number == 0:
            return {"blockID": f"{0:016x}" + f"{int(self.chain):048x}"}
        answer = recorded("tron", "solidity_getnowblock")
        raw = answer["block_header"]["raw_data"]
        raw["number"], raw["timestamp"] = number, self.ledger.time * 1000
        raw["txTrieRoot"] = self.digest(number).hex()
        message = _field(1, raw["timestamp"]) + _field(2, raw["txTrieRoot"])
        message += _field(3, raw["parentHash"]) + _field(7, number)
        message += _field(9, raw["witness_address"]) + _field(10, raw["version"])
        message += _field(11, raw["accountStateRoot"])
        answer["blockID"] = f"{number:016x}" + hashlib.sha256(message).hexdigest()[16:]
        return answer

    def _account(self, asked: str) -> Json:
        who = _tron(asked)
        account = recorded("tron", "getaccount_latest")
        account |= {"address": asked, "balance": self.held(who) or 0}
        owner = self.ledger.given_away.get(who)
        owner_hex = asked if owner is None else "41" + _TRON.decode(owner).payload[-20:].hex()
        for permission in (account["owner_permission"], *account["active_permission"]):
            permission["keys"][0]["address"] = owner_hex
        return {name: value for name, value in account.items() if value}

    def _token(self, asked: Json) -> Json:
        answer = recorded("tron", "solidity_trc20_balanceof")
        units = self.held(_tron(asked["parameter"][24:]), _tron(asked["contract_address"])) or 0
        answer["constant_result"] = [f"{units:064x}"]
        value = answer["transaction"]["raw_data"]["contract"][0]["parameter"]["value"]
        value["data"] = value["data"][:8] + asked["parameter"]
        value["contract_address"] = asked["contract_address"]
        value["owner_address"] = asked["owner_address"]
        return answer

    def _sheet(self, code: str) -> Json:
        """Run the scanner's program, and no other, as creation code."""
        request = bytes.fromhex(code)[len(program()) :]
        words = [int(self.chain), self.ledger.tip, self.ledger.time]
        told = [n.to_bytes(WORD) for n in words] + [keccak256(request)]
        at = 0
        while at < len(request):
            token, count = request[at : at + 20].hex(), int.from_bytes(request[at + 20 : at + 22])
            for start in range(at + 22, at + 22 + 20 * count, 20):
                who = _tron(request[start : start + 20].hex())
                units = self.held(who, _tron(token)) or 0
                told.append(b"\1" + units.to_bytes(WORD - 1))
            at += 22 + 20 * count
        answer = recorded("tron", "sheet_balances")
        value = answer["transaction"]["raw_data"]["contract"][0]["parameter"]["value"]
        value["new_contract"]["bytecode"] = code
        answer["constant_result"] = [b"".join(told).hex()]
        return answer


_TRON = TronCodec("tron", "")


def _tron(address: str) -> str:
    return _TRON.encode(bytes.fromhex(address[-40:]))


def _field(number: int, value: int | str) -> bytes:
    """One field of a protobuf message."""
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


class Stellar(Replay):
    """A Horizon server, of Stellar or Pi."""

    network, protocol = "stellar", "stellar_horizon"
    chain = hashlib.sha256(_PASSPHRASE.encode()).hexdigest()

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        del asked
        way = urlsplit(path).path.strip("/").split("/")
        newest = self.ledger.tip
        if way == [""]:
            root = {"network_passphrase": _PASSPHRASE, "history_latest_ledger": newest}
            return Said(root | {"history_elder_ledger": 2})
        if way[0] == "ledgers":
            number, closed = int(way[1]), f"{_moment(self.ledger.time)}Z"
            name = self.digest(number).hex()
            return Said({"sequence": number, "hash": name, "closed_at": closed})
        if way[0] == "claimable_balances":
            funded = [
                who for (who, token), amount in self.ledger.held.items() if amount and not token
            ]
            return Said({"_embedded": {"records": [{"sponsor": who} for who in funded[:3]]}})
        who = way[1]
        account = recorded("stellar", "account") | {"id": who, "account_id": who}
        amount = Decimal(self.held(who) or 0).scaleb(-7)
        account["balances"][1]["balance"] = f"{amount:.7f}"
        account["signers"][0]["key"] = self.ledger.given_away.get(who, who)
        return Said(account, headers={"Latest-Ledger": str(newest)})


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Ton(Replay):
    """A TON node behind ton-http-api; every account is a wallet v3r2, as the recorded one."""

    network, protocol, chain = "ton", "ton_http", "-31337"

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        parts = urlsplit(path)
        given: Json = {k: v[0] for k, v in parse_qs(parts.query).items()} | (asked or {})
        if given.get("workchain") == "0":  # the base chain has no block of a masterchain's number
            words = "LITE_SERVER_UNKNOWN: block is not in db"
            return Said({"ok": False, "error": words, "code": 500}, 500)
        block = self._id(int(given.get("seqno", self.ledger.tip)))
        match parts.path.strip("/"):
            case "getMasterchainInfo":
                result = recorded("ton", "masterchain_info")["result"]
                result["last"] |= block
            case "getBlockHeader":
                result = recorded("ton", "block_header")["result"]
                result["id"] |= block
                result |= {"gen_utime": self.ledger.time, "global_id": int(self.chain)}
            case _:
                result = recorded("ton", "address_information")["result"]
                result["block_id"] |= block
                who = TonCodec("ton", "").decode(given["address"]).text
                result |= {"balance": str(self.held(who) or 0), "data": self._wallet(who)}
        return Said({"ok": True, "result": result})

    def _wallet(self, who: str) -> str:
        """Make the data of a wallet v3: number of its next message, wallet's number, key."""
        key = int(self.ledger.keys.get(who, "0"), 16)
        return write_bag(Builder().uint(7, 32).uint(_WALLET_V3, 32).uint(key, 256).cell())

    def _id(self, seqno: int) -> Json:
        return {"seqno": seqno, "root_hash": base64_hash(self.digest(seqno))}


class Aptos(Replay):
    """An Aptos full node."""

    network, protocol, chain = "aptos", "aptos_rest", "4"

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        parts = urlsplit(path)
        match [unquote(p) for p in parts.path.strip("/").split("/")]:
            case ["blocks", "by_height", height]:
                return self._sent(self._block(int(height)))
            case ["blocks", "by_version", version]:
                number = -(-int(version) // _PER_BLOCK)
                if number > self.ledger.tip - _KEPT:
                    return self._sent(self._block(number))
                gone = {"message": "pruned", "error_code": "version_pruned"}
                return self._sent(gone, status=410)
            case ["transactions", "by_version", version]:
                answer = recorded("aptos", "transaction_by_version") | {"version": version}
                root = "0x" + self.digest(int(version)).hex()
                return self._sent(answer | {"accumulator_root_hash": root})
            case ["accounts", who, "balance", _]:
                return self._sent(self.held(who) or 0)
            case ["accounts", who]:
                key = self.ledger.given_away.get(who, who)
                return self._sent({"sequence_number": "1", "authentication_key": key})
            case ["view"]:
                return self._sent([8])
        return self._sent(self._info())

    def _info(self) -> Json:
        newest, oldest = str(self.ledger.tip), self.ledger.tip - _KEPT + 1
        return recorded("aptos", "ledger_info") | {
            "chain_id": int(self.chain),
            "block_height": newest,
            "oldest_block_height": str(oldest),
            "ledger_version": str(self.ledger.tip * _PER_BLOCK),
            "oldest_ledger_version": str(oldest * _PER_BLOCK),
        }

    def _block(self, height: int) -> Json:
        return recorded("aptos", "block_by_height") | {
            "block_height": str(height),
            "block_timestamp": str(self.ledger.time * 1_000_000),
            "first_version": str(height * _PER_BLOCK - _PER_BLOCK + 1),
            "last_version": str(height * _PER_BLOCK),
        }

    def _sent(self, body: Json, status: int = 200) -> Said:
        info = self._info()
        headers = {
            "x-aptos-chain-id": self.chain,
            "x-aptos-ledger-version": info["ledger_version"],
            "x-aptos-ledger-oldest-version": info["oldest_ledger_version"],
        }
        return Said(body, status, headers)


class Sui(Replay):
    """A Sui GraphQL server."""

    network, protocol, chain = "sui", "sui_graphql", "dec0de00"

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        text = asked["query"]
        if "checkpoint(" not in text:
            return Said({"data": {"chainIdentifier": self.chain}})
        wanted = asked["variables"]["n"]
        number = self.ledger.tip if wanted is None else wanted
        made = recorded("sui", "checkpoint")["data"]["checkpoint"]
        pattern = made.pop("query")["q0"]
        made |= {"sequenceNumber": number, "digest": base58.encode(self.digest(number))}
        made["timestamp"] = f"{_moment(self.ledger.time)}.123Z"
        if "coin::Coin<" in text:
            made["query"] = {"objects": {"nodes": []}}
        elif "query {" in text:
            made["query"] = {
                name: self._account(pattern, who) for name, who, _ in _SUI_ASKED.findall(text)
            }
        return Said({"data": {"checkpoint": made}})

    def _account(self, pattern: Json, who: str) -> Json:
        balance = pattern["balance"] | {"totalBalance": str(self.held(who) or 0)}
        stakes = {"pageInfo": {"hasNextPage": False}, "nodes": []}
        return {"address": who, "balance": balance, "objects": stakes}


class Algorand(Replay):
    """An algod node; its newest round is the list's."""

    network, protocol = "algorand", "algorand_rest"
    chain = base64.b64encode(hashlib.sha256(b"the demonstration's genesis").digest()).decode()

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        del asked
        match urlsplit(path).path.strip("/").split("/"):
            case ["versions"]:
                return Said(recorded("algorand", "versions") | {"genesis_hash_b64": self.chain})
            case ["v2", "status"]:
                return Said(recorded("algorand", "status") | {"last-round": self.ledger.tip})
            case ["v2", "blocks", number, "hash"]:
                name = base64.b32encode(self.digest(int(number))).decode().rstrip("=")
                return Said({"blockHash": name})
            case ["v2", "blocks", number]:
                said = recorded("algorand", "block_old")
                said["block"] |= {"rnd": int(number), "ts": self.ledger.time}
                return Said(said)
            case [*_, who]:
                said = recorded("algorand", "account_without_assets")
                said |= {"address": who, "amount": self.held(who) or 0}
                said["round"] = self.ledger.tip
                if who in self.ledger.given_away:
                    said["auth-addr"] = self.ledger.given_away[who]
                return Said(said)
        return Said({}, 404)


class Blockbook(Replay):
    """A Blockbook server of one coin; every address was paid once, before the list's block."""

    network, protocol, chain = "dogecoin", "blockbook", "demo"

    def answer(self, path: str, asked: Json) -> Said:
        """See Replay."""
        del asked
        match urlsplit(path).path.removeprefix("/api/v2").strip("/").split("/"):
            case ["block-index", height]:
                return Said({"blockHash": self.digest(int(height)).hex()})
            case ["block", name]:
                known = {self.digest(n).hex(): n for n in (self.ledger.height, self.ledger.tip)}
                said = recorded("blockbook", "block_tip")
                said |= {"hash": name, "height": known[name], "time": self.ledger.time}
                return Said(said)
            case ["address", who]:
                said = recorded("blockbook", "address_basic") | {"address": who, "txs": 1}
                said["balance"] = said["totalReceived"] = str(self.held(who) or 0)
                if "details=txs" in path:  # none is above the list's block
                    said |= {"page": 1, "totalPages": 1, "itemsOnPage": 1000}
                    said |= {"unconfirmedBalance": "0"}
                return Said(said)
        said = recorded("blockbook", "status")
        said["blockbook"]["bestHeight"] = self.ledger.tip
        return Said(said)
