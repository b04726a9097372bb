"""Reads Chainlink price feeds by contract calls at one block, so that anybody gets the same.

Source: Chainlink's AggregatorV3Interface: `latestRoundData()`, `decimals()`, `description()`. A
round that is not complete has updatedAt 0; answeredInRound below roundId is an older round's
answer carried over. Everything a feed says is checked: a contract can answer anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scanner.errors import clip
from scanner.model.addresses.keccak import keccak256
from scanner.prices.interface import (
    MAX_DECIMALS,
    MAX_WHOLE_DIGITS,
    NoPrice,
    Price,
    moment,
)

PREFIX = "chainlink: "
Call = Callable[[bytes, bytes], bytes]
"""call(contract, data): eth_call at the block; b"" for no code or a revert."""

_ROUND = keccak256(b"latestRoundData()")[:4]
_DECIMALS = keccak256(b"decimals()")[:4]
_DESCRIPTION = keccak256(b"description()")[:4]
_WORD = 32
_MAX_ROUND = 1 << 80  # uint80
_MAX_DESCRIPTION = 100


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: whose price it is, where it lives, and what it must call itself.

    contract: 20 bytes; its spelling with EIP-55 capitals is `name`.
    """

    asset: str
    network: str
    chain: str
    contract: bytes
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class _Round:
    """What latestRoundData() returns. answer: may be negative; times in seconds since 1970."""

    number: int
    answer: int
    updated: int
    answered_in: int


class _RefusedError(Exception):
    """The feed gives no price. at: what it says of the time of its answer, if that can be read."""

    def __init__(self, reason: str, at: datetime | None = None) -> None:
        super().__init__(reason)
        self.at = at


def read_feeds(
    call: Call, feeds: Sequence[Feed], block_time: datetime, max_age: timedelta
) -> list[Price | NoPrice]:
    """Read feeds at the block that `call` is bound to: one result each, in order.

    block_time: of that block. max_age: how much older an answer may be.
    Raises what `call` raises when the chain cannot be asked (SourceError).
    """
    return [_read(call, feed, block_time, max_age) for feed in feeds]


def _read(call: Call, feed: Feed, block_time: datetime, max_age: timedelta) -> Price | NoPrice:
    try:
        _check_description(feed, call(feed.contract, _DESCRIPTION))
        decimals = _decimals(call(feed.contract, _DECIMALS))
        found = _round(call(feed.contract, _ROUND))
        at = _fresh(found, block_time, max_age)
        _check_answer(found.answer, decimals, at)
    except _RefusedError as e:
        return NoPrice(feed.asset, f"feed {feed.name} on {feed.network}: {e}", e.at)
    source = f"{PREFIX}{feed.network} {feed.name} round {found.number}"
    return Price(feed.asset, at, source, found.answer, decimals)


def _check_description(feed: Feed, data: bytes) -> None:
    said = _string(data)
    if said is None:
        raise _RefusedError("there is no feed at this block (no answer to description())")
    if said != feed.description:
        raise _RefusedError(f"calls itself {clip(said)!r}, not {feed.description!r}")


def _decimals(data: bytes) -> int:
    value = int.from_bytes(data) if len(data) == _WORD else -1
    if not 0 <= value <= MAX_DECIMALS:
        raise _RefusedError("gives no decimals")
    return value


def _round(data: bytes) -> _Round:
    if len(data) != 5 * _WORD:
        raise _RefusedError("gives no round data")
    words = [data[at : at + _WORD] for at in range(0, len(data), _WORD)]
    number, _started, updated, answered_in = (int.from_bytes(words[n]) for n in (0, 2, 3, 4))
    if number >= _MAX_ROUND or answered_in >= _MAX_ROUND:
        raise _RefusedError("gives no round data")
    return _Round(number, int.from_bytes(words[1], signed=True), updated, answered_in)


def _check_answer(answer: int, decimals: int, at: datetime) -> None:
    if not 0 < answer < 10 ** (MAX_WHOLE_DIGITS + decimals):
        raise _RefusedError(f"answers {answer}, which is not a price", at)


def _fresh(found: _Round, block_time: datetime, max_age: timedelta) -> datetime:
    """When the answer is from. Raises _RefusedError unless its round is whole, recent and past."""
    if found.number == 0 or found.updated == 0:
        raise _RefusedError("its round is not complete")
    try:
        at = moment(found.updated)
    except ValueError:
        raise _RefusedError(
            f"says it was updated at {found.updated}, which is not a time"
        ) from None
    if found.answered_in < found.number:
        raise _RefusedError(
            f"round {found.number} only repeats the answer of {found.answered_in}", at
        )
    if at > block_time:
        raise _RefusedError(f"says it was updated at {at.isoformat()}, after the block", at)
    if block_time - at > max_age:
        raise _RefusedError(f"stale: last updated {at.isoformat()}", at)
    return at


def _string(data: bytes) -> str | None:
    """Read an ABI `string` that is the only return value; None for anything else."""
    if len(data) < 2 * _WORD or int.from_bytes(data[:_WORD]) != _WORD:
        return None
    size = int.from_bytes(data[_WORD : 2 * _WORD])
    text = data[2 * _WORD : 2 * _WORD + size] if size <= _MAX_DESCRIPTION else b""
    if len(text) != size or not text.isascii():
        return None
    return text.decode("ascii")
