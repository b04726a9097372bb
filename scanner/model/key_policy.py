"""Which keys may spend from an account, as a chain says it at one block.

An account's rules are ways, any one of which is enough: an owner permission or an active one, a
master key, a regular key or a list of signers. A way is keys with weights and a threshold; in
place of a key may stand a way of its own (a named account's permission, a nested key list).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Union

from scanner.model.balance import Evidence

DEEPEST = 15
"""Ways inside ways that are followed; no chain allows more, and Hedera nearly as many."""

MOST_KEYS = 1_000
"""Keys of one policy; a longer one is not believed."""


class KeyKind(StrEnum):
    """How a chain names who may sign."""

    ED25519 = "ed25519"  # a key of 32 bytes
    SECP256K1 = "secp256k1"  # a key of 33 bytes, 02 or 03 and x
    SECP256R1 = "secp256r1"  # a key of 33 bytes, 02 or 03 and x
    SR25519 = "sr25519"  # a key of 32 bytes
    ACCOUNT = "account"  # what an address of the network commits to: `Address.payload`


class PolicyKey(NamedTuple):
    """One key or account that may sign. value: raw bytes, as its kind says."""

    kind: KeyKind
    value: bytes

    def __str__(self) -> str:
        return f"{self.kind} {self.value.hex()}"


@dataclass(frozen=True, slots=True)
class Weighted:
    """One member of a way: a key, or a way that stands in a key's place. weight: above 0.

    hides: whether others than `by` may sign in its place and the chain does not say who: an
    account that commits to several keys by their hash, a contract. Who cannot be told from them
    by anybody is no false signer.
    """

    by: Union[PolicyKey, Way]  # noqa: UP007 - Way is named before it is made
    weight: int = 1
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way to spend: members whose weights together reach the threshold.

    name: what the network calls it, for people: "owner permission", "signer list".
    Raises ValueError if a weight or the threshold is below 1: a way that nobody has to sign for
    is anybody's, and no chain has one.
    """

    name: str
    members: tuple[Weighted, ...]
    threshold: int = 1

    def __post_init__(self) -> None:
        if self.threshold < 1 or any(m.weight < 1 for m in self.members):
            raise ValueError("weights and thresholds of keys are at least 1")


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """All ways to spend from an account.

    ways: any one is enough; () where no key may (master key disabled, a contract's account).
    height: of the state it was read from. note: what people should know beside it, such as who
    named other keys; "" for nothing. disputed: why it does not hold, where endpoints contradict
    each other and none has a quorum; "" where it holds.
    evidence: who says so: one endpoint, or a quorum of operators.
    """

    ways: tuple[Way, ...]
    height: int
    note: str = ""
    disputed: str = ""
    evidence: Evidence = Evidence.REPORTED


def single(name: str, key: PolicyKey, *, hides: bool = False) -> Way:
    """The way of one key alone. hides: see Weighted."""
    return Way(name, (Weighted(key, hides=hides),))


def keys_of(ways: Sequence[Way], depth: int = DEEPEST) -> list[PolicyKey]:
    """Every key that some way names, however deep. Raises ValueError beyond the limits."""
    if depth == 0 and ways:
        raise ValueError("key lists inside key lists, too deep")
    found: list[PolicyKey] = []
    for way in ways:
        for member in way.members:
            if isinstance(member.by, Way):
                found += keys_of((member.by,), depth - 1)
            else:
                found.append(member.by)
            if len(found) > MOST_KEYS:
                raise ValueError(f"more than {MOST_KEYS} keys")
    return found
