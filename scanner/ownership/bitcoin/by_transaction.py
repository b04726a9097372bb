"""Control shown by a payment instead of a message: only who holds the keys can spend a coin.

Two forms that exchanges use: sending an announced amount from an address to itself (Bybit announces
the first digits of a block's nonce), and spending from it with the hash of a report in an OP_RETURN
output. The chain's nodes have checked the keys; what is judged here is whether the transaction is
the announced one, and whether the keys signed for all of it. Anybody who signs for any transaction
shows that he can spend; only the announcement shows that he meant to show it, and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scanner.model.addresses.interface import Address
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.amount import format_amount
from scanner.model.control import Binding, Control, ControlResult, Freshness
from scanner.model.spend import MinedTransaction
from scanner.model.statement import StatedBy, Statement
from scanner.ownership.bitcoin.spend_signatures import Signers, signers
from scanner.ownership.primitives.not_proven import NotProvenError, mismatch

SCHEME = "bitcoin_transaction"
OP_RETURN = 0x6A
MIN_DIGEST, MAX_DIGEST = 20, 75
_MAX_DIGITS = 10  # a nonce has 32 bits


class Kind(StrEnum):
    """What was announced."""

    SEND_TO_SELF = "send_to_self"  # an amount, from the address to itself
    COMMITMENT = "commitment"  # a digest in an OP_RETURN output, spent from the address


@dataclass(frozen=True, slots=True)
class NonceRule:
    """An amount that a block fixes: the first digits of its nonce, times a unit.

    height: of the block, on the bitcoin network. digits: how many. unit: base units of one.
    """

    height: int
    digits: int
    unit: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a publisher said it would do from one address, or has done.

    row: line in the file, from 1. txid: as published, "" if the publisher named none.
    amount: base units, or the rule that fixes them (send_to_self). digest: (commitment).
    after: the transaction must be in a later block than this height. until: and in this or an
    earlier one; None for no end. coin, decimals: of the network, to tell the amount in coins.
    """

    row: int
    network: str
    address: Address
    kind: Kind
    txid: str = ""
    amount: int | NonceRule = 0
    digest: bytes = b""
    after: int = 0
    until: int | None = None
    coin: str = "BTC"
    decimals: int = 8

    @property
    def in_coins(self) -> str:
        """The amount for people, "0.000208 BTC"; "an unknown amount" while a rule stands for it."""
        if isinstance(self.amount, NonceRule):
            return "an unknown amount"
        return f"{format_amount(self.amount, self.decimals)} {self.coin}"


def nonce_amount(nonce: int, digits: int) -> int:
    """The number that a block announces: the first digits of its nonce.

    nonce: of a block header, 0 to 2^32 - 1. digits: 1 to 10; a shorter nonce is taken whole.
    Raises ValueError outside of these.
    """
    if not 0 <= nonce < 2**32 or not 1 <= digits <= _MAX_DIGITS:
        raise ValueError("a nonce has 32 bits; 1 to 10 decimal digits of it are announced")
    return int(str(nonce)[:digits])


def judge_transaction(said: Announcement, transaction: MinedTransaction) -> ControlResult:
    """Judge whether a mined transaction does what was announced.

    said: its amount must be a number by now. Returns `controls`, bound `on_chain`; `mismatch` with
    what is not as announced; or `unsupported` if it is, but the keys did not sign for all of it, or
    nobody can say from its script whether keys are needed at all.
    """
    try:
        script = script_pubkey(said.address)
        _spent_as_announced(said, script, transaction)
        _does_as_announced(said, script, transaction)
        signed = _signed(script, transaction)
    except NotProvenError as e:
        return e.result(SCHEME)
    done = "holds the digest"
    if said.kind is Kind.SEND_TO_SELF:
        done = f"sends {said.in_coins} back to the address"
    return ControlResult(
        Control.CONTROLS,
        Binding.ON_CHAIN,
        Freshness.BLOCK_STAMPED,
        SCHEME,
        signed.required,
        signed.keys,
        f"transaction {transaction.txid} in block {transaction.block.height} {done} as announced",
        # Nobody does this by chance: the block is after the announcement, or the digest is in it.
        statement=Statement.STATED,
        stated_by=StatedBy.CHALLENGE,
    )


def judge_bytes(said: Announcement, transaction: MinedTransaction) -> ControlResult | None:
    """Judge the transaction that was named by what its own id fixes, which is what it makes.

    What coins it spends, and in which block it is, its id does not fix. Returns `mismatch` if it
    makes something else than was announced, None if it does not or is not the one that was named.
    """
    if transaction.txid != said.txid:
        return None
    try:
        _does_as_announced(said, script_pubkey(said.address), transaction)
    except NotProvenError as e:
        return e.result(SCHEME)
    return None


def judge_absence(said: Announcement, tip: int) -> ControlResult:
    """Judge an announcement of which no transaction is mined, up to the block `tip`.

    `unsigned` while there is time left, or no end was announced; `mismatch` afterwards.
    """
    what = f"no transaction of the address holds the digest {said.digest.hex()}"
    if said.txid:
        what = f"transaction {said.txid} is not mined"
    elif said.kind is Kind.SEND_TO_SELF:
        what = f"no transaction sends {said.in_coins} back to the address"
    start = f" after block {said.after}" if said.after else ""
    if said.until is not None and tip >= said.until:
        control, words = (
            Control.MISMATCH,
            f"{what}{start}, and the last allowed block was {said.until}",
        )
    elif tip <= said.after:
        control, words = Control.UNSIGNED, f"no block after {said.after} is there yet: it is {tip}"
    else:
        control, words = Control.UNSIGNED, f"{what}{start} up to block {tip}"
    return ControlResult(control, scheme=SCHEME, reason=words)


def _spent_as_announced(said: Announcement, script: bytes, transaction: MinedTransaction) -> None:
    if not any(coin.script == script for coin in transaction.inputs):
        raise mismatch("the transaction spends nothing of this address")
    height = transaction.block.height
    if height <= said.after:
        raise mismatch(
            f"the transaction was mined in block {height}, "
            f"not after the announcement in block {said.after}"
        )
    if said.until is not None and height > said.until:
        raise mismatch(f"the transaction was mined in block {height}, later than {said.until}")


def _does_as_announced(said: Announcement, script: bytes, transaction: MinedTransaction) -> None:
    if said.kind is Kind.SEND_TO_SELF:
        back = [value for paid_to, value in transaction.outputs if paid_to == script]
        if said.amount not in back:
            raise mismatch(f"no output sends exactly {said.in_coins} back to the address")
        return
    carrier = bytes([OP_RETURN, len(said.digest)]) + said.digest
    if not any(paid_to == carrier for paid_to, _ in transaction.outputs):
        raise mismatch("no OP_RETURN output holds the digest and nothing else")


def _signed(script: bytes, transaction: MinedTransaction) -> Signers:
    """Who signed for the address; one of its coins is enough, if that signature covers all."""
    reason: NotProvenError | None = None
    for coin in transaction.inputs:
        if coin.script == script:
            try:
                return signers(coin)
            except NotProvenError as e:
                reason = reason or e
    raise reason or mismatch("the transaction spends nothing of this address")
