"""JSON Lines: one object a line, keys as column names; numbers keep the digits as written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.errors import clip
from scanner.files.interface import read_up_to
from scanner.lists.columns import normal
from scanner.lists.cutter import Piece, cut
from scanner.lists.interface import MAX_LINE, Block, Bytes, Layout, ReadOptions
from scanner.lists.objects import ObjectRows, scalar_text
from scanner.lists.preamble import BOM
from scanner.model.claim import Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.jsontext import read_json
from scanner.model.registry import Registry


class JsonLines:
    """Reads one JSON object a line."""

    name = "jsonl"

    def recognises(self, head: bytes, options: ReadOptions) -> bool:
        """Whether the first line that is not blank is a whole JSON object, and others follow."""
        lines = (line.strip() for line in head.removeprefix(BOM).split(b"\n"))
        filled = (line for line in lines if line)
        first = _load(next(filled, b""))
        if not isinstance(first, dict):
            return False
        address = options.columns.get("address", "address")
        return next(filled, b"")[:1] == b"{" or normal(address) in map(normal, first)

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Blocks of lines."""
        layout.variant = "one object a line"
        start = read_up_to(stream, len(BOM)).removeprefix(BOM)
        for piece in cut(stream, pending=start, quotes=False):
            yield JsonLinesBlock(piece, options)


@dataclass(frozen=True, slots=True)
class JsonLinesBlock:
    """Lines of JSON with what the user said about them."""

    piece: Piece
    options: ReadOptions

    def parse(self, registry: Registry) -> Sequence[Row]:
        """Every non-blank line as one claim or one unreadable row."""
        piece, made = self.piece, ObjectRows(registry, self.options)
        if piece.too_long:
            reason = f"the line is longer than {MAX_LINE} bytes"
            return [_bad(piece.first_line, reason, piece.data)]
        rows = []
        for line, text in enumerate(piece.data.split(b"\n"), piece.first_line):
            if not text.strip():
                continue
            value = _load(text)
            if isinstance(value, dict):
                rows.append(made.row(_flat(value), line))
            else:
                rows.append(_bad(line, "not a JSON object", text))
        return rows


def _bad(line: int, reason: str, data: bytes) -> UnreadableRow:
    text = clip(data[:400].decode("utf-8", "backslashreplace"), 200)
    return UnreadableRow(line, 0, FindingKind.BAD_ROW, reason, text)


def _load(data: bytes) -> object:
    """The JSON value of a line, numbers as the text they are written in; None if it is not JSON."""
    try:
        return read_json(data, parse_float=str, parse_int=str)
    except ValueError:
        return None


def _flat(value: Mapping[str, object], prefix: str = "", depth: int = 8) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, dict) and depth:
            found.update(_flat(item, f"{prefix}{key}.", depth - 1))
        elif isinstance(item, (dict, list)):
            found[prefix + key] = json.dumps(item)
        else:
            found[prefix + key] = scalar_text(item)
    return found
