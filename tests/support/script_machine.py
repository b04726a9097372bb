"""Runs a Bitcoin script on a stack, more lenient than the network: what fails here fails there.

A model of Bitcoin Core's script/interpreter.cpp for the operations that are walked through. Limits
of policy, locks, and what is left on the stack do not count. A signature is a name: b"signed by "
and the key.
"""

from __future__ import annotations

from hashlib import new, sha256

from scanner.ownership.bitcoin.script_ops import operations

SIGNED = b"signed by "


class FailedError(Exception):
    """The script ends: the coin is not spent."""


def satisfied(script: bytes, stack: list[bytes], *, tapscript: bool = False) -> bool:
    """Whether a script ends with something true on top. stack: what the spender brings, top last."""
    try:
        run = _Run(list(stack), tapscript)
        for op, data in operations(script):
            run.step(op, data)
        return not run.branches and bool(run.stack) and _true(run.stack[-1])
    except FailedError:
        return False


class _Run:
    def __init__(self, stack: list[bytes], tapscript: bool) -> None:
        self.stack, self.tapscript = stack, tapscript
        self.alt: list[bytes] = []
        self.branches: list[bool] = []

    def step(self, op: int, data: bytes) -> None:
        runs = all(self.branches)
        if op in (0x63, 0x64):
            self.branches.append(runs and _true(self.pop()) is (op == 0x63))
        elif op in (0x67, 0x68):
            if not self.branches:
                raise FailedError
            last = self.branches.pop()
            if op == 0x67:
                self.branches.append(not last)
        elif runs and op <= 0x60:
            number = b"" if op == 0 else b"\x81" if op == 0x4F else bytes((op - 0x50 & 0xFF,))
            self.stack.append(data if 0 < op <= 0x4E else number)
        elif runs:
            self.work(op)

    def work(self, op: int) -> None:
        if op in _ONE:
            self.stack.append(_ONE[op](self.pop()))
        elif op in _TWO:
            right, left = self.pop(), self.pop()
            self.stack.append(_TWO[op](left, right))
        elif op in _THEN_VERIFY:
            self.work(_THEN_VERIFY[op])
            self.work(0x69)
        elif op in _CHECKS:
            getattr(self, _CHECKS[op])()
        else:
            getattr(self, _MOVES[op])()

    def pop(self) -> bytes:
        if not self.stack:
            raise FailedError
        return self.stack.pop()

    def nothing(self) -> None:
        pass

    def verify(self) -> None:
        if not _true(self.pop()):
            raise FailedError

    def to_alt(self) -> None:
        self.alt.append(self.pop())

    def from_alt(self) -> None:
        if not self.alt:
            raise FailedError
        self.stack.append(self.alt.pop())

    def two_drop(self) -> None:
        self.pop()
        self.pop()

    def if_dup(self) -> None:
        top = self.pop()
        self.stack += [top, top] if _true(top) else [top]

    def drop(self) -> None:
        self.pop()

    def dup(self) -> None:
        self.stack += [self.pop()] * 2

    def swap(self) -> None:
        top, below = self.pop(), self.pop()
        self.stack += [top, below]

    def size(self) -> None:
        top = self.pop()
        self.stack += [top, _written(len(top))]

    def check_sig(self) -> None:
        key, signature = self.pop(), self.pop()
        self.stack.append(_flag(self.good(signature, key)))

    def check_sig_add(self) -> None:
        key, number, signature = self.pop(), _number(self.pop()), self.pop()
        self.stack.append(_written(number + self.good(signature, key)))

    def check_multi_sig(self) -> None:
        keys = [self.pop() for _ in range(self.count(20))]
        wanted = self.count(len(keys))
        signatures = [self.pop() for _ in range(wanted)]
        self.pop()
        while signatures and keys:
            if self.good(signatures[0], keys.pop(0)):
                signatures.pop(0)
        self.stack.append(_flag(not signatures))

    def count(self, most: int) -> int:
        number = _number(self.pop())
        if not 0 <= number <= most:
            raise FailedError
        return number

    def good(self, signature: bytes, key: bytes) -> bool:
        """In tapscript anything but nothing is good for a key of another size than 32 bytes."""
        if self.tapscript and len(key) != 32:
            if not key:
                raise FailedError
            return bool(signature)
        return signature == SIGNED + key


def _true(item: bytes) -> bool:
    return any(item[:-1]) or item[-1:] not in (b"", b"\0", b"\x80")


def _flag(value: bool) -> bytes:
    return b"\1" if value else b""


def _number(item: bytes) -> int:
    if len(item) > 4:
        raise FailedError
    if not item:
        return 0
    magnitude = int.from_bytes((*item[:-1], item[-1] & 0x7F), "little")
    return -magnitude if item[-1] & 0x80 else magnitude


def _written(number: int) -> bytes:
    if number == 0:
        return b""
    size = abs(number).bit_length() // 8 + 1
    made = bytearray(abs(number).to_bytes(size, "little"))
    if number < 0:
        made[-1] |= 0x80
    return bytes(made)


_ONE = {
    0x91: lambda a: _flag(_number(a) == 0),
    0x92: lambda a: _flag(_number(a) != 0),
    0xA8: lambda a: sha256(a).digest(),
    0xA9: lambda a: new("ripemd160", sha256(a).digest()).digest(),
}
_TWO = {
    0x87: lambda a, b: _flag(a == b),
    0x93: lambda a, b: _written(_number(a) + _number(b)),
    0x9A: lambda a, b: _flag(_number(a) != 0 and _number(b) != 0),
    0x9B: lambda a, b: _flag(_number(a) != 0 or _number(b) != 0),
    0x9C: lambda a, b: _flag(_number(a) == _number(b)),
    0xA2: lambda a, b: _flag(_number(a) >= _number(b)),
}
_THEN_VERIFY = {0x88: 0x87, 0x9D: 0x9C, 0xAD: 0xAC, 0xAF: 0xAE}
_CHECKS = {0xAC: "check_sig", 0xAE: "check_multi_sig", 0xBA: "check_sig_add"}
_MOVES = {
    **{0x61: "nothing", 0xB1: "nothing", 0xB2: "nothing", 0x69: "verify", 0x6B: "to_alt"},
    **{0x6C: "from_alt", 0x6D: "two_drop", 0x73: "if_dup", 0x75: "drop", 0x76: "dup"},
    **{0x7C: "swap", 0x82: "size"},
}
