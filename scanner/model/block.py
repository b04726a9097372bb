"""The block that balances are read at: height and hash are always kept together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlockRef:
    """One block of one network.

    network: our name of it. chain: the chain id or chain name the source said it is on
    ("1", "main", "regtest"): a list scanned on a test chain must not pass for mainnet.
    height: block number (or the network's own counter: slot, ledger index, version).
    hash: lower-case hex as the network shows it, "0x" kept where it is customary.
    time: seconds since 1970 UTC from the block's header; None where the source gives none.
    """

    network: str
    chain: str
    height: int
    hash: str
    time: int | None = None
