"""What stands above the rows of a JSON document: keys that say a coin or network, and values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from scanner.lists.interface import Layout, ReadOptions
from scanner.lists.names import BY_NAME, STRUCTURE, WHY_NEEDLESS, normal
from scanner.lists.objects import Level
from scanner.model.registry import Registry

INHERITED = frozenset({"coin", "network", "height", "message", "decimals", "contract"})
"""Fields that an object around rows may state for all of them."""

ADDRESS = re.compile(
    r"0x[0-9a-fA-F]{40,128}|[a-z]{1,16}1[02-9ac-hj-np-z]{20,110}|[1-9A-HJ-NP-Za-km-z]{25,64}"
    r"|(?:[a-z]+:)?[qpzr][02-9ac-hj-np-z]{38,60}|(?:0x)?[0-9a-fA-F]{40,66}|[EUk0]Q[\w-]{46}"
    r"|[A-Z2-7]{56,58}|[\w.-]{2,60}\.near|0\.0\.\d{1,12}"
)
"""What looks like an address of some network, where no key says what a text is."""

_MOST = 1000


class Levels:
    """Says what rows inherit, and accounts for the keys above them."""

    def __init__(self, registry: Registry, options: ReadOptions, layout: Layout) -> None:
        self._registry, self._layout = registry, layout
        self._asset = bool(options.asset)
        self._known: dict[tuple[str, tuple[str, ...], bool, frozenset[str]], Level] = {}

    def is_coin(self, name: str) -> bool:
        """Whether a key is a coin's name, and no word of a document's structure."""
        plain = normal(name)
        if len(plain) < 2 or plain in BY_NAME or plain in STRUCTURE or plain in WHY_NEEDLESS:
            return False
        return self._registry.names_coin(name)

    def is_network(self, name: str) -> bool:
        """Whether a key is a network's name, and no word of a document's structure."""
        plain = normal(name)
        if plain in BY_NAME or plain in STRUCTURE:
            return False
        return self._registry.names_network(name)

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
        doubted, accounting = False, self._layout.accounting
        for name in levels:
            part = f"level {name!r}"
            if self.is_coin(name) or self.is_network(name):
                accounting.used(part, "coin or network of the rows below")
            elif normal(name) in STRUCTURE or normal(name) in BY_NAME:
                accounting.needless(part, "rows are below it")
            elif coin or normal(name) in WHY_NEEDLESS or ADDRESS.fullmatch(name):
                accounting.needless(part, "a name for a part of the list")
            else:
                accounting.unknown(part, "it may say the coin of the rows below: say --asset")
                doubted = True
        if len(self._known) > _MOST:
            self._known.clear()
        level = self._known[place] = Level(path, doubted, place[3])
        return level
