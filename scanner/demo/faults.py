"""The faults of the demonstration: one of each kind, named before the scan that must find them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scanner.demo.publication import Coin, PublishedRow, changed, key_number
from scanner.demo.signing import (
    BITCOIN,
    bitcoin_signature,
    evm_account,
    evm_signature,
    secp_key,
    sign,
    tron_address,
)
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry

VOTE = "I vote yes on proposal 7 of the treasury council"
COLUMN = "pledged to"
"""The column that the scanner does not know."""

RIVAL = "southbank"
"""The publisher whose list claims an address of this one, too."""

_CONTRACT = "0x" + "57" * 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault. row: its place in the list, None for the list as a whole.

    story: what is wrong, one sentence that fits a line of the terminal. also: what else must be
    found because of it, of the same row or of the list as a whole.
    """

    kind: FindingKind
    story: str
    row: int | None = None
    also: tuple[FindingKind, ...] = ()


@dataclass
class Plan:
    """What is published, and what is wrong with it.

    declared: coin -> base units that the list's own total says too much. owed: asset -> whole
    coins that customers are owed. shared: the row whose address the other publisher claims.
    """

    rows: list[PublishedRow]
    faults: list[Fault] = field(default_factory=list)
    declared: dict[str, int] = field(default_factory=dict)
    owed: dict[str, str] = field(default_factory=dict)
    shared: int = 0

    def place(self, coin: str, number: int) -> int:
        """Find the n-th row of a coin."""
        return [n for n, row in enumerate(self.rows) if row.coin.name == coin][number]

    def spoil(
        self,
        at: int,
        kind: FindingKind,
        story: str,
        change: Callable[[PublishedRow], Mapping[str, object]],
        *also: FindingKind,
    ) -> None:
        """Plant a fault in one row."""
        self.rows[at] = changed(self.rows[at], kind, **change(self.rows[at]))
        self.faults.append(Fault(kind, story, at, also))

    def about_all(self, kind: FindingKind, story: str) -> None:
        """Plant a fault that no single row has."""
        self.faults.append(Fault(kind, story))


def plant(rows: Sequence[PublishedRow], registry: Registry) -> Plan:
    """Plant one fault of each kind; the same ones in the same places each time."""
    plan = Plan(list(rows))
    _amounts(plan)
    _signatures(plan)
    _owners(plan)
    _reading(plan, registry)
    _whole(plan)
    return plan


def _amounts(plan: Plan) -> None:
    plan.spoil(
        plan.place("BTC", 6),
        FindingKind.SHORTFALL,
        "BTC: the list claims 12.5 more than the chain holds",
        lambda row: {"claimed": row.claimed + 1_250_000_000},
    )
    plan.spoil(
        plan.place("ETH", 5),
        FindingKind.SURPLUS,
        "ETH: the chain holds 0.7 more than the list claims",
        lambda row: {"held": row.claimed + 7 * 10**17},
    )
    plan.spoil(
        plan.place("SOL", 4),
        FindingKind.DIFFERS_NOW,
        "SOL: the address paid out 100 after the list's block",
        lambda row: {"claimed": row.claimed + 100 * 10**9},
    )


def _signatures(plan: Plan) -> None:
    plan.spoil(
        plan.place("BTC", 9),
        FindingKind.BAD_SIGNATURE,
        "BTC: one key signs twice, but two of three must sign",
        lambda row: {"signatures": (row.signatures[0], row.signatures[0]), "signers": (1, 2)},
    )
    dogecoin = plan.place("DOGE", 3)
    key = secp_key(signing_number(plan, dogecoin))
    plan.spoil(
        dogecoin,
        FindingKind.UNSUPPORTED_SCHEME,
        "DOGE: the signature uses Bitcoin's envelope, not Dogecoin's",
        lambda row: {"signatures": (bitcoin_signature(key, title=BITCOIN), "")},
    )
    voter = plan.place("ETH", 8)
    plan.spoil(
        voter,
        FindingKind.NOT_STATED,
        "ETH: the key signs a vote, not a claim of reserves",
        lambda row: {
            "message": VOTE,
            "signatures": (evm_signature(secp_key(signing_number(plan, voter)), VOTE), ""),
        },
        FindingKind.STATEMENT_UNCHECKED,
    )
    plan.spoil(
        plan.place("LTC", 2),
        FindingKind.UNSIGNED,
        "LTC: an address without a signature",
        lambda _: {"signatures": ("", ""), "message": ""},
    )
    plan.spoil(
        plan.place("BTC", 20),
        FindingKind.MALFORMED_PROOF,
        "BTC: the end of a signature was cut off",
        lambda row: {"signatures": (row.signatures[0][:-9], "")},
    )


