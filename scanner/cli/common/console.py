"""Where words and data go: data on stdout, words for people on stderr, nothing raw from a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress

import typer

from scanner.cli.common.hints import repeating
from scanner.model.finding import Weight, exit_status
from scanner.reports.tables.text import printable, redacted


def say(*lines: str) -> None:
    """Write lines for people to stderr, made harmless for a terminal and free of secrets.

    A newline inside a line is shown as an escape: text from a file cannot forge a line of ours.
    Commands that they name repeat options of this one (`scanner.cli.common.hints`).
    Words that stderr does not take (a full disk, a reader who left) are lost: the exit status
    still says what was found, and an error in place of it would mean something else.
    """
    with suppress(OSError):
        for line in lines:
            sys.stderr.write(printable(redacted(repeating(line))) + "\n")
        sys.stderr.flush()


def say_incomplete(snapshot_id: int) -> None:
    """Say that nothing of a snapshot is settled yet."""
    say(
        f"scanner: snapshot {snapshot_id} is INCOMPLETE: balances that were not read yet are "
        f"unknown, not zero; run 'scanner resume {snapshot_id}' to finish"
    )


def emit(data: bytes) -> None:
    """Write data to stdout as it is. Raises BrokenPipeError when the reader has gone."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def emit_lines(lines: Iterable[str]) -> None:
    """Write lines for people to stdout, each made harmless for a terminal and of one line.

    A publisher's names of coins and files stand in them: none may forge a line of ours, or move
    the cursor over one. Raises as `emit`.
    """
    emit("".join(f"{printable(line)}\n" for line in lines).encode())


def finish(weights: Iterable[Weight]) -> None:
    """End the command with the exit status of what was found."""
    raise typer.Exit(exit_status(set(weights)))
