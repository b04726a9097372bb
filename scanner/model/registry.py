"""The tables in one value: networks, holdings, and the names publishers use for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from scanner.errors import ConfigError, UnknownAssetError, clip, did_you_mean
from scanner.model.canary import Canary
from scanner.model.network import Backing, Holding, Issuer, Network

_Named = TypeVar("_Named")
_BRACKETED = re.compile(r"([^()]+)\(([^()]+)\)")
_LONGEST = 60
"""Characters of a network's name that is looked at in other spellings."""


@dataclass(frozen=True, slots=True)
class Coin:
    """One publisher's coin name: which holding it means, and the group its totals add up in."""

    name: str
    holding: Holding
    group: str


@dataclass(frozen=True, slots=True)
class Issued:
    """Who owes what. names: (coin, network) -> the asset that somebody owes there in its name.

    issuers: asset -> who owes it. of: asset -> the coin in whose name it is owed, where a network
    has both.
    """

    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)


def _once(what: str, named: Iterable[tuple[str, _Named]]) -> dict[str, _Named]:
    """By name; the last of two of one name would win. Raises ConfigError."""
    found: dict[str, _Named] = {}
    for name, value in named:
        if name in found:
            raise ConfigError(f"the {what} {clip(name)!r} is given twice in the tables")
        found[name] = value
    return found


def _letters(name: str) -> str:
    return "".join(c for c in name.upper() if c.isalnum())


def _by_letters(aliases: Mapping[str, Network]) -> dict[str, Network]:
    """Networks by the letters and digits of their names, where these are of one network alone."""
    found: dict[str, dict[str, Network]] = {}
    for alias, network in aliases.items():
        if ":" not in alias:  # EIP155:1 by its letters might be a chain's number
            found.setdefault(_letters(alias), {})[network.name] = network
    return {letters: named.popitem()[1] for letters, named in found.items() if len(named) == 1}


