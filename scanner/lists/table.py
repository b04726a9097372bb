"""The one place that knows every published format, in the order they are tried."""

from __future__ import annotations

from scanner.lists.bitmex_yaml import BitmexYaml
from scanner.lists.bybit_csv import BybitCsv
from scanner.lists.generic_csv import GenericCsv
from scanner.lists.interface import ListReader
from scanner.lists.json_lines import JsonLines
from scanner.lists.json_tree import JsonTree
from scanner.lists.okx_csv import OkxCsv
from scanner.lists.plain_text import PlainText
from scanner.lists.signed_message import SignedMessage

READERS: tuple[ListReader, ...] = (
    OkxCsv(),
    BybitCsv(),
    BitmexYaml(),
    SignedMessage(),
    JsonLines(),
    JsonTree(),
    GenericCsv(),
    PlainText(),
)
"""Formats with marks of their own first; the generic ones, which accept more, last."""


def reader_named(name: str) -> ListReader | None:
    """The reader of that name, None if there is none."""
    return next((reader for reader in READERS if reader.name == name), None)
