"""Starknet rows: SNIP-12 revision 0 typed data, signed on the STARK curve.

The account's address enters the hash, but is computed from its class and constructor, not from
the key: that the published key is the account's is for the chain to show (`asserted`).
Source: SNIP-12 (revision 0), as the OKX rows use it: domain "OKX POR MESSAGE", version 1.
"""

from __future__ import annotations

from functools import lru_cache

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.stark_curve import is_signed, pedersen
from scanner.ownership.unread import unread

SHORT_STRING = 31
"""Characters a message can have: it is one field element."""

_DOMAIN_TYPE = "StarkNetDomain(name:felt,version:felt,chainId:felt)"
_MESSAGE_TYPE = "Message(contents:felt)"
_NOT_BOUND = (
    "the published key signed for this account; whether the account uses it is not verified: "
    "compare it with the account's own (get_public_key of its contract)"
)


class Stark:
    """One account, one published STARK key (its x)."""

    name = "stark"
    said = "SNIP-12 typed data, as OKX makes it"

    def handles(self, proof: Proof) -> bool:
        """Every Starknet address."""
        return proof.address.format == "starknet"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is r and s of the published key."""
        if not proof.script:
            return verdicts.unsupported(
                self.name, "the row gives no public key: publish it in the key column"
            )
        key = _number(proof.script, 32)
        if key is None:
            return verdicts.malformed(self.name, "the public key is not hex of at most 32 bytes", 1)
        if not proof.message.isascii() or len(proof.message) > SHORT_STRING:
            return verdicts.mismatch(
                self.name, f"a message of this scheme has at most {SHORT_STRING} ASCII characters"
            )
        digest = message_hash(
            proof.message, int.from_bytes(proof.address.payload, "big"), proof.network.chain_id
        )
        unfit, fits = 0, False
        for number, text in enumerate(proof.signatures, 1):
            signature = decode_hex(text)
            if signature is None or len(signature) != 64:
                return verdicts.malformed(
                    self.name, f"signature {number} is not 64 bytes of hex", 1
                )
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            if is_signed(key, digest, r, s):
                fits = True
            else:
                unfit = unfit or number
        if unfit:
            reason = f"signature {unfit} is not by this key over this message"
            return verdicts.mismatch(self.name, reason) if fits else unread(self.name, unfit)
        return verdicts.controls(self.name, Binding.ASSERTED, (f"0x{key:064x}",), _NOT_BOUND)


@lru_cache(maxsize=4096)
def message_hash(message: str, account: int, chain_id: str) -> int:
    """Hash of an OKX message for one account. chain_id: hex text of the chain's short string."""
    return _chain(
        _short_string("StarkNet Message"),
        _domain(int(chain_id, 16)),
        account,
        _chain(_type_hash(_MESSAGE_TYPE), _short_string(message)),
    )


@lru_cache(maxsize=8)
def _domain(chain_id: int) -> int:
    return _chain(_type_hash(_DOMAIN_TYPE), _short_string("OKX POR MESSAGE"), 1, chain_id)


def _chain(*elements: int) -> int:
    """Pedersen over a list: each element in turn, then how many there were."""
    total = 0
    for element in (*elements, len(elements)):
        total = pedersen(total, element)
    return total


def _type_hash(text: str) -> int:
    """Starknet's Keccak: the low 250 bits."""
    return int.from_bytes(keccak256(text.encode()), "big") & (2**250 - 1)


def _short_string(text: str) -> int:
    return int.from_bytes(text.encode("ascii"), "big")


def _number(text: str, size: int) -> int | None:
    """Read hex of up to `size` bytes, an odd number of digits allowed."""
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if not digits or len(digits) > 2 * size:
        return None
    data = decode_hex(digits.rjust(2 * size, "0"))
    return None if data is None else int.from_bytes(data, "big")