class Registry:
    """Looks names up. Built once from config/*.csv; never changes.

    Names are matched without regard to case. Raises ConfigError on contradicting tables.
    """

    def __init__(
        self,
        networks: Iterable[Network],
        coins: Iterable[Coin],
        holdings: Iterable[Holding],
        canaries: Iterable[Canary] = (),
        *,
        names: Mapping[str, str] | None = None,
        supplies: Mapping[str, int] | None = None,
        states: Mapping[tuple[str, str], tuple[str, str]] | None = None,
        issued: Issued | None = None,
    ) -> None:
        issued = issued or Issued()
        self._issuers = issued.issuers
        self._issued = {(a.upper(), n): name for (a, n), name in issued.names.items()}
        self.networks: Mapping[str, Network] = _once("network", ((n.name, n) for n in networks))
        self._aliases: dict[str, Network] = {}
        for network in self.networks.values():
            by_id = (f"EIP155:{network.chain_id}",) if network.kind == "evm" else ()  # CAIP-2
            for alias in (network.name.upper(), *by_id, *network.aliases):
                if self._aliases.setdefault(alias, network) is not network:
                    raise ConfigError(f"network alias {alias!r} is given twice")
        self._spelled = _by_letters(self._aliases)
        self.coins: Mapping[str, Coin] = {}
        self._holdings: dict[tuple[str, str], Holding] = {}
        self._held_as: dict[tuple[str, str], str] = {}
        self.groups: dict[str, str] = {}
        for network in self.networks.values():
            self._add(Holding(network.native, network.name, "", network.decimals))
        by_name = _once("coin", ((coin.name.upper(), coin) for coin in coins))
        for coin in by_name.values():
            self._add(coin.holding)
            self.groups[coin.holding.asset] = coin.group
        for holding in holdings:
            self._add(holding)
        self.coins = by_name
        self._assets = {name: h.asset for (name, _), h in self._holdings.items()}
        self._names = _once("name", ((name.upper(), a) for name, a in (names or {}).items()))
        self.supplies: Mapping[str, int] = dict(supplies or {})
        for asset in (*self._names.values(), *self.supplies):
            if asset.upper() not in self._assets:
                raise ConfigError(
                    f"{asset!r} is named in a table but is not an asset of the tables"
                )
        self._by_contract = {
            (h.network, h.contract.lower() if h.contract[:2] == "0x" else h.contract): h
            for h in self._holdings.values()
        }
        self._canaries: dict[str, tuple[Canary, ...]] = {}
        for canary in canaries:
            self.holding(canary.asset, self.network(canary.network).name)
            listed = self._canaries.get(canary.network, ())
            self._canaries[canary.network] = (*listed, canary)

        self._join_groups(issued)
        self._states = self._shared(states or {})

    def _join_groups(self, issued: Issued) -> None:
        """What is issued in a coin's name belongs to its group, as its list's totals have it."""
        for asset, coin in issued.of.items():
            self.groups.setdefault(asset, self.group(coin))
        for (asset, _), name in issued.names.items():
            self.groups.setdefault(name, self.group(asset))

    def _shared(
        self, states: Mapping[tuple[str, str], tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[str, str]]:
        shared: dict[tuple[str, str], tuple[str, str]] = {}
        for (asset, on), (is_asset, is_on) in states.items():
            known = self.holding(asset, on), self.holding(is_asset, is_on)
            shared[asset, known[0].network] = known[1].network, known[1].contract.lower()
        return shared

    def state(self, asset: str, network: str) -> tuple[str, str]:
        """What of the chain a holding is read from: (network, contract; "" for its own coin).

        Two holdings of one state are one thing, whatever a list calls them: to be counted once.
        """
        shared = self._states.get((asset, network))
        if shared is not None:
            return shared
        held = self._holdings.get((asset.upper(), network))
        return network, held.contract.lower() if held is not None else f"?{asset}"

    def _add(self, holding: Holding) -> None:
        if holding.network not in self.networks:
            raise ConfigError(f"{holding.asset}: no network {holding.network!r} in the tables")
        key = (holding.asset.upper(), holding.network)
        known = self._holdings.setdefault(key, holding)
        if (known.contract.lower(), known.decimals) != (holding.contract.lower(), holding.decimals):
            raise ConfigError(
                f"{holding.asset} on {holding.network} has two contracts or decimals in the tables"
            )
        place = holding.network, holding.contract.lower()
        name = self._held_as.setdefault(place, known.asset)
        if name != known.asset:  # one balance under two names would be counted twice
            raise ConfigError(f"{known.asset} on {holding.network} is {name} in the tables already")

    def network(self, name: str) -> Network:
        """Find a network by our name or a publisher's alias, in any spelling of it.

        "TRC-20", "Ethereum Mainnet" and "Tron (TRC20)" are spellings; a word that is no other name
        of the same network makes it unknown. Raises UnknownAssetError.
        """
        try:
            return self._aliases[name.strip().upper()]
        except KeyError:
            if (found := self._in_other_letters(name)) is not None:
                return found
            near = did_you_mean(name, self.networks)
            odd = ": do the columns match the header?" if name.strip().isdigit() else near
            what = f"unknown network {clip(name)!r}{odd}"
            raise UnknownAssetError("", name, what) from None

    def _in_other_letters(self, name: str) -> Network | None:
        if len(name) > _LONGEST:
            return None
        if both := _BRACKETED.fullmatch(name.strip()):
            first, second = map(self._in_other_letters, both.groups())
            return first if first is second else None
        plain = _letters(name)
        ends = (plain.removesuffix(end) for end in ("", "MAINNET", "NETWORK", "CHAIN"))
        return next((self._spelled[end] for end in ends if end in self._spelled), None)

    def names_network(self, text: str) -> bool:
        """Whether a text is a network's name."""
        return text.strip().upper() in self._aliases

    def names_coin(self, text: str) -> bool:
        """Whether a text is a coin's name, whatever the network."""
        return bool(self.asset_named(text))

    def asset_named(self, text: str) -> str:
        """The asset that a coin's name means, whatever the network; "" if it is none."""
        upper = text.strip().upper()
        if upper in self.coins:
            return self.coins[upper].holding.asset
        return self._assets.get(upper) or self._names.get(upper, "")

    def by_contract(self, network: str, contract: str) -> Holding:
        """Find what a token contract holds. Raises UnknownAssetError, never guesses a name."""
        text = contract.strip()
        found = self._by_contract.get((network, text.lower() if text[:2].lower() == "0x" else text))
        if found is None or found.is_native:
            reason = f"no table knows the contract {clip(text)!r} on {network} (config/tokens.csv)"
            raise UnknownAssetError(contract, network, reason)
        return found

    def networks_of(self, asset: str) -> list[str]:
        """Names of the networks an asset is known on."""
        return sorted(network for name, network in self._holdings if name == asset.upper())

    def networks_named(self, coin: str, holding: Holding) -> list[str]:
        """Names of the networks on which a coin's name is known, where a row says no network.

        holding: what the name means then. Of a token also where others issue one in its name, and
        where its name was another's: MATIC was POL's on Polygon.
        """
        names = {holding.asset.upper()}
        if not holding.contract:
            return self.networks_of(holding.asset)
        names.add(self._names.get(coin.upper(), "").upper())
        known = (*self._holdings, *self._issued)
        return sorted({network for name, network in known if name in names})

    def holding(self, asset: str, network: str) -> Holding:
        """Find what an asset is on a network, by our names. Raises UnknownAssetError.

        What somebody issues there in the coin's name has a name of its own (config/issued.csv):
        ETH on OKTC is ETHK.
        """
        try:
            name = self._issued.get((asset.upper(), network), asset)
            return self._holdings[name.upper(), network]
        except KeyError:
            reason = f"{clip(asset)!r} on {clip(network)!r} is in no table (config/tokens.csv)"
            raise UnknownAssetError(asset, network, reason) from None

    def holdings(self) -> list[Holding]:
        """All known holdings, in a fixed order (network, asset)."""
        return sorted(self._holdings.values(), key=lambda h: (h.network, h.asset))

    def canaries(self, network: str) -> tuple[Canary, ...]:
        """Addresses of a network that are known to hold something; () if none is known."""
        return self._canaries.get(network, ())

    def group(self, asset: str) -> str:
        """The family an asset's "(ALL)" totals belong to: USDC.e -> USDC."""
        return self.groups.get(asset, asset)

    def issuer(self, asset: str) -> Issuer | None:
        """Who owes an asset; None if no table says."""
        found = self._issuers.get(asset)
        if found is None and any(n.native == asset for n in self.networks.values()):
            return Issuer(Backing.NATIVE)
        return found

    def resolve(self, coin: str, network_label: str = "") -> Holding:
        """Say what a published coin name and network label mean together.

        A coin name of the table decides; a label must then name the same network. A bare asset
        name ("USDT", "ETH") with a label means that asset on the labelled network; so does an old
        or a full name ("MATIC", "Tether USDt"), where the network has no asset of that very name.
        Nothing is guessed: a contradiction or an unknown name raises UnknownAssetError.
        """
        coin_text, label = coin.strip(), network_label.strip()
        known = self.coins.get(coin_text.upper())
        renamed = self._names.get(coin_text.upper(), "")
        if not label:
            known = known or self.coins.get(renamed.upper())
            if known is None:
                raise UnknownAssetError(coin, label, f"unknown coin {clip(coin_text)!r}")
            return known.holding
        network = self.network(label)
        if known is not None and known.holding.network == network.name:
            return known.holding
        if renamed and (coin_text.upper(), network.name) not in self._holdings:
            return self.holding(renamed, network.name)
        if known is not None and known.name.upper() != known.holding.asset.upper():
            reason = (
                f"coin {clip(coin_text)!r} is on {known.holding.network}, "
                f"the row says {clip(label)!r}"
            )
            raise UnknownAssetError(coin, label, reason)
        if coin_text.upper() not in self._assets:
            raise UnknownAssetError(coin, "", f"unknown coin {clip(coin_text)!r}")
        return self.holding(coin_text, network.name)
