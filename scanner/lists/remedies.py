"""Options that a reason tells a reader to use, as a shell takes them."""

from __future__ import annotations

import re
import shlex

_PARTING = re.compile(r"\s*[,=]+\s*")
"""What `--columns` parts its mappings by. Names are compared without it."""

_EXPANDED = frozenset("\"$`\\!'")
"""What a shell reads in double quotes, or ends them; and what is hard to tell from them."""


def mapping(field: str, name: str) -> str:
    """`--columns` with FIELD=NAME for a name that a file has, to be copied as it stands.

    A name with blanks stays one word, and nothing of a hostile one is ever run.
    """
    plain = _PARTING.sub(" ", name).strip()
    return f"--columns {quoted(f'{field}={plain}')}"


def left_out(name: str) -> str:
    """What leaves out what stands below a key, which may have no name."""
    return f"use {mapping('ignore', name)}" if name.strip() else "give it a key"


def quoted(word: str) -> str:
    """A word of a command line, in quotes where it needs them."""
    if shlex.quote(word) == word:
        return word
    return shlex.quote(word) if _EXPANDED & set(word) else f'"{word}"'
