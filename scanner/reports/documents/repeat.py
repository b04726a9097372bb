"""Commands that take a snapshot again, as reports write them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from shlex import join, quote

from scanner.snapshots.values import SnapshotPolicy

_OF_VERIFY = (
    "--publisher", "--challenge", "--statement", "--format", "--columns", "--network", "--asset",
)  # fmt: skip
"""Options of `scanner snapshot` that `scanner verify` has, too; each takes a value."""


def repeat_lines(
    publisher: str,
    list_name: str,
    list_sha256: str,
    policy: SnapshotPolicy,
    pins: Iterable[tuple[str, int | None, int]],
) -> list[str]:
    """Commands that take the same snapshot again, with the reader's own providers.

    The options are those that it was taken with, but for heights: those that the list states itself
    need none, those that were pinned to the newest block, or set by hand, are named.
    pins: network, height as stated (None for the newest), height of the pinned block.
    """
    # A name that begins with a dash would be read as options.
    list_name = f"./{list_name}" if list_name.startswith("-") else list_name
    heights = {
        network: height
        for network, wanted, height in pins
        if wanted is None or network in policy.at
    }
    at = [w for n, height in sorted(heights.items()) for w in ("--at", f"{n}={height}")]
    given = _without(policy.origin.arguments if policy.origin else (), ("--at",))
    if "--publisher" not in given:
        given = ["--publisher", publisher, *given]
    take = join(["scanner", "snapshot", list_name, *given, *at])
    check = join(["scanner", "verify", list_name, *_only(given, _OF_VERIFY)])
    return [
        f"sha256sum {quote(list_name)}    # {list_sha256}",
        f"{take} --endpoints FILE",
        f"{check} --jsonl ownership.jsonl",
    ]


def _without(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Options without some that take a value."""
    kept, skip = [], False
    for word in words:
        if skip or word in options:
            skip = not skip
        else:
            kept.append(word)
    return kept


def _only(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Of options only some that take a value."""
    return [
        word for option, value in pairwise(words) if option in options for word in (option, value)
    ]
