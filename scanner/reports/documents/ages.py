"""How old the signed messages are: rows by the days that their texts name, against the balances.

Drawn as a histogram that lies on its side: words, bar, rows. A date is what its writer put there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from scanner.ownership.freshness import named_day
from scanner.reports.documents.bars import Segment, stacked_bar
from scanner.reports.figures.amounts import counted_rows
from scanner.store.database.engine import Store
from scanner.store.reading.coverage import dated_texts, freshness_counts

Json = Mapping[str, Any]
Object = dict[str, object]

_UP_TO = (
    (1, "at most a day before the balances"),
    (7, "up to a week before"),
    (31, "up to a month before"),
    (366, "up to a year before"),
)
_OLDER = "more than a year before"
_AFTER = "dated after the balances"
_DATED = "has a date, but the day is not known"


def signed_days(store: Store, snapshot_id: int) -> list[Object]:
    """Rows by the latest day that their text names, oldest first; texts without one are left out.

    Only texts that count as dated: one that names a block is tied to it, whatever else it says.
    """
    found: Counter[date] = Counter()
    for message, rows in dated_texts(store, snapshot_id):
        day = named_day(message)
        if day is not None:
            found[day] += rows
    return [{"day": day.isoformat(), "rows": rows} for day, rows in sorted(found.items())]


def ages(store: Store, snapshot_id: int) -> Mapping[str, int]:
    """Rows by how tightly their text is tied to a time."""
    return freshness_counts(store, snapshot_id)


def histogram(document: Json) -> list[tuple[str, Markup, str]]:
    """(words, bar, rows) of each age that some rows have; [] where nothing was judged."""
    counts: Mapping[str, int] = document["ages"]
    dated = _dated(document)
    rest = counts.get("dated", 0) - sum(dated.values())
    lines = [
        ("names a block", "age-block_stamped", counts.get("block_stamped", 0)),
        *((words, "age-dated", dated[words]) for words in _words()),
        (_DATED, "age-dated", rest),
        ("says no time", "age-static", counts.get("static", 0)),
        ("no signature, or none that could be read", "age-none", counts.get("none", 0)),
    ]
    most = max((rows for _, _, rows in lines), default=0)
    return [
        (words, _bar(css, rows, most), counted_rows(rows)) for words, css, rows in lines if rows
    ]


def _words() -> list[str]:
    return [_AFTER, *(words for _, words in _UP_TO), _OLDER]


def _dated(document: Json) -> Counter[str]:
    """Rows by age in words; none where no block has a time, or the twin has no days."""
    times = sorted(block["time"] for block in document["blocks"] if block["time"])
    found: Counter[str] = Counter()
    if not times:
        return found
    first, last = (date.fromisoformat(time[:10]) for time in (times[0], times[-1]))
    for signed in document.get("signed_days", ()):
        day = date.fromisoformat(signed["day"])
        found[_age((first - day).days, late=day > last)] += signed["rows"]
    return found


def _age(days: int, *, late: bool) -> str:
    if late:
        return _AFTER
    return next((words for most, words in _UP_TO if days <= most), _OLDER)


def _bar(css: str, rows: int, most: int) -> Markup:
    drawn = stacked_bar([Segment(css, counted_rows(rows), rows)], most, counted_rows(rows))
    return Markup(drawn)  # noqa: S704 - made and escaped by bars.py
