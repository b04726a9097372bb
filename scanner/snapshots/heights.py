"""Settles which block each height of a snapshot is, by their times, before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from scanner.chains.interface import BalanceSource, Counted, HeightCounter, Reach
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceError
from scanner.model.block import BlockRef
from scanner.snapshots.asking import (
    ChunkFailedError,
    Tools,
    asked,
    plausible,
    side_by_side,
    vouched_by_user,
)
from scanner.snapshots.moments import fitting, moment_of, named_day
from scanner.snapshots.values import SnapshotPolicy

Key = tuple[str, int | None]
"""A network and the height that a list states, None for the newest."""

SourceOf = Callable[[str], BalanceSource | None]

Settled = Mapping[Key, BlockRef | ChunkFailedError]

GIVE_UP_AFTER = 3
"""Heights of a network that fail in a row for want of an answer before the rest is not tried."""

_AT_ONCE = 16
_BLOCK = "block"


def settle_heights(
    tools: Tools,
    snapshot_id: int,
    policy: SnapshotPolicy,
    keys: Collection[Key],
    source_of: SourceOf,
    enough: Callable[[str], bool] = lambda _: False,
) -> Settled:
    """Pin every height that has a source; the others are left out, and those of networks of which
    nothing more is to be begun.

    A stored pin stays. A height of `policy.at` is the user's word. Any other must be of the list's
    moment (moments.py), in the network's own counting or in another that its source knows; if none
    fits, or several do, it is refused. Raises StoppedError and StoreError.
    """
    networks: dict[str, list[Key]] = {}
    for key in keys:
        networks.setdefault(key[0], []).append(key)
    survey = _Survey(tools, snapshot_id, source_of, enough)
    work = [partial(survey.look, found) for found in networks.values()]
    if work:
        side_by_side(tools.stop, _AT_ONCE, work)
    return survey.settled(policy)


class _Survey:
    """What every height may be. One thread a network."""

    def __init__(
        self, tools: Tools, snapshot_id: int, source_of: SourceOf, enough: Callable[[str], bool]
    ) -> None:
        self._tools, self._snapshot, self._source_of = tools, snapshot_id, source_of
        self._enough = enough
        self._sources: dict[str, BalanceSource] = {}
        self._stored: dict[Key, BlockRef] = {}
        self._found: dict[Key, list[Counted]] = {}
        self._failed: dict[Key, ChunkFailedError] = {}

    def look(self, keys: Collection[Key]) -> None:
        """Look at the heights of one network. Raises StoppedError and StoreError."""
        unanswered = 0
        last = ""
        for network, height in sorted(keys, key=lambda k: -1 if k[1] is None else k[1]):
            stored = self._tools.sink.pinned(self._snapshot, network, height)
            if stored is not None:
                self._stored[network, height] = stored
                continue
            source = self._source_of(network)
            if source is None or self._enough(network):
                continue
            self._sources[network] = source
            if unanswered >= GIVE_UP_AFTER:
                reason = f"not asked, because of {unanswered} failures in a row: {last}"
                self._failed[network, height] = ChunkFailedError(reason, retryable=False)
                continue
            try:
                self._found[network, height] = self._counted(source, height)
                unanswered = 0
            except ChunkFailedError as failure:
                self._failed[network, height] = failure
                unanswered += failure.retryable
                last = failure.reason

    def _counted(self, source: BalanceSource, height: int | None) -> list[Counted]:
        def ask() -> list[Counted]:
            found = readings(source, height)
            return [replace(one, block=plausible(one.block)) for one in found]

        return asked(self._tools, ask)

    def settled(self, policy: SnapshotPolicy) -> Settled:
        """Choose, and store what is chosen. Raises StoreError."""
        times = self._times(policy)
        day = named_day(policy.origin.list_name) if policy.origin is not None else None
        chosen: dict[Key, BlockRef | ChunkFailedError] = {**self._stored, **self._failed}
        for (network, height), found in self._found.items():
            try:
                block = found[0].block
                if height is not None and network not in policy.at:
                    moment = moment_of(times, network)
                    block = self._fitting(network, height, moment, day).block
                block = vouched_by_user(self._tools, block)
            except ChunkFailedError as failure:
                chosen[network, height] = failure
                continue
            name = self._sources[network].name
            chosen[network, height] = self._tools.sink.pin(self._snapshot, height, block, name)
        return chosen

    def _fitting(self, network: str, height: int, moment: int | None, day: int | None) -> Counted:
        newest = self._sources[network].ability.reach is Reach.TIP
        said = choose(self._found[network, height], height, moment, day, newest)
        if isinstance(said, Counted):
            return said
        more = ""
        if moment is None and any(failure.retryable for failure in self._failed.values()):
            more = ", and the block times of some other networks could not be read"
        reason = (
            f"height {height} of {network} is not read: {said}{more}; take the snapshot with "
            f"--at {network}=HEIGHT"
        )
        raise ChunkFailedError(reason, retryable=bool(more))

    def _times(self, policy: SnapshotPolicy) -> dict[str, list[int]]:
        """Times of blocks by network, where it is clear which blocks they are."""
        clear = {key: block for key, block in self._stored.items() if block.height == key[1]}
        for (network, height), found in self._found.items():
            if clearly(found, height) or (network in policy.at and not _newest(found, height)):
                clear[network, height] = found[0].block
        times: dict[str, list[int]] = {}
        for (network, height), block in clear.items():
            if height is not None and block.time is not None:
                times.setdefault(network, []).append(block.time)
        return times


def clearly(found: Sequence[Counted], height: int | None) -> bool:
    """Whether it is clear which block of a list's moment a height is: the time tells the moment."""
    return height is not None and len(found) == 1 and not _newest(found, height)


def choose(
    found: Sequence[Counted], height: int, moment: int | None, day: int | None, newest: bool
) -> Counted | str:
    """See moments.fitting. Where the newest block stands for one not shown, there is no choice."""
    return found[0] if _newest(found, height) else fitting(found, moment, day, newest)


def _newest(found: Sequence[Counted], height: int | None) -> bool:
    """Whether the network's newest block was pinned, for it does not show the stated one."""
    return height is None or (found[0].what == _BLOCK and found[0].block.height > height)


def readings(source: BalanceSource, height: int | None) -> list[Counted]:
    """What a height may be, the network's own counting first; at least one.

    Raises what `pin` raises where it is nothing else either, and SourceUnavailableError.
    """
    found: list[Counted] = []
    missing: SourceError | None = None
    try:
        block = source.pin(height)
        found.append(Counted(_BLOCK, block))
    except (HeightNotReachedError, HeightPrunedError) as e:
        missing = e
    if height is not None and isinstance(source, HeightCounter):
        found += source.other_counts(height)
    if not found and missing is not None:
        raise missing
    return found
