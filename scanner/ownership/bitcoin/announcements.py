"""Reads a file of announced transactions: what a publisher said it would do, address by address.

A CSV with a header; docs/how-to/transactions.md describes the columns. Publishers announce this in
words and not in a format, so the file is what an auditor writes down from them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import InputError, ListFormatError, clip
from scanner.files.encoding import refuse_binary
from scanner.files.hashed import refuse_pipe
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.amount import parse_amount
from scanner.model.control import Control
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.ownership.bitcoin.by_transaction import (
    MAX_DIGEST,
    MIN_DIGEST,
    Announcement,
    Kind,
    NonceRule,
    nonce_amount,
)
from scanner.ownership.primitives.hashes import ripemd160

REQUIRED = ("network", "address", "kind")
COLUMNS = (
    *REQUIRED,
    *("txid", "amount", "nonce_block", "nonce_digits", "nonce_divisor", "digest", "document"),
    *("after", "until"),
)
MAX_FILE = 16 * 1024 * 1024
MAX_DOCUMENT = 1 << 30
_PART = 1 << 20
_HEAD = 1 << 16
_HASHES = {20: "sha256", 32: "sha256", 48: "sha384", 64: "sha512"}
"""Bytes of a digest -> the hash of the document; of 20 it is hashed again (hash160)."""
_TXID = re.compile(r"[0-9a-fA-F]{64}")
_HEIGHT = re.compile(r"\d{1,9}", re.ASCII)
_DIGITS, _DIVISOR = "3", "1000000"  # Bybit's rule
_NONCE_NETWORK = "bitcoin"

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UnreadableAnnouncement:
    """A row that announces nothing readable. It is told in every result, never left out.

    control: `malformed` for an address that is none, else `unsupported`. reason: one sentence.
    """

    row: int
    network: str
    address: str
    control: Control
    reason: str


Announced = Announcement | UnreadableAnnouncement


def read_announcements(file: Path, registry: Registry) -> list[Announced]:
    """Read every row, in file order.

    Raises ListFormatError when the file is not such a table at all: no header, a column that
    nobody knows, a row of another width, not UTF-8, too large.
    """
    records = _records(file)
    number, header = next(records, (1, []))
    names = [name.strip().lower() for name in header]
    for name in names:
        if name not in COLUMNS or names.count(name) > 1:
            what = f"unknown or repeated column {clip(name)!r}; there are {', '.join(COLUMNS)}"
            raise ListFormatError(file.name, what, number)
    if missing := [name for name in REQUIRED if name not in names]:
        raise ListFormatError(file.name, f"no column {missing[0]}", number)
    found: list[Announced] = []
    for number, record in records:
        if len(record) != len(names):
            what = f"{len(record)} fields where the header has {len(names)}"
            raise ListFormatError(file.name, what, number)
        cells = dict(zip(names, map(str.strip, record), strict=True))
        found.append(_row(number, cells, registry, file.parent))
    return found


def _records(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Records that are not empty, with the line each starts at."""
    refuse_pipe(file)
    with file.open("rb") as stream:
        data = stream.read(MAX_FILE + 1)
    refuse_binary(file.name, data[:_HEAD])
    if len(data) > MAX_FILE:
        raise ListFormatError(file.name, f"larger than {MAX_FILE:,} bytes")
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    except UnicodeDecodeError as e:
        raise ListFormatError(file.name, f"not UTF-8 at byte {e.start}") from None
    line = 1
    try:
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    except csv.Error as e:
        raise ListFormatError(file.name, f"not CSV: {e}", line) from None


def _row(row: int, cells: Cells, registry: Registry, folder: Path) -> Announced:
    named, text = cells["network"], cells["address"]
    try:
        network = registry.network(named)
    except InputError as e:
        return UnreadableAnnouncement(row, clip(named), clip(text), Control.UNSUPPORTED, str(e))
    try:
        address = decode_address(network, text)
    except InputError as e:
        return UnreadableAnnouncement(row, network.name, clip(text), Control.MALFORMED, str(e))
    try:
        script_pubkey(address)
    except ValueError:
        reason = f"{network.name} has no outputs and scripts as bitcoin has: not supported here"
        return UnreadableAnnouncement(row, network.name, address.text, Control.UNSUPPORTED, reason)
    try:
        kind = Kind(cells["kind"])
        amount = _amount(cells, network) if kind is Kind.SEND_TO_SELF else 0
        digest = _digest(cells, folder) if kind is Kind.COMMITMENT else b""
        after, until = _blocks(cells, kind, amount, network)
        txid = _txid(cells)
    except (ValueError, InputError) as e:
        return UnreadableAnnouncement(
            row, network.name, address.text, Control.UNSUPPORTED, f"the row cannot be read: {e}"
        )
    does = kind, txid, amount, digest, after, until
    return Announcement(row, network.name, address, *does, network.native, network.decimals)


