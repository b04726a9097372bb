"""Times as reports write them: UTC, ISO 8601 with offset."""

from __future__ import annotations

from datetime import UTC, datetime

from scanner.model.block import BlockRef


def block_time(block: BlockRef) -> str | None:
    """The block's time in UTC, ISO 8601 with offset; None if its source gave none."""
    return iso_time(block.time)


def iso_time(seconds: int | None) -> str | None:
    """Seconds since 1970 UTC as ISO 8601 with offset; None for None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
