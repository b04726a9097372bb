"""Which keys signed for a spent coin, and whether they signed for all that the transaction does.

The chain's nodes have checked every signature. What they did not ask is whether the script wants
one at all, and whether it covers the outputs: a signature with SIGHASH_NONE or ANYONECANPAY can be
taken out of one transaction and put into another by somebody else. So only well-known scripts are
read, and only signatures over everything count. Sources: BIP-16, BIP-141, BIP-341.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scanner.model.spend import SpentCoin
from scanner.ownership.bitcoin.multisig import parse_multisig
from scanner.ownership.bitcoin.script_ops import operations
from scanner.ownership.primitives.not_proven import unsupported

_SIGHASH_ALL, _ANYONECANPAY, _MODE = 0x01, 0x80, 0x1F
_OP_CHECKSIG = 0xAC
_LAST_PUSH = 0x60  # OP_16; everything up to it puts data on the stack
_ANNEX = 0x50
_SCHNORR = 64
_UNKNOWN = "its script has an unknown form, so it is not known that only its keys can spend"


@dataclass(frozen=True, slots=True)
class Signers:
    """required: how many keys had to sign. keys: hex of those known to have signed.

    The chain shows that m of a multisignature script's keys signed, and not cheaply which; then
    `keys` is empty unless all had to.
    """

    required: int
    keys: tuple[str, ...] = ()


def signers(coin: SpentCoin) -> Signers:
    """Read who signed for a mined spend.

    Raises NotProvenError (`unsupported`) for scripts of other forms and for signatures that do not
    cover the whole transaction.
    """
    script, stack = coin.script, coin.witness
    if script[:2] == b"\x00\x14" and len(script) == 22:
        return _key_hash(stack)
    if script[:2] == b"\x00\x20" and len(script) == 34:
        return _script_hash(stack)
    if script[:2] == b"\x51\x20" and len(script) == 34:
        return _taproot(script[2:], stack)
    pushes = _pushes(coin.signature_script)
    if script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return _key_hash(pushes)
    if script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return _redeem(pushes, stack)
    return _by_script(script, pushes)


def _redeem(pushes: Sequence[bytes], stack: Sequence[bytes]) -> Signers:
    redeem = pushes[-1] if pushes else b""
    if len(pushes) == 1 and stack:  # BIP-141: a witness program inside P2SH
        if redeem[:2] == b"\x00\x14" and len(redeem) == 22:
            return _key_hash(stack)
        if redeem[:2] == b"\x00\x20" and len(redeem) == 34:
            return _script_hash(stack)
    return _by_script(redeem, pushes[:-1])


def _script_hash(stack: Sequence[bytes]) -> Signers:
    return _by_script(stack[-1] if stack else b"", stack[:-1])


def _key_hash(items: Sequence[bytes]) -> Signers:
    if len(items) != 2:
        raise unsupported(_UNKNOWN)
    _covers_all(items[0])
    return Signers(1, (items[1].hex(),))


def _taproot(output_key: bytes, stack: Sequence[bytes]) -> Signers:
    items = stack[:-1] if len(stack) > 1 and stack[-1][:1] == bytes([_ANNEX]) else stack
    if len(items) != 1:
        raise unsupported("it was spent by a taproot script, not by its key")
    if len(items[0]) != _SCHNORR:  # 64 bytes: SIGHASH_DEFAULT, which covers everything
        _covers_all(items[0])
    return Signers(1, (output_key.hex(),))


def _by_script(script: bytes, items: Sequence[bytes]) -> Signers:
    """A script with its keys in it: one key, or m of n."""
    if len(script) in (35, 67) and script[0] == len(script) - 2 and script[-1] == _OP_CHECKSIG:
        if len(items) != 1:
            raise unsupported(_UNKNOWN)
        _covers_all(items[0])
        return Signers(1, (script[1:-1].hex(),))
    multisig = parse_multisig(script)
    if multisig is None or len(items) != multisig.required + 1:
        raise unsupported(_UNKNOWN)
    multisig.refuse_repeated_keys()
    for signature in items[1:]:  # the first is CHECKMULTISIG's unused one
        _covers_all(signature)
    everyone = multisig.required == len(multisig.keys)
    keys = tuple(key.hex() for key in multisig.keys) if everyone else ()
    return Signers(multisig.required, keys)


def _covers_all(signature: bytes) -> None:
    """Demand SIGHASH_ALL; BCH's and BTG's fork bit 0x40 beside it changes nothing of that."""
    kind = signature[-1] if signature else 0
    if kind & _MODE != _SIGHASH_ALL or kind & _ANYONECANPAY:
        raise unsupported("a signature for its coin does not cover the whole transaction")


def _pushes(script: bytes) -> list[bytes]:
    found = []
    for opcode, data in operations(script):
        if opcode > _LAST_PUSH:
            raise unsupported(_UNKNOWN)
        found.append(data)
    return found
