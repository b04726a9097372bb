"""How Gate packs amounts into field elements, and the sizes of its lists of assets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scanner.liabilities.gate.poseidon import hash_words
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.liabilities.refusal import RefusedError, ShapeError

LIMIT = 2**64
MAX_NAME = 40
UNIT = "the publisher's own units: no file says how many make one coin"
DEBTS = (
    "what users owe in a coin is taken off its total, and accounts that the publisher invents can "
    "owe as well, against coins at a price that it states itself: compare what users hold"
)
SIZES = (350, 500, 800)
"""Assets that a publication has room for; it grew. Empty places are 0, so a size is no claim."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What a chain of totals must begin and end with, by the places of its list of assets.

    empty, published: commitment to nothing and to the published totals in a list of so many places.
    """

    sizes: Sequence[int]
    empty: Callable[[int], int]
    published: Callable[[int], int]

    def check(self, start: int, end: int, file: str) -> None:
        """Raise RefusedError unless the chain runs from nothing to the published totals.

        One end that fits shows how many places the list has, so the other is false if it does not.
        Where neither fits, the list may have another size, which nothing says: ShapeError.
        """
        size = next((n for n in self.sizes if self.empty(n) == start), 0)
        sizes = [size] if size else self.sizes
        ends = any(self.published(n) == end for n in sizes)
        if size and not ends:
            raise RefusedError(file, "the last batch does not end at the published totals")
        if ends and not size:
            raise RefusedError(f"{file}, batch 0", "it does not start from zero in every asset")
        if not size:
            places = " or ".join(map(str, sizes))
            what = (
                "it neither starts from zero nor ends at the published totals in a list of "
                f"{places} assets, and no other size is known"
            )
            raise ShapeError(file, what)


def name_of(value: object, place: str) -> str:
    """A publisher's name of an asset. Raises ShapeError."""
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= MAX_NAME:
        raise ShapeError(place, "not a name")
    return value


def owed(
    assets: Iterable[tuple[str, int, int]], level: LiabilityEvidence, file: str
) -> tuple[Liability, ...]:
    """What is owed in each coin of which something is held: (name, equity, debt).

    What users hold less what they owe, in the publisher's units: how many make a coin, no file
    says. Raises ShapeError where two have one name: each alone would be less than what is owed.
    """
    found: dict[str, Liability] = {}
    for name, equity, debt in assets:
        if not equity:
            continue
        if name.upper() in found:
            raise ShapeError("/CexAssetsInfo", f"two assets are called {name}")
        detail = {"unit": UNIT, "equity": str(equity), "debt": str(debt)}
        found[name.upper()] = Liability(name, equity - debt, 0, level, file, detail=detail)
    return tuple(found.values())


def pack(first: int, second: int, third: int) -> int:
    """Three numbers below 2^64 in one element."""
    return (first << 128) + (second << 64) + third


def commit(numbers: Sequence[int]) -> int:
    """The commitment to numbers below 2^64, three an element, zeros at the end."""
    padded = [*numbers, *(0,) * (-len(numbers) % 3)]
    return hash_words([pack(*padded[at : at + 3]) for at in range(0, len(padded), 3)])


def commit_assets(assets: Iterable[tuple[int, int, int]], size: int) -> int:
    """The commitment to all assets' (equity, debt, price), empty places at the end."""
    packed = [pack(*asset) for asset in assets]
    return hash_words([*packed, *(0,) * (size - len(packed))])
