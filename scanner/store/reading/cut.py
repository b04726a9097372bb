"""Long texts cut by the database, for lists of many rows: what is not shown is not fetched.

A publisher's row may have an address of a megabyte. Where two hundred rows stand on one page each
text is cut; one row by itself has all of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Dialect, Text, case, func, type_coerce

from scanner.store.schema.types import ExactText

SHOWN: Final = 1_000
"""Characters of one text in a list. The longest address of any network has 256."""
_MARK: Final = "…"


class _Cut(ExactText):
    """An ExactText of which the end may be missing."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        try:
            return super().process_result_value(value, dialect)
        except json.JSONDecodeError:
            return None if value is None else value[1:]

    def load_column(self, values: Sequence[str | None], dialect: Dialect) -> Sequence[str | None]:
        return [self.process_result_value(value, dialect) for value in values]


def cut(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A column of ExactText as far as a list shows it; a mark stands where it was cut."""
    stored = type_coerce(column, Text)
    short = func.substr(stored, 1, SHOWN).concat(_MARK)
    return type_coerce(case((func.length(stored) > SHOWN, short), else_=stored), _Cut())
