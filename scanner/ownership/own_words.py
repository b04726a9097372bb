"""Whether a text says, in a publisher's own name, that addresses are the publisher's.

That a text names somebody shows nothing: customers name their exchange in what they sign for a
withdrawal or for the travel rule. So a text counts by its form alone, which has to be one of few:
"NAME owns this address", "this address belongs to NAME", "I am a NAME address", "wallets of NAME".
The name stands there letter by letter, as a whole, and all the rest is understood, too
(`claim_forms`). Everything else is not understood, and the user may accept it. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache

from scanner.ownership.claim_forms import NAME, claimed_addresses
from scanner.settings.tables import load_registry

LONGEST = 2_000
"""Characters of the longest text that may count because it names the publisher."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"

LEAST_LETTERS = 3
"""Letters of the part of a name that makes it one."""

_PLAIN_SPACE = str.maketrans({"\t": " ", "\u2019": "'"})


def claims_by_name(text: str, names: Collection[str], address: str | None = None) -> bool:
    """Whether the whole of a text is a claim of addresses in one of these names.

    text: as `attested` gives it. names: those that `is_name` takes, or of the table. address: the
    row's, the only one that the text may name; None where it is asked of no row.
    """
    named = named_addresses(text, tuple(names))
    if named is None or address is None:
        return named is not None
    own = address.casefold()
    return all(found in {own, own.partition(":")[2]} for found in named)


@lru_cache(maxsize=1_024)
def named_addresses(text: str, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The addresses that a claim in one of these names has in it; None if it is no such claim.

    () is a claim of "this address": of whichever the signature is.
    """
    if not names or len(text) > LONGEST:
        return None
    plain = _prepared(text, names)
    return claimed_addresses(plain, _is_coin) if NAME in plain else None


def _prepared(text: str, names: Collection[str]) -> str:
    """A text in lower case and single spaces, with one mark for the names."""
    plain = unicodedata.normalize("NFC", text).casefold().replace(NAME, "?")
    plain = plain.translate(_PLAIN_SPACE).replace("\r\n", "\n")
    plain = re.sub(r" {2,}", " ", plain)
    plain = re.sub(r" ?\n[ \n]*", "\n", plain).strip(" \n")
    return _networks().sub(_first, _whole(frozenset(names)).sub(NAME, plain))


@lru_cache(maxsize=64)
def _whole(names: frozenset[str]) -> re.Pattern[str]:
    """Finds names as words of their own: not in a longer word, a host, an address or a path."""
    spelled = []
    for name in sorted(names, key=len, reverse=True):
        parts = re.split(r"[\W_]+", unicodedata.normalize("NFC", name).casefold())
        spelled.append(r"[ ._&'-]{0,2}".join(re.escape(part) for part in parts if part))
    either = "|".join(filter(None, spelled))
    return re.compile(rf"(?<![\w.@/&+'-])(?:{either or '(?!)'})(?![\w@/&+-]|\.\w)")


def _is_coin(word: str) -> bool:
    return word in _coins()


def _first(network: re.Match[str]) -> str:
    return re.split(r"[\W_]", network[0])[0]


@cache
def _networks() -> re.Pattern[str]:
    """Finds networks of several words, of which the first alone is one, too: arbitrum one."""
    names = (name for n in load_registry().networks.values() for name in (n.name, *n.aliases))
    parts = {tuple(re.split(r"[\W_]+", name.casefold())) for name in names}
    long = sorted((p for p in parts if len(p) > 1), key=len, reverse=True)
    either = "|".join("[ _-]".join(map(re.escape, part)) for part in long)
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")


def is_name(name: str) -> bool:
    """Whether a name says who somebody is, so that a text can name it.

    Words of anybody's texts, of the trade, dates, numbers, coins and networks are none.
    """
    plain = unicodedata.normalize("NFC", name).casefold()
    words = re.findall(r"[^\W\d_]+", plain)
    whole = {*re.split(r"[\W_]+", plain), *words}
    if whole - {""} <= _coins() | _COMMON:
        return False
    return any(
        len(word) >= LEAST_LETTERS
        and word not in _COMMON
        and word not in _coins()
        and not re.fullmatch(_MONTH, word)
        for word in words
    )


@cache
def _coins() -> frozenset[str]:
    """Words that are coins or networks, in lower case."""
    registry = load_registry()
    names = {*registry.coins, *(h.asset for h in registry.holdings())}
    for network in registry.networks.values():
        names.update((network.name, network.native, *network.aliases))
    parts = (part for name in names for part in re.split(r"[\W_]+", name.casefold()))
    return frozenset(filter(None, parts))


_COMMON_WORDS = """
a about account accounts address addresses agency all am an and any anybody anyone are as asset
assets at attestation audit balance balances bank banks beneficial beneficiary bitcoin bitcointalk
block blocks broker brokers business buyer by cash chain chains check claim claims client clients
coin coins cold com company control controlled controls copy corp corporate crypto cryptocurrency
csv currency custodian custody customer customers data date day deposit deposits digital document
dollar each entity ethereum everybody everyone example exchange exchanges export file files final
finance financial firm first for from fund funds global group have he hello her here his hold
holder holders holding holdings holds hot i in inc individual institution is it its json key keys
last latest ledger legal limited list lists ltd main mainnet market markets me member members
merchant message mine money month monthly my name names net network networks new no nobody node
number of official old on one only operator or org our out own owned owner owners owns page
partner party payment person platform por private proof proofs protocol provider public publisher
quarter quarterly recipient report reserve reserves row rows sample self seller sender service
services sheet sign signature signed signer snapshot somebody someone staking statement storage
system test testing text that the their them these they this those to token tokens trade trader
trading treasury trust txt user users validator vault version via wallet wallets was we week
weekly who whose with withdrawal withdrawals x xlsx year yearly yes you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""Words that are in anybody's texts; a file, or a publisher, may well be called so."""
