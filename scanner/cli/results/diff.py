"""`scanner diff SNAPSHOT SNAPSHOT`: what changed between two snapshots."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, BinaryIO

import typer

from scanner.cli.common.console import emit, say, say_incomplete
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.cli.results.show import Jsonl
from scanner.errors import ConfigError, clip
from scanner.reports.figures import difference as comparing
from scanner.reports.figures import difference_text as texts
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import jsontext, writers
from scanner.reports.tables.text import printable
from scanner.store.database import engine
from scanner.store.reading import across, history, queries, series

Older = Annotated[str, typer.Argument(metavar="OLD", help="The earlier snapshot's id.")]
Newer = Annotated[
    str,
    typer.Argument(
        metavar="NEW",
        help="The later snapshot's id, or 'latest' of all. Default: the newest of the "
        "same publisher, networks and schedule.",
    ),
]
MOST_NAMED = 10
"""Snapshots that are offered to compare with."""
Exact = Annotated[bool, typer.Option("--exact", help="Show every amount to the last digit.")]


def diff(
    context: typer.Context,
    old: Older,
    new: Newer = "",
    exact: Exact = False,
    as_json: AsJson = False,
    jsonl: Jsonl = "",
    database: Database = None,
) -> None:
    """Show what changed between two snapshots.

    Compares totals, and lists addresses added, removed or changed in amount. --json writes the
    totals, --jsonl one object per address. The exit status is 0 whatever the differences.
    """
    if as_json and jsonl:
        raise ConfigError("--json and --jsonl cannot be used together")
    with engine.open_store(database_url(context, database)) as store:
        before = _taken(store, old)
        after = _taken(store, new or _newest_after(store, before))
        if before == after:
            what = f"snapshot {before.snapshot} cannot be compared with itself: name another one"
            raise ConfigError(what)
        _say_limits(store, before, after)
        if jsonl:
            say(*_chain_lines(store, before, after))
            with writers.whole_file(jsonl) as out:
                _write_lines(store, before, after, out)
        else:
            _show(store, before, after, "json" if as_json else "exact" if exact else "short")


def _newest_after(store: engine.Store, taken: across.Taken) -> str:
    """The newest snapshot of the same series: of its publisher, networks and schedule."""
    found = series.newest_after(store, taken.snapshot)
    if found is None:
        raise ConfigError(
            "no later complete snapshot of the same publisher, networks and schedule as snapshot "
            f"{taken.snapshot} is there to compare it with: {_instead(store, taken.snapshot)}"
        )
    return str(found)


def _instead(store: engine.Store, snapshot: int) -> str:
    """What to do where nothing comes after a snapshot."""
    earlier = series.before(store, queries.head(store, snapshot))
    if earlier is not None:
        return f"'scanner diff {earlier.id} {snapshot}' compares it with the one before"
    every = history.in_order(store, history.publisher_of(store, snapshot))
    others = [str(each) for each in every if each != snapshot]
    if not others:
        return "take another one with 'scanner snapshot FILE'"
    more = " and others" if len(others) > MOST_NAMED else ""
    return f"name one of its publisher's ({', '.join(others[:MOST_NAMED])}{more})"


def _taken(store: engine.Store, wanted: str) -> across.Taken:
    snapshot_id = queries.resolve(store, wanted)
    return across.Taken(snapshot_id, queries.head(store, snapshot_id).list_id)


def _say_limits(store: engine.Store, old: across.Taken, new: across.Taken) -> None:
    """Say what keeps a difference from meaning what it seems to, whatever form it is written in."""
    heads = [queries.head(store, taken.snapshot) for taken in (old, new)]
    for head in heads:
        if not head.complete:
            say_incomplete(head.id)
    if heads[0].publisher != heads[1].publisher:
        names = " and ".join(clip(head.publisher) for head in heads)
        say(f"these snapshots are of two publishers: {names}")
    if comparing.judged_otherwise(*heads):
        say(comparing.OTHER_RULES)
    if new.snapshot in series.earlier_in_series(store, old.snapshot):
        say(
            f"snapshot {new.snapshot} is the earlier of the two: 'now' and 'new' mean it all the "
            f"same, 'before' and 'old' mean snapshot {old.snapshot}"
        )


def _show(store: engine.Store, old: across.Taken, new: across.Taken, form: str) -> None:
    totals = [queries.totals(store, taken.snapshot) for taken in (old, new)]
    changes = comparing.compare_totals(*totals)
    if form == "json":
        emit(jsontext.pretty(_object(store, totals, changes)))
        return
    title = f"From snapshot {old.snapshot} to {new.snapshot}"
    if form == "exact":
        texts.print_changes(changes, title, sys.stdout)
    else:
        texts.print_short(changes, title, sys.stdout)
    for line in _chain_lines(store, old, new):
        sys.stdout.write(printable(line) + "\n")
    for change in across.Change:
        texts.print_differences(texts.differences(store, old, new, change), change, sys.stdout)


def _chain_lines(store: engine.Store, old: across.Taken, new: across.Taken) -> list[str]:
    """The notices of both snapshots; below the totals, for these are what is misread."""
    heads = [queries.head(store, taken.snapshot) for taken in (old, new)]
    return [
        line
        for head in heads
        for line in told.chain_lines(told.other_chains(head), f"snapshot {head.id}")
    ]


def _object(
    store: engine.Store,
    totals: Sequence[queries.SnapshotTotals],
    changes: Sequence[comparing.AssetChange],
) -> dict[str, object]:
    """The object of --json."""
    old, new = (total.snapshot for total in totals)
    heads = {"old": queries.head(store, old), "new": queries.head(store, new)}
    return {
        "old": old,
        "new": new,
        "complete": all(total.complete for total in totals),
        "publisher": {side: head.publisher for side, head in heads.items()},
        "assets": [change.to_json() for change in changes],
        told.COLUMN: {
            side: told.chain_objects(told.other_chains(head)) for side, head in heads.items()
        },
    }


def _write_lines(store: engine.Store, old: across.Taken, new: across.Taken, out: BinaryIO) -> None:
    record, compact = texts.difference_record, jsontext.compact  # for each of a million addresses
    for change in across.Change:
        for difference in texts.differences(store, old, new, change):
            out.write(compact(record(difference)))
