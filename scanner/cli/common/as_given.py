"""Values of a command line that are of the wanted type already are taken as they are given.

Typer has pydantic look at each value, also to learn that a text is a text, and to import pydantic
takes longer than many a command's own work. What has to be converted or refused is left to typer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NOT_TAKEN = object()


def take_as_given(command: Any) -> None:  # noqa: ANN401 - typer's own class, which it hides
    """Let a command ask typer only for those of its values that have to be converted."""
    known = command.get_params

    def get_params(context: object) -> list[Any]:
        parameters: list[Any] = known(context)
        for parameter in parameters:
            if "process_value" not in vars(parameter):
                parameter.process_value = _processing(parameter)
        return parameters

    command.get_params = get_params


def _processing(parameter: Any) -> Callable[[Any, Any], Any]:  # noqa: ANN401
    convert: Callable[[Any, Any], Any] = parameter.process_value

    def process(context: object, value: object) -> object:
        if (taken := _taken(parameter, value)) is _NOT_TAKEN:
            return convert(context, value)
        return parameter.callback(context, parameter, taken) if parameter.callback else taken

    return process


def _taken(parameter: Any, value: object) -> object:  # noqa: ANN401
    """What typer would make of a value, where that needs no conversion; else `_NOT_TAKEN`."""
    described = getattr(parameter, "type_descriptor", None)
    if described is None or described.parameter_info.parser is not None:
        return _NOT_TAKEN
    wanted = described.annotation
    if value is None and not parameter.required:
        return () if parameter.multiple or parameter.nargs == -1 else None
    if wanted is str and _is_text(value):
        return value
    if wanted is Path and _is_text(value) and _is_readable(str(value), described.parameter_info):
        return Path(str(value))
    if wanted is int and value is parameter.default and type(value) is int:
        return value
    if wanted == list[str] and isinstance(value, list | tuple) and value:
        return list(value) if all(map(_is_text, value)) else _NOT_TAKEN
    return _NOT_TAKEN


def _is_text(value: object) -> bool:
    """Whether it is text that can be written in UTF-8; half a character, for one, is none."""
    if type(value) is not str:
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _is_readable(path: str, asked: Any) -> bool:  # noqa: ANN401
    """Whether nothing else is asked of a path than that it can be read, if it is there, and it can.

    asked: typer's own description of the parameter.
    """
    more = asked.exists, asked.writable, asked.resolve_path, asked.allow_dash, asked.path_type
    if any(more) or not (asked.file_okay and asked.dir_okay) or "\0" in path:
        return False
    return not os.path.exists(path) or os.access(path, os.R_OK)
