"""What a published list says, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from scanner.model.dates import Span
from scanner.model.finding import Finding
from scanner.model.understood import Account


class Claim(NamedTuple):
    """One readable row of a published list. A tuple, for there are hundreds of thousands of them.

    Where most of these are looked at it is taken apart at once, as `_, coin, *_ = claim[:]` does
    with every field written out: a field by its name costs three times as much. `[:]` makes a plain
    tuple of it, which Python takes apart in one step.

    row: line number in the file, from 1 (the record's first line).
    coin: the publisher's name, as written. asset, network: ours, from the tables.
    address: as written, spaces around removed. It may be malformed: that is for `ownership` to
        say, not a reason to lose the row.
    address_key: what makes two spellings the same on-chain holder: the codec's format-free
        canonical form; for an undecodable address "?" + the text.
    decimals: of the asset on that network. amount: base units; None if the list states none.
    height: stated snapshot height, None if the list states none.
    message, signatures, script, owners: the signed material as published; `signatures` and
        `owners` hold only those present, in column order. script: redeem script, witness script
        or public key column.
    row_type: the publisher's own label ("Native ETH Staking"), "" if none.
    """

    row: int
    coin: str
    asset: str
    network: str
    address: str
    address_key: str
    decimals: int
    amount: int | None = None
    height: int | None = None
    message: str = ""
    signatures: tuple[str, ...] = ()
    script: str = ""
    owners: tuple[str, ...] = ()
    row_type: str = ""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that gives no claim. It is a finding in every result, never silence.

    row: line number from 1. column: field number from 1, 0 for the row as a whole.
    kind: one of the FindingKind values about lists, e.g. "unknown_coin". reason: one sentence.
    text: what was there, cut to 200 characters.
    """

    row: int
    column: int
    kind: str
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredTotal:
    """A line of the list's own totals block.

    amount: base units of the asset; None if the text could not be read (`reason` says why).
    group: whether the line sums several coins ("ETH(ALL)"); then `asset` is the group's name and
    `network` is "". places: digits after the dot as printed, None if no amount is there: a total
    printed with four was rounded to four. beside: it stands among the rows, so it may be of some of
    them only.
    """

    row: int
    coin: str
    asset: str
    network: str
    decimals: int
    amount: int | None
    height: int | None
    group: bool = False
    reason: str = ""
    places: int | None = None
    beside: bool = False


Row = Claim | UnreadableRow | DeclaredTotal | Finding
"""What a reader gives, in file order. A finding stands beside the claim it is about, or after all
rows where it is about the file; it is no row of the list."""


class Unit(StrEnum):
    """What amounts of a list may be in: whole coins, or base units."""

    COIN = "coin"
    BASE = "base"


@dataclass(frozen=True, slots=True)
class ListSummary:
    """What is known once a list has been read to its end.

    format: the reader's name, "okx_csv". variant: "12 columns". sha256, size: of the file's bytes.
    data_rows: rows of the detail part that are not blank: claims + unreadable rows.
    accounts: how every part of the file was understood, in file order.
    unit: what decides between whole coins and base units: "" where the file or the user says it,
    a `Unit` where the reader could only take it for granted.
    native_assumed: nothing in the file names a coin, so rows stand for their network's own.
    days: of which its rows are, as far as the file says; each may be the one. () if it says none.
    """

    format: str
    variant: str
    sha256: str
    size: int
    data_rows: int
    claims: int
    unreadable: int
    notes: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    unit: str = ""
    native_assumed: bool = False
    days: tuple[Span, ...] = ()
