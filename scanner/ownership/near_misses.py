"""Looks for what a signature that does not fit was made over: the same text, a little different.

Lists pass through spreadsheets and editors, which take line ends away, trim blanks and compose
letters. A row whose key signed such a twin of its text is not verified (the text that counts is the
published one) and not false either: it says which twin was signed. Only rows that failed are
looked at, and only twins that differ from their text are tried: some five to fifteen checks a row.
The same is said where the text was signed in a form that shows no ownership.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.model.network import Network
from scanner.ownership.evm.other_forms import signed_form
from scanner.ownership.interface import Proof
from scanner.ownership.native.parts import has_text, with_text
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.makers import LONG_FORM
from scanner.settings.tables import load_registry

MOST = 24
"""Twins of one row that are tried, at most."""

_SLOW = frozenset(("bls", "filecoin_bls", "stark"))
_LONG_SIGNATURE = 400
"""Characters of a signature of BIP-322 that counts as one: a key's, or a small multisig's."""
_ONE_OF_MANY = 96
"""Characters of a longer one that count as one signature: none is shorter."""

_SHORT = 4
"""Signatures of a row that are all checked over each of its twins, at most; of more, the first."""

_LONG_KEYS = 700
"""Characters of a column of keys or of a script of such a row: some ten keys."""

_LIKELIEST = 2
"""Twins of a text that is not long which are tried however many keys and signatures there are: a
line end lost."""

_PAIRS = 80
"""Pairs of a signature and a key that are tried over all twins of a row, fewer of a long text."""

_OF_TYPED_DATA = 4
"""How many times as long a text counts that is typed data, which is encoded for each twin."""

_LONGEST_COMPOSED = 20_000
_MARKS = 30
"""Marks that follow one letter in the stream-safe text format of UAX 15: ordering more of them
takes time by the square of their number."""

_WORD = re.compile(r"[0-9A-Za-z+/=]{40,}")
"""A key or a signature, wherever it stands."""

_UNDECIDED = (Control.MISMATCH, Control.UNSUPPORTED)

_ORDER_MARK = "\ufeff"
_PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u2010\u2011\u2012\u2013\u2014", "''\"\"-----")
"""What office programs put in place of quotation marks and hyphens -> what was typed."""
_UNSEEN = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)
"""Characters that no screen shows: soft hyphens, joiners, marks of direction and of order."""

TEST_NETWORKS = {
    "bitcoin": "base58check:p2pkh=6f,p2sh=c4|segwit:tb|segwit:bcrt",
    "bitcoin-cash": "base58check:p2pkh=6f,p2sh=c4|cashaddr:bchtest",
    "dash": "base58check:p2pkh=8c,p2sh=13",
    "dogecoin": "base58check:p2pkh=71,p2sh=c4",
    "litecoin": "base58check:p2pkh=6f,p2sh=3a+c4|segwit:tltc|segwit:rltc",
    "qtum": "base58check:p2pkh=78,p2sh=6e|segwit:tq",
    "zcash": "base58check:p2pkh=1d25,p2sh=1cba",
}
"""Network -> the address codecs of its test networks. Source: the coins' chainparams."""


class NearMiss(ControlResult):
    """A verdict that says which twin of the text was signed: nothing that a chain could add to."""

    __slots__ = ()


def near_miss(
    proof: Proof, failed: ControlResult, judged: Callable[[Proof], ControlResult]
) -> ControlResult:
    """The failed verdict, or what twin of the row's text the signatures are good for.

    judged: gives the verdict about a row with another text.
    """
    if failed.control not in _UNDECIDED or not failed.scheme:
        return failed
    if form := signed_form(proof):
        reason = f"the signature is good for {form.words}, a form that is not read: {form.to_do}"
        return _named(failed, reason)
    if failed.scheme in _SLOW:  # false only where another signature fits the text as published
        return failed
    many = _is_of_many(proof)
    if many and failed.control is not Control.MISMATCH:
        return failed
    for words, twin in islice(_twins(proof), _most(proof, failed.scheme)):
        if many and not _may_fit(twin, judged):
            continue
        if judged(twin).control is Control.CONTROLS:
            return _named(
                failed,
                f"the signature is good for {words}, but not for the text as published: publish "
                "exactly what was signed, if necessary in hex in a column 'message_hex'",
            )
    return undecided_if_long(proof, failed)


def undecided_if_long(proof: Proof, failed: ControlResult) -> ControlResult:
    """The failed verdict; not false where the text is too long for all its twins to be tried.

    A named owner who did sign the text shows that it is the one.
    """
    if failed.control is not Control.MISMATCH or failed.scheme in _SLOW:
        return failed
    if failed.signed_by and proof.owners:
        return failed
    is_left = not _is_composed_soon(proof.message)
    if len(proof.message.encode()) >= LONG_FORM and not is_left:
        most = _most(proof, failed.scheme)
        is_left = next(islice(_twins(proof), most, None), None) is not None
    if not is_left:
        return failed
    return failed._replace(control=Control.UNSUPPORTED, reason=failed.reason + _NOT_ALL_TRIED)


_NOT_ALL_TRIED = (
    "; the text is too long to be tried with other line ends, spaces and letters, any of which may "
    "have been signed: publish exactly what was signed, or sign a shorter text"
)


