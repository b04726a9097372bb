"""When a schedule is due. Cron expressions are read by croniter, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from scanner.errors import ConfigError, MissingExtraError, clip


def check_cron(expression: str) -> str:
    """Return a five-field cron expression with its spaces set right. Raises ConfigError.

    Six fields are refused: where the seconds stand is a matter of taste among programs.
    """
    text = " ".join(expression.split())
    if len(text.split(" ")) != 5 or not _croniter().is_valid(text):
        raise ConfigError(
            f"not a cron expression of five fields: {clip(expression)!r}; "
            "every day at six, UTC, is '0 6 * * *'"
        )
    try:
        next_tick(text, datetime.now(UTC))
    except ValueError:  # croniter looks fifty years ahead
        raise ConfigError(f"{clip(expression)!r} never happens: no month has such a day") from None
    return text


def due_tick(cron: str, last: datetime, now: datetime) -> datetime | None:
    """The latest tick after `last` that is not after `now`; None if there is none.

    Ticks that were missed in between are not made up for: what they would have read is past.
    A clock that was set back makes nothing due.
    """
    if now <= last:
        return None
    found: datetime = _croniter()(cron, _next_second(now)).get_prev(datetime)
    tick = found.astimezone(UTC)
    return tick if last < tick <= now else None


def next_tick(cron: str, now: datetime) -> datetime:
    """The first tick after `now`."""
    found: datetime = _croniter()(cron, now.astimezone(UTC)).get_next(datetime)
    return found.astimezone(UTC)


def _next_second(moment: datetime) -> datetime:
    # get_prev looks strictly before its start; a tick is a whole minute.
    return moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)


def _croniter() -> Any:  # noqa: ANN401 - it has no types
    try:
        from croniter import croniter  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise MissingExtraError("schedules need one more package", "schedule") from None
    return croniter
