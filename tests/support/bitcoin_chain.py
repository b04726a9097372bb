"""Makes regtest chains for tests: hand-made transactions mined without policy."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from scanner.demo.nodes import Bitcoind
from scanner.errors import NodeMissingError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.scripts import p2pkh, p2sh
from scanner.model.addresses.scripts import witness as witness_script
from scanner.model.balance import BalanceQuery
from scanner.model.network import Holding
from support.missing import cannot

ANYONE = "raw(51)"  # OP_TRUE: a coin anyone can spend
BTC = Holding("BTC", "bitcoin", "", 8)


def address(format_: str, payload: bytes, network: str = "bitcoin") -> Address:
    """An address of a format, as a codec would decode it."""
    make = {
        "p2pkh": lambda: p2pkh(payload),
        "p2sh": lambda: p2sh(payload),
        "p2wpkh": lambda: witness_script(0, payload),
        "p2wsh": lambda: witness_script(0, payload),
        "p2tr": lambda: witness_script(1, payload),
    }
    script = make[format_]()
    return Address(network, format_, payload, script.hex(), f"{format_}:{payload.hex()}")


def query(address_: Address, holding: Holding = BTC) -> BalanceQuery:
    return BalanceQuery(address_, holding)


def compact(n: int) -> bytes:
    if n < 253:
        return bytes([n])
    if n < 0x10000:
        return b"\xfd" + struct.pack("<H", n)
    return b"\xfe" + struct.pack("<I", n)


def transaction(
    inputs: Sequence[tuple[str, int]],
    outputs: Sequence[tuple[bytes, int]],
    witness: Sequence[Sequence[bytes]] = (),
    signatures: Sequence[bytes] = (),
) -> str:
    """A transaction, as hex; without more it spends OP_TRUE coins.

    witness: the stack of each input, to spend P2WSH coins that want no signature.
    signatures: the scriptSig of each input, else empty ones.
    """
    parts = [struct.pack("<i", 2), b"\0\1" if witness else b"", compact(len(inputs))]
    for (txid, vout), script in zip(inputs, signatures or [b""] * len(inputs), strict=True):
        parts.append(bytes.fromhex(txid)[::-1] + struct.pack("<I", vout))
        parts.append(compact(len(script)) + script + b"\xff" * 4)
    parts.append(compact(len(outputs)))
    for script, amount in outputs:
        parts.append(struct.pack("<q", amount) + compact(len(script)) + script)
    for stack in witness:
        parts.append(compact(len(stack)) + b"".join(compact(len(i)) + i for i in stack))
    return (b"".join(parts) + bytes(4)).hex()


@dataclass
class Chain:
    """A regtest node and the OP_TRUE coins it can pay from."""

    node: Bitcoind

    def mine(self, count: int = 1, script: bytes = b"\x51") -> list[str]:
        return self.node.rpc("generatetodescriptor", count, f"raw({script.hex()})")

    def fund(self, count: int) -> list[tuple[str, int]]:
        """Mine `count` block rewards to OP_TRUE and make them mature; returns the outpoints."""
        blocks = self.mine(count)
        self.mine(100)
        return [(self.node.rpc("getblock", h, 1)["tx"][0], 0) for h in blocks]

    def pay(self, coin: tuple[str, int], outputs: Sequence[tuple[bytes, int]]) -> str:
        """Spend one OP_TRUE coin to scripts in a block of its own; the rest is the fee."""
        raw = transaction([coin], outputs)
        self.node.rpc("generateblock", ANYONE, [raw])
        txid = self.node.rpc("decoderawtransaction", raw)["txid"]
        return str(txid)

    def tip(self) -> int:
        return int(self.node.rpc("getblockcount"))


@contextmanager
def regtest(folder: Path, *arguments: str) -> Iterator[Chain]:
    """Start a node of the test's own, so that no other test moves its tip."""
    try:
        Bitcoind.program()
    except NodeMissingError as e:
        cannot(str(e))
    with Bitcoind(folder, arguments) as node:
        yield Chain(node)


def sat(amount: Decimal | int) -> int:
    return int(Decimal(amount) * 10**8)
