"""The whole of a text that claims addresses: every clause is such a claim, or plain matter.

What is not looked at can take back what is: "It is a lie. NAME owns this address", "the owner is
Eve". So there is no list here of words that deny. A text is cut into clauses, each clause into
words, and each has to be, from its first word to its last, a claim in one of few forms or matter
that says nothing about an owner: a heading, a date, a block, a challenge, an address, a network.
One word more, a sign, a question or a quotation mark, and the text is not understood. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from scanner.model.patterns import later

NAME = "\ue000"
"""What stands for the publisher's name in a text that is given here."""

MOST_CLAUSES = 16
LONGEST_CLAUSE = 300
"""Clauses of a text, and characters of one, that are read; more is not understood."""

# Every word of a clause becomes one of these, or stays itself where it is plain Latin letters.
_NUM, _HEX, _ADDR, _COIN, _MONTH = "0", "h", "@", "$", "m"

_MONTH_WORDS = """
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
"""
_MONTHS = frozenset(_MONTH_WORDS.split())
_NO_COIN_WORDS = """
a all am an and apt as asset at b base by c cash chain classic cold core custody e era fake for
gold has hot hub i if in is it its key layer link mainnet me my native near network new no not of
on one op or own people smart stark the this to token uni was we you
"""
_NO_COINS = frozenset(_NO_COIN_WORDS.split())
"""Words that a coin or a network may be called, and that say something else in a sentence."""

_WORD = later(
    r" ?(?:(?P<name>\ue000)(?P<own>'s|')?"
    r"|(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:z|[+-][0-9]{2}:?[0-9]{2})?)"
    r"|(?P<num>#?[0-9]{1,20}(?:[.,:/-][0-9]{1,20}){0,5}(?:st|nd|rd|th|am|pm|z)?)"
    r"|(?P<long>(?=[a-z:_-]{0,90}[0-9])[0-9a-z:_-]{20,200}|0x[0-9a-f]{8,200})"
    r"|(?P<hex>(?=[a-f]{0,90}[0-9])[0-9a-f]{6,128})"
    r"|(?P<word>[a-z][a-z0-9]{0,19}))(?= |$)"
)
_IS_HEX = later(r"(?:0x)?[0-9a-f]+")
_KEEPS_HEX = frozenset({"block", "hash", "nonce", "challenge"})
"""Words behind which a long word is a hash or a number drawn by lot, and no address."""

_STORE = (
    "(?:cold|hot|warm|reserves?|proof of reserves?|custody|custodial|treasury|storage|corporate|"
    "operational)"
)
_KIND = rf"(?:{_STORE}|staking|validator|onchain|main|public|private|\{_COIN})"
_KINDS = rf"(?:{_KIND} ){{0,4}}"
_THING = (
    "(?:address(?:es)?|wallets?|accounts?|reserves?|holdings?|keys?|coins?|assets?|funds|balances?|"
    rf"validators?|outputs?)(?: no {_NUM})?"
)
_THIS = (
    rf"(?:(?:all |each |all of |each of )?(?:this|these) {_KINDS}{_THING}(?: {_ADDR})?"
    rf"|(?:the following |the |this )?(?:{_KINDS}{_THING} )?{_ADDR})"
)
"""What the signature is of: "this address", or the address itself, which must be the row's."""
_THINGS = (
    rf"(?:(?:(?:all )?(?:the|these) |all )?{_KINDS}{_THING} (?:at|in|on|of|under|to|for|behind) "
    rf"{_THIS}|{_THIS})"
)
_ON = rf"(?:on|on the) \{_COIN}(?: (?:network|chain|blockchain|mainnet))?"
_DAY = rf"(?:{_MONTH} )?{_NUM}(?: (?:{_MONTH}|{_NUM}|at|utc|gmt|am|pm)){{0,5}}"
_WHEN = (
    rf"(?:(?:as of|as at|at|on|since|dated|date|time|timestamp|signed|signed on|signed at) )?{_DAY}"
)
_BLOCK = (
    rf"(?:(?:as of|at|on|since|signed at) )?(?:the )?(?:\{_COIN} )?"
    rf"(?:block|height|slot|ledger|epoch)(?: (?:height|hash|number|no)){{0,2}} "
    rf"(?:{_NUM}|{_HEX})(?: hash {_HEX})?"
)
_NONCE = rf"(?:nonce|challenge) (?:{_NUM}|{_HEX})"
_FOR = "for (?:(?:its|our|their) (?:customers|clients|users)|proof of reserves?)"
_END = rf"(?: (?:{_ON}|{_WHEN}|{_BLOCK}|{_NONCE}|{_FOR})){{0,4}}"

