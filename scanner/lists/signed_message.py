"""One signed statement as people paste it: an armoured Bitcoin message, between its marks.

    -----BEGIN BITCOIN SIGNED MESSAGE-----
    the text
    -----BEGIN BITCOIN SIGNATURE-----        (or BEGIN SIGNATURE)
    Address: 1...                            (or the bare address)

    the signature, in Base64
    -----END BITCOIN SIGNATURE-----          (or END BITCOIN SIGNED MESSAGE)

Bitcoin Core's and Electrum's forums, Armory, MultiBit and blockchain.info wrote variants of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from scanner.errors import ListFormatError
from scanner.files.interface import read_up_to
from scanner.lists.blocks import parser_for
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.keys import ADDRESS
from scanner.lists.layout import TableLayout
from scanner.model.claim import Row
from scanner.model.registry import Registry

MAX_STATEMENT = 1_000_000
"""Bytes of the longest statement read."""

_BEGIN = re.compile(r"-----BEGIN (?P<coin>[A-Z ]{1,30}) SIGNED MESSAGE-----\r?\n")
_SIGNATURE = re.compile(r"\r?\n-----BEGIN (?:[A-Z]{1,30} )?SIGNATURE-----\r?\n")
_END = re.compile(r"\r?\n-----END [A-Z ]{1,40}-----")
_HEADER = re.compile(r"(?P<name>[A-Za-z]{1,30}): ?(?P<value>.*)")
_OF_PROGRAMS = frozenset({"version", "comment", "charset", "hash"})
_TABLE = (("address", 0), ("coin", 3), ("message", 1), ("signature1", 2))


class _Armoured(NamedTuple):
    """One message between its marks, and where it stands."""

    coin: str
    text: str
    signed: str
    start: int
    end: int


def _armoured(text: str) -> Iterator[_Armoured]:
    """All of them, in one walk: a mark without what must follow it ends the search."""
    begin = _BEGIN.search(text)
    while begin:
        signature = _SIGNATURE.search(text, begin.end())
        end = _END.search(text, signature.end()) if signature else None
        if signature is None or end is None:
            return  # what begins further on would need the same marks
        said, signed = text[begin.end() : signature.start()], text[signature.end() : end.start()]
        yield _Armoured(begin["coin"], said, signed, begin.start(), end.end())
        begin = _BEGIN.search(text, end.end())


class SignedMessage:
    """Reads armoured messages; each is a claim without an amount."""

    name = "signed_message"

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether the file begins with the mark of one."""
        start = head.lstrip()[:80].split(b"\n")[0]
        armoured = start.startswith(b"-----BEGIN ") and b" SIGNED MESSAGE-----" in start
        return armoured and b" PGP " not in start

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """All statements as one block. Raises ListFormatError where one is not whole."""
        data = read_up_to(stream, MAX_STATEMENT + 1)
        if len(data) > MAX_STATEMENT:
            raise ListFormatError(options.file, f"longer than {MAX_STATEMENT} bytes")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise ListFormatError(options.file, "not UTF-8 text") from None
        rows: list[Row] = []
        end = 0
        for found in _armoured(text):
            self._between(text[end : found.start], layout)
            rows += self._rows(found, text, registry, options, layout)
            end = found.end
        self._between(text[end:], layout)
        if not rows:
            what = "a signed message begins, but no signature follows between its marks"
            raise ListFormatError(options.file, what, 1)
        layout.variant = "armoured"
        yield ReadyBlock(rows)

    def _between(self, text: str, layout: Layout) -> None:
        if text.strip():
            remedy = "only signed statements are allowed here: leave it out"
            layout.accounting.unknown("text outside the marks", remedy, text.strip())

    def _rows(
        self,
        found: _Armoured,
        text: str,
        registry: Registry,
        options: ReadOptions,
        layout: Layout,
    ) -> list[Row]:
        line = text.count("\n", 0, found.start) + 1
        address, signature = "", []
        accounting = layout.accounting
        for part in found.signed.splitlines():
            header = _HEADER.fullmatch(part.strip())
            if header and header["name"].lower() == "address" and not address:
                address = header["value"].strip()
            elif header and header["name"].lower() in _OF_PROGRAMS:
                accounting.needless(f"line {header['name']!r}", "about the program that signed")
            elif header:
                remedy = "only the address and the signature are allowed here: leave it out"
                accounting.unknown(f"line {header['name']!r}", remedy, header["value"])
            elif not address and ADDRESS.fullmatch(part.strip()) and len(part.strip()) < 80:
                address = part.strip()
            elif part.strip():
                signature.append(part.strip())
        accounting.used("text between the marks", "message", found.text)
        accounting.used("line 'Address'", "address", address)
        accounting.used("last lines", "signature", "".join(signature))
        message = found.text.replace("\r\n", "\n")
        cells = [address, message, "".join(signature), found.coin.strip().capitalize()]
        table = TableLayout(
            _TABLE, 4, network=options.network, asset=options.asset, any_network=True
        )
        parser = parser_for(table, registry)
        made = parser.row(cells, line, text[found.start : found.end][:200])
        return [made, *parser.taken_asides()] if made is not None else []
