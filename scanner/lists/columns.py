"""Finds out which column of a table is which, by the names in its header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanner.errors import ListFormatError, clip

FIELDS: Mapping[str, frozenset[str]] = {
    "coin": frozenset({"coin", "digitalasset", "asset", "currency", "symbol", "token", "ticker"}),
    "row_type": frozenset({"type", "rowtype"}),
    "network": frozenset({"network", "chain", "blockchain"}),
    "height": frozenset({"snapshotheight", "height", "blockheight", "block", "blocknumber"}),
    "address": frozenset({"address", "addr", "walletaddress", "wallet", "accountaddress"}),
    "amount": frozenset({"amount", "balance", "qty", "quantity"}),
    "base_units": frozenset({"baseunits", "satoshis", "sats", "wei"}),
    "message": frozenset({"message", "signedtext"}),
    "signature1": frozenset({"signature1", "signedmessage", "signature", "sig", "sig1"}),
    "signature2": frozenset({"signature2", "signedmessage2", "sig2"}),
    "script": frozenset(
        {"redeemscriptpublickey", "redeemscript", "script", "publickey", "witnessscript", "pubkey"}
    ),
    "owner1": frozenset({"eoa1", "owner1", "owner"}),
    "owner2": frozenset({"eoa2", "owner2"}),
    "status": frozenset({"status"}),
}
"""Our field names, and the header names (lower case, letters and digits only) that mean them."""

_BY_NAME = {name: field for field, names in FIELDS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field is. `at`: field -> index from 0. width: number of columns.

    ignored: header names that mean nothing to us, in order.
    """

    at: Mapping[str, int]
    width: int
    ignored: tuple[str, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The fields present."""
        return frozenset(self.at)


def normal(name: str) -> str:
    """A header name without case, spaces and punctuation."""
    return "".join(c for c in name.lower() if c.isalnum())


def find_columns(
    header: Sequence[str], file: str, line: int, chosen: Mapping[str, str] | None = None
) -> Columns:
    """Map a header to fields.

    chosen: our field name -> the file's column name (matched as `normal` does); what it does not
    name is found by the usual names. Trailing empty columns do not count.
    Raises ListFormatError (line, column) when two columns mean one field, or when a chosen
    column or field does not exist.
    """
    names = list(header)
    while names and not names[-1].strip():
        names.pop()
    at = _chosen(names, file, line, chosen or {})
    taken = set(at.values())
    ignored = []
    for index, name in enumerate(names):
        if index in taken:
            continue
        field = _BY_NAME.get(normal(name))
        if field is None or field in (chosen or {}):
            ignored.append(name.strip())
        elif field in at:
            what = f"two columns mean {field!r}: {clip(names[at[field]])!r} and {clip(name)!r}"
            raise ListFormatError(file, what, line, index + 1)
        else:
            at[field] = index
    return Columns(at, len(names), tuple(ignored))


def _chosen(
    names: Sequence[str], file: str, line: int, chosen: Mapping[str, str]
) -> dict[str, int]:
    at: dict[str, int] = {}
    present = [normal(name) for name in names]
    for field, name in chosen.items():
        if normal(name) not in present:
            what = f"no column {clip(name)!r}; there are: {clip(', '.join(names), 200)}"
            raise ListFormatError(file, what, line)
        at[field] = present.index(normal(name))
    return at


def chosen_fields(file: str, columns: Mapping[str, str]) -> dict[str, str]:
    """A user's column map under our own field names: "asset" is `coin`, "type" `row_type`.

    Raises ListFormatError for a field that is none, or that is named twice.
    """
    fields: dict[str, str] = {}
    for name, column in columns.items():
        field = name if name in FIELDS else _BY_NAME.get(normal(name), "")
        if not field:
            what = f"no field {clip(name)!r} to map a column to; fields: {', '.join(FIELDS)}"
            raise ListFormatError(file, what)
        if field in fields:
            raise ListFormatError(file, f"the field {field!r} is mapped twice")
        fields[field] = column
    return fields


def header_names(fields: Iterable[str]) -> frozenset[str]:
    """Fields that header cells mean, by the usual names; unknown cells are left out."""
    return frozenset(_BY_NAME[n] for n in map(normal, fields) if n in _BY_NAME)
