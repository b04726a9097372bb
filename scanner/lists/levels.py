"""What stands above the rows of a JSON document: keys that say a coin or network, and values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from scanner.lists.days import day_in
from scanner.lists.interface import Layout, ReadOptions
from scanner.lists.keys import ADDRESS, always_asked, is_coin, is_network, is_structure
from scanner.lists.names import BY_NAME, normal
from scanner.lists.objects import Level
from scanner.lists.remedies import mapping
from scanner.model.registry import Registry

INHERITED = frozenset({"coin", "network", "height", "message", "decimals", "contract"})
"""Fields that an object around rows may state for all of them."""

_MOST = 1000


class Levels:
    """Says what rows inherit, and accounts for the keys above them."""

    def __init__(self, registry: Registry, options: ReadOptions, layout: Layout) -> None:
        self._registry, self._layout = registry, layout
        self._asset = bool(options.asset)
        self._ignored = {normal(n) for n in options.columns.get("ignore", "").split(",")} - {""}
        self._known: dict[tuple[str, tuple[str, ...], bool, frozenset[str]], Level] = {}

    def is_coin(self, name: str) -> bool:
        """As `scanner.lists.keys.is_coin`."""
        return is_coin(name, self._registry)

    def is_network(self, name: str) -> bool:
        """As `scanner.lists.keys.is_network`."""
        return is_network(name, self._registry)

    def around(
        self, values: Mapping[str, str], frames: Sequence[Mapping[str, str]], levels: Sequence[str]
    ) -> dict[str, str]:
        """What a row inherits: nearest first, and never in place of what it says itself.

        values: its own. frames: those of the objects around it, outermost first. levels: keys.
        """
        said = {BY_NAME.get(normal(key.rpartition(".")[2])) for key in values}
        found: dict[str, str] = {}
        for frame in reversed(frames):
            for key, text in frame.items():
                meant = BY_NAME.get(normal(key))
                if meant in INHERITED and meant not in said and text:
                    found[key] = text
                    said.add(meant)
        coins = [n for n in reversed(levels) if self.is_coin(n)]
        places = [n for n in reversed(levels) if self.is_network(n)]
        only_coins = [n for n in coins if n not in places]
        if coins and not {"coin", "contract"} & said:
            found["coin"] = (only_coins or coins)[0]
        if places and "network" not in said:
            others = [n for n in places if n != found.get("coin")]
            found["network"] = (others or places)[0]
        return found

    def level(
        self, path: str, levels: tuple[str, ...], keys: Collection[str], inherited: Collection[str]
    ) -> Level:
        """Declare the keys above a row. One that means nothing may name its coin.

        keys: of the row itself. inherited: of the objects around it.
        """
        named = {BY_NAME.get(normal(key.rpartition(".")[2])) for key in (*keys, *inherited)}
        coin = bool(named & {"coin", "contract"}) or self._asset
        place = path, levels, coin, frozenset(inherited)
        known = self._known.get(place)
        if known is not None:
            return known
        doubted = False
        for name in levels:
            doubted |= not self._understood(name, path, coin=coin)
        if len(self._known) > _MOST:
            self._known.clear()
        days = tuple(n for n in levels if self._is_day(n))
        level = self._known[place] = Level(path, doubted, place[3], days)
        return level

    def _is_day(self, name: str) -> bool:
        """Whether a key names the day of what is below it, and nobody says that it does not."""
        number = name.isdecimal() and len(name) == 5  # of an account, or of anything
        if ADDRESS.fullmatch(name) or number or day_in(name) is None:
            return False
        return normal(f"level {name}") not in self._ignored

    def _understood(self, name: str, path: str, *, coin: bool) -> bool:
        """Declare one key above rows. coin: something else says which coin they are of."""
        part, accounting = f"level {name!r}", self._layout.accounting
        if self.is_coin(name) or self.is_network(name):
            accounting.used(part, "coin or network of the rows below")
        elif is_structure(name):
            accounting.needless(part, "rows are below it")
        elif ADDRESS.fullmatch(name):
            accounting.needless(part, "the address of what is below it")
        elif normal(part) in self._ignored:
            accounting.needless(part, "as you asked")
        elif self._asset and not always_asked(name):
            accounting.needless(part, "a name for a part of the list: you gave its coin")
        else:
            accounting.unknown(part, level_remedy(name, coin=coin), path)
            return False
        return True


def level_remedy(name: str, *, coin: bool) -> str:
    """What settles a name above rows that is not understood."""
    if not (coin or always_asked(name)):
        return "it may name the coin of the rows below: use --asset"
    return (
        "it may mean that the rows below are not holdings, or give their unit: "
        f"{mapping('ignore', f'level {name}')} reads them as they are, "
        f"{mapping('ignore', name)} leaves them out"
    )
