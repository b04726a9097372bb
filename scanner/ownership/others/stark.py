"""Starknet rows: SNIP-12 typed data, signed on the STARK curve or as the account wants it.

A text of up to 31 characters stands in typed data as OKX makes it; a message that is typed data in
JSON, of revision 0 or 1, is hashed as it is. A signature is r and s of one key, or as many elements
as the account takes (signers of a multisig, a guardian's, a passkey's): these only it can judge.

The account's address enters the hash, but is computed from its class and constructor, not from
the key: that the published key is the account's is for the chain to show (`asserted`). Where the
chain can be asked, the account itself is (stark_account.py).
Source: SNIP-12; of revision 0, as the OKX rows use it: domain "OKX POR MESSAGE", version 1.
"""

from __future__ import annotations

import re
from functools import lru_cache

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.others import snip12
from scanner.ownership.others.snip12 import SHORT_STRING, pedersen_many, starknet_keccak
from scanner.ownership.others.stark_account import PAIR, Signed, judge_account
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, mismatch, unsupported
from scanner.ownership.primitives.stark_curve import P, is_signed
from scanner.ownership.primitives.undecoded import NoKey, NoSignature
from scanner.ownership.unread import unread

_ELEMENT = 32
"""Bytes of one element of a signature."""
_PAIR_IN_BASE64 = 88
_MOST_ELEMENTS = 300
_LISTED = re.compile(r"[\s,;|\[\]\"]+", re.ASCII)
_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,64}|[0-9]{1,80}", re.ASCII)

_DOMAIN_TYPE = "StarkNetDomain(name:felt,version:felt,chainId:felt)"
_MESSAGE_TYPE = "Message(contents:felt)"
_NOT_BOUND = (
    "the published key signed for this account; whether the account uses it is not verified: take "
    "a snapshot with an endpoint, which asks the account"
)


class Stark:
    """One account, one published STARK key (its x)."""

    name = "stark"
    said = "SNIP-12 typed data, as OKX makes it or in JSON"

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
            reason = "the public key is not hex of at most 32 bytes"
            return verdicts.malformed(self.name, NoKey(reason), 1)
        try:
            digest = _digest(proof)
        except NotProvenError as e:
            return e.result(self.name)
        unfit, fits = 0, False
        for number, text in enumerate(proof.signatures, 1):
            signature = _elements(text)
            if signature is None:
                reason = f"signature {number} is not hex of 32 bytes for each element, nor a list"
                return verdicts.malformed(self.name, NoSignature(reason, number), 1)
            if len(signature) != PAIR:
                return verdicts.unsupported(
                    self.name,
                    f"signature {number} has {len(signature)} elements, which only the account can "
                    "judge: take a snapshot, which asks it",
                )
            if is_signed(key, digest, *signature):
                fits = True
            else:
                unfit = unfit or number
        if unfit:
            reason = f"signature {unfit} is not by this key over this message"
            return verdicts.mismatch(self.name, reason) if fits else unread(self.name, unfit)
        return verdicts.controls(self.name, Binding.ASSERTED, (f"0x{key:064x}",), _NOT_BOUND)


def _digest(proof: Proof) -> int:
    """The hash that the row's account signs. Raises NotProvenError."""
    account, chain = int.from_bytes(proof.address.payload, "big"), proof.network.chain_id
    try:
        typed = snip12.read_typed(proof.message)
        if typed is not None and typed.chain != int(chain, 16):
            raise mismatch("the typed data is for another chain than the row's network")
        if typed is not None:
            return snip12.message_hash(typed, account)
    except ValueError as e:
        raise unsupported(f"the typed data is not read ({e}): sign again a short text") from None
    if not proof.message.isascii() or len(proof.message) > SHORT_STRING:
        raise unsupported(
            f"a message of this scheme has at most {SHORT_STRING} ASCII characters, or is typed "
            "data in JSON (SNIP-12): sign again a shorter one"
        )
    return message_hash(proof.message, account, chain)


def _elements(text: str) -> tuple[int, ...] | None:
    """A signature's elements: hex of 32 bytes each without anything between, or a list of numbers.

    r and s may be in base64, too. Big numbers are left to whoever checks them; None for what is no
    signature.
    """
    data = decode_hex(text)
    if data is None and len(text) == _PAIR_IN_BASE64:
        data = decode_base64(text)
    if data is not None and data and len(data) % _ELEMENT == 0:
        found = tuple(
            int.from_bytes(data[at : at + _ELEMENT], "big") for at in range(0, len(data), _ELEMENT)
        )
    elif len(text) <= _MOST_ELEMENTS * 81:
        listed = [one for one in _LISTED.split(text) if one]
        if not all(map(_NUMBER.fullmatch, listed)):
            return None
        found = tuple(int(one, 16 if one[:2] == "0x" else 10) for one in listed)
    else:
        return None
    return found if PAIR <= len(found) <= _MOST_ELEMENTS else None


def _one_signature(proof: Proof) -> Signed | None:
    """What an account can be asked: one signature of a row, in numbers that it takes."""
    elements = _elements(proof.signatures[0]) if len(proof.signatures) == 1 else None
    if elements is None or max(elements) >= P:
        return None
    try:
        return Signed(proof.address.payload, _digest(proof), elements)
    except NotProvenError:
        return None


@lru_cache(maxsize=4096)
def message_hash(message: str, account: int, chain_id: str) -> int:
    """Hash of an OKX message for one account. chain_id: hex text of the chain's short string."""
    said = pedersen_many((starknet_keccak(_MESSAGE_TYPE), _short_string(message)))
    domain = _domain(int(chain_id, 16))
    return pedersen_many((_short_string("StarkNet Message"), domain, account, said))


@lru_cache(maxsize=8)
def _domain(chain_id: int) -> int:
    name = _short_string("OKX POR MESSAGE")
    return pedersen_many((starknet_keccak(_DOMAIN_TYPE), name, 1, chain_id))


def _short_string(text: str) -> int:
    return int.from_bytes(text.encode("ascii"), "big")


def _number(text: str, size: int) -> int | None:
    """Read hex of up to `size` bytes, an odd number of digits allowed."""
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if not digits or len(digits) > 2 * size:
        return None
    data = decode_hex(digits.rjust(2 * size, "0"))
    return None if data is None else int.from_bytes(data, "big")
