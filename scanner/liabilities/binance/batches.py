"""Binance's batches, `config.json` with `proof.csv` and the keys beside it: each coin's totals.

First what is cheap: every row's commitment to the account tree, the totals before and after it and
its range of accounts; that the totals go on from row to row, from nothing to the published ones;
that no account is left out before or between rows; that all rows are about one tree. Then each
row's Groth16 proof, under the key of its number of assets, many at once.
Source: github.com/binance/zkmerkle-proof-of-solvency, since 2026 (MIT licence).
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import InputError, ListFormatError
from scanner.liabilities import strict
from scanner.liabilities.binance import words
from scanner.liabilities.binance.totals import SIZES, Asset, commit, read_assets
from scanner.liabilities.gate.packing import DEBTS, Ends, owed
from scanner.liabilities.gate.poseidon import hash_words
from scanner.liabilities.gate.table import rows_in_order
from scanner.liabilities.gate.user import element
from scanner.liabilities.interface import LiabilityEvidence, ProofCheck, ProofStatus
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.jsontext import read_json

NAME = "binance_batches"
DEPTH = 28
MAX_ROWS = 200_000
"""Batches read: of 200 users and more each, four times as many users as the publisher has."""
MAX_PROOF = 1000
"""Bytes of the largest proof kept until all rows are read; one has under four hundred."""
MAX_KEYS = 8
MAX_KEY = 1_000_000
"""Bytes of the largest key read; one of a single public input has under a thousand."""


@dataclass(frozen=True, slots=True)
class Row:
    """One batch. size: which key its proof is for. proof: its bytes. commitment: public input."""

    size: int
    proof: bytes
    commitment: int


@dataclass(frozen=True, slots=True)
class Keys:
    """sizes: what each key is for, in the file's order. data: of each; () where they are missing.
    sha256: of all their bytes, one after the other, hex; "" where they are missing."""

    sizes: tuple[int, ...]
    data: tuple[bytes, ...]
    sha256: str


def recognises(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be `config.json`."""
    return {"ProofTable", "ZkKeyName", "CexAssetsInfo"} <= document.keys()


def check_batches(document: Mapping[str, object], path: Path, pin: str = "") -> ProofCheck:
    """Check the batches of the table that stands beside `path`, under the keys that do.

    pin: SHA-256 of all keys one after the other, as `cat *.vk | sha256sum` says; "" for none.
    Raises ListFormatError where a file is not of the form, InputError for a pin that cannot hold.
    """
    wanted = _pin(pin)
    try:
        return _check(document, path, wanted)
    except (ShapeError, csv.Error) as e:
        raise ListFormatError(path.name, str(e)) from None
    except RefusedError as e:
        level = LiabilityEvidence.PUBLISHED
        return ProofCheck(NAME, ProofStatus.REFUSED, level, place=e.place, reason=e.reason)


def _check(document: Mapping[str, object], path: Path, pin: str) -> ProofCheck:
    names = ("ProofTable", "ZkKeyName", "AssetsCountTiers", "CexAssetsInfo")
    parts = strict.fields(document, "", names)
    keys = _keys(parts["ZkKeyName"], parts["AssetsCountTiers"], path)
    if pin and pin != keys.sha256:
        if not keys.data:
            raise InputError("--key: the publisher's .vk files must be next to the file")
        reason = f"the keys next to it are {keys.sha256}, not the pinned ones, {pin}"
        raise RefusedError("/ZkKeyName", reason)
    assets = read_assets(parts["CexAssetsInfo"])
    table = _beside(path, parts["ProofTable"], "")
    if not table.is_file():
        raise ListFormatError(path.name, f"{table.name} must be next to it")
    root, users, rows = _chain(table, assets, keys.sizes)
    if keys.data:
        _prove(rows, keys, table.name)
    return _described(assets, root, users, len(rows), keys, path.name, pinned=bool(pin))


def _pin(pin: str) -> str:
    text = pin.strip().lower()
    if text and (len(text) != 64 or not set(text) <= set("0123456789abcdef")):
        raise InputError("--key: the SHA-256 of all .vk files one after the other, in hex")
    return text


def _beside(path: Path, name: object, suffix: str) -> Path:
    """A file that a name means, in the folder of `path` and nowhere else."""
    if not isinstance(name, str) or not (last := Path(name).name):
        raise ShapeError("/ProofTable or /ZkKeyName", "not the name of a file")
    return path.with_name(last + suffix)


def _keys(names: object, sizes: object, path: Path) -> Keys:
    if not isinstance(names, list) or not 1 <= len(names) <= MAX_KEYS:
        raise ShapeError("/ZkKeyName", f"not a list of 1 to {MAX_KEYS} names")
    of = strict.each(
        sizes, "/AssetsCountTiers", len(names), lambda v, p: strict.integer(v, p, 2**16)
    )
    if len(set(of)) != len(of):
        raise ShapeError("/AssetsCountTiers", "one number twice")
    files = [_beside(path, name, ".vk") for name in names]
    if not all(file.is_file() for file in files):
        return Keys(of, (), "")
    found = []
    for file in files:
        with file.open("rb") as stream:
            found.append(stream.read(MAX_KEY + 1))
        if len(found[-1]) > MAX_KEY:
            raise ShapeError(file.name, "larger than any such key")
    return Keys(of, tuple(found), hashlib.sha256(b"".join(found)).hexdigest())


@dataclass(frozen=True, slots=True)
class _Link:
    """What one row commits to. accounts: the first and the last."""

    root: int
    before: int
    after: int
    accounts: tuple[int, int]
    commitment: int


