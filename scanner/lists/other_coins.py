"""Coins that cells beside a row name, where no column says which coin the row is of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.errors import clip
from scanner.lists.amounts import BadCellError
from scanner.model.finding import FindingKind
from scanner.model.network import Network
from scanner.model.registry import Registry

_CACHE = 4096
_LONG = 200  # of a text that is searched for names of coins
_WORD = re.compile(r"[^\W_]{3,}")


class OtherCoins:
    """Looks for other coins than a network's own one. places: which cells of a row may name one."""

    def __init__(self, places: tuple[int, ...], registry: Registry) -> None:
        self._places, self._registry = places, registry
        self._known: dict[tuple[str, str], str] = {}

    def refuse(self, cells: Sequence[str], network: Network) -> None:
        """Raise BadCellError where a cell of the row names another coin than its network's own."""
        for at in self._places:
            place = network.name, cells[at].strip()
            other = self._known.get(place)
            if other is None:
                other = self._named_in(place[1], network)
                if len(self._known) < _CACHE:
                    self._known[place] = other
            if other:
                reason = f"no column names the coin, and {clip(place[1])!r} may name {other}"
                raise BadCellError(at + 1, FindingKind.UNKNOWN_COIN, f"{reason}: use --asset")

    def _named_in(self, text: str, network: Network) -> str:
        """Another coin of the network that a text names, whole or by a word in capitals."""
        words = [text, *(word for word in _WORD.findall(text[:_LONG]) if word.isupper())]
        for word in words:
            asset = self._registry.asset_named(word)
            here = bool(asset) and network.name in self._registry.networks_of(asset)
            if here and asset != network.native:
                return asset
        return ""
