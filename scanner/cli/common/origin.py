"""What a snapshot was asked for with: kept with it, and written out under "How to repeat it"."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

LEFT_OUT = ("database", "endpoints", "as_json")
"""Parameters that name a place of this machine or a form of output: not part of the question."""


def arguments_of(context: typer.Context) -> tuple[str, ...]:
    """The options of the running command as given, in the order of its help.

    Files are named without their folders; see `scanner.snapshots.interface.Origin`.
    """
    words: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if parameter.param_type_name != "option" or name in LEFT_OUT or not given:
            continue
        option, value = max(parameter.opts, key=len), context.params[name]
        if value is True:
            words.append(option)
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [option, Path(one).name if isinstance(one, Path) else str(one)]
    return tuple(words)


def file_time(file: Path) -> str:
    """When a file was last changed, ISO 8601 in UTC; "" where the system does not say."""
    try:
        changed = file.stat().st_mtime_ns // 10**9
    except OSError:
        return ""
    return datetime.fromtimestamp(changed, UTC).isoformat()
