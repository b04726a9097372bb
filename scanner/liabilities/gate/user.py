"""Gate's file of one user, `user_config.json`: the account up to the root of the account tree.

leaf = Poseidon(id, total equity, total debt, commitment to each asset's equity and debt); the tree
has 28 levels. Source: github.com/gateio/proof-of-reserves.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from scanner.liabilities import strict
from scanner.liabilities.gate.packing import LIMIT, SIZES, commit
from scanner.liabilities.gate.poseidon import R, hash_words
from scanner.liabilities.others.path import Path, Step
from scanner.liabilities.refusal import RefusedError, ShapeError

NAME = "gate_user"
PUBLISHER = "Gate"
GAPS = ("a path shows that this user is in the root; only the batches' proofs show the totals",)
DEPTH = 28
ROOT = "/TreeRootHash"
"""Where the file names the root; a refusal there may be of another publication's sizes."""
UNIT = "the publisher's own units of each asset, by the numbers of its list"
_MAX_TOTAL = 2**128

_NAMES = (
    "Arrangement",
    "UniqueIdentification",
    "TotalAssetEquity",
    "TotalAssetDebt",
    "AssetDetails",
    "TreeRootHash",
    "MerkleProofEncode",
)


def recognises(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be such a file."""
    return {"UniqueIdentification", "TreeRootHash", "MerkleProofEncode"} <= document.keys()


def check(document: Mapping[str, object]) -> Path:
    """Climb from the account to the root.

    Raises RefusedError where something is false, ShapeError where it is not of the form, or where
    the list of assets may have another size than one of SIZES: it grew before.
    """
    try:
        return climb(document)
    except RefusedError as e:
        if e.place == ROOT:
            sizes = " or ".join(map(str, SIZES))
            what = f"{e.reason} with {sizes} assets; the batches say how many there are"
            raise ShapeError(
                e.place, f"{what}: give cex_config.json, and this file with --user"
            ) from None
        raise


def climb(document: Mapping[str, object], names: Mapping[int, str] | None = None) -> Path:
    """As `check`, of batches whose list has one of SIZES: RefusedError where none leads there.

    names: of the assets by their numbers, where they are known.
    """
    found = strict.fields(document, "", _NAMES)
    position = strict.integer(found["Arrangement"], "/Arrangement", 2**DEPTH)
    identity = strict.hex_bytes(found["UniqueIdentification"], "/UniqueIdentification", 32)
    number = int.from_bytes(identity, "big")
    if number >= R:
        raise ShapeError("/UniqueIdentification", "not below the field's order")
    equity, debt = (
        strict.integer(found[name], f"/{name}", _MAX_TOTAL)
        for name in ("TotalAssetEquity", "TotalAssetDebt")
    )
    if debt > equity:
        raise RefusedError("/TotalAssetDebt", "the account owes more than it holds")
    assets = _assets(found["AssetDetails"])
    siblings = strict.each(found["MerkleProofEncode"], "/MerkleProofEncode", DEPTH, element)
    root = strict.hex_bytes(found["TreeRootHash"], ROOT, 32)
    wanted = int.from_bytes(root, "big")
    for size in SIZES:
        if max(assets, default=0) < size:
            flat = [0] * (2 * size)
            for index, amounts in assets.items():
                flat[2 * index : 2 * index + 2] = amounts
            node = hash_words([number, equity, debt, commit(flat)])
            if _climb(node, position, siblings) == wanted:
                steps = tuple(
                    Step(f"{word:064x}", f"/MerkleProofEncode/{i}")
                    for i, word in enumerate(siblings)
                )
                held = labelled(((i, *amounts) for i, amounts in assets.items()), names or {})
                return Path(held, root.hex(), {}, steps, 0, UNIT, position, identity.hex())
    raise RefusedError(ROOT, "the account does not lead to this root")


def _climb(node: int, position: int, siblings: tuple[int, ...]) -> int:
    for level, sibling in enumerate(siblings):
        right = position >> level & 1
        node = hash_words([sibling, node] if right else [node, sibling])
    return node


def labelled(held: Iterable[tuple[int, int, int]], names: Mapping[int, str]) -> dict[str, int]:
    """Amounts of (number of an asset, equity, debt), each under what it is called for people."""
    amounts: dict[str, int] = {}
    for index, equity, debt in held:
        label = f"asset {index}" + (f" ({names[index]})" if index in names else "")
        amounts[label] = equity
        if debt:
            amounts[f"{label}, debt"] = debt
    return amounts


def _assets(value: object) -> dict[int, tuple[int, int]]:
    if not isinstance(value, list) or len(value) > SIZES[-1]:
        raise ShapeError("/AssetDetails", f"not a list of at most {SIZES[-1]} assets")
    found: dict[int, tuple[int, int]] = {}
    for i, entry in enumerate(value):
        place = f"/AssetDetails/{i}"
        parts = strict.fields(entry, place, ("Index", "Equity", "Debt"))
        index = strict.integer(parts["Index"], f"{place}/Index", SIZES[-1])
        if index in found:
            raise ShapeError(f"{place}/Index", f"asset {index} twice")
        equity, debt = (
            strict.integer(parts[name], f"{place}/{name}", LIMIT) for name in ("Equity", "Debt")
        )
        found[index] = equity, debt
    return found


def element(value: object, place: str) -> int:
    """A field element: 32 bytes in base64. Raises ShapeError."""
    try:
        data = base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    number = int.from_bytes(data, "big")
    canonical = base64.b64encode(data).decode() == value
    if len(data) != 32 or not canonical or number >= R:
        raise ShapeError(place, "not a field element of 32 bytes in base64")
    return number
