"""What a whole list signs: how many texts there are, and how many rows sign each.

Texts that differ in nothing but numbers, addresses and hashes are one template: "I own 0x12.. at
block 5". Memory is bounded whatever a list signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from scanner.model.claim import Claim
from scanner.model.statement import SignedText

MOST = 1_000
"""Templates that are told apart; further ones are counted together."""

LONGEST = 4_096
"""Characters of a text that its template is made of; longer texts are no claims anyway."""

_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{8,}(?![0-9A-Za-z])", re.ASCII)
_LONG = re.compile(r"(?<![0-9A-Za-z])(?=[a-z]{0,90}[0-9A-Z])[0-9A-Za-z]{20,}", re.ASCII)
_NUMBER = re.compile(r"[0-9]+", re.ASCII)


def template(text: str) -> str:
    """A text without what may differ between the rows of one publisher."""
    return _template(text[:LONGEST])


@lru_cache(maxsize=1_024)
def _template(text: str) -> str:
    return _NUMBER.sub("#", _LONG.sub("~", _HEX.sub("~", text)))


@dataclass(slots=True)
class _Count:
    """A template's first text, its rows, and the line of the first of them."""

    text: str
    rows: int
    first: int


@dataclass(slots=True)
class SignedTexts:
    """Counts the texts of signed rows, given in list order.

    rows: how many rows are signed. uncounted: how many of them sign a template beyond MOST.
    """

    rows: int = 0
    uncounted: int = 0
    _found: dict[str, _Count] = field(default_factory=dict)
    _exact: dict[str, _Count] = field(default_factory=dict, compare=False)  # seen lately

    def add(self, text: str, rows: int, first: int) -> None:
        """Count rows that sign a text. first: line of the first of them."""
        self.rows += rows
        count = self._exact.get(text)
        if count is not None and count.first < first:
            count.rows += rows
            return
        key = template(text)
        count = self._found.get(key)
        if count is None:
            if len(self._found) >= MOST:
                self.uncounted += rows
                return
            count = self._found[key] = _Count(text[:LONGEST], rows, first)
        else:
            count.rows += rows
            if first < count.first:
                count.text, count.first = text[:LONGEST], first
        if len(self._exact) < MOST and len(text) <= LONGEST:
            self._exact[text] = count

    def add_claims(self, claims: Iterable[Claim]) -> None:
        """Count claims; those without a signature sign nothing."""
        for claim in claims:
            if any(claim.signatures):
                self.add(claim.message, 1, claim.row)

    def merge(self, later: SignedTexts) -> None:
        """Take in what later rows sign."""
        for found in later._found.values():
            self.add(found.text, found.rows, found.first)
        self.rows += later.uncounted
        self.uncounted += later.uncounted

    @property
    def most_signed(self) -> list[SignedText]:
        """One text for each template, the most signed first."""
        found = (SignedText(c.text, c.rows, c.first) for c in self._found.values())
        return sorted(found, key=lambda s: (-s.rows, s.first))

    @property
    def only(self) -> str:
        """The one text (or one of the one template) that all rows sign, "" if there are several."""
        alone = len(self._found) == 1 and not self.uncounted
        return next(iter(self._found.values())).text if alone else ""
