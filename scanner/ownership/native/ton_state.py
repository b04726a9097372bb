"""The state init of a TON account, as wallets hand it out: whose account it makes, and whose key.

An account's id is the hash of its state init, so one that hashes to it is the account's own,
whoever publishes it. Which key may spend is read only where the code is a known wallet's and the
data is its first state, of any sub-wallet number. Pure.
Sources: crypto/block/block.tlb of the TON repository ("StateInit"); TON Connect, "ton_proof".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from scanner.model.ton_cells import Cell, Slice, read_bag
from scanner.model.ton_wallets import WALLETS, Wallet

LONGEST: Final = 16_384
"""Characters of a state init that is read: wallets have some thousand, multisigs five."""

_MOST_CELLS: Final = 512
_BY_CODE: Final = {wallet.code_hash: wallet for wallet in WALLETS}
_CODE_AND_DATA: Final = (0b00110, 5)
"""No split depth, not special, code, data, no library."""


class FirstState(NamedTuple):
    """account: id of 32 bytes. key: of 32 bytes, the only one that may begin to spend from it, and
    wallet: what its code is called; b"" and "" where the code is not known or the data is odd.
    """

    account: bytes
    key: bytes = b""
    wallet: str = ""


def read_first_state(text: str) -> FirstState:
    """Read a state init: a bag of cells in base64. Raises ValueError saying why it is not read."""
    if len(text) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    return _read(text)


@lru_cache(maxsize=256)
def _read(text: str) -> FirstState:
    root = read_bag(text, _MOST_CELLS, checked=True)
    fields = Slice(root)
    if fields.uint(1):
        raise ValueError("a split depth, which no wallet has")
    if fields.uint(1):
        fields.uint(2)  # tick and tock
    given = [fields.ref() for _ in range(3) if fields.uint(1)]
    if not fields.at_end:
        raise ValueError("more than a state init")
    if (root.bits, root.width) != _CODE_AND_DATA:
        return FirstState(root.hash)
    code, data = given
    wallet = _BY_CODE.get(code.hash)
    key = b"" if wallet is None else _key(wallet, data)
    return FirstState(root.hash, key, wallet.name if wallet is not None and key else "")


def _key(wallet: Wallet, data: Cell) -> bytes:
    """The key in a wallet's first state; b"" where something else may spend, or nothing can.

    A flag is as the wallet has it (signatures count, no plugins); numbers may be any.
    """
    try:
        fields = Slice(data)
        before = [(fields.uint(width), width, usual) for usual, width in wallet.before_key]
        key = fields.uint(256).to_bytes(32, "big")
        after = [(fields.uint(width), width, usual) for usual, width in wallet.after_key]
    except ValueError:
        return b""
    flags = all(value == usual for value, width, usual in (*before, *after) if width == 1)
    return key if flags and fields.at_end else b""
