"""Multisignature scripts: reading m-of-n, and which address a script belongs to."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from scanner.model.addresses.interface import Address
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.not_proven import unsupported
from scanner.ownership.primitives.secp256k1 import compress

_OP_1, _OP_16, _OP_CHECKMULTISIG = 0x51, 0x60, 0xAE
_MAX_REDEEM_SCRIPT = 520
"""Longer P2SH scripts can never be spent: a push is limited to this."""
_MAX_WITNESS_SCRIPT = 10_000
_KEY_SIZES = {b"\x02": 33, b"\x03": 33, b"\x04": 65}


class Multisig(NamedTuple):
    """A bare m-of-n script.

    required: m. keys: as they stand in the script, 33 or 65 bytes, in order.
    """

    required: int
    keys: tuple[bytes, ...]

    def refuse_repeated_keys(self) -> None:
        """Raise NotProvenError if one key stands twice, in whatever spelling.

        Then m signatures need not be of m keys, and "m distinct keys signed" would not be true.
        """
        distinct = {key if len(key) == 33 else compress(key) for key in self.keys}
        if len(distinct) != len(self.keys):
            raise unsupported(
                "the script names a key more than once, so fewer people than it says can sign: "
                "use a script of distinct keys"
            )


def parse_multisig(script: bytes) -> Multisig | None:
    """Read OP_m <key>... OP_n OP_CHECKMULTISIG, nothing before, between or after.

    Returns None for any other script. Keys have the shape of one; that each is a point of the
    curve is not looked at, since one that is not can never be found to have signed.
    """
    if len(script) < 37 or script[-1] != _OP_CHECKMULTISIG:
        return None
    required, count = script[0] - _OP_1 + 1, script[-2] - _OP_1 + 1
    if not 1 <= required <= count <= _OP_16 - _OP_1 + 1:
        return None
    keys = _keys(script[1:-2])
    if keys is None or len(keys) != count:
        return None
    return Multisig(required, keys)


def commitment(address: Address, script: bytes) -> str:
    """Say how the address commits to the script: "p2sh", "p2wsh", "p2sh_p2wsh", or "" if not."""
    if address.format == "p2wsh":
        fits = len(script) <= _MAX_WITNESS_SCRIPT and sha256(script).digest() == address.payload
        return "p2wsh" if fits else ""
    if address.format != "p2sh":
        return ""
    if len(script) <= _MAX_REDEEM_SCRIPT and hash160(script) == address.payload:
        return "p2sh"
    program = b"\x00\x20" + sha256(script).digest()
    if len(script) <= _MAX_WITNESS_SCRIPT and hash160(program) == address.payload:
        return "p2sh_p2wsh"
    return ""


def _keys(data: bytes) -> tuple[bytes, ...] | None:
    keys = []
    at, end = 0, len(data)
    while at < end:
        start, at = at + 1, at + 1 + data[at]
        key = data[start:at]
        if _KEY_SIZES.get(key[:1]) != at - start or len(key) != at - start:
            return None
        keys.append(key)
    return tuple(keys)
