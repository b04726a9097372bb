"""Holds a report's twin to the database that it is of, for somebody who has both.

The database's own chain covers what no seal of a snapshot does: liabilities, prices, findings that
came later. So `db check --head` and this together hold all of a report to one head.
"""

from __future__ import annotations

from sqlalchemy import select

from scanner.model.jsontext import own_json
from scanner.reports.documents.document import report_document
from scanner.reports.documents.twin import Json, Twin
from scanner.reports.documents.twin_checks import Check, CheckState
from scanner.reports.tables.jsontext import compact
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t

_OWN = ("format", "version", "limits", "prepared", "history")
"""What is of the program, the writer or earlier snapshots, and not of this snapshot."""


def held_to(store: Store, twin: Twin) -> Check:
    """Whether the database gives every part of the report. Raises SnapshotPrunedError.

    What differs is not called false: liabilities, prices, names and findings may be recorded after
    a report was written.
    """
    said = twin.document
    snapshot_id = _of_seal(store, said["snapshot"])
    if snapshot_id is None:
        what = "no snapshot of the database has this seal"
        return Check("database", CheckState.FALSE, what)
    given: Json = own_json(compact(report_document(store, snapshot_id)))
    other = _parts(said, given)
    if other:
        what = (
            f"the database gives other {', '.join(other)}: recorded since the report was written, "
            "or changed in it"
        )
        return Check("database", CheckState.NOT_CHECKED, what)
    what = "the database gives every part of it ('scanner db check --head HEX' checks the database)"
    return Check("database", CheckState.HOLDS, what)


def _of_seal(store: Store, snapshot: Json) -> int | None:
    """The snapshot of that seal: the one of that id first, for two may have found the same."""
    if not snapshot["seal"]:
        return None
    c = t.snapshot.c
    query = select(c.id).where(c.chain_head == snapshot["seal"]).order_by(c.id != snapshot["id"])
    with store.read() as connection:
        found = connection.execute(query.limit(1)).scalar()
    return None if found is None else int(found)


def _parts(said: Json, given: Json) -> list[str]:
    """Keys of the report whose contents differ, in its order; keys that only one has, too."""
    names = [name for name in dict.fromkeys([*said, *given]) if name not in _OWN]
    return [name for name in names if _compared(said.get(name)) != _compared(given.get(name))]


def _compared(part: object) -> object:
    """A part without the head, which every later import moves on, its findings in today's words."""
    if isinstance(part, dict) and "newest_head" in part:
        return {name: value for name, value in part.items() if name != "newest_head"}
    if isinstance(part, list):
        return [
            _found(each) if isinstance(each, dict) and "examples" in each else each for each in part
        ]
    return part


def _found(kind: Json) -> Json:
    return {**kind, "examples": [_in_words_of_now(each) for each in kind["examples"]]}


def _in_words_of_now(example: Json) -> Json:
    """A finding's example; older programs named the row of an unreadable one in its reason, too."""
    reason = str(example["reason"])
    for place in (f"row {example['row']}: ", f"row {example['row']}, "):
        if reason.startswith(place) and (place[-2] == ":" or reason.startswith(f"{place}field ")):
            return {**example, "reason": reason.removeprefix(place)}
    return example
