"""Which keys an account has, as a quorum of operators says it."""

from __future__ import annotations

from dataclasses import replace

from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.seat import Seat
from scanner.model.addresses.interface import Address
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyPolicy


def agreed_policy(pool: Pool[Seat], address: Address, at: BlockRef, quorum: int) -> KeyPolicy:
    """Ask as many operators as the quorum wants; whoever differs makes the answer `disputed`.

    Nobody is outvoted here: a key that one operator does not know of is a doubt, and the row is
    not verified. The height told is the lowest. Raises what the pool raises.
    """
    found: list[tuple[str, KeyPolicy]] = []
    asked: list[str] = []
    while len(asked) < quorum:
        said, seat = pool.run(lambda s: s.key_policy(address, at), avoid=tuple(asked))
        asked.append(seat.operator)
        found.append((seat.name, said))
    first = found[0][1]
    other = next((name for name, p in found if _said(p) != _said(first)), "")
    lowest = min(p.height for _, p in found)
    if other:
        why = f"{found[0][0]} and {other} name different keys for the account: ask again"
        return KeyPolicy((), lowest, disputed=why)
    evidence = Evidence.AGREED if quorum > 1 else first.evidence
    return replace(first, height=lowest, evidence=evidence)


def _said(policy: KeyPolicy) -> object:
    return policy.ways
