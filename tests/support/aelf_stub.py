"""Two aelf nodes, of the main chain (/main) and of tDVV (/side), by the published API description."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from coincurve import PublicKey

from scanner.chains.aelf.messages import SIGNATURE
from scanner.chains.aelf.node import TOKENS
from scanner.chains.aelf.reader import SIDE
from scanner.model.addresses.base58_keys import AelfCodec
from scanner.model.endpoint import Endpoint
from scanner.model.protobuf import data, fields, number
from support.recorded import WorldServer, sent
from support.replay import Sent, Trap

CODEC = AelfCodec("aelf", "")
START = 1_700_000_000
FINAL = 8


class AelfServer(WorldServer):
    """Values held: base units on the main chain for "", on tDVV for "side".

    quirks: "other owner", "unnamed zero", "goes back", "moves".
    """

    network = "aelf"
    protocol = "aelf_http"

    def endpoint(self, name: str, operator: str = "", **more: object) -> Endpoint:
        made = super().endpoint(name, operator, **more)
        return replace(made, url=made.url + "/main")

    def side(self, main: Endpoint) -> Endpoint:
        return replace(main, url=main.url.replace("/main", "/side"), protocol=SIDE)

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        parts = urlsplit(path)
        _, chain, *_, kind = parts.path.split("/")
        name = "AELF" if chain == "main" else "tDVV"
        if kind == "chainStatus":
            return sent(self._status(name))
        if kind == "blockByHeight":
            height = int(parse_qs(parts.query)["blockHeight"][0])
            if self.trap is Trap.PRUNED or height < self.world.oldest:
                return _error("20001", "Not found")
            return sent(self._block(name, height))
        if kind == "executeTransaction":
            return self._execute(name, bytes.fromhex(json.loads(body)["RawTransaction"]))
        return Sent(b"", 404)

    def _status(self, name: str) -> dict[str, Any]:
        if "moves" in self.quirks:
            self.world.tip += 1
        if "goes back" in self.quirks:
            self.world.tip -= 1
        head = self.state(self.world.tip)
        return {
            "ChainId": "AELF-TEST" if self.trap is Trap.WRONG_CHAIN else name,
            "BestChainHash": self.hash(name, head),
            "BestChainHeight": head,
            "LastIrreversibleBlockHash": self.hash(name, head - FINAL),
            "LastIrreversibleBlockHeight": head - FINAL,
            "GenesisContractAddress": "pykr77ft9UUKJZLVq15wCH8PinBSjVRQ12sD1Ayq92mKFsJ1i",
        }

    def _block(self, name: str, height: int) -> dict[str, Any]:
        time = datetime.fromtimestamp(START + height, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        header = {"ChainId": name, "Height": height, "Time": f"{time}.1234567Z"}
        return {"BlockHash": self.hash(name, height), "Header": header}

    def _execute(self, name: str, raw: bytes) -> Sent:
        sent = _fields(raw)
        signature = sent[SIGNATURE]
        body = raw[: raw.rindex(data(SIGNATURE, signature))]
        key = PublicKey.from_signature_and_message(signature, sha256(body).digest(), hasher=None)
        sender = sha256(sha256(key.format(compressed=False)).digest()).digest()
        if sender != _fields(sent[1])[1]:
            return _error("20011", "Invalid signature")
        assert CODEC.encode(_fields(sent[2])[1]) == TOKENS[name]
        assert sent[5] == b"GetBalance"
        asked = _fields(sent[6])
        owner = _fields(asked[2])[1]
        contract = "" if name == "AELF" else "side"
        held = self.held(CODEC.encode(owner), self.world.tip, contract) or 0
        if self.trap is Trap.DROPS or "unnamed zero" in self.quirks:
            return Sent(b"")
        if "other owner" in self.quirks:
            owner = bytes(32)
        said = data(1, asked[1]) + data(2, data(1, owner))
        if held:
            said += number(3, held)
        return Sent(json.dumps(said.hex()).encode())

    def hash(self, name: str, height: int) -> str:
        return hashlib.sha256(f"{self.fork}{name}{height}".encode()).hexdigest()


def _error(code: str, words: str) -> Sent:
    return sent({"Error": {"Code": code, "Message": words, "Details": None}}, 403)


def _fields(message: bytes) -> dict[int, Any]:
    return dict(fields(message))
