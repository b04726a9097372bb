"""The block that balances are read at: height and hash are always kept together."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.model.balance import Evidence


@dataclass(frozen=True, slots=True)
class BlockRef:
    """One block of one network.

    network: our name of it. chain: the chain id or chain name the source said it is on
    ("1", "main", "regtest"): a list scanned on a test chain must not pass for mainnet.
    height: block number (or the network's own counter: slot, ledger index, version).
    hash: lower-case hex as the network shows it, "0x" kept where it is customary.
    time: seconds since 1970 UTC from the block's header; None where the source gives none.
    evidence: who says that this is the network's block of that height. PROVEN: it comes from
        elsewhere than the endpoint whose answers rest on it: the user's own node, a quorum of
        operators, a checkpoint, the user. REPORTED: one endpoint named it. None: it was pinned by
        a program that did not record this. It is no part of what the block is: not compared.
    """

    network: str
    chain: str
    height: int
    hash: str
    time: int | None = None
    evidence: Evidence | None = field(default=Evidence.REPORTED, compare=False)
