"""Simplified payment verification: that a transaction is in a block of a chain with work in it.

A merkle proof shows that a transaction was mined, not that its outputs are still unspent: it
stands beside a balance and does not make it `proven`.
Source: the Bitcoin paper, section 8; the block header as in Bitcoin Core src/primitives/block.h.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.bitcoin.transaction import Transaction, sha256d

HEADER_SIZE: Final = 80
PERIOD: Final = 2016  # blocks between changes of difficulty on bitcoin's main chain


class ProofError(ValueError):
    """A header or a merkle proof does not hold; the text says where."""


def _scrypt(header: bytes) -> bytes:
    return hashlib.scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32)


WORK: Final[dict[str, Callable[[bytes], bytes]]] = {"bitcoin": sha256d, "litecoin": _scrypt}
"""Network -> the hash whose smallness is the proof of work."""

_STEADY: Final = {("bitcoin", "main")}
"""Chains whose difficulty changes every PERIOD blocks only, by a factor of 4 at most."""


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """One header of 80 bytes. Hashes as shown (reversed)."""

    hash: str
    previous: str
    merkle_root: bytes  # as stored
    time: int
    bits: int
    raw: bytes


def parse_header(raw: bytes) -> BlockHeader:
    """Read a header. Raises ProofError if it is not 80 bytes."""
    if len(raw) != HEADER_SIZE:
        raise ProofError(f"a block header of {len(raw)} bytes")
    return BlockHeader(
        hash=sha256d(raw)[::-1].hex(),
        previous=raw[4:36][::-1].hex(),
        merkle_root=raw[36:68],
        time=int.from_bytes(raw[68:72], "little"),
        bits=int.from_bytes(raw[72:76], "little"),
        raw=raw,
    )


def target_of(bits: int) -> int:
    """The number a block's hash must not exceed, from the header's compact form.

    Raises ProofError.
    """
    size, mantissa = bits >> 24, bits & 0x7FFFFF
    if bits & 0x800000 or mantissa == 0 or size > 32:
        raise ProofError(f"difficulty bits {bits:08x}")
    return mantissa << 8 * (size - 3) if size >= 3 else mantissa >> 8 * (3 - size)


_LEAST: Final = {
    ("bitcoin", "main"): (478_559, 4 * target_of(0x18014735)),
    ("litecoin", "main"): (700_000, (0xFFFF << 208) // 10_000),
}
"""Chain -> a height, and the easiest target that a block from there on may state: easier than any
since 2017 on bitcoin, 2015 on litecoin. What a header states itself anybody can make easy.

Litecoin's lowest difficulty from there on is 34,843, at height 745,920: the targets of every 2,016
blocks up to 1,959,552 that Electrum-LTC keeps (MIT licence).
"""


def has_work(header: str, network: str, chain: str, height: int) -> bool:
    """Whether somebody worked for a header, in hex: as it states, and no less than blocks cost.

    A block of a real chain below the heights that are known here is not known to have any. Without
    work anybody makes a block of any transactions; test chains need none worth speaking of.
    """
    work = WORK.get(network)
    least, most = _LEAST.get((network, chain), (0, 1 << 256))
    try:
        read = parse_header(bytes.fromhex(header))
        target = target_of(read.bits)
    except ValueError:
        return False
    if work is None or height < least or target > most:
        return False
    return int.from_bytes(work(read.raw), "little") <= target


def check_headers(
    headers: Sequence[BlockHeader], first_height: int, network: str, chain: str
) -> None:
    """Check that headers follow each other and that each has the work it states.

    headers: of consecutive heights, the first at `first_height`. On bitcoin's main chain the
    stated difficulty may change only where the rules allow it. Raises ProofError naming the height.
    """
    work = WORK.get(network)
    if work is None:
        raise ProofError(f"the proof of work of {network} cannot be checked")
    for n, header in enumerate(headers):
        height = first_height + n
        if n and header.previous != headers[n - 1].hash:
            raise ProofError(f"block {height} does not follow block {height - 1}")
        if int.from_bytes(work(header.raw), "little") > target_of(header.bits):
            raise ProofError(f"block {height} does not have the work it states")
        if n and (network, chain) in _STEADY:
            _check_steady(headers[n - 1].bits, header.bits, height)


def check_inclusion(
    transaction: Transaction, branch: Sequence[bytes], position: int, header: BlockHeader
) -> None:
    """Check that a transaction is in a block.

    branch: the sibling hashes from the bottom up, as stored (not reversed). position: of the
    transaction in the block, from 0. Raises ProofError.
    """
    if transaction.size == 64:
        # Such bytes could be an inner node of the tree that passes for a transaction.
        raise ProofError("a transaction of 64 bytes cannot be proven by a merkle branch")
    if len(branch) > 32 or not 0 <= position < 1 << len(branch):
        raise ProofError("a merkle branch that does not fit the position")
    node = bytes.fromhex(transaction.txid)[::-1]
    for sibling in branch:
        node = sha256d(sibling + node if position & 1 else node + sibling)
        position >>= 1
    if node != header.merkle_root:
        raise ProofError(f"transaction {transaction.txid} is not in block {header.hash}")


def merkle_root(txids: Sequence[str]) -> bytes:
    """The root of a block's transactions, as stored. txids: as shown, at least one, in order.

    Raises ValueError where an id is no hex.
    """
    layer = [bytes.fromhex(txid)[::-1] for txid in txids]
    while len(layer) > 1:
        layer += layer[-1:] * (len(layer) % 2)
        layer = [sha256d(layer[n] + layer[n + 1]) for n in range(0, len(layer), 2)]
    return layer[0]


def is_block(header: str, txids: Sequence[str], block_hash: str) -> bool:
    """Whether a header, in hex, has the hash and is of the transactions with these ids."""
    try:
        read = parse_header(bytes.fromhex(header))
        return read.hash == block_hash and read.merkle_root == merkle_root(txids or [""])
    except ValueError:
        return False


def _check_steady(before: int, after: int, height: int) -> None:
    if height % PERIOD:
        if before != after:
            raise ProofError(f"block {height} changes the difficulty out of turn")
        return
    old, new = target_of(before), target_of(after)
    # Compact targets lose digits: leave a little room above the factor of 4.
    if new > old * 4 + (old >> 8) or new < (old >> 2) - (old >> 10):
        raise ProofError(f"block {height} changes the difficulty by more than a factor of 4")
