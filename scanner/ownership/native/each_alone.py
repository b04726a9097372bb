"""Rows of several signatures each of which holds all that an account signs: judged one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from scanner.model.control import Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import Proof
from scanner.ownership.unread import OtherKey, Unread, unread

MOST: Final = 2
"""Different ones of a row; an account needs one, and each may take thirty milliseconds."""


def alone(proof: Proof) -> list[Proof]:
    """The row with each of its different signatures alone."""
    return [proof._replace(signatures=(text,)) for text in dict.fromkeys(proof.signatures)]


def judge_each(
    scheme: str, rows: Sequence[Proof], verify: Callable[[Proof], ControlResult]
) -> ControlResult:
    """One verdict: every signature must be good, and one that is shows that another is false.

    rows: as `alone` makes them. verify: gives the verdict about one of them.
    """
    if len(rows) > MOST:
        reason = f"the row has {len(rows)} signatures of several keys, or with their keys in them"
        return verdicts.unsupported(scheme, f"{reason}: publish the account's one signature")
    results = [verify(row) for row in rows]
    for result in results:
        if result.control is Control.MALFORMED:
            return result
    bad = [n for n, result in enumerate(results) if result.control is not Control.CONTROLS]
    if not bad:
        return results[0]
    first, some = results[bad[0]], len(bad) < len(results)
    if some and isinstance(first, Unread | OtherKey):
        reason = f"signature {bad[0] + 1} is not the account's over this message"
        return verdicts.mismatch(scheme, reason)
    alike = all(result.control is Control.MISMATCH for result in results)
    if not some and not alike and any(r.control is Control.MISMATCH for r in results):
        reason = "none of the row's signatures is enough alone: publish the account's one signature"
        return verdicts.unsupported(scheme, reason)
    return unread(scheme, bad[0] + 1) if isinstance(first, Unread) else first
