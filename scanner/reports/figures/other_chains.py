"""What every result says of networks that were read on a chain other than their own.

Anybody can make the coins of a test chain. Whatever shows a result, as text, as a table, as JSON or
as a page, takes which networks these are and the words for them from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.reports.tables.text import printable
from scanner.settings.tables import load_registry
from scanner.store.database.engine import Store
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.row_pages import pairs_of

Chain = tuple[str, str]
"""A network, and the chain id or name that its blocks were read on: ("bitcoin", "regtest")."""

COLUMN = "other_chains"
"""Column of tables with a row for each asset, and key in JSON."""
FEW_NETWORKS = 3
"""Of how many networks each is named with its chain where people read."""
TEST_CHAIN = "test chain"
"""What such a chain is called where there is room for two words."""
WORTHLESS = "Coins of a test chain are worth nothing: these are the prices of real ones."
"""What stands below dollars of such coins."""


def apart(read: Iterable[Chain]) -> list[Chain]:
    """Those that are not the network's own chain, each once, by network; also of unknown networks.

    read: what was read, in any order.
    """
    networks = load_registry().networks
    return sorted(
        {
            (network, chain)
            for network, chain in read
            if network not in networks or chain != networks[network].chain_id
        }
    )


def other_chains(head: SnapshotHead) -> list[Chain]:
    """Those of a snapshot, complete or not, also of a pruned one: its blocks are kept."""
    return apart((pinned.network, pinned.block.chain) for pinned in head.blocks)


def chain_lines(found: Iterable[Chain], about: str = "") -> list[str]:
    """The notice, a line for each of a few networks, or one for all; none where all is real.

    about: whose result it is.
    """
    start, known = f"{about}: " if about else "", list(found)
    if len(known) > FEW_NETWORKS:
        names = ", ".join(dict.fromkeys(network for network, _ in known))
        return [f"{start}NOT THE REAL {names}: read on other chains"]
    return [
        f"{start}NOT THE REAL {network}: read on the chain {chain!r}" for network, chain in known
    ]


def dollar_lines(found: Iterable[Chain], more: Iterable[str] = ()) -> list[str]:
    """What stands below dollars: the notice, and what they are. more: notices of what they are
    compared with.
    """
    lines = [*chain_lines(found), *more]
    return [*(printable(line) for line in lines), *([WORTHLESS] if lines else [])]


def chain_objects(found: Iterable[Chain]) -> list[dict[str, str]]:
    """The same in JSON; an empty list where all is real."""
    return [{"network": network, "chain": chain} for network, chain in found]


def chain_cell(found: Iterable[Chain]) -> str | None:
    """The same in a cell: "bitcoin regtest, ethereum 31337"; None where all is real."""
    return ", ".join(f"{network} {chain}" for network, chain in found) or None


def chains_of_assets(store: Store, head: SnapshotHead) -> Mapping[str, list[Chain]]:
    """Asset -> those of the networks that the list has it on; only assets that have one.

    Lists are asked only where a network was read on another chain.
    """
    found = other_chains(head)
    chains: dict[str, list[Chain]] = {}
    for asset, network in pairs_of(store, head.list_id) if found else ():
        chains.setdefault(asset, []).extend(each for each in found if each[0] == network)
    return {asset: sorted(each) for asset, each in chains.items() if each}
