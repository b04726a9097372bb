"""Accounts for every part of a file: used, known and needless, or not understood.

A reader declares each column, key, sheet, file and level it meets, once. What is not understood
becomes a finding: the rows still come through, but the list is not wholly read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from scanner.errors import clip
from scanner.model.finding import Finding, FindingKind
from scanner.model.speech import says_unit
from scanner.model.understood import Account, Role

MOST = 200
"""Parts of each role that are named one by one; a hostile file may hold nothing else."""

_EXAMPLE = 60
_TELLING = 25


class Accounting:
    """What became of each part of one file. Parts are told apart by their names."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._times: Counter[str] = Counter()
        self._named: Counter[Role] = Counter()
        self._more: Counter[Role] = Counter()

    def used(self, part: str, meaning: str, example: str = "") -> None:
        """Declare a part that rows are read from. meaning: as what."""
        self._add(part, Role.USED, meaning, example)

    def needless(self, part: str, why: str, example: str = "") -> None:
        """Declare a part that no claim is in, by a closed table or by the user's word."""
        self._add(part, Role.NEEDLESS, why, example)

    def unknown(self, part: str, remedy: str, example: str = "") -> None:
        """Declare a part that may say something. remedy: the option or change that settles it."""
        self._add(part, Role.UNKNOWN, remedy, example)

    def _add(self, part: str, role: Role, meaning: str, example: str) -> None:
        known = self._accounts.get(part)
        if known is not None:
            self._times[part] += 1
        if known is not None and (known.role is Role.UNKNOWN or role is not Role.UNKNOWN):
            if role is Role.UNKNOWN and _telling(example) and not _telling(known.example):
                self._accounts[part] = replace(known, example=clip(example, _EXAMPLE))
            return
        if known is None and self._named[role] >= MOST:
            self._more[role] += 1
            return
        if known is not None:  # the first value of a part that seemed to say nothing
            self._times[part] = 0
        self._named[role] += 1
        self._accounts[part] = Account(clip(part, 120), role, meaning, clip(example, _EXAMPLE))

    def take(self, other: Accounting, inside: str) -> None:
        """Take in what another reader declared about one part of the file, such as a sheet."""
        for account in other.accounts():
            part = f"{account.part} of {inside}" if inside else account.part
            self._add(part, account.role, account.meaning, account.example)

    def accounts(self) -> tuple[Account, ...]:
        """Every part, in the order they were met."""
        return tuple(self._accounts.values())

    @property
    def unknown_parts(self) -> bool:
        """Whether anything was not understood."""
        return bool(self._named[Role.UNKNOWN])

    def findings(self) -> Iterator[Finding]:
        """One finding for each part that was not understood, and one if they may say a unit."""
        unit = ""
        for part, account in self._accounts.items():
            if account.role is Role.UNKNOWN:
                example = f", such as {account.example!r}," if account.example else ""
                times = f" ({self._times[part] + 1:,} times)" if self._times[part] else ""
                reason = f"{account.part}{example} was not understood{times}: {account.meaning}"
                yield Finding(FindingKind.NOT_UNDERSTOOD, reason)
                unit = unit or next(filter(says_unit, (account.example, account.part)), "")
        if more := self._more[Role.UNKNOWN]:
            reason = f"{more} more parts of the file were not understood"
            yield Finding(FindingKind.NOT_UNDERSTOOD, reason)
        if unit:
            yield maybe_of_unit(unit)


def maybe_of_unit(said: str, line: int | None = None) -> Finding:
    """The finding for words that may say the unit of a list's amounts, or of those below a line."""
    reason = f"{clip(said, _EXAMPLE)!r} may say the unit of the amounts, and it was not understood"
    return Finding(FindingKind.UNIT_DOUBTED, reason, line)


def _telling(example: str) -> bool:
    """Whether a value may be an address or a number: then it is the one to show."""
    return len(example) >= _TELLING and example.isalnum()
