"""What a holding consists of: coins at hand, at stake, on their way back, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from scanner.model.jsontext import own_json


class Part(StrEnum):
    """One kind of coins of a holding. Parts never overlap: a coin is in one of them."""

    LIQUID = "liquid"  # can be sent away now (a reserve that the network keeps is in it)
    STAKED = "staked"  # at stake by its owner
    DELEGATED = "delegated"  # at stake in somebody else's name, still the owner's
    UNBONDING = "unbonding"  # on its way back from stake
    LOCKED = "locked"  # held by a rule: vesting, escrow, a deposit
    REWARD = "reward"  # earned and not taken yet: an estimate, beside the amount
    VALIDATOR = "validator"  # a validator's own balance


Parts = Mapping[Part, int]
"""Base units of each part; one that is left out is 0."""

SUMS: Final[tuple[tuple[str, frozenset[Part]], ...]] = tuple(
    (name, frozenset(parts))
    for name, parts in (
        ("liquid", {Part.LIQUID}),
        ("liquid and stake", {Part.LIQUID, Part.STAKED, Part.DELEGATED, Part.VALIDATOR}),
        (
            "liquid, stake and unbonding",
            {Part.LIQUID, Part.STAKED, Part.DELEGATED, Part.VALIDATOR, Part.UNBONDING},
        ),
        ("all but rewards", set(Part) - {Part.REWARD}),
        ("all and rewards", set(Part)),
        ("stake", {Part.STAKED, Part.DELEGATED, Part.VALIDATOR}),
    )
)
"""Sums that publishers are known to claim, in the order in which a claim is compared with them."""


def amount_of(parts: Parts) -> int:
    """What a holding is worth in coins: every part but the rewards, which are an estimate."""
    return sum(amount for part, amount in parts.items() if part is not Part.REWARD)


def sum_named(claimed: int, parts: Parts) -> str:
    """The name of the first of SUMS that a claimed amount equals; "" if it equals none."""
    for name, wanted in SUMS:
        if claimed == sum(amount for part, amount in parts.items() if part in wanted):
            return name
    return ""


def parts_text(parts: Parts) -> dict[str, str]:
    """Parts for a balance's `detail`, as texts so that no reader of JSON rounds them; without 0."""
    return {part.value: str(parts[part]) for part in Part if parts.get(part)}


def parts_of(detail: str) -> dict[Part, int] | None:
    """Read the parts of a balance from its stored `detail`; None where it has none.

    Raises ValueError if the text is not one that `parts_text` made.
    """
    stored = own_json(detail).get("parts") if detail else None
    if stored is None:
        return None
    return {Part(name): int(text) for name, text in stored.items()}
