"""A small EVM assembler: enough for the programs that the scanner sends along with its calls.

Words of the text: an opcode's name, a number (pushed in as few bytes as it needs), `name:` marks
a jump target, `@name` pushes its position. Nothing newer than Byzantium (2017) is known here, so
that programs also run at old heights and on networks that follow late; but for CHAINID (2019), for
programs that only run at the newest state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PUSH1: Final = 0x60
_OPCODES: Final[Mapping[str, int]] = {
    "STOP": 0x00,
    "ADD": 0x01,
    "MUL": 0x02,
    "SUB": 0x03,
    "DIV": 0x04,
    "EXP": 0x0A,
    "LT": 0x10,
    "GT": 0x11,
    "EQ": 0x14,
    "ISZERO": 0x15,
    "AND": 0x16,
    "OR": 0x17,
    "KECCAK": 0x20,
    "BALANCE": 0x31,
    "CALLER": 0x33,
    "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37,
    "CODESIZE": 0x38,
    "CODECOPY": 0x39,
    "EXTCODESIZE": 0x3B,
    "TIMESTAMP": 0x42,
    "NUMBER": 0x43,
    "CHAINID": 0x46,
    "RETURNDATASIZE": 0x3D,
    "RETURNDATACOPY": 0x3E,
    "POP": 0x50,
    "MLOAD": 0x51,
    "MSTORE": 0x52,
    "MSTORE8": 0x53,
    "SLOAD": 0x54,
    "SSTORE": 0x55,
    "JUMP": 0x56,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "RETURN": 0xF3,
    "DELEGATECALL": 0xF4,
    "STATICCALL": 0xFA,
    "REVERT": 0xFD,
    "INVALID": 0xFE,
    **{f"DUP{n}": 0x7F + n for n in range(1, 17)},
    **{f"SWAP{n}": 0x8F + n for n in range(1, 17)},
}
_JUMPDEST: Final = 0x5B


def assemble(text: str) -> bytes:
    """Turn a program's text into code. Raises ValueError on an unknown word or target."""
    code = bytearray()
    targets: dict[str, int] = {}
    wanted: list[tuple[int, str]] = []
    for word in _words(text):
        if word.endswith(":"):
            if targets.setdefault(word[:-1], len(code)) != len(code):
                raise ValueError(f"target {word} stands twice")
            code.append(_JUMPDEST)
        elif word.startswith("@"):
            code += bytes((_PUSH1 + 1, 0, 0))
            wanted.append((len(code) - 2, word[1:]))
        elif word[0].isdigit():
            code += _push(int(word, 0))
        elif word in _OPCODES:
            code.append(_OPCODES[word])
        else:
            raise ValueError(f"unknown word {word!r}")
    for place, name in wanted:
        if name not in targets:
            raise ValueError(f"no target {name!r}")
        code[place : place + 2] = targets[name].to_bytes(2)
    return bytes(code)


def _words(text: str) -> list[str]:
    """Split into words; the rest of a line after ";" is a comment."""
    return [word for line in text.splitlines() for word in line.split(";")[0].split()]


def _push(number: int) -> bytes:
    length = max(1, (number.bit_length() + 7) // 8)
    return bytes((_PUSH1 + length - 1,)) + number.to_bytes(length)
