"""What stands before an address and names a network: a scheme with a colon, an explorer's page.

An account's address is the same text on every network of its kind, so only these words tell where
the row's coins are. Where they name another network than the row, it is read on neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.model.word_set import word_set
from scanner.settings.explorers import PLACE, load_explorers

_SHORT = {"arb1": "arbitrum", "oeth": "optimism"}
"""Short names of chains (EIP-3770) that are no names of ours; the others are (eth, bnb, matic)."""
_OF_ANY = {"evm": ("evm",)}
"""Schemes that say the kind of a network alone."""
_CHAIN = re.compile(r"eip155:([0-9]{1,20}):(.*)", re.DOTALL | re.IGNORECASE | re.ASCII)
"""CAIP-10: a network by its chain id."""
_SCHEME = re.compile(r"([a-z][a-z0-9-]{1,19}):(?://)?([^?]*)(?:\?.*)?", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"https?://((?:[^/\s]+)(?:/[^/\s?#]+)*)/address/([^/\s?#]+)/?", re.ASCII)
"""An explorer's page of an address; what stands behind the address may be another thing."""
_BEFORE = re.compile(rf"https://(.*)/address/{re.escape(PLACE)}")
_TESTS = word_set("testnet sepolia goerli holesky hoodi amoy mumbai signet chipnet")


def without_prefix(network: Network, text: str, registry: Registry) -> tuple[str, str]:
    """The address in a text, and what its prefix names in place of the network, "" if nothing.

    text: one address with what stands around it. It is returned as it is where nothing is known to
    stand before it.
    """
    if link := _LINK.fullmatch(text):
        return link[2], _other_in_link(network, link[1].lower(), registry)
    if chain := _CHAIN.fullmatch(text):
        return chain[2], "" if chain[1] == network.chain_id else f"chain {chain[1]}"
    found = _SCHEME.fullmatch(text)
    if found is None:
        return text, ""
    scheme = found[1].lower()
    if scheme in _OF_ANY.get(network.kind, ()):
        return found[2], ""
    named = _SHORT.get(scheme, "")
    if not named and registry.names_network(scheme):
        named = registry.network(scheme).name
    if not named:
        return text, ""
    return found[2], "" if named == network.name else named


def _other_in_link(network: Network, page: str, registry: Registry) -> str:
    """What network an explorer's page is of, by the table or by its words; "" if the row's."""
    page = page.removeprefix("www.")
    known = _explorers()
    if page in known:
        return "" if known[page] == network.name else known[page]
    words = re.findall(r"[a-z0-9]+", page)
    if test := _TESTS.intersection(words):
        return min(test)
    if any(page.endswith(f".{own}") for own in known):
        return page  # of a part of a known explorer: another chain's
    named = {registry.network(word).name for word in words if registry.names_network(word)}
    return "" if not named or network.name in named else min(named)


@cache
def _explorers() -> Mapping[str, str]:
    """Host and path before /address/ -> the network that they are of."""
    pages = ((_BEFORE.fullmatch(page), name) for name, page in load_explorers().items())
    return {found[1].lower(): name for found, name in pages if found}
