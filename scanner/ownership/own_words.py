"""Whether a text says, in a publisher's own name, that addresses are the publisher's.

That a text names somebody shows nothing: customers name their exchange in what they sign for a
withdrawal or for the travel rule. So a text counts by its form alone, which has to be one of few:
"NAME owns this address", "this address belongs to NAME", "I am a NAME address", "wallets of NAME".
The name stands there letter by letter, as a whole, and nothing in the text denies it or says that
it is for something else. Everything else is not understood, and the user may accept it. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache

from scanner.ownership.purposes import other_purpose
from scanner.settings.tables import load_registry

LONGEST = 2_000
"""Characters of the longest text that may count because it names the publisher."""

LEAST_LETTERS = 3
"""Letters of the part of a name that makes it one."""

_NAME, _COIN = "\ue000", "\ue001"
"""What stands for the publisher's name, and for a coin's or a network's, in a prepared text."""

_ADDRESS = r"(?=[a-z_:\-]{0,90}[0-9])[0-9a-z_:\-]{20,}|0x[0-9a-f]{8,}"
_STORE = (
    r"(?:cold|hot|warm|reserves?|proof[ -]of[ -]reserves?|custody|custodial|treasury|storage|"
    r"corporate|operational)"
)
_KIND = rf"(?:{_STORE}|staking|validator|on-?chain|main|own|public|private|{_COIN})"
_THING = (
    r"(?:address(?:es)?|wallets?|accounts?|reserves?|holdings?|keys?|coins?|assets?|funds|balances?|"
    r"validators?|outputs?)"
)
_THINGS = (
    rf"(?:(?:this|these|the|each|all|its|following|above|below|said|{_KIND}) ){{0,6}}"
    rf"(?:{_THING}(?: (?:{_ADDRESS}))?|{_ADDRESS})"
    rf"(?: (?:at|in|on|of|under|to|for|behind) (?:(?:this|these|the|{_KIND}) ){{0,4}}"
    rf"(?:{_THING}|{_ADDRESS}))?"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DASH = r"[-\u2013\u2014]"
_END = (
    rf"(?= ?(?:$|[.,;:!)\n]|{_DASH} |"
    rf"(?:as of|at|on|since|dated|no\.?|block|height|#)? ?"
    rf"(?:#|block |height |slot |{_MONTH} |0x)?[0-9]|for (?:its|our) |for proof of reserves?))"
)
_FORM = r"(?:,? (?:ltd|limited|inc|llc|gmbh|ag|plc|pte|corp|s\.?a|bv)\b\.?){0,2}"
_DECLARES = r"(?:confirm|declare|state|attest|assert|affirm)s?|certify|certifies"
_WHEN = rf"(?:(?:as of|on|at|dated|block|height|{_MONTH}|[0-9])[^,.;:!?\n]{{0,40}}, )?"
_START = (
    rf"(?:^|[.;!\n] ?|^(?:{_NAME} )?(?:proof[ -]of[ -]reserves?|statement|attestation)"
    rf"[^.:;!?\n]{{0,40}}: ?){_WHEN}"
    rf"(?:(?:we|i|we, {_NAME}{_FORM},?|{_NAME}{_FORM})(?:,? hereby)? (?:{_DECLARES})(?: that)? )?"
)
_HAS = (
    r"(?:owns?|controls?|holds?|has (?:sole |full |exclusive )?(?:control|ownership|custody) "
    r"(?:of|over)|is the (?:legal |sole )?(?:owner|holder) of|is in (?:sole |full )?control of)"
)
_IS_HAD = r"(?:owned|controlled|held)(?: (?:exclusively|solely|only))?"
_WHO = rf"(?:(?:the )?(?:exchange |company )?{_NAME}{_FORM}|we, {_NAME}{_FORM},?)"
_IT_IS = r"(?:(?:i am|i'm|this is|it is|these are|we are)(?: one of the| an?| the)? )"

_CLAIMS = tuple(
    map(
        re.compile,
        (
            # NAME owns this address; NAME declares that it owns this address
            rf"{_START}(?:{_WHO}|it) {_HAS}(?: and {_HAS})? {_THINGS}{_END}",
            # this address is owned by NAME, belongs to NAME, is NAME's
            rf"{_START}{_IT_IS}?{_THINGS},? (?:(?:is|are) {_IS_HAD}(?: and {_IS_HAD})? by|"
            rf"belongs? to) (?:the )?{_NAME}{_FORM}{_END}",
            rf"{_START}{_THINGS} (?:is|are) {_NAME}'s?{_END}",
            # this is an address of NAME; I am a NAME address
            rf"{_START}{_IT_IS}{_THINGS} of (?:the )?{_NAME}{_FORM}{_END}",
            rf"{_START}{_IT_IS}{_THINGS},? {_IS_HAD} by (?:the )?{_NAME}{_FORM}{_END}",
            rf"{_START}{_IT_IS}{_NAME}(?:'s?)? (?:{_KIND} ){{0,4}}"
            rf"(?:address(?:es)?|reserves?){_END}",
            rf"{_START}{_IT_IS}{_NAME}(?:'s?)? (?:{_KIND} ){{1,4}}(?:wallets?|storage){_END}",
            # What has no verb is a claim only where nothing stands before it: wallets of NAME
            rf"^(?:the )?{_THINGS} of (?:the )?{_NAME}{_FORM}{_END}",
            rf"^(?:the )?{_THINGS},? (?:{_IS_HAD}(?: and {_IS_HAD})? by|belonging to) "
            rf"(?:the )?{_NAME}{_FORM}{_END}",
            rf"^(?:the )?{_NAME}(?:'s?)? (?:{_KIND} ){{0,2}}{_STORE} (?:{_KIND} ){{0,2}}"
            rf"(?:address(?:es)?|wallets?|storage){_END}",
            rf"^(?:the )?{_NAME}(?:'s?)? (?:proof[ -]of[ -])?reserves?{_END}",
        ),
    )
)
_DENIES = re.compile(
    r"\b(?:not|never|no longer|cannot|none|nobody|neither|nor|without|former(?:ly)?|"
    r"previous(?:ly)?|was|were|used to|once|ex|except|unless|until|if|whether|would|should|"
    r"could|might|will|den(?:y|ies)|disput\w*|false(?:ly)?|fake|untrue|pretend\w*|"
    r"alleged(?:ly)?|supposed(?:ly)?|stolen|hack\w*|scam\w*|phish\w*|tests?|testing|testnet)\b"
    r"|n't\b|\?|\byour?s?\b"
    rf"|\b(?:for|on behalf of) (?!its\b|our\b|their\b|proof\b|por\b|the\b|all\b|audit|[0-9{_NAME}])"
)


@lru_cache(maxsize=1_024)
def claims_by_name(text: str, names: Collection[str]) -> bool:
    """Whether a text is a claim of addresses in one of these names.

    text: as `attested` gives it. names: those that `is_name` takes, or of the table.
    """
    if not names or len(text) > LONGEST or text.lstrip()[:1] in {"{", "["}:  # JSON says nothing
        return False
    plain = _prepared(text, names)
    if _NAME not in plain or _DENIES.search(plain) or other_purpose(plain):
        return False
    plain = re.sub(r"\b[a-z][a-z0-9.]{1,20}\b", _coin, plain)
    return any(form.search(plain) for form in _CLAIMS)


def _prepared(text: str, names: Collection[str]) -> str:
    """A text in lower case with one mark for the names."""
    plain = unicodedata.normalize("NFC", text).casefold()
    plain = plain.replace(_NAME, "?").replace(_COIN, "?").replace("\u2019", "'")
    plain = re.sub(r"[ \t\"\u201c\u201d]+", " ", plain).replace(" \n", "\n").strip()
    return _whole(frozenset(names)).sub(_NAME, plain)


@lru_cache(maxsize=64)
def _whole(names: frozenset[str]) -> re.Pattern[str]:
    """Finds names as words of their own: not in a longer word, a host, an address or a path."""
    spelled = []
    for name in sorted(names, key=len, reverse=True):
        parts = re.split(r"[\W_]+", unicodedata.normalize("NFC", name).casefold())
        spelled.append(r"[ ._&'-]{0,2}".join(re.escape(part) for part in parts if part))
    either = "|".join(filter(None, spelled))
    return re.compile(rf"(?<![\w.@/&+'-])(?:{either or '(?!)'})(?![\w@/&+-]|\.\w)")


def _coin(word: re.Match[str]) -> str:
    return _COIN if word[0] in _coins() and word[0] not in _GRAMMAR else word[0]


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


_GRAMMAR_WORDS = """
a all am an as at attest block by chain cold confirm dated declare fake for has height hereby hold
hot i if is it its key keys main no not of on one or own owns since slot state test that the this
to was we
"""
_GRAMMAR = frozenset(_GRAMMAR_WORDS.split())
"""Words that the forms and denials are made of, although a coin may be called so."""

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
