"""When a slot is, in the two ways that lockups of stake are counted: in seconds and in epochs.

Source: Lockup::is_in_force of the stake program; getEpochSchedule and EpochSchedule::get_epoch of
Solana's RPC and SDK (the first epochs of a young network are shorter: they warm up).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from scanner.chains.fleet.rpc import Rpc
from scanner.chains.shape import take
from scanner.chains.solana.accounts import Lockup
from scanner.errors import SourceUnavailableError

_SHORTEST: Final = 32
"""Slots of the first epoch where epochs warm up; each further one has twice as many."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """slots: of an epoch. first, first_slot: the first epoch of that length, and its first slot."""

    slots: int
    first: int
    first_slot: int

    def epoch(self, slot: int) -> int:
        """The epoch of a slot."""
        if slot < self.first_slot:
            return (slot + _SHORTEST).bit_length() - _SHORTEST.bit_length()
        return self.first + (slot - self.first_slot) // self.slots


class Clock:
    """What one endpoint says of times. Asks for what is needed only. Safe in several threads."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._lock = threading.Lock()
        self._schedule: Schedule | None = None

    def time(self, slot: int) -> int:
        """Seconds since 1970 UTC. Raises SourceUnavailableError."""
        return take(self._rpc.name, self._rpc.ask("getBlockTime", slot), int)

    def holds(self, lockup: Lockup, slot: int, time: int | None = None) -> bool:
        """Whether a lockup is in force at a slot. time: the slot's, None to be asked for.

        Raises SourceUnavailableError.
        """
        if lockup.time > 0 and lockup.time > (self.time(slot) if time is None else time):
            return True
        return lockup.epoch > 0 and lockup.epoch > self._epochs().epoch(slot)

    def _epochs(self) -> Schedule:
        with self._lock:
            if self._schedule is None:
                said, name = self._rpc.ask("getEpochSchedule"), self._rpc.name
                found = Schedule(
                    take(name, said, int, "slotsPerEpoch"),
                    take(name, said, int, "firstNormalEpoch"),
                    take(name, said, int, "firstNormalSlot"),
                )
                if found.slots < _SHORTEST or min(found.first, found.first_slot) < 0:
                    raise SourceUnavailableError(name, "answered with invalid epochs")
                self._schedule = found
            return self._schedule
