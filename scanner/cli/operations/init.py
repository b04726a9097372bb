"""`scanner init`: settings to start from, each line explained, nothing asked."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from scanner.cli.common.console import say
from scanner.errors import InputError
from scanner.settings.paths import shipped

FILES = ("endpoints.toml", "publishers.toml", "alerts.toml", "scanner.env")
"""What is made, of the files of these names in config/start."""
_PLACE = re.compile(r"FOLDER/([a-z.]+)")
"""A file of the folder, in scanner.env."""

Folder = Annotated[
    Path,
    typer.Argument(metavar="[FOLDER]", help="Folder for the settings; created if it is missing."),
]


def init(folder: Folder = Path("scanner-settings")) -> None:
    """Write settings to start from: endpoints, publishers, alerts, and where they are found.

    As written they change nothing: every setting is explained, and examples are comments. It
    uses no network and overwrites no file.
    """
    place = folder.absolute()
    if not str(place).isprintable():
        raise InputError("the folder's name has control characters: name another one")
    _refuse_to_overwrite(folder)
    _write_all(folder, place)
    for name in FILES:
        say(f"{folder / name} written")
    env = quote(str(place / "scanner.env"))
    say(
        f"Next: . {env}    # then the files are found",
        "      scanner doctor LIST    # which endpoints answer at your list's heights",
        "      scanner snapshot LIST",
    )


def _write_all(folder: Path, place: Path) -> None:
    """Write every file, or none: what was made is taken away again.

    place: the folder's absolute path. Raises OSError naming the file that could not be written.
    """
    missing = [above for above in (place, *place.parents) if not above.exists()]
    made: list[Path] = []
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            text = (shipped("config") / "start" / name).read_text("utf-8")
            if name == "scanner.env":
                text = _placed(text, place)
            # For the owner alone: keys and passwords are filled in, and nobody looks at modes then.
            file = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            made.append(place / name)
            with open(file, "w", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as e:
        for path in made:
            path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody else's file may be in one by now
            for above in missing:
                above.rmdir()
        where = folder / made[-1].name if made and e.filename is None else folder
        raise OSError(e.errno, f"{e.strerror}: nothing was written", str(where)) from None


def _refuse_to_overwrite(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} exists and is not a folder: name another one")
    there = [name for name in FILES if (folder / name).is_symlink() or (folder / name).exists()]
    if there:
        raise InputError(f"{folder} has {', '.join(there)} already: nothing was written")


def _placed(text: str, place: Path) -> str:
    """scanner.env with the folder in it, each file as one word of the shell."""

    def word(found: re.Match[str]) -> str:
        return quote(str(place / found[1]))

    return _PLACE.sub(word, text)
