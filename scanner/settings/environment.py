"""The environment variables that are settings, and what looks like one and is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

PREFIX = "SCANNER_"
SETTINGS = (
    *("ALERTS", "ANVIL", "BITCOIND", "COINGECKO_KEY", "COINGECKO_URL", "DATA", "DATABASE"),
    *("DATABASE_PASSWORD_FILE", "DEBUG", "ENDPOINTS", "INSIDE_HOSTS", "LIABILITY_KEY"),
    *("LIABILITY_NONCE", "PUBLISHERS", "SCAN_TOKEN"),
)
"""Names of settings, without PREFIX."""

_NEAR = 0.8
"""How alike a mistyped name is, by difflib's ratio of what follows PREFIX."""


def mistyped(names: Iterable[str]) -> Iterator[str]:
    """A sentence for each variable that is no setting, but nearly named as one.

    Without a word the setting would be that of a variable that is not there: addresses would go to
    public endpoints. Other names are the user's own: an endpoint's table may use them.
    """
    for name in sorted(names):
        rest = name.upper().removeprefix(PREFIX)
        if not name.upper().startswith(PREFIX) or name in _EXACT:
            continue
        if near := get_close_matches(rest, SETTINGS, n=1, cutoff=_NEAR):
            yield f"scanner: {name} is no setting: did you mean {PREFIX}{near[0]}?"


_EXACT = frozenset(PREFIX + name for name in (*SETTINGS, "LITECOIND"))  # the last is of the tests
