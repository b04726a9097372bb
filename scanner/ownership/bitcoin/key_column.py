"""What the script column of a row may hold beside a good signature, where it names a key.

Wallets show one key in many ways: a taproot wallet gives 33 bytes though the address knows x alone,
an older one all 65. None of these contradicts the signature; another key does.
"""

from __future__ import annotations

from scanner.model.addresses import scripts
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.secp256k1 import compress, parse_key

_X = 32
"""Bytes of a key's x."""


def names_key(column: bytes, key: bytes) -> bool:
    """Whether a column holds a key, or the script of its hash, which witnesses of one key run.

    key: as it signed: 32 (x alone), 33 or 65 bytes.
    """
    if column == key:
        return True
    own = compress(key) if len(key) == 65 else key  # 32 or 33 bytes
    point = parse_key(column)
    if point is not None:
        return compress(point).endswith(own)
    if len(column) == _X:
        return own.endswith(column)
    return column == scripts.p2pkh(hash160(key))


def is_any_key(column: bytes) -> bool:
    """Whether a column holds some key: of a taproot output it may be the one inside."""
    return len(column) == _X or parse_key(column) is not None
