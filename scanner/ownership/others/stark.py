"""Starknet rows: SNIP-12 revision 0 typed data, signed on the STARK curve.

The account's address enters the hash, but is computed from its class and constructor, not from
the key: that the published key is the account's is for the chain to show (`asserted`). Where the
chain can be asked, the account itself is (stark_account.py).
Source: SNIP-12 (revision 0), as the OKX rows use it: domain "OKX POR MESSAGE", version 1.
"""

from __future__ import annotations

from functools import lru_cache

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.others.stark_account import Signed, judge_account, starknet_keccak
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.stark_curve import P, is_signed, pedersen
from scanner.ownership.unread import unread

SHORT_STRING = 31
"""Characters a message can have: it is one field element."""

_DOMAIN_TYPE = "StarkNetDomain(name:felt,version:felt,chainId:felt)"
_MESSAGE_TYPE = "Message(contents:felt)"
_NOT_BOUND = (
    "the published key signed for this account; whether the account uses it is not verified: take "
    "a snapshot with an endpoint, which asks the account"
)


class Stark:
    """One account, one published STARK key (its x)."""

    name = "stark"
    said = "SNIP-12 typed data, as OKX makes it"

    def handles(self, proof: Proof) -> bool:
        """Every Starknet address."""
        return proof.address.format == "starknet"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is r and s of the published key.

        With a chain the account is asked about a row's one signature, whatever key is published.
        """
        offline = self._by_key(proof)
        signed = _one_signature(proof) if call is not None else None
        if call is None or signed is None or offline.control is Control.MALFORMED:
            return offline
        return judge_account(offline, signed, call)

    def _by_key(self, proof: Proof) -> ControlResult:
        """The verdict from the row alone."""
        if not proof.script:
            return verdicts.unsupported(
                self.name,
                "the row gives no public key: publish it in the key column, or ask the account in "
                "a snapshot",
            )
        key = _number(proof.script, 32)
        if key is None:
            return verdicts.malformed(self.name, "the public key is not hex of at most 32 bytes", 1)
        digest = _digest(proof)
        if digest is None:
            return verdicts.unsupported(
                self.name,
                f"a message of this scheme has at most {SHORT_STRING} ASCII characters, and other "
                "typed data is not read: sign again a shorter one",
            )
        unfit, fits = 0, False
        for number, text in enumerate(proof.signatures, 1):
            signature = _signature(text)
            if signature is None:
                return verdicts.malformed(
                    self.name, f"signature {number} is not 64 bytes of hex", 1
                )
            if is_signed(key, digest, *signature):
                fits = True
            else:
                unfit = unfit or number
        if unfit:
            reason = f"signature {unfit} is not by this key over this message"
            return verdicts.mismatch(self.name, reason) if fits else unread(self.name, unfit)
        return verdicts.controls(self.name, Binding.ASSERTED, (f"0x{key:064x}",), _NOT_BOUND)


def _digest(proof: Proof) -> int | None:
    """The hash that the row's account signs, None where the text is not one element."""
    if not proof.message.isascii() or len(proof.message) > SHORT_STRING:
        return None
    account = int.from_bytes(proof.address.payload, "big")
    return message_hash(proof.message, account, proof.network.chain_id)


def _signature(text: str) -> tuple[int, int] | None:
    """r and s of a signature's text."""
    data = decode_hex(text)
    if data is None or len(data) != 64:
        return None
    return int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")


def _one_signature(proof: Proof) -> Signed | None:
    """What an account can be asked: one signature of a row, in numbers that it takes."""
    digest = _digest(proof)
    pair = _signature(proof.signatures[0]) if len(proof.signatures) == 1 else None
    if digest is None or pair is None or max(pair) >= P:
        return None
    return Signed(proof.address.payload, digest, *pair)


@lru_cache(maxsize=4096)
def message_hash(message: str, account: int, chain_id: str) -> int:
    """Hash of an OKX message for one account. chain_id: hex text of the chain's short string."""
    return _chain(
        _short_string("StarkNet Message"),
        _domain(int(chain_id, 16)),
        account,
        _chain(starknet_keccak(_MESSAGE_TYPE), _short_string(message)),
    )


@lru_cache(maxsize=8)
def _domain(chain_id: int) -> int:
    return _chain(starknet_keccak(_DOMAIN_TYPE), _short_string("OKX POR MESSAGE"), 1, chain_id)


def _chain(*elements: int) -> int:
    """Pedersen over a list: each element in turn, then how many there were."""
    total = 0
    for element in (*elements, len(elements)):
        total = pedersen(total, element)
    return total


def _short_string(text: str) -> int:
    return int.from_bytes(text.encode("ascii"), "big")


def _number(text: str, size: int) -> int | None:
    """Read hex of up to `size` bytes, an odd number of digits allowed."""
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if not digits or len(digits) > 2 * size:
        return None
    data = decode_hex(digits.rjust(2 * size, "0"))
    return None if data is None else int.from_bytes(data, "big")
