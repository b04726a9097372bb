"""Balances from what several EVM endpoints said of one coin or token: agreed on, or with a reason.

What each said is a column (`columns`): one coin or token, an item for each holder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from scanner.chains.evm.columns import NATIVE, WORDS, Reading, Told
from scanner.chains.evm.quorum import Agreed, Answer, answer_at
from scanner.errors import ConfigError
from scanner.model.addresses.interface import Address
from scanner.model.balance import Balance, Evidence, unavailable, with_amounts
from scanner.model.network import Holding

COIN_AS_TOKEN: Final[Mapping[str, bytes]] = {
    "zksync-era": bytes.fromhex("000000000000000000000000000000000000800a"),
    "polygon": bytes.fromhex("0000000000000000000000000000000000001010"),
}
"""Network -> the contract through which its own coin can also be asked for."""


def holder_bytes(address: Address) -> bytes | None:
    """The 20 bytes an EVM knows an address by; None if it has none.

    Filecoin: f410 addresses are EVM accounts; an f0 id is 0xff, 11 zeros and the id (FIP-0055).
    """
    if address.format == "evm" and len(address.payload) == 20:
        return address.payload
    if address.format == "filecoin_id" and len(address.payload) == 8:
        return b"\xff" + bytes(11) + address.payload
    return None


def token_bytes(holding: Holding) -> bytes:
    """A holding's contract as 20 bytes, NATIVE for the network's coin. Raises ConfigError."""
    if holding.is_native:
        return NATIVE
    try:
        token = bytes.fromhex(holding.contract.removeprefix("0x"))
    except ValueError:
        token = b""
    if len(token) != 20 or token == NATIVE:
        raise ConfigError(
            f"{holding.asset} on {holding.network}: {holding.contract!r} is not a contract address"
        )
    if token == COIN_AS_TOKEN.get(holding.network):
        raise ConfigError(
            f"{holding.asset} on {holding.network}: {holding.contract} is the network's own coin "
            "under another name; listed as a token, it would count twice"
        )
    return token


def token_trouble(holding: Holding, reading: Reading) -> str:
    """Why nothing read from this token can be used; "" if it can."""
    if holding.is_native:
        return ""
    if not reading.code:
        return f"{holding.asset}: {WORDS[Told.NO_CODE]}"
    if reading.decimals is None:
        return f"{holding.asset}: the contract does not state its decimals at this block"
    if reading.decimals != holding.decimals:
        return (
            f"{holding.asset}: the contract has {reading.decimals} decimals, "
            f"the tables say {holding.decimals}"
        )
    return ""


def fill(
    found: list[Balance | None],
    places: Sequence[int],
    holding: Holding,
    agreed: Agreed,
    evidence: Evidence,
) -> None:
    """Write the Balance of every item of a column to its place in `found`."""
    reading, names = agreed.reading, agreed.names
    trouble = token_trouble(holding, reading)
    if trouble:
        nothing = unavailable(trouble, *names)
        for place in places:
            found[place] = nothing
    else:
        made = with_amounts(Balance(0, evidence, names), reading.amounts)
        for place, balance in zip(places, made, strict=True):
            found[place] = balance
        for position, (told, why) in reading.failed.items():
            found[places[position]] = unavailable(_words(told, why), *names)
    for position, votes in agreed.votes.items():
        found[places[position]] = _voted(position, votes, reading, trouble, evidence)


def _voted(
    position: int, votes: dict[str, Answer], reading: Reading, trouble: str, evidence: Evidence
) -> Balance:
    """The Balance of an item that endpoints differed on, with what each of them said."""
    answer = answer_at(reading, position)
    told, amount = answer[:2]
    names = tuple(sorted(votes))
    said = {name: _said(vote) for name, vote in sorted(votes.items())}
    if told is Told.NOTHING:
        spoken = {text for text in said.values() if text != _SILENT}
        if len(spoken) < 2:
            return unavailable(_words(told, reading.failed[position][1]), *names)
        words = "; ".join(f"{name} says {text}" for name, text in said.items())
        detail = json.dumps({"disagree": said})
        return Balance(
            None, Evidence.UNAVAILABLE, names, f"the endpoints disagree: {words}", detail
        )
    winners = tuple(name for name in names if votes[name] == answer)
    if trouble or told is not Told.OK:
        return unavailable(trouble or _words(told, reading.failed[position][1]), *winners)
    losers = {n: text for n, text in said.items() if n not in winners and text != _SILENT}
    if not losers:
        return Balance(amount, evidence, winners)
    words = "; ".join(f"{name} said {text} instead" for name, text in losers.items())
    return Balance(amount, evidence, winners, words, json.dumps({"outvoted": losers}))


_SILENT = "nothing"


def _said(answer: Answer) -> str:
    """One endpoint's answer in words: a number, or what came instead of one."""
    told, amount, code, decimals = answer
    if told is Told.NOTHING:
        return _SILENT
    if not code:
        return "no contract"
    text = str(amount) if told is Told.OK else told.name.lower()
    return text if decimals is None else f"{text} ({decimals} decimals)"


def _words(told: Told, why: str) -> str:
    return WORDS[told] + (f": {why}" if why else "")
