"""Thousands of balances in one eth_call: a program of ours, run by the node at the pinned block.

The program never reaches the chain. It goes along with the call in one of three ways:
override: as the code of an address that the call overrides (third parameter of eth_call);
revert: as the creation code of a contract, its answer in the data of a revert;
create: the same, its answer as the code that would be deployed (EIP-170 limits its size).

Request: sections of [how many tokens, 1 byte][how many holders, 4 bytes][tokens, 20 bytes each,
NATIVE for the coin][holders, 20 bytes each]: every holder is asked for in every token, and stands
there once. Answer: the number and the time of the block that the program ran in, 32 bytes each,
then records of [1 byte: Told][15 bytes: a number], per section and token one for the
token's decimals() (0 for the coin), then one per holder. Its length follows from the request: a cut
answer is seen. A number that 15 bytes cannot hold is told as WIDE, and asked for again alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from scanner.chains.assembly import assemble
from scanner.chains.evm.columns import BALANCE_OF, DECIMALS, Column, Reading, Told, count_items
from scanner.chains.evm.hexes import data, hexed
from scanner.chains.evm.node import Node
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.errors import SourceUnavailableError
from scanner.model.block import BlockRef

RECORD: Final = 16
RAN_IN: Final = 64
"""Bytes before the records: the block's number and its time."""
WIDE: Final = 1 << 8 * (RECORD - 1)
"""The first number that a record cannot hold; also Told.OK in its place."""
CALL_GAS: Final = 3_000_000
"""Most gas of one token call: a contract that burns all it gets must not starve those after it."""

_HOST: Final = bytes.fromhex("5eed") + bytes(17) + b"\x01"
"""Where the override puts the program: an address nobody can own."""

_MAX_CODE: Final = 24_576  # EIP-170
_MAX_CREATION: Final = 49_152  # EIP-3860

_WORD_SHIFT: Final = 1 << 96  # an address is the first 20 of 32 bytes
_SHIFT: Final = 1 << 8 * (32 - RECORD)  # a record is the first 16 of 32 bytes
_TOKENS: Final = 255  # most of one section


def _store(label: str) -> str:
    """Program text: write the number on the stack as a record.

    Stack before: number ptr out; after: ptr out. Jumping to `put_` writes a word made elsewhere.
    """
    return f"""
        {WIDE} DUP2 LT @fits_{label} JUMPI
        POP {_record(Told.WIDE)} @put_{label} JUMP
    fits_{label}:
        {WIDE} ADD {_SHIFT} MUL
    put_{label}:
        DUP3 MSTORE
    """


def _record(told: Told) -> str:
    """Program text: a record without a number as the word to write; the next overwrites its end."""
    return f"248 2 EXP {told.value} MUL"


def _ask_token(size: int, label: str) -> str:
    """Program text: call the token with `size` bytes from memory 0 and store a record.

    Stack before and after: ptr out stop token. The answer's first word lands at memory 64.
    """
    return f"""
        32 64 {size} 0 DUP8 {CALL_GAS} STATICCALL      ; success ptr out stop token
        DUP1 31 RETURNDATASIZE GT AND @good_{label} JUMPI
        RETURNDATASIZE ISZERO {Told.SHORT.value} ADD MUL ; reverted: 0, short: 3, empty: 4
        DUP1 ISZERO {Told.REVERTED.value} MUL ADD
        248 2 EXP MUL @put_{label} JUMP
    good_{label}:
        POP 64 MLOAD
        {_store(label)}
    """


def program(*, deployed: bool, answer: str) -> bytes:
    """The sheet's code.

    deployed: reads its request from calldata; else from behind its own code. answer: "RETURN" or
    "REVERT". Memory: 0 call data, 64 a call's answer, 96 end of the request, 128 and 160 where the
    section's holders begin and end, 192 the request.
    """
    if deployed:
        load = "CALLDATASIZE 0 192 CALLDATACOPY CALLDATASIZE"
    else:
        load = "SIZE_OF_PROGRAM DUP1 CODESIZE SUB DUP1 DUP3 192 CODECOPY SWAP1 POP"
    wrote = f"SWAP1 {RECORD} ADD SWAP1"
    text = f"""
        {load}
        192 ADD DUP1 96 MSTORE                          ; the answer begins where the request ends
        NUMBER DUP2 MSTORE 32 ADD TIMESTAMP DUP2 MSTORE 32 ADD
        192                                             ; section out
    section:
        96 MLOAD DUP2 LT ISZERO @done JUMPI
        DUP1 MLOAD                                      ; word section out
        248 2 EXP DUP2 DIV 20 MUL DUP3 5 ADD ADD       ; holders word section out
        DUP1 128 MSTORE
        SWAP1 216 2 EXP SWAP1 DIV 0xffffffff AND 20 MUL ADD 160 MSTORE
        5 ADD                                           ; asset out
    asset:
        128 MLOAD DUP2 LT ISZERO @last JUMPI
        SWAP1 {_WORD_SHIFT} DUP3 MLOAD DIV              ; token out asset
        160 MLOAD SWAP1 SWAP2 128 MLOAD                 ; ptr out stop token asset
        DUP4 @token JUMPI
        {_record(Told.OK)} DUP3 MSTORE {wrote}
    coin:
        DUP3 DUP2 LT ISZERO @next JUMPI
        {_WORD_SHIFT} DUP2 MLOAD DIV BALANCE
        {_store("coin")}
        20 ADD {wrote} @coin JUMP
    next:
        SWAP2 POP SWAP2 POP POP SWAP1 20 ADD @asset JUMP
    last:
        POP 160 MLOAD @section JUMP
    token:
        DUP4 EXTCODESIZE ISZERO @absent JUMPI
        {int.from_bytes(DECIMALS) << 224} 0 MSTORE
        {_ask_token(4, "decimals")}
        @holders JUMP
    absent:
        {_record(Told.NO_CODE)} DUP3 MSTORE
    holders:
        {wrote}
        {int.from_bytes(BALANCE_OF) << 224} 0 MSTORE
    holder:
        DUP3 DUP2 LT ISZERO @next JUMPI
        {_WORD_SHIFT} DUP2 MLOAD DIV 4 MSTORE
        {_ask_token(36, "holder")}
        20 ADD {wrote} @holder JUMP
    done:
        POP 96 MLOAD SWAP1 DUP2 SWAP1 SUB SWAP1 {answer}
    """
    # The program must know its own length; a two-byte push keeps that length the same.
    length = len(assemble(text.replace("SIZE_OF_PROGRAM", "0x1000")))
    return assemble(text.replace("SIZE_OF_PROGRAM", f"0x{length:04x}"))


