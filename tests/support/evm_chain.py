"""Small EVM chains for the tests: genesis files with tokens of every temper, and known balances."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.chains.assembly import assemble
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


def _multicall() -> bytes:
    """Multicall3's aggregate3, getEthBalance and what names the block, in our own words."""
    i, n, base, free, el = 0x200, 0x220, 0x240, 0x260, 0x280
    out = 0x400
    return assemble(f"""
        0 CALLDATALOAD {1 << 224} SWAP1 DIV
        DUP1 0x4d2301cc EQ @coin JUMPI
        DUP1 0x42cbb15c EQ @number JUMPI
        DUP1 0x0f28c97d EQ @time JUMPI
        0x82ad56cb EQ @many JUMPI
        0 0 REVERT
    coin:
        4 CALLDATALOAD BALANCE 0 MSTORE 32 0 RETURN
    number:
        NUMBER 0 MSTORE 32 0 RETURN
    time:
        TIMESTAMP 0 MSTORE 32 0 RETURN
    many:
        4 CALLDATALOAD 4 ADD DUP1 CALLDATALOAD {n} MSTORE
        32 ADD {base} MSTORE
        0 {i} MSTORE
        32 {out} MSTORE {n} MLOAD {out + 32} MSTORE
        {n} MLOAD 32 MUL {out + 64} ADD {free} MSTORE
    next:
        {n} MLOAD {i} MLOAD LT ISZERO @done JUMPI
        {free} MLOAD {out + 64} SWAP1 SUB               ; offset of this result
        {i} MLOAD 32 MUL {out + 64} ADD MSTORE
        {i} MLOAD 32 MUL {base} MLOAD ADD CALLDATALOAD {base} MLOAD ADD {el} MSTORE
        {el} MLOAD 64 ADD CALLDATALOAD {el} MLOAD ADD   ; where the call's data lie
        DUP1 CALLDATALOAD SWAP1 32 ADD                  ; from size
        DUP2 SWAP1 0 CALLDATACOPY                       ; size
        0 0 SWAP2 0 {el} MLOAD CALLDATALOAD GAS STATICCALL
        {free} MLOAD MSTORE
        64 {free} MLOAD 32 ADD MSTORE
        RETURNDATASIZE {free} MLOAD 64 ADD MSTORE
        RETURNDATASIZE 0 {free} MLOAD 96 ADD RETURNDATACOPY
        RETURNDATASIZE 31 ADD 32 SWAP1 DIV 32 MUL {free} MLOAD ADD 96 ADD {free} MSTORE
        {i} MLOAD 1 ADD {i} MSTORE @next JUMP
    done:
        {out} {free} MLOAD SUB {out} RETURN
    """)


MULTICALL = _multicall()


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
