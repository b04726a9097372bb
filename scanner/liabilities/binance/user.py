"""Binance's file of one user, `user_config.json`: the account up to the root of the account tree.

leaf = Poseidon(id, equity, debt, collateral, commitment to each asset's six numbers); 28 levels.
Source: github.com/binance/zkmerkle-proof-of-solvency (MIT licence).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.liabilities import strict
from scanner.liabilities.gate.packing import LIMIT, commit
from scanner.liabilities.gate.poseidon import R, hash_words
from scanner.liabilities.gate.user import element, labelled
from scanner.liabilities.others.path import Path, Step
from scanner.liabilities.refusal import RefusedError, ShapeError

NAME = "binance_user"
PUBLISHER = "Binance"
GAPS = ("a path shows that this user is in the root; only the batches' proofs show the totals",)
DEPTH = 28
ROOT = "/Root"
"""Where the file names the root; a refusal there may be of another publication's sizes."""
SIZES = (50, 500, 10)
"""Assets that an account has room for: of what Binance publishes, and of its example."""
UNIT = "the publisher's own units of each asset, by the numbers of its list"
_MAX_TOTAL = 2**128
_MAX_INDEX = 500
_TOTALS = ("TotalEquity", "TotalDebt", "TotalCollateral")
_AMOUNTS = ("Equity", "Debt", "Loan", "Margin", "PortfolioMargin")
_NAMES = ("AccountIndex", "AccountIdHash", *_TOTALS, "Root", "Assets", "Proof")

Held = tuple[int, int, int, int, int, int]
"""Number of an asset; equity, debt, and the three collaterals."""


def recognises(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be such a file."""
    return {"AccountIndex", "AccountIdHash", "Proof"} <= document.keys()


def check(document: Mapping[str, object]) -> Path:
    """Climb from the account to the root.

    Raises RefusedError where something is false, ShapeError where it is not of the form, or where
    the account may have another room than one of SIZES: `config.json` says which there are.
    """
    try:
        return climb(document, SIZES)
    except RefusedError as e:
        if e.place == ROOT:
            rooms = " or ".join(map(str, sorted(SIZES)))
            what = (
                f"{e.reason} with room for {rooms} assets; config.json says which sizes there are"
            )
            raise ShapeError(e.place, f"{what}: give that, and this file with --user") from None
        raise


def climb(
    document: Mapping[str, object], sizes: Sequence[int], names: Mapping[int, str] | None = None
) -> Path:
    """As `check`, for accounts with room for as many assets as one of `sizes` says.

    names: of the assets by their numbers, where they are known.
    Raises RefusedError also where no such room leads to the root.
    """
    found = strict.fields(document, "", _NAMES)
    position = strict.integer(found["AccountIndex"], "/AccountIndex", 2**DEPTH)
    identity = strict.hex_bytes(found["AccountIdHash"], "/AccountIdHash", 32)
    number = int.from_bytes(identity, "big")
    if number >= R:
        raise ShapeError("/AccountIdHash", "not below the field's order")
    totals = [strict.integer(found[name], f"/{name}", _MAX_TOTAL) for name in _TOTALS]
    if totals[1] > totals[2]:
        raise RefusedError("/TotalDebt", "the account owes more than its collateral")
    assets = _assets(found["Assets"])
    siblings = strict.each(found["Proof"], "/Proof", DEPTH, element)
    root = strict.hex_bytes(found["Root"], ROOT, 32)
    wanted = int.from_bytes(root, "big")
    for size in sizes:
        if len(assets) <= size:
            node = hash_words([number, *totals, commit(_padded(assets, size))])
            for level, sibling in enumerate(siblings):
                node = hash_words([sibling, node] if position >> level & 1 else [node, sibling])
            if node == wanted:
                steps = [Step(f"{word:064x}", f"/Proof/{i}") for i, word in enumerate(siblings)]
                amounts = labelled((asset[:3] for asset in assets), names or {})
                account = identity.hex()
                return Path(amounts, root.hex(), {}, tuple(steps), 0, UNIT, position, account)
    raise RefusedError(ROOT, "the account does not lead to this root")


def _padded(assets: Sequence[Held], size: int) -> list[int]:
    """All numbers of `size` assets in the order of their numbers.

    Empty ones are put in where numbers are missing, the lowest first, as many as are needed.
    """
    own = {asset[0]: asset for asset in assets}
    chosen = set(own)
    number = 0
    while len(chosen) < size:
        chosen.add(number)
        number += 1
    return [word for at in sorted(chosen) for word in own.get(at, (at, *(0,) * len(_AMOUNTS)))]


def _assets(value: object) -> list[Held]:
    if not isinstance(value, list) or len(value) > _MAX_INDEX:
        raise ShapeError("/Assets", f"not a list of at most {_MAX_INDEX} assets")
    found: list[Held] = []
    for i, entry in enumerate(value):
        place = f"/Assets/{i}"
        parts = strict.fields(entry, place, ("Index", *_AMOUNTS))
        index = strict.integer(parts["Index"], f"{place}/Index", _MAX_INDEX)
        if found and index <= found[-1][0]:
            raise ShapeError(f"{place}/Index", "the numbers of assets are not in ascending order")
        equity, debt, *pledged = (
            strict.integer(parts[name], f"{place}/{name}", LIMIT) for name in _AMOUNTS
        )
        loan, margin, portfolio = pledged
        found.append((index, equity, debt, loan, margin, portfolio))
        if sum(found[-1][3:]) > found[-1][1]:
            raise RefusedError(place, "more collateral is pledged than is held")
    return found
