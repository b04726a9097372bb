"""What the shell offers for words that a table knows: networks, assets, kinds, publishers.

`scanner` reads its tables for this only while a word is completed.
"""

from __future__ import annotations

from collections.abc import Iterable

from scanner.model.finding import FindingKind
from scanner.settings import publishers as publisher_table
from scanner.settings import tables as shipped


def networks(incomplete: str) -> list[str]:
    """Names of networks that begin so; after a comma, too."""
    done, comma, begun = incomplete.rpartition(",")
    return [done + comma + name for name in _begin(shipped.load_registry().networks, begun)]


def assets(incomplete: str) -> list[str]:
    """Names of assets that begin so, in any case."""
    return _begin({holding.asset for holding in shipped.load_registry().holdings()}, incomplete)


def kinds(incomplete: str) -> list[str]:
    """Kinds of findings, and weights, that begin so."""
    return _begin(["false", "not-verified", "note", *(k.value for k in FindingKind)], incomplete)


def publishers(incomplete: str) -> list[str]:
    """Publishers of the shipped table whose names begin so."""
    return _begin(publisher_table.load_publishers().all, incomplete)


def tables(incomplete: str) -> list[str]:
    """Tables that 'scanner export' writes."""
    return _begin(("totals", "balances", "ownership", "claims", "findings"), incomplete)


def _begin(names: Iterable[str], begun: str) -> list[str]:
    return sorted(name for name in names if name.lower().startswith(begun.lower()))
