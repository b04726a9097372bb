"""The one place that knows every published format, in the order they are tried."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

from scanner.lists.interface import ListReader
from scanner.model.named import named

READERS: Mapping[str, str] = {
    "okx_csv": "okx_csv:OkxCsv",
    "bybit_csv": "bybit_csv:BybitCsv",
    "bitmex_yaml": "bitmex_yaml:BitmexYaml",
    "signed_message": "signed_message:SignedMessage",
    "jsonl": "json_lines:JsonLines",
    "json": "json_tree:JsonTree",
    "csv": "generic_csv:GenericCsv",
    "text": "plain_text:PlainText",
}
"""Name of a format -> its reader's "module:class", imported when it is tried.

Formats with marks of their own first; the generic ones, which accept more, last.
"""


@cache
def reader_named(name: str) -> ListReader | None:
    """The reader of that name, None if there is none. It has no state: one serves every list."""
    place = READERS.get(name)
    return None if place is None else cast(ListReader, named(f"lists.{place}")())
