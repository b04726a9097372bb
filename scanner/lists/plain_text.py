"""One address a line, nothing else; the network is said by the user. "#" starts a comment line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.errors import ListFormatError
from scanner.files.interface import read_up_to
from scanner.lists.blocks import TableBlock
from scanner.lists.columns import AS_YOU_SAY
from scanner.lists.cutter import Piece, cut
from scanner.lists.generic_csv import coins_named
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions
from scanner.lists.keys import ADDRESS
from scanner.lists.layout import TableLayout
from scanner.lists.names import normal
from scanner.lists.preamble import BOM
from scanner.lists.spoken import says_beside_rows
from scanner.model.registry import Registry


class PlainText:
    """Reads bare addresses. They stand for the network's own coin, or for the asset asked for."""

    name = "text"

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether the user named a network and the first line is one word."""
        lines = (line.strip() for line in head.removeprefix(BOM).split(b"\n"))
        first = next((line for line in lines if line and not line.startswith(b"#")), b"")
        return bool(options.network and first) and not set(first) & set(b' ,;"{[<\t')

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Blocks of lines. Raises ListFormatError."""
        if not options.network:
            what = "a list of bare addresses needs its network: use --network"
            raise ListFormatError(options.file, what)
        layout.variant = "one address a line"
        layout.accounting.used("every line", "address")
        table = TableLayout(
            (("address", 0),), 1, network=options.network, asset=options.asset, comments=True,
            named=coins_named(options, registry),
        )  # fmt: skip
        start = read_up_to(stream, len(BOM)).removeprefix(BOM)
        for piece in cut(stream, pending=start, quotes=False):
            if b"#" in piece.data:
                _account_for_comments(piece, registry, options, layout)
            yield TableBlock(table, piece)


def _account_for_comments(
    piece: Piece, registry: Registry, options: ReadOptions, layout: Layout
) -> None:
    """Declare lines that are no rows: one may name the coin of the others, or be a row itself."""
    native = registry.network(options.network).native
    ignored = {normal(name) for name in options.columns.get("ignore", "").split(",")} - {""}
    for number, line in enumerate(piece.data.split(b"\n"), piece.first_line):
        text = line[:400].decode("utf-8", "replace").strip()
        if not text.startswith("#"):
            continue
        words = re.findall(r"[^\W_]+", text)
        coins = {a for w in words if (a := registry.asset_named(w))} - {native}
        part = f"the comment in line {number}"
        if normal(text) in ignored:
            layout.accounting.needless(part, AS_YOU_SAY, text)
        elif (
            says_beside_rows(text)
            or (coins and not options.asset)
            or any(map(ADDRESS.fullmatch, words))
        ):
            remedy = "it may describe the rows, or be a row itself: use --asset, or leave it out"
            layout.accounting.unknown(part, remedy, text)
        else:
            layout.accounting.needless("comments", "no row stands in them", text)