@cache
def _program(kind: str) -> bytes:
    return program(deployed=kind == "override", answer="REVERT" if kind == "revert" else "RETURN")


class Sheet:
    """Reads many balances with one eth_call. kind: "override", "revert" or "create"."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = {"override": "override sheet", "revert": "revert sheet"}.get(
            kind, "deployless sheet"
        )
        self.start_size = self.most = (_MAX_CODE // RECORD) - 24
        if kind == "revert":
            self.start_size = self.most = 1_500
        if kind == "override":
            self.start_size, self.most = 4_000, 10_000

    def read(
        self, node: Node, columns: Sequence[Column], block: object, at: BlockRef
    ) -> list[Reading]:
        """Read columns at a pinned block. See `Way` in scanner.chains.evm.reader.

        Raises RpcError, SourceRejectedError if the program ran in another block.
        """
        request = encode(columns)
        size = RAN_IN + RECORD * (count_items(columns) + len(columns))
        if self.kind != "override" and len(request) + len(_program(self.kind)) > _MAX_CREATION:
            raise RpcError(node.name, Fault.TOO_BIG, 0, "the sheet is larger than creation code")
        if self.kind == "create" and size > _MAX_CODE:
            raise RpcError(node.name, Fault.TOO_BIG, 0, "the answer is larger than deployed code")
        answer = self._ask(node, request, block, size)
        if not answer:  # a gateway that drops the override, or runs no code of ours
            raise RpcError(node.name, Fault.UNSUPPORTED, 0, "the sheet did not run")
        node.ran_in(at, *(int.from_bytes(answer[n : n + 32]) for n in (0, 32)))
        return decode(node.name, columns, answer[RAN_IN:])

    def _ask(self, node: Node, request: bytes, block: object, size: int) -> bytes:
        code = _program(self.kind)
        limit = 4 * size + 100_000  # two digits a byte, and the same again for odd wrappings
        if self.kind == "override":
            call = {"to": hexed(_HOST), "data": hexed(request)}
            override = {hexed(_HOST): {"code": hexed(code)}}
            answer = node.rpc.ask("eth_call", call, block, override, limit=limit)
            return data(node.name, answer, "sheet")
        call = {"data": hexed(code + request)}
        if self.kind == "create":
            return data(node.name, node.rpc.ask("eth_call", call, block, limit=limit), "sheet")
        try:
            node.rpc.ask("eth_call", call, block, limit=limit)
        except RpcError as e:
            if e.data:
                return e.data
            if e.fault is Fault.REVERTED:
                e.fault = Fault.UNSUPPORTED  # it ran, but this gateway drops the revert's data
            raise
        raise RpcError(node.name, Fault.UNSUPPORTED, 0, "a reverting call came back as a success")


def encode(columns: Sequence[Column]) -> bytes:
    """Write the request of a sheet: neighbours with the same holders share one section."""
    sections: list[tuple[list[bytes], Sequence[bytes]]] = []
    for column in columns:
        if sections and len(sections[-1][0]) < _TOKENS and sections[-1][1] == column.holders:
            sections[-1][0].append(column.token)
        else:
            sections.append(([column.token], column.holders))
    parts: list[bytes] = []
    for tokens, holders in sections:
        parts += (len(tokens).to_bytes(1), len(holders).to_bytes(4), *tokens, *holders)
    return b"".join(parts)


def decode(name: str, columns: Sequence[Column], answer: bytes) -> list[Reading]:
    """Read a sheet's answer. Raises SourceUnavailableError if it is not of the right length."""
    wanted = RECORD * (count_items(columns) + len(columns))
    if len(answer) != wanted:
        raise SourceUnavailableError(
            name, f"gave a sheet of {len(answer):,} bytes instead of {wanted:,}"
        )
    readings = []
    start = 0
    for column in columns:
        end = start + RECORD * (1 + len(column.holders))
        readings.append(_decode_column(name, column, answer, start, end))
        start = end
    return readings


def _decode_column(name: str, column: Column, answer: bytes, start: int, end: int) -> Reading:
    number = int.from_bytes
    first = start + RECORD
    reading = Reading([number(answer[n + 1 : n + RECORD]) for n in range(first, end, RECORD)])
    told = answer[first:end:RECORD]
    if told.count(Told.OK) != len(told):
        for position, value in enumerate(told):
            if value != Told.OK:
                reading.amounts[position] = 0
                reading.failed[position] = (_told(name, value), "")
    header = _told(name, answer[start])
    reading.code = header is not Told.NO_CODE
    if header is Told.OK and not column.is_native:
        reading.decimals = number(answer[start + 1 : first])
    return reading


def _told(name: str, value: int) -> Told:
    try:
        return Told(value)
    except ValueError:
        raise SourceUnavailableError(name, "gave a sheet with a record of no known kind") from None
