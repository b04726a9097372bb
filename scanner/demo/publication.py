"""The demonstration's published list: real addresses, real signatures, and seven planted faults.

What each row claims and what its chain is loaded with stand side by side in `PublishedRow`, so the
result of a scan can be checked against them to the last base unit.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanner.model.amount import format_amount
from scanner.model.finding import FindingKind
from scanner.model.network import Holding
from scanner.model.registry import Registry

DATA = Path(__file__).with_name("data")
EXAMPLE = DATA / "okx_por_example.csv"
OWED = (DATA / "sum_proof_data.json.gz", DATA / "user_4191234_inclusion_proof.json")
"""A proof of liabilities over invented users, and one user's file."""

_HEADER = (
    "coin", "Type", "Network", "Snapshot Height", "address", "amount", "message", "signature1",
    "signature2", "redeem script/public key", "EOA1", "EOA2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coin:
    """How one coin is published here, and how large its amounts are made.

    name, label: the publisher's coin name and network label. most: no row gets more base units.
    height: stated for a network that has no chain in the demonstration, None for one that has.
    """

    name: str
    label: str
    most: int
    height: int | None = None


_COINS = {
    "BTC": Coin("BTC", "BTC", 18 * 10**8),
    "ETH": Coin("ETH", "ETH", 2_000 * 10**18),
    "USDT-ERC20": Coin("USDT-ERC20", "ETH", 9_000_000 * 10**6),
    "USDC": Coin("USDC", "ETH", 5_000_000 * 10**6),
    "LTC": Coin("LTC", "LTC", 40_000 * 10**8, 2_770_000),
    "DOGE": Coin("DOGE", "DOGE", 90_000_000 * 10**8, 5_400_000),
    "TRX": Coin("TRX", "TRX", 70_000_000 * 10**6, 46_095_694),
    "SOL": Coin("SOL", "SOL", 300_000 * 10**9, 271_000_000),
    "DOT": Coin("DOT", "DOT", 900_000 * 10**10, 22_700_000),
    "ADA": Coin("ADA", "ADA", 80_000_000 * 10**6, 10_900_000),
    "USDT-TON": Coin("USDT-TON", "TON", 2_000_000 * 10**6, 43_716_515),
    "USDT-TRC20": Coin("USDT-TRC20", "TRX", 9_000_000 * 10**6, 46_095_694),
}
_MORE_COINS = {
    # Whoever signs for an address signs for all it holds: publishers repeat the signature.
    "okx-017": ("USDT-ERC20",),
    "okx-042": ("USDT-ERC20", "USDC"),
    "okx-086": ("USDT-ERC20", "USDC"),
    "okx-100": ("USDC",),
}
_GROUPS = {"ETH(ALL)": ("ETH",), "USDT(ALL)": ("USDT-ERC20", "USDT-TON", "USDT-TRC20")}

_WALLET = "0x57e2dcd253527a0f70c6a3de3556f6e6e163f19c"  # a contract, by the published example
_WALLET_SIGNERS = ("okx-073", "okx-074")

_OTHER_TEXTS = ("okx-024", "okx-025")
"""Published signatures over a text of anybody's."""

_SHORT_BY = 1_250_000_000
_SURPLUS = 7 * 10**17 + 1


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row, and the truth about it.

    claimed: base units that the list states. held: base units that the chain is loaded with; None
        where the demonstration has no such chain. contract: whether code stands at the address.
    fault: the finding that was planted here, None for an honest row. story: the fault in words.
    signers: how many distinct keys of how many needed a scan must count, None where the finding's
        kind says enough.
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
    story: str = ""
    signers: tuple[int, int] | None = None

    @property
    def proves_control(self) -> bool:
        """Whether the signatures are good, the address is theirs, and the text claims reserves."""
        unproven = FindingKind.BAD_SIGNATURE, FindingKind.OWNER_UNPROVEN, FindingKind.NOT_STATED
        return bool(self.signatures[0]) and self.fault not in unproven


def make_rows(registry: Registry) -> list[PublishedRow]:
    """Make every row of the list, in its order; the same ones each time."""
    signed = {v["vector"]: v for v in _table("okx_signed.csv")}
    rows = [_plant(v["vector"], row, signed) for v, row in _signed_rows(registry, signed)]
    rows.append(_contract_wallet(registry, signed))
    taken = {(row.coin.name, row.address.lower()) for row in rows}
    for row in _plain_rows(registry):
        if (row.coin.name, row.address.lower()) not in taken:
            rows.append(row)
    order = list(_COINS)
    return sorted(rows, key=lambda row: order.index(row.coin.name))


def write_list(path: Path, rows: Sequence[PublishedRow], heights: Mapping[str, int]) -> list[int]:
    """Write the rows as OKX publishes them: totals, an empty line, twelve columns.

    heights: our network name -> height of the demonstration's chain.
    Returns the line number in the file for each row.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        totals = list(_totals(rows, heights))
        writer.writerows(totals)
        file.write("\n")
        writer.writerow(_HEADER)
        for row in rows:
            writer.writerow([
                row.coin.name, "Non Staking", row.coin.label, _height(row, heights), row.address,
                format_amount(row.claimed, row.holding.decimals), row.message, *row.signatures,
                row.script, *row.owners,
            ])  # fmt: skip
    first = len(totals) + 3
    return list(range(first, first + len(rows)))


def _totals(
    rows: Sequence[PublishedRow], heights: Mapping[str, int]
) -> Iterator[tuple[str, str, str]]:
    yield "coin", "snapshot height", "amount"
    for group, names in _GROUPS.items():
        part = [row for row in rows if row.coin.name in names]
        yield group, "-", _sum(part)
    for name in _COINS:
        part = [row for row in rows if row.coin.name == name]
        yield name, str(_height(part[0], heights)), _sum(part)


def _sum(rows: Sequence[PublishedRow]) -> str:
    # Coins of one group have the same number of decimals here.
    return format_amount(sum(row.claimed for row in rows), rows[0].holding.decimals)


def _height(row: PublishedRow, heights: Mapping[str, int]) -> int:
    stated = row.coin.height
    return heights[row.holding.network] if stated is None else stated


def _signed_rows(
    registry: Registry, signed: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[Mapping[str, str], PublishedRow]]:
    for name, vector in signed.items():
        if name in ("okx-016", *_WALLET_SIGNERS):
            continue  # 016 is for the address of the bad signature, 073 and 074 sign the contract
        first = "USDT-ERC20" if vector["coin"] == "USDT" else vector["coin"]
        for coin in (first, *_MORE_COINS.get(name, ())):
            row = _row(registry, coin, vector["address"])
            yield (
                vector,
                replace(
                    row,
                    message=vector["message"],
                    signatures=(vector["signature1"], vector["signature2"]),
                    script=vector["script"],
                ),
            )
    for name in _WALLET_SIGNERS:
        vector = signed[name]
        row = _row(registry, "ETH", vector["address"])
        yield vector, replace(row, message=vector["message"], signatures=(vector["signature1"], ""))


def _plant(vector: str, row: PublishedRow, signed: Mapping[str, Mapping[str, str]]) -> PublishedRow:
    """Spoil the row if one of the faults belongs to it."""
    if row.coin.name == "BTC" and vector == "okx-103":
        return replace(
            row,
            claimed=row.claimed + _SHORT_BY,
            fault=FindingKind.SHORTFALL,
            story="the list claims 12.5 BTC more than the chain holds",
        )
    if row.coin.name == "ETH" and vector == "okx-014":
        return replace(
            row,
            held=row.claimed + _SURPLUS,
            fault=FindingKind.SURPLUS,
            story="the chain holds 0.700000000000000001 ETH more than the list claims",
        )
    if vector == "okx-071":
        return replace(
            row,
            fault=FindingKind.BAD_SIGNATURE,
            story="the signature was made over another message envelope",
        )
    if vector in _OTHER_TEXTS:
        return replace(
            row,
            fault=FindingKind.NOT_STATED,
            story="the keys signed 'hello world', which claims no reserves",
        )
    if vector == "okx-106":
        first = row.signatures[0]
        return replace(
            row,
            signatures=(first, first),
            fault=FindingKind.BAD_SIGNATURE,
            story="two of three keys must sign this multisig, and one signed twice",
            signers=(1, 2),
        )
    return row


def _contract_wallet(registry: Registry, signed: Mapping[str, Mapping[str, str]]) -> PublishedRow:
    one, two = (signed[name] for name in _WALLET_SIGNERS)
    return replace(
        _row(registry, "ETH", _WALLET),
        message=one["message"],
        signatures=(one["signature1"], two["signature1"]),
        owners=(one["address"], two["address"]),
        contract=True,
        fault=FindingKind.OWNER_UNPROVEN,
        story="two keys signed for a contract, and nothing on chain says they own it",
    )


def _plain_rows(registry: Registry) -> Iterator[PublishedRow]:
    """Published addresses without a signature; some of them hold tokens too."""
    for number, entry in enumerate(_table("okx_addresses.csv")):
        if entry["network"] == "bitcoin":
            yield _row(registry, "BTC", entry["address"])
            continue
        yield _row(registry, "ETH", entry["address"])
        if number % 3 == 0:
            yield _row(registry, "USDT-ERC20", entry["address"])
        if number % 5 == 0:
            yield _row(registry, "USDC", entry["address"])


def _row(registry: Registry, coin: str, address: str) -> PublishedRow:
    """Make an honest row. Its amount follows from coin and address, so that it never changes."""
    published = _COINS[coin]
    digest = int.from_bytes(hashlib.sha256(f"{coin} {address}".encode()).digest(), "big")
    amount = 0 if digest % 50 == 0 else digest % published.most + 1
    holding = registry.resolve(published.name, published.label)
    held = amount if published.height is None else None
    return PublishedRow(published, holding, address, amount, held)


def _table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
