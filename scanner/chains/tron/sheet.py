"""Hundreds of TRC-20 balances in one constant call: a program of ours, run by the node's TVM.

The program never reaches the chain. A constant call without a contract's address runs its data as
the creation code of a contract, and gives the code that would be deployed: our answer.

Request, behind the program: sections of [token, 20 bytes][how many holders, 2 bytes][holders, 20
bytes each]. Answer, words of 32 bytes: the TVM's chain id, the number and the time of the block in
whose state it ran, the Keccak-256 of the request that it read; then a record for each holder: one
byte of what happened (1 read, 2 not read: asked for alone, then), and the balance in 31 bytes.

TRX is not read so: the TVM tells what is liquid, staked, lent out and unfreezing, but not what was
staked for votes before 2023 (`tron_power`) nor the rewards at hand (`allowance`), and an amount
with parts left out is not the account's. Source: java-tron's Wallet.triggerConstantContract;
answers of a real node: tests/vectors/tron/sheet_*.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Final

from scanner.chains.assembly import assemble
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.keccak import keccak256

WORD: Final = 32
_HEAD: Final = 4  # words before the records
_READ, _NOT_READ = 1, 2
_KIND: Final = 1 << 248

CALL_ENERGY: Final = 1_000_000
"""Most energy of one token call: one that takes all it gets must not starve those after it."""

_BALANCE_OF: Final = 0x70A08231 << 224
_WORD_SHIFT: Final = 1 << 96  # an address is the first 20 of 32 bytes
_COUNT_SHIFT: Final = 1 << 80  # and how many holders, the 2 bytes behind it
_NOTHING: Final = f"248 2 EXP {_NOT_READ} MUL"

Asked = tuple[bytes, bytes]
"""Token and holder, 20 bytes each."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a sheet says. amounts: one a holder, in order; None where it could not be read.

    chain: what CHAINID gave. number, time: of the block, seconds since 1970 UTC.
    """

    chain: int
    number: int
    time: int
    amounts: list[int | None]


@cache
def program() -> bytes:
    """The sheet's code.

    Memory: 0 call data, 64 a call's answer, 96 end of the request, 192 the request and the answer.
    """
    text = f"""
        SIZE_OF_PROGRAM DUP1 CODESIZE SUB DUP1 DUP3 192 CODECOPY SWAP1 POP
        192 ADD DUP1 96 MSTORE                          ; the answer begins where the request ends
        CHAINID DUP2 MSTORE 32 ADD
        NUMBER DUP2 MSTORE 32 ADD
        TIMESTAMP DUP2 MSTORE 32 ADD
        192 96 MLOAD SUB 192 KECCAK DUP2 MSTORE 32 ADD
        {_BALANCE_OF} 0 MSTORE
        192                                             ; section out
    section:
        96 MLOAD DUP2 LT ISZERO @done JUMPI
        DUP1 MLOAD                                      ; word section out
        {_COUNT_SHIFT} DUP2 DIV 0xffff AND 20 MUL
        SWAP2 22 ADD                                    ; ptr word size out
        DUP1 SWAP3 ADD                                  ; stop word ptr out
        SWAP1 {_WORD_SHIFT} SWAP1 DIV                   ; token stop ptr out
    holder:
        DUP2 DUP4 LT ISZERO @next JUMPI
        {_WORD_SHIFT} DUP4 MLOAD DIV 4 MSTORE
        32 64 36 0 DUP5 {CALL_ENERGY} STATICCALL
        RETURNDATASIZE 32 EQ AND @good JUMPI
        {_NOTHING} @put JUMP
    good:
        64 MLOAD
        248 2 EXP DUP2 LT @fits JUMPI
        POP {_NOTHING} @put JUMP
    fits:
        248 2 EXP {_READ} MUL ADD
    put:
        DUP5 MSTORE                                     ; token stop ptr out
        SWAP3 32 ADD SWAP3
        SWAP2 20 ADD SWAP2
        @holder JUMP
    next:
        POP POP @section JUMP
    done:
        POP 96 MLOAD SWAP1 DUP2 SWAP1 SUB SWAP1 RETURN
    """
    # The program must know its own length; a two-byte push keeps that length the same.
    length = len(assemble(text.replace("SIZE_OF_PROGRAM", "0x1000")))
    return assemble(text.replace("SIZE_OF_PROGRAM", f"0x{length:04x}"))


def encode(asked: Sequence[Asked]) -> bytes:
    """Write a request: neighbours of one token share a section. asked: below 2^16."""
    parts: list[bytes] = []
    for token, pairs in groupby(asked, itemgetter(0)):
        holders = [holder for _, holder in pairs]
        parts += (token, len(holders).to_bytes(2), *holders)
    return b"".join(parts)


def size_of(count: int) -> int:
    """Bytes of the answer about so many holders."""
    return WORD * (_HEAD + count)


def decode(name: str, request: bytes, count: int, answer: bytes) -> Told:
    """Read a sheet's answer. count: holders asked for.

    Raises SourceUnavailableError if it is not whole, or not the answer to this request.
    """
    if len(answer) != size_of(count):
        what = f"gave a sheet of {len(answer):,} bytes instead of {size_of(count):,}"
        raise SourceUnavailableError(name, what)
    words = [answer[n : n + WORD] for n in range(0, len(answer), WORD)]
    if words[3] != keccak256(request):
        raise SourceUnavailableError(name, "gave the sheet of another question")
    chain, number, time = (int.from_bytes(word) for word in words[:3])
    return Told(chain, number, time, [_amount(name, word) for word in words[_HEAD:]])


def _amount(name: str, record: bytes) -> int | None:
    if record[0] == _READ:
        return int.from_bytes(record[1:])
    if record[0] == _NOT_READ and not any(record[1:]):
        return None
    raise SourceUnavailableError(name, "gave a sheet with a record of no known kind")
