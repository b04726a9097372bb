"""Addresses whose accounts can be given other keys than the one that made them."""

from __future__ import annotations

CHANGEABLE = frozenset(
    ("algorand", "aptos", "near_implicit", "solana", "stellar", "ton", "tron", "xrpl")
)
"""Address formats that a key makes and whose accounts can be given other keys later."""

CHANGEABLE_KINDS = frozenset(
    ("algorand", "aptos", "near", "solana", "stellar", "ton", "tron", "xrpl")
)
"""Kinds of networks that have such addresses (`Network.kind`)."""
