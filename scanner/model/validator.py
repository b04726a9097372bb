"""Validators of the beacon chain, and whom their stake is paid to: withdrawal credentials.

Source: consensus specs. Credentials are 32 bytes; the first says the kind: 0x00 a hash of a BLS
key, 0x01 and 0x02 (compounding) eleven zeros and the 20 bytes of an account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses.evm import EvmCodec
from scanner.model.balance import Evidence

GWEI_DECIMALS: Final = 9
"""Decimals of ether in the unit that the beacon chain counts in."""

_ACCOUNT_KINDS: Final = ("0x01", "0x02")
_CREDENTIALS: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator in one state.

    index: its number in that state, from 0. key: 0x and 96 lower-case digits. balance: gwei.
    credentials: 0x and 64 lower-case digits. status: the beacon API's word, "active_ongoing".
    """

    index: int
    key: str
    balance: int
    status: str
    credentials: str
    slashed: bool


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom a reader asks about. text: as given. credentials: all that pay it."""

    text: str
    credentials: frozenset[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A validator on which operators differed.

    said: endpoint -> what it said; None: that there is no such validator. settled: whether one
    answer won; the others were outvoted.
    """

    index: int
    said: Mapping[str, Validator | None]
    settled: bool


@dataclass(frozen=True, slots=True)
class FoundValidators:
    """What a search through all validators of one state came to.

    validators: those wanted, by index. total: how many the state has. sources: the endpoints that
    answered, sorted. differences: the first of them, by index. unsettled: on how many validators
    no answer won; they are not among `validators`.
    """

    validators: tuple[Validator, ...]
    total: int
    evidence: Evidence
    sources: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    unsettled: int = 0


def payee(text: str, network: str) -> Payee:
    """Read an account (0x and 40 digits, EIP-55) or whole withdrawal credentials (0x and 64).

    An account is paid by credentials 0x01 and 0x02 that hold eleven zero bytes and it, by no
    others. network: its name, for messages. Raises AddressFormatError.
    """
    if _CREDENTIALS.fullmatch(text):
        return Payee(text, frozenset({text.lower()}))
    if len(text) != 42:
        what = "neither an account (0x and 40 hex digits) nor withdrawal credentials (0x and 64)"
        raise AddressFormatError(network, text, what)
    account = EvmCodec(network, "").decode(text).payload.hex()
    return Payee(text, frozenset(kind + "00" * 11 + account for kind in _ACCOUNT_KINDS))


def payees(texts: Iterable[str], network: str) -> list[Payee]:
    """Read several, of which no two are paid by the same credentials: nothing is counted twice.

    Raises AddressFormatError, and ConfigError naming the two.
    """
    found: list[Payee] = []
    for text in texts:
        new = payee(text, network)
        for other in found:
            if other.credentials & new.credentials:
                raise ConfigError(f"{other.text} and {text} are the same: leave one of them out")
        found.append(new)
    return found
