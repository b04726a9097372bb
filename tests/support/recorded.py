"""Recorded answers of real servers (tests/vectors/NETWORK), and a made-up chain to replay them for.

A stub takes the recorded answer to a request and changes balances, heights, hashes and addresses in
it, nothing else: its shape is the server's.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from support.replay import Sent, Server, Trap

VECTORS = Path(__file__).parents[1] / "vectors"


def recorded(network: str, name: str) -> Any:
    """The body of one recorded answer, fresh."""
    return pickle.loads(_kept(network, name))


@cache
def _kept(network: str, name: str) -> bytes:
    """Read once and copied from then on: stubs take the same few answers tens of thousands of times."""
    answer = json.loads((VECTORS / network / f"{name}.json").read_text())
    return pickle.dumps(answer["response"]["body"])


@dataclass
class World:
    """What a stub's network holds. held: (address, contract) -> {height from which on: value}.

    oldest: the lowest height whose state and block the server still has.
    """

    tip: int = 500
    oldest: int = 100
    held: dict[tuple[str, str], dict[int, Any]] = field(default_factory=dict)

    def put(self, address: str, value: Any, contract: str = "", since: int = 0) -> None:
        """Let an address hold something from a height on; a value of None: no such account."""
        self.held.setdefault((address, contract), {})[since] = value

    def at(self, address: str, height: int, contract: str = "") -> Any:
        """What an address holds at a height; None if there is no such account."""
        known = self.held.get((address, contract), {})
        since = [h for h in known if h <= height]
        return known[max(since)] if since else None


class WorldServer(Server):
    """A stub over a World. quirks: tricks of this family's servers, each stub says which it knows.

    The general traps that are the same everywhere are played here, by `held`, `fork` and `state`.
    """

    def __init__(self, world: World | None = None, *quirks: str) -> None:
        super().__init__()
        self.world = world or World()
        self.quirks = set(quirks)

    @property
    def fork(self) -> str:
        """Goes into every hash."""
        return "fork" if self.trap is Trap.FORK else ""

    def state(self, height: int) -> int:
        """The height whose state is answered when this one is asked for."""
        return height - 1 if self.trap is Trap.OTHER_BLOCK else height

    def held(self, address: str, height: int, contract: str = "") -> Any:
        """What to say that an address holds; None for nothing."""
        value = self.world.at(address, height, contract)
        if value is None or self.trap is Trap.ZEROES:
            return None
        return value + (self.trap is Trap.LIES) if isinstance(value, int) else value


def sent(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Sent:
    """A JSON answer."""
    return Sent(json.dumps(body).encode(), status, headers or {})