_WHO = rf"(?:the )?(?:(?:exchange|company) )?{NAME}"
_DECLARES = r"(?:hereby )?(?:(?:confirm|declare|state|attest|assert|affirm)s?|certify|certifies)"
_HAS = (
    "(?:owns?|controls?|holds?|(?:has|have) (?:(?:sole|full|exclusive) )?"
    "(?:control|ownership|custody) (?:of|over)|is the (?:(?:legal|sole) )?(?:owner|holder) of|"
    "is in (?:(?:sole|full) )?control of)"
)
_OWNS = rf"{_HAS}(?: and {_HAS})? {_THINGS}"
_IS_HAD = (
    "(?:owned|controlled|held)(?: (?:exclusively|solely|only))?"
    "(?: and (?:owned|controlled|held))? by"
)
_IT_IS = "(?:i am|this is|these are|we are)(?: one of the| an?| the)?"
_LISTED = rf"{_KINDS}(?:address(?:es)?|wallets?|reserves?)(?: {_ADDR})?"
_SAYS = "|".join(
    (
        # NAME owns this address; this address is owned by NAME, belongs to NAME, is NAME's
        rf"{_WHO} {_OWNS}",
        rf"{_THINGS} (?:(?:is|are) {_IS_HAD}|belongs? to) {_WHO}",
        rf"{_THINGS} (?:is|are) {NAME}'s?",
        # this is an address of NAME, owned by NAME; I am a NAME address
        rf"{_IT_IS} {_KINDS}{_THING}(?: {_ADDR})? (?:of|{_IS_HAD}|belonging to) {_WHO}",
        rf"{_IT_IS} {NAME}(?:'s?)? {_KINDS}(?:address(?:es)?|reserves?)(?: {_ADDR})?",
        rf"{_IT_IS} {NAME}(?:'s?)? (?:{_KIND} ){{1,4}}(?:wallets?|storage)(?: {_ADDR})?",
    )
)
_CLAIM = (
    rf"(?:(?:(?:we|{_WHO}) {_DECLARES} (?:that )?)?(?:{_SAYS})"
    rf"|{_WHO} {_DECLARES} (?:that )?(?:it|we) {_OWNS}"
    # What has no verb: wallets of NAME, NAME cold wallet, NAME proof of reserves
    rf"|(?:(?:all )?the |all )?{_LISTED} (?:of|{_IS_HAD}|belonging to) {_WHO}"
    rf"|(?:the )?{NAME}(?:'s?)? (?:{_KIND} ){{0,2}}{_STORE} (?:{_KIND} ){{0,2}}"
    rf"(?:address(?:es)?|wallets?|storage)(?: no {_NUM})?(?: {_ADDR})?"
    rf"|(?:the )?{NAME}(?:'s?)? (?:proof of )?reserves?|proof of reserves of {_WHO}){_END}"
)
_PLAIN = "|".join(
    (
        rf"(?:{NAME}(?:'s?)? )?(?:proof of reserves?|reserves?)(?: (?:statement|attestation|"
        rf"report))?{_END}",
        rf"(?:{NAME}(?:'s?)? )?(?:statement|attestation){_END}",
        _WHEN,
        _BLOCK,
        _NONCE,
        rf"(?:address |wallet |account )?{_ADDR}",
        rf"(?:on the |on |network |chain |blockchain |coin |asset )?"
        rf"\{_COIN}(?: \{_COIN}){{0,3}}(?: (?:network|chain|blockchain|mainnet))?",
    )
)
_COMPANY = r"(?:,? (?:ltd|limited|inc|llc|gmbh|ag|plc|pte|corp|s\.a|bv)(?:\.(?!$)|\b)){1,2}"
_REWRITTEN: tuple[tuple[Callable[[], re.Pattern[str]], str], ...] = tuple(
    (later(found), written)
    for found, written in (
        (rf"{NAME}{_COMPANY}", NAME),
        (rf"(?:^|(?<=[.:\n ]))we, {NAME},?(?= )", NAME),
        (r"\bi'm\b", "i am"),
        (r"\bproof-of-reserve", "proof of reserve"),
        (r"\bon-chain\b", "onchain"),
        (r"\bno\. ?(?=[0-9])", "no "),
        # A label and its value are one clause: nonce: 5
        (
            r"\b(nonce|challenge|block|height|slot|hash|number|date|time|timestamp|network|chain|coin|"
            r"asset): ?\n?",
            r"\1 ",
        ),
        (r"\b(address|wallet|account): ?\n?(?=0x|[0-9a-z:_-]{20})", r"\1 "),
        (r" \(([^()]*)\)", r", \1"),
    )
)
_BETWEEN = later(r"[.,;:]?\n|[.,;:] | [-\u2013\u2014|] ")
_IS_CLAIM, _IS_PLAIN = later(_CLAIM), later(_PLAIN)


