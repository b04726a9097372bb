"""Gate's batches, `cex_config.json` and `proof.csv` beside it: a chain from nothing to the totals.

Each row commits to the account tree and the totals before and after its batch. Checked: every
commitment, that each row goes on where the one before ended, that the first begins with nothing,
and that the last ends at the published totals. The Groth16 proof of each row is not checked: it
needs the publisher's verifying key, of a setup that one operator ran.
Source: github.com/gateio/proof-of-reserves.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import ListFormatError
from scanner.liabilities import strict
from scanner.liabilities.gate.packing import DEBTS, LIMIT, SIZES, Ends, commit_assets, name_of, owed
from scanner.liabilities.gate.poseidon import hash_words
from scanner.liabilities.gate.table import rows_in_order
from scanner.liabilities.gate.user import element
from scanner.liabilities.interface import LiabilityEvidence, ProofCheck, ProofStatus
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.jsontext import read_json

NAME = "gate_batches"
EMPTY_TREE = 0x037BF6D8FE5B7CBAECF7B35604B57F82173F5C8155C1C750CEF00AFEBCD65436
"""Root of the published account tree of 28 levels without accounts."""
MAX_ROWS = 1_000_000

GAPS = (
    "the Groth16 proof of each batch is not checked, so the totals are not proven: that needs the "
    "publisher's verifying key",
    "whoever ran the setup of that key can forge proofs under it",
    DEBTS,
    "only a user who was left out can notice it",
)
NO_RANGE = (
    "no batch says which accounts it covers, so only the proofs, which are not checked, can show "
    "whether a place of the tree is in the totals"
)
"""Of an account in the tree: Binance's batches commit to a range of accounts, these do not."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One row: (before, after) of the account tree and of the totals, and the commitment."""

    roots: tuple[int, ...]
    totals: tuple[int, ...]
    commitment: int


def recognises(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be `cex_config.json`."""
    return {"ProofCsv", "CexAssetsInfo"} <= document.keys()


def check_chain(document: Mapping[str, object], path: Path) -> ProofCheck:
    """Check the chain of the batches that stand in `proof.csv` beside `path`.

    Raises ListFormatError where a file is not of the form.
    """
    try:
        assets = _assets(document)
        beside = path.with_name(Path(str(document["ProofCsv"])).name)
        if beside == path or not beside.is_file():
            raise ListFormatError(path.name, f"{beside.name} must be next to it")
        return _checked(assets, beside, path.name)
    except (ShapeError, csv.Error) as e:
        raise ListFormatError(path.name, str(e)) from None
    except RefusedError as e:
        level = LiabilityEvidence.PUBLISHED
        return ProofCheck(NAME, ProofStatus.REFUSED, level, place=e.place, reason=e.reason)


_Asset = tuple[str, int, int, int]


def _assets(document: Mapping[str, object]) -> list[_Asset]:
    """(name, equity, debt, price), in the order of their numbers."""
    value = document["CexAssetsInfo"]
    if not isinstance(value, list) or not 1 <= len(value) <= SIZES[-1]:
        raise ShapeError("/CexAssetsInfo", f"not a list of 1 to {SIZES[-1]} assets")
    found: dict[int, _Asset] = {}
    for i, entry in enumerate(value):
        place = f"/CexAssetsInfo/{i}"
        names = ("TotalEquity", "TotalDebt", "BasePrice", "Symbol", "Index")
        parts = strict.fields(entry, place, names)
        equity, debt, price = (
            strict.integer(parts[name], f"{place}/{name}", LIMIT) for name in names[:3]
        )
        index = strict.integer(parts["Index"], f"{place}/Index", len(value))
        if index in found:
            raise ShapeError(place, "its number occurs twice")
        name = name_of(parts["Symbol"], f"{place}/Symbol")
        if equity < debt:
            raise RefusedError(place, f"{name}: users owe more than they hold")
        found[index] = name, equity, debt, price
    return [found[index] for index in range(len(value))]


def _checked(assets: list[_Asset], table: Path, file: str) -> ProofCheck:
    root, start, end, count = _followed(table)
    _check_ends(assets, start, end, table.name)
    return ProofCheck(
        NAME,
        ProofStatus.CONSISTENT,
        LiabilityEvidence.PUBLISHED,
        f"{root:064x}",
        totals=owed((asset[:3] for asset in assets), LiabilityEvidence.PUBLISHED, file),
        gaps=GAPS,
        stated={"batches": str(count)},
    )


def _followed(table: Path) -> tuple[int, int, int, int]:
    """Root of the accounts, totals before the first and after the last batch, number of batches."""
    root, start, end, count = EMPTY_TREE, 0, 0, 0
    for count, batch in enumerate(_batches(table), 1):
        place = f"{table.name}, batch {count - 1}"
        if count == 1:
            start = end = batch.totals[0]
            if batch.roots[0] != EMPTY_TREE:
                what = "it does not begin with the empty tree of 28 levels, and no other is known"
                raise ShapeError(place, what)
        if batch.totals[0] != end:
            raise RefusedError(place, "it does not continue from the totals of the batch before")
        if batch.roots[0] != root:
            raise RefusedError(place, "it does not continue from the accounts of the batch before")
        if hash_words([*batch.roots, *batch.totals]) != batch.commitment:
            raise RefusedError(place, "its commitment does not match its accounts and totals")
        root, end = batch.roots[1], batch.totals[1]
    if not count:
        raise ListFormatError(table.name, "no batch in it")
    return root, start, end, count


def _check_ends(assets: list[_Asset], start: int, end: int, file: str) -> None:
    """Hold the first and the last totals against nothing and the published ones."""
    empty = [(0, 0, price) for _, _, _, price in assets]
    full = [(equity, debt, price) for _, equity, debt, price in assets]
    Ends(
        [size for size in SIZES if size >= len(assets)],
        lambda size: commit_assets(empty, size),
        lambda size: commit_assets(full, size),
    ).check(start, end, file)


def _batches(table: Path) -> Iterator[Batch]:
    """Rows in the order of their numbers."""
    for number, row in enumerate(rows_in_order(table, MAX_ROWS)):
        place = f"{table.name}, batch {number}"
        yield Batch(
            _pair(row.get("account_tree_roots"), f"{place}, account_tree_roots"),
            _pair(row.get("cex_asset_list_commitments"), f"{place}, commitments"),
            element(row.get("batch_commitment"), f"{place}, batch_commitment"),
        )


def _pair(value: object, place: str) -> tuple[int, ...]:
    try:
        found = read_json(str(value))
    except ValueError:
        raise ShapeError(place, "not a list of two elements") from None
    return strict.each(found, place, 2, element)
