"""Unspent outputs, and the balance a set of them makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from scanner.errors import SourceUnavailableError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.amount import grouped_amount
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.net.words import heard

COINBASE_MATURITY = 100
"""Blocks before a block reward can be spent (Bitcoin's consensus, kept by its descendants)."""

DUST_SAT = 546
"""Core's default dust limit of a P2PKH output; used to tell, never to leave out."""

LISTED_COINS = 20
"""How many outputs, largest first, a balance's detail lists."""

MAX_COIN = 2**63 - 1
"""Amounts are signed 64-bit integers on every chain of the family."""


@dataclass(frozen=True, slots=True)
class Coin:
    """One unspent output. amount in base units; coinbase None where the source does not say."""

    txid: str
    vout: int
    amount: int
    height: int
    coinbase: bool | None = None


@dataclass(slots=True)
class Plan:
    """Queries turned into scripts to look for.

    wanted: script -> positions of the queries that ask for it. answers: one place a query,
    already filled where a query cannot be asked.
    """

    wanted: dict[bytes, list[int]] = field(default_factory=dict)
    answers: list[Balance | None] = field(default_factory=list)

    def fill(self, script: bytes, balance: Balance) -> None:
        """Answer every query that asks for the script."""
        for position in self.wanted[script]:
            self.answers[position] = balance

    def finished(self) -> list[Balance]:
        """All answers, in the order of the queries. A gap is a bug, never a zero."""
        done = [answer for answer in self.answers if answer is not None]
        if len(done) != len(self.answers):
            raise AssertionError("a query got no answer")
        return done


def plan_queries(queries: Sequence[BalanceQuery], network: str) -> Plan:
    """Group queries by script, so that a script asked for twice is looked for once.

    A query that nobody can be asked (`script_or_why`) is answered `unavailable` at once.
    """
    plan = Plan(answers=[None] * len(queries))
    for position, query in enumerate(queries):
        script = script_or_why(query, network)
        if isinstance(script, str):
            plan.answers[position] = unavailable(script)
        else:
            plan.wanted.setdefault(script, []).append(position)
    return plan


def why_not_asked(query: BalanceQuery, network: str) -> str:
    """Why nobody can be asked for a query; "" if somebody can."""
    script = script_or_why(query, network)
    return script if isinstance(script, str) else ""


def script_or_why(query: BalanceQuery, network: str) -> bytes | str:
    """The script to ask for, or why nobody can be asked."""
    if query.address.network != network or query.holding.network != network:
        return f"not a holding on {network}"
    if not query.holding.is_native:
        layer, _, number = query.holding.contract.partition(":")
        if layer == "omni":
            return (
                f"{query.holding.asset} on {network} is property {number} of the Omni Layer, which "
                "the chain's own ledger does not keep: no source reads it"
            )
        return f"{query.holding.asset} is a token on {network}: no source reads it yet"
    try:
        return script_pubkey(query.address)
    except ValueError as e:
        return str(e)


def balance_of(
    coins: Iterable[Coin], height: int, decimals: int, evidence: Evidence, source: str
) -> Balance:
    """Add up the coins of one script at a block.

    The amount is every unspent output at that block: immature block rewards and dust are
    coins of the chain and are counted, and `detail` names how much of the amount they are.
    Immature rewards are a caution in `reason` too, since nobody can spend them yet.
    """
    listed = list(coins)
    if not listed:
        return _nothing(evidence, source)
    total = sum(c.amount for c in listed)
    detail = json.dumps(coins_detail(listed, height), separators=(",", ":"))
    return Balance(total, evidence, (source,), immature_words(listed, height, decimals), detail)


@cache
def _nothing(evidence: Evidence, source: str) -> Balance:
    """The answer for a script without coins: most of a long list, so that it is made once."""
    return Balance(0, evidence, (source,), "", '{"outputs":0}')


def coins_detail(coins: Iterable[Coin], height: int) -> dict[str, object]:
    """What stands behind an amount, for the record.

    {"outputs": how many, "immature": base units, "dust": base units,
     "coins": [["txid:vout", base units, height], ...] the largest LISTED_COINS of them}
    """
    listed = sorted(coins, key=lambda c: (-c.amount, c.txid, c.vout))
    immature = sum(c.amount for c in listed if is_immature(c, height))
    dust = sum(c.amount for c in listed if c.amount < DUST_SAT)
    detail: dict[str, object] = {"outputs": len(listed)}
    if immature:
        detail["immature"] = str(immature)
    if dust:
        detail["dust"] = str(dust)
    if listed:
        detail["coins"] = [
            [f"{c.txid}:{c.vout}", str(c.amount), c.height] for c in listed[:LISTED_COINS]
        ]
    return detail


def immature_words(coins: Iterable[Coin], height: int, decimals: int) -> str:
    """The caution about immature block rewards, "" if there are none."""
    immature = sum(c.amount for c in coins if is_immature(c, height))
    if not immature:
        return ""
    return f"includes {grouped_amount(immature, decimals)} of immature block rewards"


def is_immature(coin: Coin, height: int) -> bool:
    """Whether a coin is a block reward that the block after `height` may not spend."""
    return coin.coinbase is True and height + 1 - coin.height < COINBASE_MATURITY


def base_units(endpoint: str, value: object, decimals: int = 8) -> int:
    """Read a node's amount in whole coins, a JSON number kept as Decimal or int, exactly.

    Raises SourceUnavailableError for anything else, a fraction of a base unit included.
    """
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        try:
            scaled = Decimal(value).scaleb(decimals)
            if 0 <= scaled <= MAX_COIN and scaled == scaled.to_integral_value():
                return int(scaled)
        except ArithmeticError:
            pass
    raise SourceUnavailableError(
        endpoint, f"gave an amount it should not: {heard(endpoint, value)}"
    )
