"""One address a line, nothing else; the network is said by the user. "#" starts a comment line."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.errors import ListFormatError
from scanner.files.interface import read_up_to
from scanner.lists.blocks import TableBlock
from scanner.lists.cutter import cut
from scanner.lists.generic_csv import coins_named
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions
from scanner.lists.layout import TableLayout
from scanner.lists.preamble import BOM
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
            what = "a list of bare addresses needs its network: say --network"
            raise ListFormatError(options.file, what)
        layout.variant = "one address a line"
        layout.accounting.used("every line", "address")
        table = TableLayout(
            (("address", 0),), 1, network=options.network, asset=options.asset, comments=True,
            named=coins_named(options.file, registry),
        )  # fmt: skip
        start = read_up_to(stream, len(BOM)).removeprefix(BOM)
        for piece in cut(stream, pending=start, quotes=False):
            yield TableBlock(table, piece)
