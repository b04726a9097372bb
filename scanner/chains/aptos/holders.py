"""Accounts of which a block says how much APT it left them: what an endpoint can be tried by.

A transaction lists what it wrote, as it stands after it: fungible stores with their balance, and
their owners. The last entry about a store in a block is its state at the block's end.
Sources: the node API (WriteResource), AIP-21 and object.move: an account's primary store of an
asset is at sha3-256(account, asset, 0xfc).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from scanner.chains.fleet.interface import Holder
from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.network import Network

MOST: Final = 3
"""Accounts of a block that are named."""

_STORE: Final = "0x1::fungible_asset::FungibleStore"
_OBJECT: Final = "0x1::object::ObjectCore"
_APT: Final = 10
_DERIVED: Final = b"\xfc"
_DIGITS: Final = re.compile(r"\d{1,20}", re.ASCII)
_HEX: Final = re.compile(r"0x[0-9a-f]{1,64}")


def holders_of(network: Network, transactions: Sequence[object]) -> list[Holder]:
    """Accounts whose primary store of APT was written in a block and is not empty after it.

    transactions: all of one block, in order, as the node API gives them. What is not of the shape
    is passed over: then nobody is named by it.
    """
    balances: dict[int, int] = {}
    owners: dict[int, str] = {}
    for place, kind, data in _writes(transactions):
        if kind == _OBJECT and isinstance(data.get("owner"), str):
            owners[place] = str(data["owner"])
        elif kind == _STORE:
            balances[place] = _balance(data)
        elif not kind:  # deleted
            balances.pop(place, None)
    found: list[Holder] = []
    for place, amount in balances.items():
        with suppress(AddressFormatError):
            account = decode_address(network, owners.get(place, ""))
            if amount and _primary_store(account.payload) == place and len(found) < MOST:
                found.append(Holder(account, amount))
    return found


def _writes(transactions: Sequence[object]) -> Iterator[tuple[int, str, Mapping[str, object]]]:
    """Where something was written, the type of it and its fields; "" and none for what was not."""
    for transaction in transactions:
        changes = transaction.get("changes") if isinstance(transaction, dict) else None
        for change in changes if isinstance(changes, list) else ():
            told = change if isinstance(change, dict) else {}
            address, written = told.get("address"), told.get("data")
            if not isinstance(address, str) or not _HEX.fullmatch(address):
                continue
            fields = written.get("data") if isinstance(written, dict) else None
            if isinstance(written, dict) and isinstance(fields, dict):
                yield int(address, 16), str(written.get("type")), fields
            else:
                yield int(address, 16), "", {}


def _balance(store: Mapping[str, object]) -> int:
    """What a store holds of APT; 0 for another asset's."""
    asset, text = store.get("metadata"), store.get("balance")
    name = asset.get("inner") if isinstance(asset, dict) else None
    apt = isinstance(name, str) and _HEX.fullmatch(name) and int(name, 16) == _APT
    return int(text) if apt and isinstance(text, str) and _DIGITS.fullmatch(text) else 0


def _primary_store(account: bytes) -> int:
    digest = hashlib.sha3_256(account + _APT.to_bytes(32, "big") + _DERIVED)
    return int.from_bytes(digest.digest(), "big")
