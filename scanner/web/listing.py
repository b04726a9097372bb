"""Lists of a snapshot as readers want them: what is false first, one line for each publisher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.model.finding import Weight
from scanner.web import answers, drawing
from scanner.web.site import Site

Json = Mapping[str, Any]

WEIGHED = {
    Weight.FALSE: ("false", "False"),
    Weight.UNSHOWN: ("not-verified", "Not verified"),
    Weight.NOTE: ("note", "Notes"),
}
"""The word that an address asks for all kinds of a weight with, and its heading."""


def finding_sections(site: Site, wanted: str, kind: str, after: str, limit: int) -> list[Json]:
    """The findings by weight, the worst first, each up to `limit`; of one kind, one section.

    Each has `kind`, what its next page is asked for with, and `title`.
    """
    if kind or after:
        return [{**answers.findings(site, wanted, kind, after, limit), "kind": kind, "title": ""}]
    found = {weight for _, weight, _ in drawing.kinds_of(site, site.head(wanted).id)}
    return [
        {**answers.findings(site, wanted, word, "", limit), "kind": word, "title": title}
        for weight, (word, title) in WEIGHED.items()
        if weight.value in found
    ]


def weights_of(kinds: Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Each weight that was found: word, heading, how many findings. kinds: of `kinds_of`."""
    counts: dict[str, int] = {}
    for _, weight, count in kinds:
        counts[weight] = counts.get(weight, 0) + count
    return [
        (word, title, counts[weight.value])
        for weight, (word, title) in WEIGHED.items()
        if weight.value in counts
    ]


def once_each(claims: Iterable[Json]) -> list[Json]:
    """Claims of one address, newest first: the newest of each publisher, and how old the same is.

    Two rows of one list, other holdings and other spellings stay lines of their own. `before`: how
    many older lists of the publisher claim the same; `since`: the oldest of them.
    """
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    lines: list[Json] = []
    for claim in claims:
        same = tuple(claim[name] for name in ("publisher", "asset", "network", "address"))
        line = newest.setdefault(same, {**claim, "before": 0, "since": None})
        if _read(claim) == _read(line):
            lines.append(line if line["no"] == claim["no"] else claim)
        elif line["since"] is None or _read(claim) != _read(line["since"]):
            line.update(before=line["before"] + 1, since=claim)
    return lines


def _read(claim: Json) -> tuple[Any, ...]:
    """The reading of a list that a claim is in."""
    return claim["list"], claim["snapshot"]
