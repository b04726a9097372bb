"""Regular expressions that are compiled when they are first used.

A large one takes a millisecond, and a command uses few of those that stand in what it imports.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache


def later(pattern: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """What gives the compiled pattern; it is compiled at the first call.

    flags: as `re.compile` takes them. The first call raises re.error for what is no pattern.
    """
    return cache(lambda: re.compile(pattern, flags))