def claimed_addresses(plain: str, is_coin: Callable[[str], bool]) -> tuple[str, ...] | None:
    """The addresses that a text names as it claims them; None for one that is no claim.

    plain: in lower case, in one kind of space and newline, with `NAME` for the publisher's name.
    is_coin: whether a word is a coin or a network. () says that it claims "this address" only.
    """
    for found, written in _REWRITTEN:
        plain = found().sub(written, plain)
    clauses = _BETWEEN().split(plain.removesuffix("."))
    if len(clauses) > MOST_CLAUSES:
        return None
    claims, addresses = False, list[str]()
    for clause in clauses:
        words = _words(clause, is_coin, addresses) if len(clause) <= LONGEST_CLAUSE else ""
        if _IS_CLAIM().fullmatch(words):
            claims = True
        elif not _IS_PLAIN().fullmatch(words):
            return None
    return tuple(addresses) if claims else None


def _words(clause: str, is_coin: Callable[[str], bool], addresses: list[str]) -> str:
    """A clause in words of a few classes, "" if it is not made of such; adds its addresses."""
    words: list[str] = []
    at = 0
    while at < len(clause):
        found = _WORD().match(clause, at)
        if found is None or (at > 0) != (found[0][0] == " "):
            return ""
        at = found.end()
        word = found[0].strip()
        kind = found.lastgroup
        if kind == "long" and _IS_HEX().fullmatch(word) and words and words[-1] in _KEEPS_HEX:
            kind = "hex"
        if kind == "long":
            addresses.append(word)
        words.append(_class(kind or "", word, is_coin))
    return " ".join(words)


def _class(kind: str, word: str, is_coin: Callable[[str], bool]) -> str:
    if kind == "word":
        if word in _MONTHS:
            return _MONTH
        return _COIN if word not in _NO_COINS and is_coin(word) else _spelled(word)
    return {"iso": _NUM, "num": _NUM, "long": _ADDR, "hex": _HEX}.get(kind, word)


def _spelled(word: str) -> str:
    """A word as itself; one that is spelled as a class is none of it."""
    return "?" if word in {_HEX, _MONTH} else word
