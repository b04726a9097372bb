"""A mined transaction with the coins it spends: what a proof of control by payment is made of."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.block import BlockRef


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """One transaction of a chain with outputs and scripts.

    txid: as shown. block: where it was mined.
    inputs: script and amount of each coin it spends, in order; none for a block reward.
    outputs: script and amount of each coin it makes, in order. Amounts in base units.
    """

    txid: str
    block: BlockRef
    inputs: tuple[tuple[bytes, int], ...]
    outputs: tuple[tuple[bytes, int], ...]
