"""The one place that knows every published format, in the order they are tried."""

from __future__ import annotations

from scanner.lists.interface import ListReader
from scanner.lists.okx_csv import OkxCsv

READERS: tuple[ListReader, ...] = (OkxCsv(),)
"""Formats with marks of their own first; the generic ones, which accept more, last."""


def reader_named(name: str) -> ListReader | None:
    """The reader of that name, None if there is none."""
    return next((reader for reader in READERS if reader.name == name), None)
