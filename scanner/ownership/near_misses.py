"""Looks for what a signature that does not fit was made over: the same text, a little different.

Lists pass through spreadsheets and editors, which take line ends away, trim blanks and compose
letters. A row whose key signed such a twin of its text is not verified (the text that counts is the
published one) and not false either: it says which twin was signed. Only rows that failed are
looked at, and only twins that differ from their text are tried: some five to fifteen checks a row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.model.network import Network
from scanner.ownership.interface import Proof
from scanner.ownership.primitives.hextext import decode_hex
from scanner.settings.tables import load_registry

LONGEST = 10_000
"""Characters of a text whose twins are tried."""

MOST = 24
"""Twins of one row that are tried, at most."""

_SLOW = frozenset(("bip322", "bls", "filecoin_bls", "stark"))
_SHORT = 4
"""Signatures of a row whose twins are tried, at most."""

_UNDECIDED = (Control.MISMATCH, Control.UNSUPPORTED)

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
    if (
        failed.control not in _UNDECIDED
        or failed.scheme in _SLOW
        or not failed.scheme
        or len(proof.signatures) > _SHORT
        or len(proof.message) > LONGEST
    ):
        return failed
    for count, (words, twin) in enumerate(_twins(proof)):
        if count >= MOST:
            break
        if judged(twin).control is Control.CONTROLS:
            reason = (
                f"the signature is good for {words}, but not for the text as published: publish "
                "exactly what was signed, if necessary in hex in a column 'message_hex'"
            )
            return NearMiss(
                Control.UNSUPPORTED,
                scheme=failed.scheme,
                required=failed.required,
                reason=reason,
            )
    return failed


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
    seen = {proof.message}
    for words, text in _texts(proof):
        if text and text not in seen:
            seen.add(text)
            yield words, proof._replace(message=text)
    if proof.network.kind == "utxo" and proof.network.message_header:
        for header, name in _headers().items():
            if header != proof.network.message_header:
                other = replace(proof.network, message_header=header)
                yield f"the same text under the header of {name}", proof._replace(network=other)


def _texts(proof: Proof) -> Iterator[tuple[str, str]]:
    text = proof.message
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
    for form in ("NFC", "NFKC", "NFD", "NFKD"):
        if not text.isascii():
            yield f"the same text in Unicode form {form}", unicodedata.normalize(form, text)
    spelled = decode_hex(text)
    if spelled:
        yield "the bytes of the text, which is hex", spelled.decode("utf-8", "ignore")
    yield from _address_cases(proof)


def _address_cases(proof: Proof) -> Iterator[tuple[str, str]]:
    """The text with its address in another case, where it names the row's address."""
    address = proof.address.text
    found = re.search(re.escape(address), proof.message, re.IGNORECASE)
    if found is None:
        return
    for spelled in (address, address.lower(), address.upper(), "0x" + address[2:].upper()):
        text = proof.message[: found.start()] + spelled + proof.message[found.end() :]
        yield f"the same text with the address as {spelled}", text


@cache
def _headers() -> dict[str, str]:
    """Headers of the UTXO networks of the tables -> the first network that has it."""
    found: dict[str, str] = {}
    for network in load_registry().networks.values():
        if network.kind == "utxo" and network.message_header:
            found.setdefault(network.message_header, network.name)
    return found
