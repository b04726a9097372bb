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

from scanner.errors import ListFormatError
from scanner.files.interface import read_up_to
from scanner.lists.blocks import parser_for
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.layout import TableLayout
from scanner.lists.levels import ADDRESS
from scanner.model.claim import Row
from scanner.model.registry import Registry

MAX_STATEMENT = 1_000_000
"""Bytes of the longest statement read."""

_BLOCK = re.compile(
    r"-----BEGIN (?P<coin>[A-Z ]{1,30}) SIGNED MESSAGE-----\r?\n(?P<text>.*?)\r?\n"
    r"-----BEGIN (?:[A-Z]{1,30} )?SIGNATURE-----\r?\n(?P<signed>.*?)\r?\n"
    r"-----END [A-Z ]{1,40}-----",
    re.DOTALL,
)
_HEADER = re.compile(r"(?P<name>[A-Za-z]{1,30}): ?(?P<value>.*)")
_OF_PROGRAMS = frozenset({"version", "comment", "charset", "hash"})
_TABLE = (("address", 0), ("coin", 3), ("message", 1), ("signature1", 2))


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
        for found in _BLOCK.finditer(text):
            self._between(text[end : found.start()], layout)
            rows += self._rows(found, text, registry, options, layout)
            end = found.end()
        self._between(text[end:], layout)
        if not rows:
            what = "a signed message begins, and no signature between its marks follows"
            raise ListFormatError(options.file, what, 1)
        layout.variant = "armoured"
        yield ReadyBlock(rows)

    def _between(self, text: str, layout: Layout) -> None:
        if text.strip():
            remedy = "only signed statements belong here: leave it out"
            layout.accounting.unknown("text outside the marks", remedy, text.strip())

    def _rows(
        self,
        found: re.Match[str],
        text: str,
        registry: Registry,
        options: ReadOptions,
        layout: Layout,
    ) -> list[Row]:
        line = text.count("\n", 0, found.start()) + 1
        address, signature = "", []
        accounting = layout.accounting
        for part in found["signed"].splitlines():
            header = _HEADER.fullmatch(part.strip())
            if header and header["name"].lower() == "address" and not address:
                address = header["value"].strip()
            elif header and header["name"].lower() in _OF_PROGRAMS:
                accounting.needless(f"line {header['name']!r}", "about the program that signed")
            elif header:
                remedy = "only the address and the signature belong here: leave it out"
                accounting.unknown(f"line {header['name']!r}", remedy, header["value"])
            elif not address and ADDRESS.fullmatch(part.strip()) and len(part.strip()) < 80:
                address = part.strip()
            elif part.strip():
                signature.append(part.strip())
        accounting.used("text between the marks", "message", found["text"])
        accounting.used("line 'Address'", "address", address)
        accounting.used("last lines", "signature", "".join(signature))
        message = found["text"].replace("\r\n", "\n")
        cells = [address, message, "".join(signature), found["coin"].strip().capitalize()]
        table = TableLayout(
            _TABLE, 4, network=options.network, asset=options.asset, any_network=True
        )
        parser = parser_for(table, registry)
        made = parser.row(cells, line, found[0][:200])
        return [made, *parser.taken_asides()] if made is not None else []
