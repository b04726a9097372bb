"""How a line of a log looks, as a command is told; apart, for structlog is slow to import."""

from __future__ import annotations

from enum import StrEnum

VARIABLE = "SCANNER_LOG_FORMAT"
"""Environment variable with the format, for processes of `scanner serve`."""


class LogFormat(StrEnum):
    """How a line looks."""

    TEXT = "text"
    JSON = "json"
