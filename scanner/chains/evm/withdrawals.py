"""Goes through all validators of one state, page by page, for those that a reader wants to know.

The beacon API cannot search. Validators are numbered from 0 without a gap, so asking by number and
missing none is a proof of having seen all, as far as an endpoint's word goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from scanner.chains.evm.beacon_api import PAGE, BeaconNode
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import winner
from scanner.chains.fleet.settle import canvass
from scanner.chains.interface import SearchProgress, Wanted
from scanner.errors import SourceRejectedError
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.validator import Difference, FoundValidators, Validator

KEPT: Final = 1_000
"""Differences that are kept to be told; the rest is counted."""

Pages = Mapping[str, Sequence[Validator]]
"""Endpoint -> its validators from the same index on."""


class Search:
    """One search. pool: beacon endpoints. block_of: the beacon block to read at one of them.

    quorum: operators that must say the same of every validator that one of them says is wanted,
    and of the place where the list ends. Where they differ, further operators are asked.
    page: validators in one request.
    """

    def __init__(
        self,
        pool: Pool[BeaconNode],
        block_of: Callable[[BeaconNode], BlockRef],
        wanted: Wanted,
        quorum: int,
        page: int = PAGE,
    ) -> None:
        self._pool, self._block_of, self._wanted = pool, block_of, wanted
        self._quorum, self._size = quorum, page
        self._found: list[Validator] = []
        self._differences: list[Difference] = []
        self._unsettled = 0
        self._sources: set[str] = set()

    def run(self, progress: SearchProgress | None = None) -> FoundValidators:
        """Look at every validator. Raises SourceError rather than leave one out."""
        about = self._pool.run(lambda n: n.estimate(self._block_of(n)))[0] if progress else 0
        seen, ended = 0, False
        while not ended:
            pages = self._read(seen)
            self._sources |= pages.keys()
            length, ended = self._take(pages, seen)
            seen += length
            if progress is not None:
                progress(1.0 if ended else min(seen / max(about, seen, 1), 1.0), seen)
        self._check_keys()
        return FoundValidators(
            tuple(self._found),
            seen,
            Evidence.REPORTED if self._quorum == 1 else Evidence.AGREED,
            tuple(sorted(self._sources)),
            tuple(self._differences),
            self._unsettled,
        )

    def _read(self, start: int) -> Pages:
        """The page from an index on, from as many operators as it takes."""
        pages: dict[str, Sequence[Validator]] = {}

        def heard(node: BeaconNode, page: Sequence[Validator]) -> bool:
            pages[node.name] = page
            return len(pages) < self._quorum or self._open(pages, start)

        canvass(
            self._pool,
            lambda n: n.page(start, self._block_of(n), self._size),
            heard,
            self._quorum,
        )
        return pages

    def _open(self, pages: Pages, start: int) -> bool:
        """Whether there is something on which no answer has won."""
        places = self._places(pages, start)
        return any(winner(_said(pages, p, start).items(), self._quorum) is None for p in places)

    def _places(self, pages: Pages, start: int) -> list[int]:
        """The indexes that matter: of validators that somebody says are wanted, and of the ends.

        An end is the first index without a validator; one that all have in common is left out.
        """
        places = {v.index for page in pages.values() for v in page if self._wanted(v)}
        ends = {start + len(page) for page in pages.values()}
        return sorted(places | ends - {max(ends)})

    def _take(self, pages: Pages, start: int) -> tuple[int, bool]:
        """Keep what won. Returns how many validators there are, and whether these are the last."""
        length = max(len(page) for page in pages.values())
        ended = length < self._size
        for place in self._places(pages, start):
            said = _said(pages, place, start)
            answer = winner(said.items(), self._quorum)
            if answer is None or len(set(said.values())) > 1:
                self._differ(Difference(place, said, answer is not None))
            if answer is None:
                ended |= None in said.values()  # who says it ends here cannot say what follows
                continue
            (validator,) = answer
            if validator is None:
                length, ended = min(length, place - start), True
            elif self._wanted(validator):
                self._found.append(validator)
        return length, ended

    def _differ(self, difference: Difference) -> None:
        self._unsettled += not difference.settled
        if len(self._differences) < KEPT:
            self._differences.append(difference)

    def _check_keys(self) -> None:
        """Make sure that no key stands at two indexes: its balance would count twice."""
        if len({v.key for v in self._found}) < len(self._found):
            key = Counter(v.key for v in self._found).most_common(1)[0][0]
            names = ", ".join(sorted(self._sources))
            raise SourceRejectedError(names, f"has validator {key} at two indexes")


def _said(pages: Pages, index: int, start: int) -> dict[str, Validator | None]:
    """What each endpoint says of one index; None: that the state has no such validator."""
    place = index - start
    return {name: page[place] if place < len(page) else None for name, page in pages.items()}
