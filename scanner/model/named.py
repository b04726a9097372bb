"""Parts of this program that a table names, imported when one of them is needed.

So a table may know every scheme, source or format, and a run loads those that it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def named(place: str) -> Any:  # noqa: ANN401 - whatever has that name; the table says its type
    """What "module:name" names, the module below `scanner`. Raises ImportError, AttributeError."""
    module, _, name = place.partition(":")
    return getattr(import_module(f"scanner.{module}"), name)
