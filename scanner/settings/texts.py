"""The text of a file of settings: read within a limit, said in one line if it cannot be."""

from __future__ import annotations

from pathlib import Path

from scanner.errors import ConfigError

LARGEST = 1_000_000
"""Bytes of a file of settings."""


def read_settings(path: Path, what: str) -> str:
    """A file's text, without a byte order mark. what: the file in words ("the alert file").

    Raises ConfigError for a file that cannot be read, is larger than LARGEST, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ConfigError(f"{path.name}: larger than {LARGEST:,} bytes")
        return raw.decode("utf-8-sig")
    except OSError as e:
        raise ConfigError(f"cannot read {what} {path}: {e.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: not UTF-8 text") from None
