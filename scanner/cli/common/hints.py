"""Commands that words for people name, with the options without which they would act elsewhere.

Whoever follows a hint to the letter must come to the same database, and ask the same endpoints.
Rooms below know neither: the words are completed here, on their way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from shlex import quote
from typing import Any, TextIO

TAKEN_BY: Mapping[str, frozenset[str]] = {
    "database": frozenset({
        "alerts run", "db check", "db upgrade", "diff", "export", "liabilities import",
        "liabilities ratio", "liabilities recheck", "prices chainlink", "prices fetch",
        "prices import", "prune", "pruned", "publishers list", "publishers merge",
        "publishers rename", "report", "resume", "schedule add", "schedule edit", "schedule list",
        "schedule pause", "schedule remove", "schedule resume", "schedule run-now", "serve", "show",
        "snapshot", "status", "totals", "value", "worker",
    }),
    "endpoints": frozenset({
        "challenge", "doctor", "endpoints check", "prices chainlink", "resume", "snapshot",
        "validators", "verify-message", "verify-transactions", "worker",
    }),
}  # fmt: skip
"""Option -> the commands that take it; a test holds it to the commands themselves."""

_given: dict[str, str] = {}
_HINT = re.compile(r"(?<=')scanner [a-z][^'\n]*(?=')|(?<=: )scanner [a-z][^'\n:]*$", re.MULTILINE)


def remember(options: Mapping[str, object]) -> None:
    """What the running command was given; of this, and of nothing before, hints repeat options.

    options: values by name; None is not given.
    """
    _given.clear()
    _given.update({name: str(options[name]) for name in TAKEN_BY if options.get(name) is not None})


def repeating(words: str) -> str:
    """The words, each command in them with the options of the running one that it needs, too.

    A command is named in apostrophes, or behind a colon at the end of a line.
    """
    return _HINT.sub(_with_options, words) if _given else words


def _with_options(hint: re.Match[str]) -> str:
    words = hint[0].split()
    names = {" ".join(words[1:2]), " ".join(words[1:3])}
    if words[1:3] == ["report", "verify"] or "--known" in words:
        return hint[0]  # two words of their own, not a `report` of something; the shipped table
    more = "".join(
        f" --{option} {quote(value)}"
        for option, value in _given.items()
        if names & TAKEN_BY[option] and f"--{option}" not in words
    )
    return hint[0] + more


class Repeating:
    """A stream of words for people whose hints are completed; else as the stream itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, words: str) -> int:
        """Write words; a hint must be in one piece."""
        return self._stream.write(repeating(words))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)