def _is_of_many(proof: Proof) -> bool:
    """Whether there is more to check in a row than twins are worth."""
    return len(proof.signatures) > _SHORT or len(proof.script) > _LONG_KEYS


def _may_fit(twin: Proof, judged: Callable[[Proof], ControlResult]) -> bool:
    """Whether the first signature of many fits a twin: only then the others can, which cost more.

    Alone it may be too few of a script's keys, which is told beside who signed, or of the owners.
    """
    found = judged(twin._replace(signatures=twin.signatures[:1]))
    if found.control is Control.UNSUPPORTED:
        return bool(twin.owners)
    return found.control is Control.CONTROLS or bool(found.signed_by)


def _named(failed: ControlResult, reason: str) -> ControlResult:
    return NearMiss(
        Control.UNSUPPORTED, scheme=failed.scheme, required=failed.required, reason=reason
    )


def _most(proof: Proof, scheme: str) -> int:
    """How many twins are tried, the likeliest: the fewer, the more there is to check in each."""
    keys = len(_WORD.findall(proof.script)) or 1
    signatures = max(len(proof.signatures), len(_WORD.findall(" ".join(proof.signatures))))
    if _is_of_many(proof):
        signatures = 2  # the first, and what all of them take once it fits
    longest = max(map(len, proof.signatures), default=0)
    if scheme == "bip322" and longest > _LONG_SIGNATURE:
        signatures *= longest // _ONE_OF_MANY
    size = len(proof.message.encode())
    if '"primaryType"' in proof.message:
        size *= _OF_TYPED_DATA
    most = max(_PAIRS // (keys * signatures), _LIKELIEST)
    return min(MOST, most // (1 + size // LONG_FORM))


def of_test_network(network: Network, text: str) -> str:
    """What to add to the reason of an address that does not decode: "" if nothing is known."""
    codecs = TEST_NETWORKS.get(network.name)
    if codecs is None:
        return ""
    try:
        decode_address(replace(network, name=f"{network.name} test", address_codec=codecs), text)
    except AddressFormatError:
        return ""
    return "; it is an address of a test network"


def _twins(proof: Proof) -> Iterator[tuple[str, Proof]]:
    """Rows that differ a little in what is signed, and what to say of each."""
    parts = has_text(proof.network.schemes, proof.message)
    published = parts or proof.message
    seen = {published}
    for words, text in _texts(published, proof.address.text):
        if text and text not in seen:
            seen.add(text)
            message = text if parts is None else with_text(proof.message, text)
            yield words, proof._replace(message=message)
    if proof.network.kind == "utxo" and proof.network.message_header:
        for header, name in _headers().items():
            if header != proof.network.message_header:
                other = replace(proof.network, message_header=header)
                yield f"the same text under the header of {name}", proof._replace(network=other)


def _texts(text: str, address: str) -> Iterator[tuple[str, str]]:
    yield "the same text with a line end added", text + "\n"
    yield "the same text with a carriage return and line end added", text + "\r\n"
    yield "the same text with Windows line ends (CRLF)", re.sub("\r?\n", "\r\n", text)
    yield "the same text with Unix line ends (LF)", text.replace("\r\n", "\n")
    yield "the same text without spaces and line ends around it", text.strip()
    yield "the same text without spaces and line ends after it", text.rstrip()
    yield "the same text with a space added", text + " "
    yield "the same text with single spaces", " ".join(text.split())
    yield "the same text with real line ends instead of \\n", text.replace("\\n", "\n")
    yield "the same text in quotation marks", f'"{text}"'
    yield "the same text without a byte order mark", text.removeprefix(_ORDER_MARK)
    yield "the same text with a byte order mark before it", _ORDER_MARK + text
    if not text.isascii():
        yield "the same text with plain quotation marks and dashes", text.translate(_PLAIN)
        yield "the same text without invisible characters", text.translate(_UNSEEN)
    for form in ("NFC", "NFKC", "NFD", "NFKD"):
        if not text.isascii() and _is_composed_soon(text):
            yield f"the same text in Unicode form {form}", unicodedata.normalize(form, text)
    spelled = decode_hex(text)
    if spelled:
        yield "the bytes of the text, which is hex", spelled.decode("utf-8", "ignore")
    yield from _address_cases(text, address)


def _is_composed_soon(text: str) -> bool:
    """Whether a text's Unicode forms are made in a time that grows with its length only."""
    if text.isascii():
        return True
    if len(text) > _LONGEST_COMPOSED:
        return False
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > _MARKS:
            return False
    return True


def _address_cases(text: str, address: str) -> Iterator[tuple[str, str]]:
    """The text with its address in another case, where it names the row's address."""
    found = re.search(re.escape(address), text, re.IGNORECASE)
    if found is None:
        return
    for spelled in (address, address.lower(), address.upper(), "0x" + address[2:].upper()):
        twin = text[: found.start()] + spelled + text[found.end() :]
        yield f"the same text with the address as {spelled}", twin


@cache
def _headers() -> dict[str, str]:
    """Headers of the UTXO networks of the tables -> the first network that has it."""
    found: dict[str, str] = {}
    for network in load_registry().networks.values():
        if network.kind == "utxo" and network.message_header:
            found.setdefault(network.message_header, network.name)
    return found
