"""`--at NETWORK=TIME`: asks the network which block was the newest at that time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scanner.chains import interface as chains
from scanner.cli.common.console import say
from scanner.cli.common.sources import open_sources
from scanner.errors import ConfigError, HeightNotReachedError, SourceError, clip
from scanner.model.registry import Registry

_A_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\S{2,}", re.ASCII)


def heights_for_times(
    texts: Sequence[str], endpoints: Path | None, registry: Registry, quorum: int
) -> list[str]:
    """Replace each NETWORK=TIME by NETWORK=HEIGHT, the last final block at or before the time.

    A time is ISO 8601 with its offset ("2026-11-01T00:00:00Z"); all other texts stay as they are.
    quorum: operators that must name the same block.
    Raises ConfigError for a time that cannot be read or a network that cannot look for one, and
    SourceError when its endpoints do not answer or the time is not over for them yet.
    """
    return [_height_for(text, endpoints, registry, quorum) for text in texts]


def _height_for(text: str, endpoints: Path | None, registry: Registry, quorum: int) -> str:
    label, _, wanted = text.partition("=")
    if not _A_TIME.fullmatch(wanted):
        return text
    try:
        time = datetime.fromisoformat(wanted)
    except ValueError:
        raise ConfigError(f"--at {clip(text)!r}: no such date or time") from None
    if time.tzinfo is None:
        raise ConfigError(f"--at {clip(text)!r}: add the offset, e.g. {wanted}Z for UTC")

    name = registry.network(label).name
    with open_sources([name], endpoints, registry, chains.ReadPolicy(quorum)) as sources:
        source = sources.get(name)
        if not isinstance(source, chains.TimeFinder):
            raise ConfigError(f"--at {clip(text)!r}: {name} cannot be read by time: give a height")
        try:
            height = source.height_at(int(time.timestamp() // 1))
        except HeightNotReachedError as e:
            raise _not_over(e, text, time) from None
    say(f"{name}: the last block at or before {wanted} is {height}")
    return f"{name}={height}"


def _not_over(error: HeightNotReachedError, text: str, time: datetime) -> ConfigError | SourceError:
    """What to say of a time that no final block has reached: what is final is far below the tip."""
    if time > datetime.now(UTC):
        return ConfigError(f"--at {clip(text)!r}: that time is in the future")
    return SourceError(
        error.endpoint,
        f"has no final block yet that is as late as {text.partition('=')[2]}: its last final one "
        f"is {error.tip}; wait, or give a height",
    )
