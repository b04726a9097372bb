"""Column types that lose nothing on either database: integers, hostile text, times.

SQLite turns integers above 2**63 into floats in every numeric column type, and PostgreSQL's text
holds neither NUL nor lone surrogates. Both must come back exactly as they went in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, Numeric, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from scanner.model.jsontext import own_json


class ColumnType:
    """A type that converts many values at once: the same results, without a call for each."""

    def store_column(self, values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
        """Like process_bind_param, for each value in order; raises what that raises."""
        raise NotImplementedError

    def load_column(self, values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
        """Like process_result_value, for each value in order."""
        raise NotImplementedError


class Natural(ColumnType, TypeDecorator[int]):
    """A whole number of at most `digits` digits, never negative.

    NUMERIC(digits, 0) on PostgreSQL; zero-padded TEXT of fixed width on SQLite, which therefore
    sorts and compares as numbers do. Takes int only (a bool is a mistake, a float is a loss):
    TypeError; ValueError when out of range.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, digits: int) -> None:
        super().__init__(digits, 0)
        self.digits = digits
        self.limit = 10**digits

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TEXT on SQLite, NUMERIC elsewhere."""
        exact = Text() if dialect.name == "sqlite" else Numeric(self.digits, 0)
        return dialect.type_descriptor(exact)

    def checked(self, value: object) -> int:
        """Return `value` if it is an int in range. Raises TypeError and ValueError."""
        if type(value) is not int:
            raise TypeError(f"amounts are int, not {type(value).__name__}")
        if not 0 <= value < self.limit:
            raise ValueError(f"{value} has no place in {self.digits} digits")
        return value

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | int | None:
        """An int to what the database stores."""
        if value is None:
            return None
        number = self.checked(value)
        return str(number).zfill(self.digits) if dialect.name == "sqlite" else number

    def process_result_value(self, value: str | Decimal | None, dialect: Dialect) -> int | None:
        """Whatever the database gave (text, Decimal) to an int."""
        return None if value is None else int(value)

    def store_column(self, values: Sequence[int | None], dialect: Dialect) -> Sequence[Any]:
        """See ColumnType."""
        given = [value for value in values if value is not None]
        if set(map(type, given)) - {int}:
            return [self.process_bind_param(value, dialect) for value in values]
        if given:  # the least and the largest speak for all
            self.checked(min(given))
            self.checked(max(given))
        if dialect.name != "sqlite":
            return values
        width = self.digits
        return [None if value is None else str(value).rjust(width, "0") for value in values]

    def load_column(self, values: Sequence[Any], dialect: Dialect) -> Sequence[int | None]:
        """See ColumnType."""
        return [None if value is None else int(value) for value in values]


class Uint256(Natural):
    """A balance: what an EVM word or any other network's amount holds, 78 digits."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(78)

    def checked(self, value: object) -> int:
        """Return `value` if it is an int from 0 to 2**256 - 1. Raises ValueError."""
        number = super().checked(value)
        if number >= 1 << 256:
            raise ValueError(f"{number} is larger than 2**256 - 1")
        return number


class Sum(Natural):
    """A sum of rescaled balances: 120 digits hold 2**256 x 10**36 a million million times."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(120)


_ESCAPED = "\x01"
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]|\A\x01")
_SUSPECT = re.compile(r"[\x00\x01\ud800-\udfff]")


def _is_suspect(text: str) -> bool:
    """Whether any of it may need an escape; ASCII, as next to all is, is asked far more quickly."""
    if text.isascii():
        return "\x00" in text or "\x01" in text
    return _SUSPECT.search(text) is not None


class ExactText(ColumnType, TypeDecorator[str]):
    """Text from a hostile file: comes back exactly, with NUL bytes and lone surrogates.

    Such text is stored as U+0001 and its JSON string; all other text as it is.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what a database cannot hold."""
        return value if value is None else escape_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Undo the escape."""
        if value is None or not value.startswith(_ESCAPED):
            return value
        return str(own_json(value[1:]))

    def store_column(self, values: Sequence[str | None], dialect: Dialect) -> Sequence[str | None]:
        """See ColumnType. One search through all of it: next to no text needs an escape."""
        if not _is_suspect("".join(filter(None, values))):
            return values
        return [self.process_bind_param(value, dialect) for value in values]

    def load_column(self, values: Sequence[str | None], dialect: Dialect) -> Sequence[str | None]:
        """See ColumnType."""
        if _ESCAPED not in "".join(filter(None, values)):
            return values
        return [self.process_result_value(value, dialect) for value in values]


def escape_text(value: str) -> str:
    """What ExactText stores for a text."""
    return _ESCAPED + json.dumps(value) if _UNSTORABLE.search(value) else value


_UNESCAPED = bytes(set(range(0x20, 0x7F)) - set(b'"\\'))
"""ASCII that a JSON string has as it is."""


class TextList(ColumnType, TypeDecorator[tuple[str, ...]]):
    """A tuple of texts, stored as a JSON list in ASCII ("[]" when empty)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """A tuple to JSON."""
        return value if value is None else dump_texts(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """JSON to a tuple."""
        if value is None:
            return None
        return load_texts(value)

    def store_column(
        self, values: Sequence[tuple[str, ...] | None], dialect: Dialect
    ) -> Sequence[str | None]:
        """See ColumnType. One look at all of it: one key or signature each has no escapes."""
        if all(values) and set(map(len, values)) == {1}:  # type: ignore[arg-type]
            texts = [value[0] for value in values if value]
            joined = "".join(texts)
            if joined.isascii() and not joined.encode().translate(None, _UNESCAPED):
                return [f'["{text}"]' for text in texts]
        return [None if value is None else dump_texts(value) for value in values]

    def load_column(
        self, values: Sequence[str | None], dialect: Dialect
    ) -> Sequence[tuple[str, ...] | None]:
        """See ColumnType."""
        return [None if value is None else load_texts(value) for value in values]


@lru_cache(maxsize=1024)  # the same few endpoints and signers again and again
def dump_texts(value: tuple[str, ...]) -> str:
    """What TextList stores for a tuple."""
    return json.dumps(value) if value else "[]"


@lru_cache(maxsize=1024)
def load_texts(value: str) -> tuple[str, ...]:
    """The tuple that TextList stored."""
    if value == "[]":
        return ()
    if value.count('"') == 2 and "\\" not in value and value.startswith('["'):
        return (value[2:-2],)  # a single text without escapes, as most signatures are
    return tuple(own_json(value))


class UtcTime(TypeDecorator[datetime]):
    """A moment with its offset, UTC. TIMESTAMPTZ on PostgreSQL, ISO 8601 text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TEXT on SQLite, which has no time type."""
        exact = Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(exact)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | datetime | None:
        """A moment to UTC; one without offset is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times need an offset")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(
        self, value: str | datetime | None, dialect: Dialect
    ) -> datetime | None:
        """What the database gave to a moment in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)
