"""The one place that knows every command: its name, its module, and one line of help.

A module is imported when its command is called or its own help is asked for, and what it imports
as modules waits until it is used (`scanner.cli.common.later`): so help stays quick and every file
imports at its top. A new command is a file and a row here.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any, cast

import typer
from typer.core import TyperGroup

from scanner.cli.common import hints
from scanner.cli.common.as_given import take_as_given
from scanner.cli.common.examples import epilog
from scanner.cli.common.later import imported_when_used
from scanner.model.named import named


@dataclass(frozen=True, slots=True)
class Entry:
    """One command, or a group of commands, as the first page of help shows it.

    place: "module:name" below `scanner.cli`; the name is a function (a command) or a `typer.Typer`
    (a group). section: the heading it stands under. A name of two words is a command of its own
    beside the one of the first: `scanner report verify FILE`, and `scanner report SNAPSHOT`.
    """

    name: str
    place: str
    help: str
    section: str


_CHECK, _RESULTS, _MORE, _SERVICE = "Check a list", "Results", "More evidence", "Operation"

ENTRIES: tuple[Entry, ...] = (
    Entry("init", "operations.init:init", "Write settings to start from.", _CHECK),
    Entry("lists", "lists.lists:app", "Inspect published lists.", _CHECK),
    Entry("verify", "ownership.verify:verify", "Check the signatures of a list, offline.", _CHECK),
    Entry("doctor", "endpoints.doctor:doctor", "Test a list's networks before a long run.", _CHECK),
    Entry(
        "snapshot",
        "snapshots.snapshot:snapshot",
        "Verify a list against the chains and save the result.",
        _CHECK,
    ),
    Entry("resume", "snapshots.resume:resume", "Continue an interrupted snapshot.", _CHECK),
    Entry(
        "challenge", "lists.challenge:challenge", "Make a fresh message for a publisher.", _CHECK
    ),
    Entry("totals", "results.totals:totals", "Show totals by strength of evidence.", _RESULTS),
    Entry("value", "results.value:value", "Show the totals in US dollars.", _RESULTS),
    Entry("show", "results.show:show", "List the findings of a snapshot.", _RESULTS),
    Entry("diff", "results.diff:diff", "Compare two snapshots.", _RESULTS),
    Entry("report", "results.report:report", "Write a snapshot's report.", _RESULTS),
    Entry(
        "report verify",
        "results.report_verify:report_verify",
        "Check a report without the database.",
        _RESULTS,
    ),
    Entry("export", "results.export:export", "Write a table to a file.", _RESULTS),
    Entry("serve", "operations.serve:serve", "Serve results as web pages and as JSON.", _RESULTS),
    Entry("liabilities", "liabilities.liabilities:app", "Import and check liabilities.", _MORE),
    Entry("prices", "operations.prices:app", "Save prices in US dollars.", _MORE),
    Entry("validators", "endpoints.validators:validators", "Find validators of an address.", _MORE),
    Entry(
        "verify-message", "ownership.verify_message:verify_message", "Check one message.", _CHECK
    ),
    Entry(
        "verify-transactions",
        "ownership.verify_transactions:verify_transactions",
        "Check proofs of control by transaction.",
        _MORE,
    ),
    Entry("proofs", "endpoints.proofs:app", "Check stored state proofs.", _MORE),
    Entry("endpoints", "endpoints.endpoints:app", "Check endpoints.", _SERVICE),
    Entry("db", "operations.db:app", "Maintain the database.", _SERVICE),
    Entry("prune", "operations.prune:prune_", "Delete the rows of old snapshots.", _SERVICE),
    Entry("pruned", "operations.prune:pruned", "Show what is left of them.", _SERVICE),
    Entry("worker", "operations.worker:worker", "Run schedules and queued work.", _SERVICE),
    Entry("status", "operations.status:status", "Show snapshots, schedules, queue.", _SERVICE),
    Entry("schedule", "operations.schedule:app", "Run snapshots on a schedule.", _SERVICE),
    Entry(
        "publishers",
        "operations.publishers:app",
        "Name, rename and merge publishers.",
        _SERVICE,
    ),
    Entry("alerts", "operations.alerts:app", "Send alerts.", _SERVICE),
    Entry("demo", "operations.demo:demo", "Audit an invented list with planted faults.", _SERVICE),
)
"""Every command, in the order of the first page of help."""


class _Commands(MutableMapping[str, Any]):
    """Commands by name, each made when it is first asked for."""

    def __init__(self) -> None:
        self._entries = {entry.name: entry for entry in ENTRIES}
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typer's own class, which it hides
        if name not in self._made:
            self._made[name] = _make(self._entries[name])
        return self._made[name]

    def __setitem__(self, name: str, command: object) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _make(entry: Entry) -> Any:  # noqa: ANN401
    made = _command(entry)
    for command in (made, *getattr(made, "commands", {}).values()):
        take_as_given(command)
        command.invoke = _remembering(command.invoke)
    return made


def _remembering(invoke: Any) -> Any:  # noqa: ANN401
    """Carry out a command, and let hints repeat what it was given, before or behind its name."""

    def remembering(context: Any) -> Any:  # noqa: ANN401
        above = context.find_root().params.get("database")
        given = dict(context.params)
        hints.remember({**given, "database": given.get("database") or above})
        return invoke(context)

    return remembering


def _command(entry: Entry) -> Any:  # noqa: ANN401
    with imported_when_used():
        found = named(f"cli.{entry.place}")
    if isinstance(found, typer.Typer):
        group = typer.main.get_group(found)
        group.name, group.epilog = entry.name, epilog(entry.name)
        for command in getattr(group, "commands", {}).values():
            # Typer cuts a summary after 45 characters, in the middle of what it says.
            command.short_help = command.short_help or _first_sentence(command.help or "")
        return group
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.command(entry.name, epilog=epilog(entry.name))(found)
    return typer.main.get_command(alone)


def _first_sentence(text: str) -> str:
    """Of a help text: up to the first full stop that a blank or the end follows."""
    words = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    return words.partition(". ")[0].rstrip(".") + "." if words else ""


class CommandTable(TyperGroup):
    """The `scanner` command: its subcommands are the table's rows."""

    def __init__(self, **arguments: Any) -> None:  # noqa: ANN401
        super().__init__(**arguments)
        take_as_given(self)
        self.commands = cast(MutableMapping[str, Any], _Commands())

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Find the command; two words of the line that the table names are one name."""
        if (two := " ".join(args[:2])) in self.commands:
            return two, self.commands[two], args[2:]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the table, section by section, without importing a command."""
        del ctx
        for section in dict.fromkeys(entry.section for entry in ENTRIES):
            with formatter.section(section):
                rows = [(e.name, e.help) for e in ENTRIES if e.section == section]
                formatter.write_dl(rows)