def _chain(
    table: Path, assets: Sequence[Asset], sizes: Sequence[int]
) -> tuple[int, int, list[Row]]:
    """Follow the rows. Returns root, number of accounts, and what is to be proven of each."""
    above: _Link | None = None
    start = 0
    rows: list[Row] = []
    for number, row in enumerate(rows_in_order(table, MAX_ROWS)):
        place = f"{table.name}, batch {number}"
        link = _link(row, place)
        if above is None:
            start = link.before
        _go_on(above, link, place)
        size = _number(row.get("assets_count"), f"{place}, assets_count", 2**16)
        if size not in sizes:
            raise RefusedError(place, f"there is no key for {size} assets")
        rows.append(Row(size, _bytes(row.get("proof_info"), place), link.commitment))
        above = link
    if above is None:
        raise ListFormatError(table.name, "no batch in it")
    _check_ends(assets, start, above.after, table.name)
    return above.root, above.accounts[1] + 1, rows


def _check_ends(assets: Sequence[Asset], start: int, end: int, file: str) -> None:
    """Hold the first and the last totals against nothing and the published ones, as Gate's."""
    empty = [asset.emptied() for asset in assets]
    Ends(
        [size for size in SIZES if size >= len(assets)],
        lambda size: commit(empty, size),
        lambda size: commit(assets, size),
    ).check(start, end, file)


def _link(row: Mapping[str, str | None], place: str) -> _Link:
    (root,) = _list(row.get("account_tree_roots"), f"{place}, account_tree_roots", 1)
    before, after = _list(row.get("cex_asset_list_commitments"), f"{place}, commitments", 2)
    least, most = (
        _number(row.get(name), f"{place}, {name}", 2**DEPTH)
        for name in ("min_account_index", "max_account_index")
    )
    commitment = element(row.get("batch_commitment"), f"{place}, batch_commitment")
    return _Link(root, before, after, (least, most), commitment)


def _go_on(above: _Link | None, link: _Link, place: str) -> None:
    """Raise RefusedError where a row does not go on from the one above."""
    if above is not None and link.root != above.root:
        raise RefusedError(place, "it is about another account tree than the first batch")
    if above is not None and link.before != above.after:
        raise RefusedError(place, "it does not continue from the totals of the batch before")
    start = above.accounts[1] + 1 if above is not None else 0
    least, most = link.accounts
    if least != start or most < least:
        raise RefusedError(place, f"it covers accounts {least} to {most}, not from {start} on")
    if hash_words([link.root, link.before, link.after, least, most]) != link.commitment:
        raise RefusedError(place, "its commitment does not match its accounts and totals")


def _prove(rows: Sequence[Row], keys: Keys, file: str) -> None:
    """Check the Groth16 proofs, key by key. Raises RefusedError with the batch."""
    # py_ecc takes half a second to load; the chain alone does without.
    from scanner.liabilities.groth16.key import read_key, read_proof  # noqa: PLC0415 - heavy
    from scanner.liabilities.groth16.verify import TOGETHER, first_false  # noqa: PLC0415 - heavy

    for size, data in zip(keys.sizes, keys.data, strict=True):
        key = read_key(data, f"the key for {size} assets")
        if key.public != 1:
            what = f"{key.public} public inputs, but only keys with one are supported"
            raise ShapeError(f"the key for {size} assets", what)
        mine = [(number, row) for number, row in enumerate(rows) if row.size == size]
        for at in range(0, len(mine), TOGETHER):
            part = mine[at : at + TOGETHER]
            items = [
                (read_proof(row.proof, f"{file}, batch {number}"), (row.commitment,))
                for number, row in part
            ]
            if (wrong := first_false(key, items)) is not None:
                place = f"{file}, batch {part[wrong][0]}"
                raise RefusedError(place, "its Groth16 proof is not valid under the key")


def _list(value: object, place: str, length: int) -> tuple[int, ...]:
    try:
        found = read_json(str(value))
    except ValueError:
        raise ShapeError(place, f"not a list of {length}") from None
    return strict.each(found, place, length, element)


def _number(value: str | None, place: str, below: int) -> int:
    text = value or ""
    short = text.isascii() and text.isdigit() and len(text) < 12
    number = int(text) if short else below
    if number >= below or str(number) != text:
        raise ShapeError(place, f"not a number from 0 to {below - 1}")
    return number


def _bytes(value: object, place: str) -> bytes:
    try:
        data = base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != value:
        raise ShapeError(f"{place}, proof_info", "not canonical base64")
    if len(data) > MAX_PROOF:
        raise ShapeError(f"{place}, proof_info", f"{len(data)} bytes: larger than any such proof")
    return data


def _described(
    assets: Sequence[Asset],
    root: int,
    users: int,
    batches: int,
    keys: Keys,
    file: str,
    *,
    pinned: bool,
) -> ProofCheck:
    level = LiabilityEvidence.SNARK_PER_COIN if pinned else LiabilityEvidence.PUBLISHED
    gaps = [words.SETUP, words.CIRCUIT, words.NAMES, DEBTS, words.LEFT_OUT]
    if not pinned:
        gaps.insert(0, words.OWN_KEYS if keys.data else words.NO_KEYS)
    return ProofCheck(
        NAME,
        ProofStatus.ACCEPTED if pinned else ProofStatus.CONSISTENT,
        level,
        f"{root:064x}",
        totals=owed(((a.name, a.equity, a.debt) for a in assets), level, file),
        key=keys.sha256,
        key_from="" if not keys.data else "the pin given" if pinned else "the files beside it",
        gaps=tuple(gaps),
        stated={"batches": str(batches), "accounts": str(users)},
        accounts=users,
    )
