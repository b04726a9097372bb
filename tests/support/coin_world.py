"""A small chain of Bitcoin's kind in memory: real bytes of headers and transactions, no node.

What Esplora, Electrum and Core stubs answer is made of it, so that their readers can be asked
thousands of times with one answer changed.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from scanner.chains.bitcoin.spv import merkle_root
from scanner.chains.bitcoin.transaction import sha256d
from support.replay import Trap

TIP = 400
GENESIS = bytes.fromhex(
    "01000000" + "00" * 32
    + "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
    + "dae5494dffff7f2002000000"
)  # fmt: skip
"""The header of regtest's first block (Bitcoin Core, kernel/chainparams.cpp)."""
REWARD = 5_000_000_000
"""Of a block, in base units."""
MADE = 1_700_000_000
"""Time of block 0's successors, in seconds since 1970, less 600 a block."""


@dataclass(frozen=True, slots=True)
class Spent:
    """An output that a transaction spends: where it stands, what it held, since which block."""

    txid: str
    vout: int
    script: bytes
    amount: int
    height: int


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a block. Amounts in base units. reward: it is the block's first one."""

    height: int
    inputs: tuple[Spent, ...]
    outputs: tuple[tuple[bytes, int], ...]
    reward: bool = False

    @property
    def raw(self) -> bytes:
        """Its bytes, without witness."""
        if self.reward:
            found = struct.pack("<iB32sI", 2, 1, bytes(32), 0xFFFFFFFF) + b"\4"
            return found + struct.pack("<I", self.height) + b"\xff" * 4 + self._outputs
        found = struct.pack("<iB", 2, max(1, len(self.inputs)))
        stray = hashlib.sha256(repr((self.height, self.outputs)).encode()).digest()
        for txid, vout in [(bytes.fromhex(s.txid)[::-1], s.vout) for s in self.inputs] or [
            (stray, 0)  # of somebody that nobody asks about
        ]:
            found += txid + struct.pack("<I", vout) + b"\0" + b"\xff" * 4
        return found + self._outputs

    @property
    def _outputs(self) -> bytes:
        found = bytes([len(self.outputs)])
        for script, amount in self.outputs:
            found += struct.pack("<q", amount) + bytes([len(script)]) + script
        return found + bytes(4)

    @property
    def txid(self) -> str:
        """Its id as shown."""
        return sha256d(self.raw)[::-1].hex()


class CoinWorld:
    """held: script -> heights and amounts of the payments to it, oldest first.

    spent: script -> the block that spends the first payment to it, to a script of nobody's.
    Every block pays REWARD to a script of its own.
    """

    def __init__(
        self,
        held: Mapping[bytes, Sequence[tuple[int, int]]],
        spent: Mapping[bytes, int] | None = None,
    ) -> None:
        self.held, self.spent = held, spent or {}
        self.rewards = {
            made.outputs[0][0]: made
            for made in (
                Mined(height, (), ((reward_script(height), REWARD),), reward=True)
                for height in range(1, TIP + 1)
            )
        }
        self.scripts = [*held, *self.rewards]

    def header(self, height: int, trap: Trap = Trap.NONE) -> bytes:
        """The 80 bytes of a block's header."""
        if height == 0:
            return GENESIS if trap is not Trap.WRONG_CHAIN else GENESIS[:-4] + b"\3\0\0\0"
        branch = "fork" if trap is Trap.FORK else "main"
        before = hashlib.sha256(f"{branch}{height - 1}".encode()).digest()
        root = merkle_root([t.txid for t in self.block(height)])
        return struct.pack("<i32s32sIII", 4, before, root, MADE + 600 * height, 0x207FFFFF, 0)

    @cache  # noqa: B019  (as `hash`)
    def block(self, height: int) -> list[Mined]:
        """A block's transactions, the reward first; whatever a server says of balances."""
        found = [t for script in self.held for t in self.mined(script) if t.height == height]
        return [self.rewards[reward_script(height)], *found]

    @cache  # noqa: B019  (a chain of four hundred blocks, for one test)
    def hash(self, height: int, trap: Trap = Trap.NONE) -> str:
        """A block's hash as shown."""
        return sha256d(self.header(height, trap))[::-1].hex()

    def height_of(self, block_hash: str, trap: Trap = Trap.NONE) -> int | None:
        """The height of a hash; None for one that no block has."""
        return next((h for h in range(TIP + 1) if self.hash(h, trap) == block_hash), None)

    def mined(self, script: bytes, trap: Trap = Trap.NONE) -> list[Mined]:
        """A script's transactions, oldest first."""
        if script in self.rewards:
            return [] if trap is Trap.ZEROES else [self.rewards[script]]
        payments = list(self.held.get(script, ()))
        if trap is Trap.ZEROES:
            payments = []
        if trap is Trap.LIES and payments:
            payments[-1 if script in self.spent else 0] = (
                payments[-1 if script in self.spent else 0][0],
                payments[-1 if script in self.spent else 0][1] + 1,
            )
        found = [Mined(height, (), ((script, amount),)) for height, amount in payments]
        if found and script in self.spent:
            first = found[0]
            was = Spent(first.txid, 0, script, first.outputs[0][1], first.height)
            found.append(Mined(self.spent[script], (was,), ((b"\x51", was.amount),)))
        return sorted(found, key=lambda tx: tx.height)

    def find(self, txid: str, trap: Trap = Trap.NONE) -> Mined | None:
        """A transaction by its id: of those that the server speaks of, or of the blocks."""
        spoken = (t for s in self.held for t in self.mined(s, trap) if t.txid == txid)
        return next(spoken, None) or self._of_blocks().get(txid)

    @cache  # noqa: B019  (as `hash`)
    def _of_blocks(self) -> dict[str, Mined]:
        return {t.txid: t for height in range(1, TIP + 1) for t in self.block(height)}


def reward_script(height: int) -> bytes:
    """Whom a block's reward is paid to: a P2WPKH script."""
    return b"\0\x14" + hashlib.sha256(f"reward{height}".encode()).digest()[:20]


def branch_of(txids: Sequence[str], position: int) -> list[str]:
    """The merkle branch of a block's transaction, as shown, from the bottom up."""
    found, layer = [], [bytes.fromhex(txid)[::-1] for txid in txids]
    while len(layer) > 1:
        layer += layer[-1:] * (len(layer) % 2)
        found.append(layer[position ^ 1][::-1].hex())
        layer = [sha256d(layer[n] + layer[n + 1]) for n in range(0, len(layer), 2)]
        position >>= 1
    return found
