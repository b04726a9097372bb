"""A mined transaction with the coins it spends: what a proof of control by payment is made of."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.block import BlockRef


@dataclass(frozen=True, slots=True)
class SpentCoin:
    """One coin that a transaction spends, and what was shown for it.

    script: the coin's output script. amount: base units. signature_script: the input's scriptSig.
    witness: the input's witness stack, () where there is none (BIP-141).
    """

    script: bytes
    amount: int
    signature_script: bytes = b""
    witness: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """One transaction of a chain with outputs and scripts.

    txid: as shown. block: where it was mined.
    inputs: the coins it spends, in order; none for a block reward.
    outputs: script and amount of each coin it makes, in order. Amounts in base units.
    """

    txid: str
    block: BlockRef
    inputs: tuple[SpentCoin, ...]
    outputs: tuple[tuple[bytes, int], ...]
