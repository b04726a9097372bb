"""Finds out what one EVM endpoint can do: how far back, which ways of asking, proofs, speed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from scanner.chains.evm import blocks, ladder
from scanner.chains.evm.columns import NATIVE, Column
from scanner.chains.evm.node import Node
from scanner.chains.evm.proofs import fetch_header, prove_accounts
from scanner.chains.evm.reader import BATCH, read_columns
from scanner.chains.fleet.rpc import Call
from scanner.errors import HeightPrunedError, SourceError, clip
from scanner.model.addresses.keccak import keccak256
from scanner.model.block import BlockRef

_DEPTHS: Final = (128, 1_000, 10_000, 100_000, 1_000_000)
_BATCHES: Final = (1_000, 100, 10)
_SPEED_ITEMS: Final = 1_000


def probe(node: Node, network: str, tokens: Sequence[bytes]) -> dict[str, str]:
    """Ask an endpoint what it can do; feature -> what was found, in a few words.

    Keys: client, tip, finalized, history, by hash, ways, batch, proof, speed.
    tokens: contracts of the network to try calls with. About 60 calls.
    Raises SourceRejectedError (wrong chain, syncing) and SourceUnavailableError.
    """
    node.check()
    tip = blocks.tip(node.rpc)
    final = blocks.final(node.rpc, node.chain_id)
    at = BlockRef(network, node.chain_id, final.number, final.hash, final.time)
    holders = [keccak256(b"probe" + n.to_bytes(4))[:20] for n in range(_SPEED_ITEMS)]
    sample = [Column(NATIVE, holders[:3]), *(Column(token, holders[:3]) for token in tokens[:2])]
    found = {
        "client": _client(node),
        "tip": str(tip.number),
        "finalized": str(final.number),
        "by hash": "yes" if node.takes_hash(at) else "no: by number, hash read before and after",
        "history": _history(node, network, tip.number),
    }
    found["ways"] = _ways(node, sample, at)
    found["batch"] = _batch(node, at)
    found["proof"] = _proof(node, at, holders[:3])
    found["speed"] = _speed(node, holders, at)
    return found


def _client(node: Node) -> str:
    try:
        said = node.rpc.ask("web3_clientVersion")
    except SourceError:
        return "does not say"
    text = said if isinstance(said, str) else "does not say"
    return clip("".join(c for c in text if c.isprintable()))


def _history(node: Node, network: str, tip: int) -> str:
    """How far back states are there, in the steps of _DEPTHS."""
    if _has_state(node, network, tip // 2) and _has_state(node, network, min(tip, 1)):
        return "any height"
    deepest = 0
    for depth in _DEPTHS:
        if depth > tip or not _has_state(node, network, tip - depth):
            break
        deepest = depth
    return f"at least the last {deepest:,} blocks" if deepest else "the newest blocks only"


def _has_state(node: Node, network: str, height: int) -> bool:
    try:
        head = blocks.at_height(node.rpc, height)
        at = BlockRef(network, node.chain_id, head.number, head.hash, head.time)
        read_columns(node, BATCH, [Column(NATIVE, [bytes(20)])], at)
    except HeightPrunedError:
        return False
    return True


def _ways(node: Node, sample: Sequence[Column], at: BlockRef) -> str:
    reference = read_columns(node, BATCH, sample, at)
    names = []
    for way in ladder.LADDER[:-2]:
        works = ladder.usable(node, way, sample, reference, at)
        if works or works is None:
            names.append(way.name if works else f"{way.name}?")
    if ladder.takes_batches(node):
        names.append("batch")
    return ", ".join([*names, "single"])


def _batch(node: Node, at: BlockRef) -> str:
    """The largest batch it answers whole, of the sizes tried."""
    with node.pinned(at) as block:
        for size in _BATCHES:
            calls: list[Call] = [("eth_getBalance", ["0x" + "00" * 20, block])] * size
            try:
                answers = node.rpc.batch(calls)
            except SourceError:
                continue
            if not any(isinstance(answer, SourceError) for answer in answers):
                return f"{size:,}"
    return "none"


def _proof(node: Node, at: BlockRef, holders: Sequence[bytes]) -> str:
    try:
        header = fetch_header(node, at)
        with node.pinned(at) as block:
            proven = prove_accounts(node, header, holders, block, {})
    except SourceError as e:
        return f"no: {e.what}"
    return "yes" if not proven.why else f"no: {next(iter(proven.why.values()))}"


def _speed(node: Node, holders: Sequence[bytes], at: BlockRef) -> str:
    columns = [Column(NATIVE, holders)]
    way = ladder.choose(node, columns, at)
    started = time.monotonic()
    blocks.tip(node.rpc)
    latency = time.monotonic() - started
    started = time.monotonic()
    read_columns(node, way, columns, at)
    rate = len(holders) / max(time.monotonic() - started, 1e-6)
    return f"{rate:,.0f} balances/s by {way.name}, {latency * 1000:.0f} ms a call"
