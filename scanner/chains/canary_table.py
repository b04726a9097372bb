"""Which address each network's endpoints are tried by, for docs/networks.md; why some have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scanner.errors import ConfigError
from scanner.model.registry import Registry

_PAYEES: Final = (
    "whom the block pays: no block reward can be spent in its own block, and no payment by what "
    "stands before it"
)
_REWARD: Final = "whom the block pays its reward, or its stake: neither can be spent in that block"
BY_BLOCK: Final[Mapping[str, str]] = {
    "aptos": "who has APT left after a transaction of the block, by what that wrote",
    "bitcoin-gold": _REWARD,
    "dash": _PAYEES,
    "digibyte": _REWARD,
    "ethereum-beacon": "who proposed the block: asked where a validator is said to hold 0, or not "
    "to be there",
    "litecoin": _PAYEES,
    "pi": "who pays the reserve of a claimable balance: such an account cannot be empty (CAP-33)",
    "qtum": _REWARD,
    "sui": "who owns one of the coins that the checkpoint has",
    "zcash": _PAYEES,
}
"""Network that is read -> whom each pinned block itself names, where the table names nobody."""

NO_CANARY: Final[Mapping[str, str]] = {
    "polkadot": "what stayed there in 2025 may still move; each answer has to show the block's own "
    "number out of the same state",
}
"""Network that is read -> why none of its accounts is asked about to try an endpoint."""


def canary_table(registry: Registry) -> str:
    """One row a network that is read, by name: what its endpoints are tried by, or why by nothing.

    A network with several canaries has a row for each. Raises ConfigError for a network that has
    neither a canary, nor blocks that name one, nor a reason.
    """
    rows = []
    for network in sorted(registry.networks.values(), key=lambda n: n.name):
        if not network.sources:
            continue
        canaries = registry.canaries(network.name)
        rows += [
            f"| {network.name} | `{c.address}` | {c.since:,} | {c.why} |" for c in canaries
        ] or [_without(network.name)]
    head = "| network | address | from height | why it surely holds something, or why none |"
    return "\n".join([head, "|---|---|---|---|", *rows]) + "\n"


def _without(name: str) -> str:
    """The row of a network that the table has no canary of."""
    if name in BY_BLOCK:
        return f"| {name} | of each block | 1 | {BY_BLOCK[name]} |"
    if name not in NO_CANARY:
        raise ConfigError(
            f"nothing tries the endpoints of {name}: give it a row in config/canaries.csv; or, in "
            "scanner/chains/canary_table.py, a line of BY_BLOCK if its readers find somebody in "
            "the pinned block, or one of NO_CANARY that says why there is none"
        )
    return f"| {name} | none | | {NO_CANARY[name]} |"
