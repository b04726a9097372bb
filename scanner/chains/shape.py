"""Takes answers of strangers apart: every value is checked for its type before it is used."""

from __future__ import annotations

from typing import TypeVar

from scanner.errors import SourceUnavailableError

T = TypeVar("T")


def take(endpoint: str, value: object, kind: type[T], *path: str | int) -> T:
    """Walk into a JSON value and return what lies there, if it is of `kind`.

    path: names of objects and positions of lists, outermost first; none means `value` itself.
    A bool does not pass for an int. Raises SourceUnavailableError naming the place that is wrong.
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
    return value


def _bad(endpoint: str, path: tuple[str | int, ...], what: str) -> SourceUnavailableError:
    place = ".".join(map(str, path)) or "the answer"
    return SourceUnavailableError(endpoint, f"gave an answer it should not: {place} {what}")
