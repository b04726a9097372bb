"""Who publishes reserve lists: names, aliases, known texts, own coins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from scanner.errors import ConfigError
from scanner.model.patterns import later

PERIODS: Mapping[str, int] = {"day": 1, "week": 7, "month": 31, "quarter": 92}
"""How often lists may come, and how many days that is at most."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """One publisher of the table.

    name: what it is called here. aliases: other names of it. texts: what it is known to sign as a
    claim of its addresses. tokens: assets that it issues itself. page: where it publishes.
    location: the address of its newest list, where that is always the same. every: how often it
    publishes, one of PERIODS. layout: name of its files' reader. The last four are "" where
    nothing is known.
    """

    name: str
    aliases: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    page: str = ""
    location: str = ""
    every: str = ""
    layout: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that it is called."""
        return self.name, *self.aliases

    @property
    def places(self) -> tuple[str, ...]:
        """Domains that are its own: names that are one, and those of its pages that have its name.

        A page on somebody else's server ("github.com/...") makes that server nobody's own.
        """
        keys = {name_key(name) for name in self.names}
        hosts = [host_of(page) for page in (self.page, self.location)]
        own = [host for host in hosts if keys & {name_key(label) for label in host.split(".")}]
        called = [host_of(name) for name in self.names if "." in name and " " not in name]
        return tuple(dict.fromkeys(host.removeprefix("www.") for host in (*own, *called) if host))

    @property
    def period(self) -> timedelta | None:
        """The longest time between two of its lists by its own word, None where it gives none."""
        days = PERIODS.get(self.every)
        return None if days is None else timedelta(days=days)


class Publishers:
    """Looks publishers up. Names are compared without case, spaces and punctuation.

    Raises ConfigError if two publishers share a name.
    """

    def __init__(self, publishers: Iterable[Publisher]) -> None:
        self.all: Mapping[str, Publisher] = {p.name: p for p in publishers}
        self._by_name: dict[str, Publisher] = {}
        for publisher in self.all.values():
            for name in publisher.names:
                if self._by_name.setdefault(name_key(name), publisher) is not publisher:
                    raise ConfigError(f"two publishers are called {name!r} in the table")

    def find(self, name: str) -> Publisher | None:
        """The publisher of a name or alias, None if the table has none."""
        return self._by_name.get(name_key(name))

    def known(self, name: str) -> Publisher:
        """The same, or one of which nothing but the name is known."""
        return self.find(name) or Publisher(name)

    def named_in(self, text: str) -> Iterator[Publisher]:
        """The table's publishers that a text names, in the table's order."""
        return (p for p in self.all.values() if any(names(text, name) for name in p.names))


def name_key(name: str) -> str:
    """What makes two spellings one name: "Gate.io" and "gate-io" are the same."""
    plain = "".join(c for c in name.casefold() if c.isalnum())
    return plain or name.casefold()


def host_of(place: str) -> str:
    """The host of an address of the web, or a bare name of one, in lower case; "" if it is none."""
    found = _HOST().fullmatch(place.strip().casefold())
    return found[1].rstrip(".") if found else ""


_HOST = later(
    r"(?:https?://)?((?:[a-z0-9_-]{1,63}\.){0,8}[a-z0-9_-]{1,63}\.?)(?::[0-9]{1,5})?(?:[/?#].*)?",
    re.ASCII | re.DOTALL,
)


def names(text: str, name: str) -> bool:
    """Whether a text has the name as words of its own: "OKX" is not in "BOOKX"."""
    parts = [re.escape(part) for part in re.split(r"[\W_]+", name.casefold()) if part]
    if not parts:
        return False
    pattern = r"[\W_]{0,3}".join(parts)
    return re.search(rf"(?<![^\W_]){pattern}(?![^\W_])", text.casefold()) is not None


def publisher_of_file(name: str, table: Publishers) -> str:
    """Whose list a file is by its name: without endings, dates and copy marks.

    "okx_por_20260926 (1).csv" is okx's where the table knows okx; "northbank_2026-09-26.csv" is
    northbank's. A name of which nothing else is left stays as it is.
    """
    stem = _ENDINGS().sub("", name) or name
    named = list(table.named_in(stem))
    if len(named) == 1:
        return named[0].name
    rest = stem
    while (shorter := _TAIL().sub("", _HEAD().sub("", rest))) != rest and shorter:
        rest = shorter
    return rest if any(c.isalpha() for c in rest) else stem


_ENDINGS = later(
    r"(?:\.(?:csv|tsv|txt|jsonl?|ya?ml|xlsx|ods|gz|zip|tar|tgz|xz|bz2|zst|7z))+$", re.IGNORECASE
)
_DATE = (
    r"(?:20[0-9]{2}(?:[-_. ]?(?:0[1-9]|1[0-2])(?:[-_. ]?(?:0[1-9]|[12][0-9]|3[01]))?"
    r"|[-_. ]?q[1-4])?"
    r"|(?:0[1-9]|[12][0-9]|3[01])[-_. ](?:0[1-9]|1[0-2])[-_. ]20[0-9]{2}"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[-_. ]?(?:20[0-9]{2})?)"
)
_COPY = r"(?:\([0-9]{1,3}\)|copy|kopie|final|v[0-9]{1,3})"
_TAIL = later(rf"(?:[-_. ]+{_DATE}|[-_. ]*\([0-9]{{1,3}}\)|[-_. ]+{_COPY})$", re.IGNORECASE)
_HEAD = later(rf"^(?:{_DATE}[-_. ]+|copy of )", re.IGNORECASE)