def _amount(cells: Cells, network: Network) -> int | NonceRule:
    if bool(cells.get("amount")) == bool(cells.get("nonce_block")) or cells.get("digest"):
        raise ValueError("send_to_self needs an amount or a nonce_block, and takes no digest")
    if cells.get("document"):
        raise ValueError("send_to_self takes no document")
    if text := cells.get("amount", ""):
        amount = parse_amount(text, network.decimals)
        if not amount:
            raise ValueError("the amount is 0")
        return amount
    digits = _number(cells, "nonce_digits", _DIGITS)
    nonce_amount(0, digits)
    unit, rest = divmod(10**network.decimals, _number(cells, "nonce_divisor", _DIVISOR) or 1)
    if rest or not unit:
        raise ValueError("nonce_divisor does not divide a coin into whole base units")
    return NonceRule(_number(cells, "nonce_block"), digits, unit)


def _digest(cells: Cells, folder: Path) -> bytes:
    if cells.get("amount") or cells.get("nonce_block"):
        raise ValueError("a commitment needs a digest, and takes no amount")
    try:
        digest = bytes.fromhex(cells.get("digest", "").removeprefix("0x"))
    except ValueError:
        raise ValueError("the digest is not hex") from None
    if not MIN_DIGEST <= len(digest) <= MAX_DIGEST:
        raise ValueError(f"a digest has {MIN_DIGEST} to {MAX_DIGEST} bytes, in hex")
    if name := cells.get("document", ""):
        _check_document(folder / name, digest)
    return digest


def _check_document(file: Path, digest: bytes) -> None:
    """A digest must be of the document that it is said to be of. Raises ValueError."""
    name = _HASHES.get(len(digest))
    if name is None:
        raise ValueError("the digest of a document is SHA-256, SHA-384, SHA-512 or hash160")
    made = hashlib.new(name)
    try:
        refuse_pipe(file)
        with file.open("rb") as document:
            while part := document.read(_PART):
                made.update(part)
                if document.tell() > MAX_DOCUMENT:
                    raise ValueError(f"the document is larger than {MAX_DOCUMENT:,} bytes")
    except OSError as e:
        raise ValueError(f"the document cannot be read ({e.strerror})") from None
    except InputError as e:
        raise ValueError(f"the document cannot be read: {e}") from None
    found = made.digest()
    if digest not in (found, ripemd160(found)):
        raise ValueError(f"the digest is not the document's ({name})")


def _blocks(
    cells: Cells, kind: Kind, amount: int | NonceRule, network: Network
) -> tuple[int, int | None]:
    """The heights between which the transaction must be."""
    after = _number(cells, "after", "0")
    if isinstance(amount, NonceRule) and network.name == _NONCE_NETWORK:
        after = max(after, amount.height)  # nobody knew the amount before
    if kind is Kind.COMMITMENT and not after and not cells.get("document"):
        # Any old transaction with an output of this kind would do: those of tokens have 20 bytes.
        raise ValueError(
            "a commitment needs 'document', the file that the digest is of, or 'after', the block "
            "the digest was announced in"
        )
    if kind is Kind.SEND_TO_SELF and not after:
        # Any old payment would do for an amount that was chosen to fit it.
        raise ValueError("send_to_self needs 'after', the block it was announced in")
    until = _number(cells, "until") if cells.get("until") else None
    if until is not None and until <= after:
        raise ValueError(f"there is no block after {after} and up to {until}")
    return after, until


def _number(cells: Cells, name: str, default: str = "") -> int:
    text = cells.get(name) or default
    if not _HEIGHT.fullmatch(text):
        raise ValueError(f"{name} is not a whole number: {clip(text)!r}")
    return int(text)


def _txid(cells: Cells) -> str:
    text = cells.get("txid", "")
    if text and not _TXID.fullmatch(text):
        raise ValueError(f"{clip(text)!r} is not a transaction id")
    return text.lower()
