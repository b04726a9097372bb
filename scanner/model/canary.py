"""Addresses that are known to hold something: an endpoint that calls them empty is not believed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Canary:
    """One row of config/canaries.csv.

    asset, network: by our names. address: as the network writes it. since: height from which on
    it can only have held something (a burn address, a contract that never pays all out). A
    Filecoin address that has a name and no number (f1, f2, f3) has had an actor from then on.
    why: how that is known, for people.
    """

    network: str
    asset: str
    address: str
    since: int
    why: str
