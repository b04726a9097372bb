"""What a name above or around rows of JSON says: a coin, a network, only that rows are below it,
or something that nobody here knows.

One closed rule for every name between the root and a row: levels, maps, lists and the parts of a
dotted key. What is not in its tables is asked about, whether or not the coin is known.
"""

from __future__ import annotations

import re

from scanner.lists.names import BY_NAME, STRUCTURE, WHY_NEEDLESS, normal, sign_in
from scanner.lists.spoken import no_holding_in
from scanner.model.registry import Registry
from scanner.model.speech import BASE_UNITS, DATES

ADDRESS = re.compile(
    r"0x[0-9a-fA-F]{40,128}|[a-z]{1,16}1[02-9ac-hj-np-z]{20,110}|[1-9A-HJ-NP-Za-km-z]{25,64}"
    r"|(?:[a-z]+:)?[qpzr][02-9ac-hj-np-z]{38,60}|(?:0x)?[0-9a-fA-F]{40,66}|[EUk0]Q[\w-]{46}"
    r"|[A-Z2-7]{56,58}|[\w.-]{2,60}\.near|0\.0\.\d{1,12}"
)
"""What looks like an address of some network, where no key says what a text is."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 80  # of a name that is taken apart
_AROUND = frozenset({"coin", "network", "height", "address", "amount", "message"})
_FIELDS = frozenset(name for name, field in BY_NAME.items() if field in _AROUND)
"""Of a row's fields those that may be objects. An owner's or a contract's address is none that
holds anything by itself."""


def is_coin(name: str, registry: Registry) -> bool:
    """Whether a key is a coin's name, and no word of a document's structure."""
    plain = normal(name)
    if len(plain) < 2 or plain in BY_NAME or plain in STRUCTURE or plain in WHY_NEEDLESS:
        return False
    return registry.names_coin(name)


def is_network(name: str, registry: Registry) -> bool:
    """Whether a key is a network's name, and no word of a document's structure."""
    plain = normal(name)
    if plain in BY_NAME or plain in STRUCTURE:
        return False
    return registry.names_network(name)


def is_structure(name: str) -> bool:
    """Whether a name says nothing but that rows are below it: words of structure, and dates."""
    plain = normal(name)
    if len(name) > _LONGEST or sign_in(name) or plain in BASE_UNITS:
        return False
    if plain in STRUCTURE or plain in _FIELDS:
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    known = all(word in STRUCTURE or DATES.fullmatch(word) for word in words)
    return bool(words) and known and "".join(words) == plain


def always_asked(name: str) -> bool:
    """Whether a name may say that what is below is no holding in coins, whichever coin it is of."""
    plain = normal(name)
    unit = plain in BASE_UNITS or BY_NAME.get(plain) == "base_units"
    return bool(unit or sign_in(name) or plain in WHY_NEEDLESS or no_holding_in(name))
