"""JSON Lines: one document a line, read as any JSON is; numbers keep the digits as written."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.errors import clip
from scanner.files.encoding import BOM
from scanner.files.interface import read_up_to
from scanner.lists.cutter import Piece, cut
from scanner.lists.interface import MAX_LINE, Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.json_tree import describe
from scanner.lists.names import normal
from scanner.lists.walk import Walker
from scanner.model.claim import Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.jsontext import Pairs, read_json_pairs
from scanner.model.registry import Registry


class JsonLines:
    """Reads one JSON object a line."""

    name = "jsonl"

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether the first line that is not blank is a whole JSON object, and others follow."""
        lines = (line.strip() for line in head.removeprefix(BOM).split(b"\n"))
        filled = (line for line in lines if line)
        first = _load(next(filled, b""))
        if not isinstance(first, Pairs):
            return False
        address = options.columns.get("address", "address")
        return next(filled, b"")[:1] == b"{" or normal(address) in (normal(k) for k, _ in first)

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Rows of some lines at a time."""
        start = read_up_to(stream, len(BOM)).removeprefix(BOM)
        walker = Walker(registry, options, layout)
        for piece in cut(stream, pending=start, quotes=False):
            yield ReadyBlock(list(_rows(walker, piece)))
        describe(walker, layout)
        layout.variant = "one object a line"


def _rows(walker: Walker, piece: Piece) -> Iterator[Row]:
    """Every non-blank line as claims, or as one unreadable row."""
    if piece.too_long:
        yield _bad(piece.first_line, f"the line is longer than {MAX_LINE} bytes", piece.data)
        return
    for line, text in enumerate(piece.data.split(b"\n"), piece.first_line):
        if not text.strip():
            continue
        value = _load(text)
        if not isinstance(value, Pairs):
            yield _bad(line, "not a JSON object", text)
            continue
        walker.line, before = line, walker.count
        for event, scalar in _events(value):
            yield from walker.take(event, scalar)
        if walker.count == before:
            yield _bad(line, f"no address among {clip(', '.join(k for k, _ in value), 100)}", text)


def _events(value: object) -> Iterator[tuple[str, object]]:
    """The events of a parsed value; it is nested no deeper than the parser allows."""
    if isinstance(value, Pairs):
        yield "start_map", None
        for key, item in value:
            yield "map_key", key
            yield from _events(item)
        yield "end_map", None
    elif isinstance(value, list):
        yield "start_array", None
        for item in value:
            yield from _events(item)
        yield "end_array", None
    else:
        yield "scalar", value


def _bad(line: int, reason: str, data: bytes) -> UnreadableRow:
    text = clip(data[:400].decode("utf-8", "backslashreplace"), 200)
    return UnreadableRow(line, 0, FindingKind.BAD_ROW, reason, text)


def _load(data: bytes) -> object:
    """The JSON value of a line, numbers as the text they are written in; None if it is not JSON."""
    try:
        return read_json_pairs(data)
    except ValueError:
        return None
