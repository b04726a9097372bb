"""Which address each network's endpoints are tried by, for docs/networks.md; why some have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scanner.model.registry import Registry

_NOT_KNOWN: Final = "no account is known that surely holds something: ask two operators"
_OWN_NODE: Final = "its one source is an own node, which goes through all coins itself"

NO_CANARY: Final[Mapping[str, str]] = {
    "aelf": _NOT_KNOWN,
    "aptos": _NOT_KNOWN,
    "bitcoin-gold": _OWN_NODE,
    "dash": _NOT_KNOWN,
    "digibyte": _OWN_NODE,
    "ethereum-beacon": "any validator may leave; a node that knows none of them at all is refused",
    "litecoin": _NOT_KNOWN,
    "pi": _NOT_KNOWN,
    "polkadot": "what stayed there in 2025 may still move; each answer has to show the block's own "
    "number out of the same state",
    "qtum": _OWN_NODE,
    "sui": _NOT_KNOWN,
    "zcash": _NOT_KNOWN,
}
"""Network that is read -> why none of its accounts is asked about to try an endpoint."""


def canary_table(registry: Registry) -> str:
    """One row a network that is read, by name: what its endpoints are tried by, or why by nothing.

    A network with several canaries has a row for each. Raises KeyError for a network that has
    neither a canary nor a reason.
    """
    rows = []
    for network in sorted(registry.networks.values(), key=lambda n: n.name):
        if not network.sources:
            continue
        canaries = registry.canaries(network.name)
        rows += [
            f"| {network.name} | `{c.address}` | {c.since:,} | {c.why} |" for c in canaries
        ] or [f"| {network.name} | none | | {NO_CANARY[network.name]} |"]
    head = "| network | address | from height | why it surely holds something, or why none |"
    return "\n".join([head, "|---|---|---|---|", *rows]) + "\n"
