"""Small EVM chains for the tests: genesis files with tokens of every temper, and known balances."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.chains.evm.assembly import assemble
from scanner.model.addresses.keccak import keccak256

SLOT = 2  # where the plain token below keeps its balances
DECIMALS_SLOT = 0x100


def token_code(extra_check: str = "", answer: str = "SLOAD", slot: int = SLOT) -> bytes:
    """A contract with decimals(), balanceOf(a) = mapping at `slot`, transfer(a, amount).

    extra_check, answer: program text put in to make it misbehave.
    """
    return assemble(f"""
        0 CALLDATALOAD {1 << 224} SWAP1 DIV
        DUP1 0x313ce567 EQ @decimals JUMPI
        DUP1 0x70a08231 EQ @balance JUMPI
        DUP1 0xa9059cbb EQ @transfer JUMPI
        0 0 REVERT
    decimals:
        {DECIMALS_SLOT} SLOAD 0 MSTORE 32 0 RETURN
    balance:
        {extra_check}
        4 CALLDATALOAD 0 MSTORE {slot} 32 MSTORE
        64 0 KECCAK {answer} 0 MSTORE 32 0 RETURN
    transfer:
        CALLER 0 MSTORE {slot} 32 MSTORE 64 0 KECCAK
        36 CALLDATALOAD DUP2 SLOAD SUB SWAP1 SSTORE
        4 CALLDATALOAD 0 MSTORE 64 0 KECCAK
        36 CALLDATALOAD DUP2 SLOAD ADD SWAP1 SSTORE
        1 0 MSTORE 32 0 RETURN
    """)


BAD_HOLDER = bytes.fromhex("bad0" * 10)
_IS_BAD = f"4 CALLDATALOAD {int.from_bytes(BAD_HOLDER)} EQ"

PLAIN = token_code()
REVERTS_FOR_ONE = token_code(f"{_IS_BAD} ISZERO @fine JUMPI 0 0 REVERT fine:")
SHORT_FOR_ONE = token_code(f"{_IS_BAD} ISZERO @fine JUMPI 31 0 RETURN fine:")
EMPTY_FOR_ONE = token_code(f"{_IS_BAD} ISZERO @fine JUMPI STOP fine:")
BURNS_FOR_ONE = token_code(f"{_IS_BAD} ISZERO @fine JUMPI INVALID fine:")
LOOPS_FOR_ONE = token_code(f"{_IS_BAD} ISZERO @fine JUMPI again: @again JUMP fine:")
FLAGGED = token_code(answer=f"SLOAD {2**255 - 1} AND")  # USDC: the block list's flag is bit 255
REBASING = token_code(answer="SLOAD 3 MUL")  # balance = shares x index
SILENT = assemble("STOP")
NO_DECIMALS = assemble(f"""
    0 CALLDATALOAD {1 << 224} SWAP1 DIV 0x70a08231 EQ @balance JUMPI 0 0 REVERT
    balance: 7 0 MSTORE 32 0 RETURN
""")


def slot_key(holder: bytes, slot: int = SLOT) -> str:
    """Storage key of mapping(address => uint) at `slot`, Solidity's layout."""
    return "0x" + keccak256(bytes(12) + holder + slot.to_bytes(32)).hex()


def word(value: int) -> str:
    """32 bytes as JSON-RPC data."""
    return "0x" + value.to_bytes(32).hex()


def token_account(
    code: bytes, decimals: int, balances: Mapping[bytes, int], slot: int = SLOT
) -> dict[str, object]:
    """An entry of a genesis file's alloc."""
    storage = {slot_key(holder, slot): word(value) for holder, value in balances.items()}
    storage[word(DECIMALS_SLOT)] = word(decimals)
    return {"balance": "0x0", "code": "0x" + code.hex(), "storage": storage}


def genesis(
    native: Mapping[bytes, int], tokens: Mapping[bytes, dict[str, object]]
) -> dict[str, object]:
    """A genesis file: coin balances by account, and token accounts by address."""
    alloc: dict[str, object] = {"0x" + a.hex(): {"balance": hex(v)} for a, v in native.items()}
    alloc.update({"0x" + a.hex(): account for a, account in tokens.items()})
    return {"alloc": alloc, "difficulty": "0x0", "gasLimit": "0x1c9c380"}


def holder(number: int) -> bytes:
    """The n-th made-up account."""
    return keccak256(b"holder" + number.to_bytes(8))[:20]
