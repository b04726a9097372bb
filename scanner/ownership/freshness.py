"""How tightly a signed text is tied to a time: a block, a date, or nothing.

A grade says what the text contains, not that it is true: that a stamped block exists and when it
was found is for whoever can see the chain.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from scanner.model.control import Freshness
from scanner.model.patterns import later
from scanner.ownership.challenge import parse_challenge

LONGEST = 2_048
"""Characters looked at; a stamp that comes later does not count."""

# "block" (or its like) near a number, and the hash right beside it: a list's own hash further on
# is no block. Every repetition is bounded, so hostile text costs linear time.
_WORD = r"\b(?:block|height|ledger|slot|seqno)\b"
_NUMBER = r"(?<![0-9A-Za-z])[0-9]{1,12}(?![0-9A-Za-z])"
_HASH = r"(?<![0-9A-Za-z])(?:0x)?[0-9a-f]{64}(?![0-9A-Za-z])"
_LINK = r"(?:[ ,:;|()=#/-]|\b(?:hash|blockhash|block|height|number|id|at|with|and)\b){1,12}"
_BLOCK = later(
    rf"{_WORD}[^\n]{{0,40}}?(?:{_NUMBER}{_LINK}{_HASH}|{_HASH}{_LINK}{_NUMBER})",
    re.IGNORECASE | re.ASCII,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?"
_YEAR = r"20[0-9]{2}"
_DATE = later(
    rf"(?<![0-9]){_YEAR}([-/.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"
    rf"|(?<![0-9]){_DAY}[ .-]{{1,2}}{_MONTH},?[ .-]{{1,2}}{_YEAR}(?![0-9])"
    rf"|\b{_MONTH}\.? {_DAY},? {_YEAR}(?![0-9])"
    r"|(?<![0-9])20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9])",
    re.IGNORECASE | re.ASCII,
)


def grade(message: str) -> Freshness:
    """Grade a signed text: BLOCK_STAMPED (height and hash), DATED (a full date), else STATIC.

    A challenge whose block is of another chain than the network's own is not stamped: anybody can
    make such blocks.
    """
    return _grade(message[:LONGEST])


@lru_cache(maxsize=256)
def _grade(text: str) -> Freshness:
    challenge = parse_challenge(text)
    if _BLOCK().search(text) and not (challenge and challenge.chain):
        return Freshness.BLOCK_STAMPED
    return Freshness.DATED if _DATE().search(text) else Freshness.STATIC


def named_day(message: str) -> date | None:
    """The latest full date that a text has, as far as it is a day of the calendar."""
    days = [_day(found[0].lower()) for found in _DATE().finditer(message[:LONGEST])]
    return max((day for day in days if day is not None), default=None)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _day(text: str) -> date | None:
    numbers = re.findall(r"[0-9]+", text)
    if month := next((m for m in _MONTHS if m in text), ""):
        day, year = numbers
        parts = int(year), _MONTHS.index(month) + 1, int(day)
    elif len(numbers) == 1:
        parts = int(text[:4]), int(text[4:6]), int(text[6:])
    else:
        parts = int(numbers[0]), int(numbers[1]), int(numbers[2])
    try:
        return date(*parts)
    except ValueError:
        return None
