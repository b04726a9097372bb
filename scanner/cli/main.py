"""The `scanner` command: runs one subcommand, and makes one line of whatever error ends it.

Exit status: 0 everything asked for was verified; 1 something was found false; 3 nothing false, but
something could not be verified; 2 the command could not run.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from typing import Annotated

import typer

from scanner import __version__
from scanner.cli.common import hints, streams
from scanner.cli.common.console import say
from scanner.cli.common.old_forms import modern
from scanner.cli.common.options import Database, Globals
from scanner.cli.table import CommandTable
from scanner.errors import ScannerError, why
from scanner.settings.environment import mistyped

COULD_NOT_RUN = 2
INTERRUPTED = 130
READER_GONE = 141

app = typer.Typer(
    name="scanner",
    cls=CommandTable,
    help="Checks published proof-of-reserves lists against the chains.",
    epilog="Exit status: 0 all verified, 1 something false, 3 nothing false but something not "
    "verified, 2 could not run.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"scanner {__version__}\n")
        raise typer.Exit


@app.callback()
def _globals(
    context: typer.Context,
    database: Database = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    context.obj = Globals(database)


def main() -> None:
    """Run the command line of this process and leave with its exit status."""
    if "_SCANNER_COMPLETE" in os.environ:
        app(prog_name="scanner")
    collect_rarely()
    streams.name_errors()
    status = run(sys.argv[1:])
    if status == INTERRUPTED:  # what is under way may last: another Ctrl-C does not wait for it
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        streams.drop_stdout()
    streams.let_go_of_stdout()
    sys.exit(status)


def collect_rarely() -> None:
    """Let the garbage collector look for cycles more seldom than Python does by itself.

    Rows by the hundred thousand are alive at once and hold none: looking for some every 700 objects
    took a fifth of a snapshot's time.
    """
    gc.set_threshold(100_000, 50, 50)


def run(arguments: list[str]) -> int:
    """Run one command line. Returns the exit status; every error is one line on stderr."""
    streams.escape_what_cannot_be_shown()
    hints.remember({})
    say(*mistyped(os.environ))
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError as e:
        return _reader_gone(e)
    except KeyboardInterrupt:
        say("scanner: stopped")
        return INTERRUPTED
    except ScannerError as e:
        return _failed(e, str(e))
    except OSError as e:
        return _failed(e, f"{e.filename}: {e.strerror}" if e.filename else why(e))
    except Exception as e:  # the last line of defence: a bug must not pass for a result
        what = f"internal error: {type(e).__name__}: {e}"
        return _failed(e, f"{what} (SCANNER_DEBUG=1 shows where)")
    return status


def _dispatch(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("scanner", modern(arguments)) as context:
            command.invoke(context)
    except typer.Exit as e:
        return e.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as e:
        return _usage(e)
    return 0


def _usage(error: typer.TyperException) -> int:
    """Say what is wrong with the arguments; typer's own words, on one line."""
    context: typer.Context | None = getattr(error, "ctx", None)
    path = context.command_path if context else "scanner"
    message = " ".join(error.format_message().split())
    if type(error).__name__ == "NoArgsIsHelpError":
        say(*error.format_message().splitlines())
    elif type(error).__name__ == "NoSuchOption" and path.endswith("verify-message"):
        words = "what is no option and begins with '-', a text or a signature, stands behind '--'"
        say(f"scanner: {message} ({words}: {path} -- ADDRESS MESSAGE SIGNATURE)")
    else:
        say(f"scanner: {message} (try '{path} --help')")
    return COULD_NOT_RUN


def _failed(error: Exception, message: str) -> int:
    if os.environ.get("SCANNER_DEBUG"):
        say(*"".join(traceback.format_exception(error)).splitlines())
    say(f"scanner: {message}")
    return COULD_NOT_RUN


def _reader_gone(error: BrokenPipeError) -> int:
    """Drop what the reader of stdout, or of a pipe, did not want; Python would complain at exit."""
    say(f"scanner: {error.filename or 'stdout'}: its reader left before all was written")
    streams.drop_stdout()
    return READER_GONE
