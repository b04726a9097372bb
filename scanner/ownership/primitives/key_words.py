"""The words of a column that names several keys."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

_WORD: Final = re.compile(r"[^\s,;|]+", re.ASCII)


def key_words(text: str, most: int) -> list[str]:
    """What stands between spaces, commas, semicolons and bars; one more than `most` at the most.

    A column may be as long as a line, so words that nobody will read are not looked for.
    """
    return [found[0] for found in islice(_WORD.finditer(text), most + 1)]