def _owners(plan: Plan) -> None:
    plan.spoil(
        plan.place("TRX", 17),
        FindingKind.BAD_SIGNATURE,
        "TRX: the key may no longer spend: the account has another owner",
        lambda _: {"given_to": tron_address(secp_key(99_999))},
    )
    owners = [secp_key(n) for n in (88_001, 88_002)]
    plan.spoil(
        plan.place("ETH", 30),
        FindingKind.OWNER_UNPROVEN,
        "ETH: two keys sign for a contract that does not name an owner",
        lambda _: {
            "address": _CONTRACT,
            "contract": True,
            "signatures": (evm_signature(owners[0]), evm_signature(owners[1])),
            "owners": ("0x" + evm_account(owners[0]).hex(), "0x" + evm_account(owners[1]).hex()),
        },
    )


def _reading(plan: Plan, registry: Registry) -> None:
    """Plant rows that cannot be read, or not be counted."""
    twin = plan.rows[plan.place("APT", 4)]
    name = Coin("APT-FA", "APT", 1, 0, total=False)
    again = replace(twin, coin=name, holding=registry.resolve(name.name, name.label))
    _add(
        plan,
        again,
        FindingKind.DUPLICATE,
        "APT: a balance is listed twice, the second time as APT-FA",
    )
    coin = Coin("CFX", "CFX", 1, 0, total=False)
    made = sign("conflux-core", 99)
    units = 5_000 * 10**18
    holding = registry.resolve(coin.name, coin.label)
    row = PublishedRow(coin, holding, made.address, units, None, made.message, made.signatures)
    story = "CFX: no source can read the balance"
    _add(plan, row, FindingKind.BALANCE_UNAVAILABLE, story)
    plan.spoil(
        plan.place("XRP", 3),
        FindingKind.BALANCE_UNAVAILABLE,
        "XRP: two letters of an address are swapped",
        lambda row: {"address": _swapped(row.address), "held": None},
        FindingKind.MALFORMED_PROOF,
    )
    plan.spoil(
        plan.place("ALGO", 9),
        FindingKind.BAD_AMOUNT,
        "ALGO: an amount is written as 1.000.50",
        lambda _: {"amount": "1.000.50", "claimed": 0},
    )


def _add(plan: Plan, row: PublishedRow, kind: FindingKind, story: str) -> None:
    plan.rows.append(replace(row, fault=kind))
    plan.faults.append(Fault(kind, story, len(plan.rows) - 1))


def _swapped(address: str) -> str:
    at = next(n for n in range(5, 20) if address[n] != address[n + 1])
    return address[:at] + address[at + 1] + address[at] + address[at + 2 :]


def _whole(plan: Plan) -> None:
    """Plant what is wrong with the list as a whole, and with what is owed."""
    plan.declared["USDC"] = 5_000 * 10**6
    plan.about_all(FindingKind.TOTAL_DIFFERS, "USDC: the list's total is 5,000 above its rows")
    plan.rows[0] = replace(plan.rows[0], extra="lender")
    plan.about_all(
        FindingKind.NOT_UNDERSTOOD, f"a column, '{COLUMN}', that the scanner does not know"
    )
    plan.shared = plan.place("ETH", 12)
    plan.about_all(
        FindingKind.CLAIMED_ELSEWHERE, f"ETH: an address that {RIVAL}'s list also claims"
    )
    plan.owed |= {"BTC": "400", "ETH": "11000", "USDT": "20000000", "TON": "500000", "ADA": "1000"}
    plan.about_all(
        FindingKind.RESERVES_MAYBE_BELOW, "TON: liabilities are higher than the reserves"
    )
    plan.about_all(FindingKind.RESERVES_MISSING, "ADA: 1,000 are owed, but no row claims any ADA")


def signing_number(plan: Plan, at: int) -> int:
    """Say which key a row of an own coin is signed with."""
    row = plan.rows[at]
    number = [n for n, other in enumerate(plan.rows) if other.coin == row.coin].index(at)
    return key_number(row.coin, number)
