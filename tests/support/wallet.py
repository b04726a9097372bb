"""A regtest node's own wallet: coins of every kind of address, spent with real signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import base58

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry
from support.bitcoin_chain import ANYONE, Chain, transaction

FUNDS = 10**6
_TYPES = {
    "p2pkh": "legacy",
    "p2sh_p2wpkh": "p2sh-segwit",
    "p2wpkh": "bech32",
    "p2tr": "bech32m",
}
_MULTISIG = {
    "p2sh": "sh(multi({}))",
    "p2wsh": "wsh(multi({}))",
    "p2sh_p2wsh": "sh(wsh(multi({})))",
}
_BARE = {"p2pk": "pk({})", "bare": "multi({})"}
EVERY = (*_TYPES, *_MULTISIG, *_BARE)
"""Kinds of coin the wallet can spend; those with scripts are 2 of 3, p2pk and the rest 1."""


@dataclass
class Wallet:
    """Its scripts, by kind, and one unspent coin of FUNDS for each."""

    chain: Chain
    scripts: dict[str, bytes] = field(default_factory=dict)
    coins: dict[str, tuple[str, int]] = field(default_factory=dict)
    rewards: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        node = self.chain.node
        node.rpc("createwallet", "spender")
        for kind, name in _TYPES.items():
            address = node.rpc("getnewaddress", "", name)
            self.scripts[kind] = bytes.fromhex(node.rpc("validateaddress", address)["scriptPubKey"])
        for number, (kind, form) in enumerate({**_MULTISIG, **_BARE}.items()):
            keys = [_wif(number * 3 + k) for k in (1, 2, 3)]
            inner = keys[0] if kind == "p2pk" else ",".join(["2", *keys])
            self.scripts[kind] = self._import(form.format(inner))
        self.fund()

    def fund(self) -> None:
        """Pay FUNDS to every script, in one block."""
        if not self.rewards:  # many at once: every hundred blocks more halve what is in them
            self.rewards = self.chain.fund(30)
        txid = self.chain.pay(self.rewards.pop(), [(s, FUNDS) for s in self.scripts.values()])
        self.coins = {kind: (txid, n) for n, kind in enumerate(self.scripts)}

    def signed(
        self,
        kinds: Sequence[str],
        outputs: Sequence[tuple[bytes, int]],
        sighash: str = "",
    ) -> str:
        """A transaction that spends the coins of some kinds, signed. sighash: default is all."""
        raw = transaction([self.coins[kind] for kind in kinds], outputs)
        done = self.chain.node.rpc(
            "signrawtransactionwithwallet", raw, [], *([sighash] if sighash else [])
        )
        assert done["complete"], done
        return str(done["hex"])

    def mine(self, raw: str) -> str:
        """Mine a transaction in a block of its own. Returns its id."""
        self.chain.node.rpc("generateblock", ANYONE, [raw])
        return str(self.chain.node.rpc("decoderawtransaction", raw)["txid"])

    def _import(self, descriptor: str) -> bytes:
        node = self.chain.node
        checksum = node.rpc("getdescriptorinfo", descriptor)["checksum"]
        request: Mapping[str, object] = {"desc": f"{descriptor}#{checksum}", "timestamp": "now"}
        assert node.rpc("importdescriptors", [request])[0]["success"]
        public = node.rpc("getdescriptorinfo", descriptor)["descriptor"]
        bitcoin = load_registry().network("bitcoin")
        return script_pubkey(decode_address(bitcoin, public.partition("#")[0]))


def _wif(number: int) -> str:
    return base58.b58encode_check(b"\xef" + number.to_bytes(32, "big") + b"\x01").decode()
