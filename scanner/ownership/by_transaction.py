"""Control shown by a payment instead of a message: only who holds the keys can spend a coin.

Two forms that exchanges use: sending an announced amount from an address to itself (Bybit announces
the first digits of a future block's nonce), and spending from it with the hash of a report in an
OP_RETURN output. The nodes have checked the keys; what is judged here is whether the transaction
is the announced one. Anybody who signs for any transaction shows that he can spend; only the
announcement shows that he meant to show it, and when.
"""

from __future__ import annotations

from scanner.model.control import Binding, Control, ControlResult, Freshness
from scanner.model.spend import MinedTransaction

SCHEME = "bitcoin_transaction"
OP_RETURN = 0x6A
_MAX_DIGITS = 10  # a nonce has 32 bits


def nonce_amount(nonce: int, digits: int) -> int:
    """The amount that a block announces: the first digits of its nonce, in base units.

    nonce: of a block header, 0 to 2^32 - 1. digits: 1 to 10; a shorter nonce is taken whole.
    Raises ValueError outside of these.
    """
    if not 0 <= nonce < 2**32 or not 1 <= digits <= _MAX_DIGITS:
        raise ValueError("a nonce has 32 bits, of which 1 to 10 decimal digits are announced")
    return int(str(nonce)[:digits])


def judge_send_to_self(
    script: bytes, amount: int, announced: int, transaction: MinedTransaction | None
) -> ControlResult:
    """Judge whether a transaction sends an announced amount from a script back to itself.

    script: of the address. amount: announced, in base units. announced: height of the block that
    fixed the amount; the transaction must be in a later one. transaction: None if it is not mined.
    Returns `controls`, bound `on_chain`, or `mismatch` with what is not as announced.
    """
    wrong = _not_spent(script, announced, transaction)
    if not wrong and transaction is not None:
        back = [value for paid_to, value in transaction.outputs if paid_to == script]
        if amount not in back:
            wrong = f"no output sends exactly {amount} back to the address"
    return _result(wrong, transaction, f"sends {amount} to itself as announced")


def judge_commitment(
    script: bytes, digest: bytes, announced: int, transaction: MinedTransaction | None
) -> ControlResult:
    """Judge whether a transaction spends from a script and carries a digest in an OP_RETURN.

    digest: the committed hash, 20 to 75 bytes. announced: height that the transaction must be
    above (0 for none). Returns as `judge_send_to_self`.
    """
    if not 20 <= len(digest) <= 75:
        raise ValueError("a commitment is a hash of 20 to 75 bytes")
    wrong = _not_spent(script, announced, transaction)
    if not wrong and transaction is not None:
        carrier = bytes([OP_RETURN, len(digest)]) + digest
        if not any(paid_to == carrier for paid_to, _ in transaction.outputs):
            wrong = "no OP_RETURN output holds the digest, and nothing else"
    return _result(wrong, transaction, "commits to the digest")


def _not_spent(script: bytes, announced: int, transaction: MinedTransaction | None) -> str:
    """Why the transaction is no spend from the script after the announcement; "" if it is one."""
    if transaction is None:
        return "the transaction is not mined"
    if not any(spent == script for spent, _ in transaction.inputs):
        return "the transaction spends nothing of this address"
    if transaction.block.height <= announced:
        return (
            f"the transaction was mined in block {transaction.block.height}, "
            f"not after the announcement in block {announced}"
        )
    return ""


def _result(wrong: str, transaction: MinedTransaction | None, done: str) -> ControlResult:
    if wrong or transaction is None:
        return ControlResult(Control.MISMATCH, scheme=SCHEME, reason=wrong)
    return ControlResult(
        Control.CONTROLS,
        Binding.ON_CHAIN,
        Freshness.BLOCK_STAMPED,
        SCHEME,
        reason=f"transaction {transaction.txid} in block {transaction.block.height} {done}",
    )
