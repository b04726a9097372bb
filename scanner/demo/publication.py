"""The demonstration's published list: an invented exchange, its own keys, every row signed.

What each row claims and what its chain is loaded with stand side by side in `PublishedRow`, so the
result of a scan can be checked against them to the last base unit. The faults are planted by
`scanner.demo.faults`.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanner.demo.signing import key_of, sign
from scanner.model.amount import format_amount
from scanner.model.finding import FindingKind
from scanner.model.network import Holding
from scanner.model.registry import Registry

DATA = Path(__file__).with_name("data")
EXAMPLE = DATA / "okx_por_example.csv"
OWED = (DATA / "sum_proof_data.json.gz", DATA / "user_4191234_inclusion_proof.json")
"""A proof of liabilities over invented users, and one user's file."""

PUBLISHER = "northbank"
DAY = "2026-10-31"

HEADER = (
    "coin", "Type", "Network", "Snapshot Height", "address", "amount", "message", "signature1",
    "signature2", "redeem script/public key", "EOA1", "EOA2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coin:
    """How one coin is published here.

    name, label: the publisher's coin name and network label. rows: how many there are. most: no
    row gets more base units. keys: of which coin on the same network the addresses are taken, ""
    for its own. total: whether the list gives a total; a bare name must say which coin is meant.
    """

    name: str
    label: str
    rows: int
    most: int
    keys: str = ""
    total: bool = True


COINS = (
    Coin("BTC", "BTC", 120, 9 * 10**8),
    Coin("ETH", "ETH", 64, 400 * 10**18),
    Coin("USDT-ERC20", "ETH", 40, 900_000 * 10**6, "ETH"),
    Coin("USDC", "ETH", 24, 700_000 * 10**6, "ETH"),
    Coin("LTC", "LTC", 15, 900 * 10**8),
    Coin("DOGE", "DOGE", 15, 900_000 * 10**8),
    Coin("TRX", "TRX", 20, 700_000 * 10**6),
    Coin("USDT-TRC20", "TRX", 15, 900_000 * 10**6, "TRX"),
    Coin("XRP", "XRP", 14, 90_000 * 10**6, total=False),
    Coin("SOL", "SOL", 15, 3_000 * 10**9),
    Coin("XLM", "XLM", 10, 300_000 * 10**7),
    Coin("TON", "TON", 14, 40_000 * 10**9, total=False),
    Coin("APT", "APT", 10, 40_000 * 10**8, total=False),
    Coin("SUI", "SUI", 10, 90_000 * 10**9),
    Coin("ALGO", "ALGO", 10, 900_000 * 10**6),
    Coin("NEAR", "NEAR", 10, 40_000 * 10**24),
    Coin("DOT", "DOT", 12, 20_000 * 10**10),
)
"""About 420 rows on every network that has a node or a recorded server here."""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row, and the truth about it.

    amount: the amount as the list writes it, "" for `claimed` in whole coins. claimed: base units
        that the list states. held: base units that the chain is loaded with; None where there is
        no such chain here, or the row cannot be read. contract: whether code stands at the address.
    fault: the finding that was planted here, None for an honest row. signers: how many distinct
        keys of how many needed a scan must count, None where the finding's kind says enough.
    given_to: the address whose key alone may spend from this one, "" for its own.
    """

    coin: Coin
    holding: Holding
    address: str
    claimed: int
    held: int | None
    message: str = ""
    signatures: tuple[str, str] = ("", "")
    script: str = ""
    owners: tuple[str, str] = ("", "")
    contract: bool = False
    fault: FindingKind | None = None
    signers: tuple[int, int] | None = None
    amount: str = ""
    given_to: str = ""
    extra: str = ""

    @property
    def proves_control(self) -> bool:
        """Whether the signatures are good, the address is theirs, and the text claims reserves."""
        return self.fault not in UNPROVEN


UNPROVEN = frozenset({
    FindingKind.BAD_SIGNATURE, FindingKind.OWNER_UNPROVEN, FindingKind.NOT_STATED,
    FindingKind.UNSIGNED, FindingKind.UNSUPPORTED_SCHEME, FindingKind.MALFORMED_PROOF,
})  # fmt: skip
"""Faults that leave a row without shown control."""


def honest_rows(registry: Registry) -> list[PublishedRow]:
    """Make every row of the list, in its order, before anything is planted; the same each time."""
    rows = []
    for coin in COINS:
        holding = registry.resolve(coin.name, coin.label)
        kind = coin.keys or coin.name
        for number in range(coin.rows):
            rows.append(_row(coin, holding, number, kind))
    return rows


def _row(coin: Coin, holding: Holding, number: int, kind: str) -> PublishedRow:
    """Make an honest row. Its amount follows from coin and number, so that it never changes."""
    signed = sign(holding.network, _place(kind) + number)
    digest = hashlib.sha256(f"{coin.name} {number}".encode()).digest()
    # Whole coins are cut to six places, as amounts are that people move.
    step = 10 ** max(0, holding.decimals - 6)
    amount = (int.from_bytes(digest, "big") % coin.most // step + 1) * step
    return PublishedRow(
        coin, holding, signed.address, amount, amount, signed.message, signed.signatures,
        signed.script,
    )  # fmt: skip


def _place(name: str) -> int:
    """Number of a coin's first address; coins of one network have addresses of their own."""
    return next(n for n, coin in enumerate(COINS) if coin.name == name) * 1000


def key_number(coin: Coin, number: int) -> int:
    """Say which key the n-th row of a coin is signed with."""
    return key_of(_place(coin.keys or coin.name) + number)


def write_list(
    path: Path,
    rows: Sequence[PublishedRow],
    heights: Mapping[str, int],
    declared: Mapping[str, int] | None = None,
    column: str = "",
) -> list[int]:
    """Write the rows as OKX publishes them: totals, an empty line, twelve columns.

    heights: our network name -> height of the demonstration's chain. declared: coin -> base units
    that its total says too much. column: name of one more column, "" for none; it holds `extra`.
    Returns the line number in the file for each row.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        totals = list(_totals(rows, heights, declared or {}))
        writer.writerows(totals)
        file.write("\n")
        writer.writerow([*HEADER, *([column] if column else [])])
        for row in rows:
            writer.writerow([
                row.coin.name, "Non Staking", row.coin.label, heights[row.holding.network],
                row.address, row.amount or format_amount(row.claimed, row.holding.decimals),
                row.message, *row.signatures, row.script, *row.owners,
                *([row.extra] if column else []),
            ])  # fmt: skip
    first = len(totals) + 3
    return list(range(first, first + len(rows)))


def _totals(
    rows: Sequence[PublishedRow], heights: Mapping[str, int], declared: Mapping[str, int]
) -> list[tuple[str, str, str]]:
    found = [("coin", "snapshot height", "amount")]
    for name in dict.fromkeys(row.coin.name for row in rows):
        part = [row for row in rows if row.coin.name == name]
        if not part[0].coin.total or any(row.amount for row in part):
            continue  # what cannot be read cannot be added up
        units = sum(row.claimed for row in part) + declared.get(name, 0)
        holding = part[0].holding
        amount = format_amount(units, holding.decimals)
        found.append((name, str(heights[holding.network]), amount))
    return found


def write_addresses(path: Path) -> int:
    """Write the small example: addresses that an exchange has published, without amounts or
    signatures. Returns how many there are."""
    with (DATA / "okx_addresses.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    chosen = [row for n, row in enumerate(found) if n % 12 == 0]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("network", "address"))
        writer.writerows((row["network"], row["address"]) for row in chosen)
    return len(chosen)


def changed(row: PublishedRow, fault: FindingKind, **parts: object) -> PublishedRow:
    """Spoil a row."""
    return replace(row, fault=fault, **parts)  # type: ignore[arg-type]
