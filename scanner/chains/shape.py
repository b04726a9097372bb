"""Takes answers of strangers apart: every value is checked for its type before it is used."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from scanner.errors import SourceUnavailableError
from scanner.model.jsontext import is_unicode

T = TypeVar("T")


def take(endpoint: str, value: object, kind: type[T], *path: str | int) -> T:
    """Walk into a JSON value and return what lies there, if it is of `kind`.

    path: names of objects and positions of lists, outermost first; none means `value` itself.
    A bool does not pass for an int, nor a lone surrogate for text. Raises SourceUnavailableError
    naming the place that is wrong.
    """
    for step in path:
        if isinstance(step, str):
            known = isinstance(value, dict) and step in value
        else:
            known = isinstance(value, list) and step < len(value)
        if not known:
            raise _bad(endpoint, path, "is missing")
        value = value[step]  # type: ignore[index]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _bad(endpoint, path, f"is not {kind.__name__}")
    if isinstance(value, str) and not is_unicode(value):
        raise _bad(endpoint, path, "is no text")
    return value


HEX_32: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{64}", re.ASCII)
BASE58_32: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}", re.ASCII)
"""How networks write 32 bytes: a block's hash, a program's key."""


def named(endpoint: str, value: object, form: re.Pattern[str], *path: str | int) -> str:
    """A hash or key in an answer, as `take`; a text of another form is refused.

    What stands for a block is stored as it was said: a node must not put its words there. Raises
    SourceUnavailableError.
    """
    found = take(endpoint, value, str, *path)
    if form.fullmatch(found) is None:
        raise _bad(endpoint, path, "is no hash")
    return found


def _bad(endpoint: str, path: tuple[str | int, ...], what: str) -> SourceUnavailableError:
    place = ".".join(map(str, path)) or "the answer"
    return SourceUnavailableError(endpoint, f"gave an invalid answer: {place} {what}")
