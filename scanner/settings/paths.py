"""Where things lie: shipped tables and migrations, and the user's own data folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(folder: str) -> Path:
    """Find a shipped folder ("config", "migrations"): inside the wheel, else in the checkout."""
    inside = _PACKAGE / f"_{folder}"
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def data_folder() -> Path:
    """The user's data folder, `SCANNER_DATA` or the platform's usual place. Not created here."""
    chosen = os.environ.get("SCANNER_DATA")
    if chosen:
        return Path(chosen)

    return Path(platformdirs.user_data_dir("reserve-scanner"))
