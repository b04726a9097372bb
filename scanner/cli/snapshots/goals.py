"""Reads --budget and --coverage."""

from __future__ import annotations

import re
from fractions import Fraction

from scanner.errors import ConfigError, clip
from scanner.snapshots import goal

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_goal(budget: str, coverage: str) -> goal.Goal:
    """When a run is to end. "" is no end. Raises ConfigError for what is neither."""
    return goal.Goal(_seconds(budget), _share(coverage))


def _seconds(text: str) -> float | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,6})\s*([smhd])", text.strip(), re.ASCII)
    if match is None:
        raise ConfigError(f"--budget: {clip(text)!r} is not a length of time: write 90s, 30m or 2h")
    return float(int(match[1]) * _UNITS[match[2]])


def _share(text: str) -> Fraction | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,9})?)\s*%", text.strip(), re.ASCII)
    share = Fraction(match[1]) / 100 if match else None
    if share is None or not 0 < share <= 1:
        raise ConfigError(f"--coverage: {clip(text)!r} is not a percentage: write 99% or 99.5%")
    return share
