"""Which database to use, with its password kept out of command lines and environment."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from scanner.errors import ConfigError, why
from scanner.settings.paths import data_folder

_SQLITE = "sqlite:///"


def database_url(chosen: str = "") -> str:
    """The database URL to open.

    chosen: what the command line says, a URL or a SQLite file's name; else `SCANNER_DATABASE`;
    else a SQLite file in the user's data folder. If `SCANNER_DATABASE_PASSWORD_FILE` names a file
    and the URL has a user and no password, the password is read from it. The result may hold a
    secret: never print it.
    Raises ConfigError if the password file cannot be read.
    """
    url = chosen or os.environ.get("SCANNER_DATABASE", "")
    if not url:
        return sqlite_url(data_folder() / "scanner.db")
    if "://" not in url:
        return sqlite_url(url)
    file = os.environ.get("SCANNER_DATABASE_PASSWORD_FILE")
    return _with_password(url, Path(file)) if file and not url.startswith("sqlite") else url


def sqlite_url(file: str | Path) -> str:
    """The URL of a SQLite file, whatever is in its name: a URL ends its path at a '?'."""
    return f"sqlite:///{str(file).replace('%', '%25').replace('?', '%3F')}"


def sqlite_file(url: str) -> Path | None:
    """The file that a SQLite URL names, None for another database's."""
    return Path(unquote(url.removeprefix(_SQLITE))) if url.startswith(_SQLITE) else None


def password_of(url: str) -> str:
    """The password in a database URL, as it must be hidden; "" if there is none."""
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""


def _with_password(url: str, file: Path) -> str:
    parts = urlsplit(url)
    if parts.password is not None or parts.username is None:
        return url
    try:
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(
            f"cannot read the database password from {file} (SCANNER_DATABASE_PASSWORD_FILE): "
            f"{why(e)}"
        ) from e
    _, _, place = parts.netloc.rpartition("@")
    netloc = f"{parts.username}:{quote(password, safe='')}@{place}"
    return urlunsplit(parts._replace(netloc=netloc))
