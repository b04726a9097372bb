"""Finds out what one beacon endpoint can do: how far back it has states, and how it is asked."""

from __future__ import annotations

import time
from typing import Final

from scanner.chains.evm.beacon_api import KEYS_A_GET, KEYS_A_POST, BeaconHeader, BeaconNode
from scanner.errors import SourceError, SourceUnavailableError
from scanner.model.block import BlockRef

_DEPTHS: Final = (("day", 7_200), ("week", 50_400), ("month", 216_000), ("year", 2_628_000))
_SOME_KEY: Final = (
    "0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
    "6c55e83ff97a1aeffb3af00adb22c6bb"
)
"""The generator of the curve: a key that servers read, and nobody's."""


def probe(node: BeaconNode, network: str) -> dict[str, str]:
    """Ask a beacon endpoint what it can do; feature -> what was found, in a few words.

    Keys: client, tip, finalized, history, validators, execution block, speed. A block is there long
    after its state: `history` is about states. About 30 requests.
    Raises SourceRejectedError (wrong chain, syncing) and SourceUnavailableError.
    """
    node.check()
    head, final = _block(node, "head"), _block(node, "finalized")
    found = {
        "client": node.version() or "does not say",
        "tip": str(head.slot),
        "finalized": str(final.slot),
        "history": _history(node, network, final.slot),
    }
    found["validators"] = f"{KEYS_A_POST:,} a request"
    if not node.takes_posts:
        found["validators"] = f"{KEYS_A_GET} a request: it takes no POST"
    found["execution block"] = _named(node, final)
    started = time.monotonic()
    node.header("head")
    found["speed"] = f"{(time.monotonic() - started) * 1000:.0f} ms a call"
    return found


def _block(node: BeaconNode, which: str) -> BeaconHeader:
    found = node.header(which)
    if found is None:
        raise SourceUnavailableError(node.name, f"knows no {which} block")
    return found


def _history(node: BeaconNode, network: str, final: int) -> str:
    """How far back states are there, in the steps of _DEPTHS."""
    if _has_state(node, network, final // 2) and _has_state(node, network, min(final, 1)):
        return "any height"
    reached = ""
    for name, slots in _DEPTHS:
        if slots > final or not _has_state(node, network, final - slots):
            break
        reached = name
    return f"at least the last {reached}" if reached else "the newest states only"


def _has_state(node: BeaconNode, network: str, slot: int) -> bool:
    try:
        found = node.at_slot(slot)
        node.validators([_SOME_KEY], BlockRef(network, node.chain_id, found.slot, found.root))
    except SourceError:  # servers word a missing state in many ways, some as their own failure
        return False
    return True


def _named(node: BeaconNode, block: BeaconHeader) -> str:
    """Whether it says which execution block a block holds: staking rows need that."""
    try:
        found = node.named_by(block.root)
    except SourceError as e:
        return f"not named: {e.what}"
    return "named" if found else "none in the finalized block"
