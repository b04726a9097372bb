"""What a chain keeps about an account, as far as the right to spend depends on it."""

from __future__ import annotations

from typing import NamedTuple

from scanner.model.balance import Evidence


class AccountState(NamedTuple):
    """Code and storage of one account at a block.

    code_hash: keccak256 of its code, 32 bytes; of no bytes at all where there is no code. On
    Starknet the hash of its class, zeros where there is none.
    values: of the slots that were asked for, in order; a slot never written is 0.
    evidence: PROVEN by a state proof under the block's hash, else who said so.
    """

    code_hash: bytes
    values: tuple[int, ...]
    evidence: Evidence
