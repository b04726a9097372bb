"""Words by which a free text may say something of the figures beside it: a unit, a scale, a block.

Such words are never taken for what they say: they are asked about. Lists of reserves and tables of
what is owed, the two sides of a ratio, doubt the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.model import tongues
from scanner.model.word_set import word_set

BASE_UNITS: Mapping[str, int | None] = {
    "sat": 8, "sats": 8, "satoshi": 8, "satoshis": 8, "wei": 18, "lamport": 9, "lamports": 9,
    "drop": 6, "drops": 6, "sun": 6, "litoshi": 8, "litoshis": 8, "stroop": 7, "stroops": 7,
    "koinu": 8, "koinus": 8, "duff": 8, "duffs": 8, "zatoshi": 8, "zatoshis": 8, "zats": 8,
    "octa": 8, "octas": 8, "lovelace": 6, "lovelaces": 6, "planck": 10, "plancks": 10, "mist": 9,
    "nanoton": 9, "nanotons": 9, "tinybar": 8, "tinybars": 8, "microalgo": 6, "microalgos": 6,
    "yoctonear": 24, "attofil": 18, "uluna": 6, "e8s": 8,
    "baseunits": None, "baseunit": None, "raw": None, "atomic": None, "atomicunits": None,
    "smallestunit": None, "minorunits": None,
}  # fmt: skip
"""Names of base units: the decimals an asset has whose base unit it is; None for any asset."""

MONEY = word_set("usd eur gbp jpy cny krw sgd chf aud cad inr brl try aed hkd usdeq $ € £")
"""Units of a value in money."""

IN_TITLES = frozenset({
    *BASE_UNITS, *MONEY, *word_set(
        "block height blocks heights thousand thousands million millions units unit k mn bn "
        "billion billions multiply times hundred hundreds gwei mbtc mio mrd tsd tens dozens "
        "tausend millionen milliarden lakh crore cent cents milli micro nano scale scaled "
        "divide divided decimals smallest percent blockhöhe höhe hauteur altura bloque bloc "
        "dollar dollars euro euros"
    ),
})  # fmt: skip
"""Words that a line above the header may not hold: it would say something about the rows."""

UNIT = (
    "sats?|satoshis?|g?wei|mbtc|lamports?|litoshis?|stroops?|thousands?|millions?|billions?"
    "|mio|mrd|tsd|tausend|millionen|milliarden|lakhs?|crores?|koinus?|duffs?|zatoshis?|zats|octas?"
    "|lovelaces?|plancks?|nanotons?|tinybars?|microalgos?|yoctonear|attofil|uluna|e8s"
)
"""A pattern of units and scales that a note or a file's name may say."""

MOST_LETTERS = 400
"""Characters of a text that are looked through."""

_NOTE = re.compile(
    rf"\b(?:in|as|are|unit:?) (?:{UNIT}|mist|000s?|k)\b"
    r"|\bblock(?: ?(?:height|number|no\.?))?[ :#=]{1,3}\d{4,}|\bheight[ :#=]{1,3}\d{4,}"
    r"|\d ?%|\b(?:half|part) of (?:it|this)\b",
    re.IGNORECASE,
)
_REST = re.compile(r"\d{1,30}(?:\.\d{1,30})?", re.ASCII)
DATES = re.compile(r"(?:19|20)\d{2}(?:[01]\d[0-3]\d)?|[0-5]?\d")
_SCALED = re.compile(
    r"0+s|\d+(?:k|m|mn|bn|e\d+)|x10+|10[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b]+"
)
_POWER = re.compile(r"\d ?(?:\^|\*\*) ?[-\u2212]?\d|[*\u00d7\u2715] ?10+\b|\b1 ?: ?10{2,}\b")
"""A scale by its sign: 10^8, * 1000, 1:1000."""


def speaks(text: str, *, numbers: bool = False) -> bool:
    """Whether a free text may say something of rows: a unit, a scale, a block.

    numbers: whether a number that is no date or time does so, too.
    """
    words = re.findall(r"[^\W_]+|[^\w\s]", text.lower())
    if IN_TITLES.intersection(words) or any(map(_SCALED.fullmatch, words)):
        return True
    if _POWER.search(text) or tongues.measures_in(text) or tongues.unread(text):
        return True
    return numbers and any(w.isdecimal() and not DATES.fullmatch(w) for w in words)


_UNITS = frozenset(BASE_UNITS) | MONEY - {"try", "sun"} | {"dollar", "dollars", "euro", "euros"}
_OF_UNITS = re.compile(rf"{UNIT}|g?wei|lovelaces?|0+s|mn|bn", re.IGNORECASE)


def says_unit(text: str) -> bool:
    """Whether a word of a text is a unit, a scale or money: amounts may be in it."""
    words = re.findall(r"[^\W_]+|[$€£]", text[:MOST_LETTERS].lower())
    if any(word in _UNITS or _OF_UNITS.fullmatch(word) for word in words):
        return True
    return bool(tongues.measures_in(text[:MOST_LETTERS]))


def note_says(text: str) -> bool:
    """Whether a note beside a row may say its amount's unit or share, or a block."""
    shown = text[:MOST_LETTERS]
    return _NOTE.search(shown) is not None or tongues.note_measures(shown)


def may_be_one_number(amount: str, behind: str) -> bool:
    """Whether an amount and the words behind it may be one number that a comma without quotes
    parts: `1,500` is two cells."""
    return amount.strip().isdecimal() and _REST.fullmatch(behind.strip()) is not None
