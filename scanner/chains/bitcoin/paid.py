"""Whom a block of a chain of coins pays, and surely still pays after it: its canaries.

A block's reward cannot be spent in the block itself: it takes COINBASE_MATURITY more, whatever that
is on a chain. An output of another transaction can, but only by one that stands behind it: so the
last transactions of a block tell by themselves what of theirs is left.
Sources: Bitcoin Core, validation.cpp (inputs are looked for among the coins that earlier
transactions of the block left) and consensus/tx_verify.cpp (maturity); Litecoin Core keeps both.
Bitcoin Cash orders by id since November 2018, so that there only the reward is certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scanner.chains.bitcoin.transaction import Transaction
from scanner.chains.fleet.interface import Holder
from scanner.model.addresses.interface import Address

ORDERED: Final = frozenset({"bitcoin", "litecoin"})
"""Networks where a transaction stands behind those whose outputs it spends."""

LAST: Final = 4
"""Transactions from a block's end that are looked at: their payees are asked for sooner than the
reward's, who as a rule is a pool with many thousand transactions."""


def holders_of(network: str, coinbase: Transaction, last: Sequence[Transaction]) -> list[Holder]:
    """Those whom a block pays, one of each transaction, the last first and the reward's at the end.

    last: the block's last transactions without the coinbase, in order, none between them left out;
    none where the network is not of ORDERED.
    """
    found: list[Holder] = []
    spent: set[tuple[str, int]] = set()
    for transaction in [*reversed(last), coinbase]:
        for number, (script, amount) in enumerate(transaction.outputs):
            if amount and _plain(script) and (transaction.txid, number) not in spent:
                text = f"raw({script.hex()})"
                address = Address(network, "script", script, script.hex(), text)
                found.append(Holder(address, amount))
                break
        spent.update(transaction.inputs)
    return found


def _plain(script: bytes) -> bool:
    """Whether an output is of a kind that wallets have addresses for, and servers an index of."""
    match len(script):
        case 25:
            return script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac"
        case 23:
            return script[:2] == b"\xa9\x14" and script[22:] == b"\x87"
        case 22:
            return script[:2] == b"\x00\x14"
        case 34:
            return script[:2] in (b"\x00\x20", b"\x51\x20")
    return False
