"""Whether a script can be satisfied without a signature by one of its own keys, on any path.

That a signature was checked does not say that one is needed: `<key> CHECKSIG DROP 1` checks one and
takes anybody's coins as well. So every path through a script is walked with unknown inputs, and
each must end in a demand for a signature by a key that stands in the script, or whose hash does.
Only operations whose meaning is known here count: a script with any other is undecided.

Sources: Bitcoin Core script/interpreter.cpp; BIP-16, BIP-141, BIP-342; miniscript's fragments,
which this walks through: pk, pkh, multi, multi_a, thresh, and, or, after, older, hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from scanner.ownership.bitcoin.script_ops import operations
from scanner.ownership.bitcoin.script_values import (
    AtLeast,
    Both,
    Const,
    Count,
    Equal,
    Hash,
    Input,
    UndecidedError,
    Value,
    add,
    at_least,
    compare,
)

MOST_PATHS: Final = 256
MOST_STEPS: Final = 50_000
_MOST_STACK: Final = 1_000  # consensus: a script that keeps more fails
_LONGEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Path:
    """One way through a script. at: the next operation. branches: of each open IF whether it runs.

    demands: what must be true on this path. tops: inputs taken from below the stack so far.
    """

    at: int = 0
    stack: tuple[Value, ...] = ()
    alt: tuple[Value, ...] = ()
    branches: tuple[bool, ...] = ()
    demands: tuple[Value, ...] = ()
    inputs: int = 0


@dataclass(slots=True)
class _Walk:
    """A walk through one script. key_sizes: of keys whose signatures are checked for real."""

    script: list[tuple[int, bytes]]
    tapscript: bool
    keys: set[bytes] = field(default_factory=set)
    steps: int = 0


def keys_needed(script: bytes, *, tapscript: bool = False) -> frozenset[bytes] | None:
    """The keys, or hashes of keys, one of which must sign on every path; None if none need to.

    script: the one that decides: of the output, or the redeem, witness or leaf script.
    Raises UndecidedError.
    """
    if len(script) > _LONGEST:
        raise UndecidedError("more than 10,000 bytes")
    parsed = list(operations(script))
    if sum(_width(op, data) for op, data in parsed) != len(script):
        raise UndecidedError("a push that is cut off")
    walk = _Walk(parsed, tapscript)
    paths, waiting = 0, [_Path()]
    while waiting:
        ended = _run(walk, waiting.pop(), waiting)
        if ended is None:
            continue
        paths += 1
        if paths > MOST_PATHS:
            raise UndecidedError("too many paths")
        if not _needs_signature(walk, ended):
            return None
    return frozenset(walk.keys) if walk.keys else None


def _run(walk: _Walk, path: _Path, waiting: list[_Path]) -> _Path | None:
    """Follow a path to its end; other branches are put into `waiting`. None: it cannot be taken."""
    while path.at < len(walk.script):
        walk.steps += 1
        size = len(path.stack) + len(path.alt)
        if walk.steps > MOST_STEPS or len(waiting) > MOST_PATHS or size > _MOST_STACK:
            raise UndecidedError("too many steps")
        op, data = walk.script[path.at]
        path = replace(path, at=path.at + 1)
        if op in _FLOW:
            path = _flow(op, path, waiting)
        elif all(path.branches):
            path = _step(walk, op, data, path)
        if any(isinstance(d, Const) and not d.truth for d in path.demands[-1:]):
            return None
    if path.branches:
        raise UndecidedError("an IF without its end")
    top, path = _pop(path)
    ended = _demand(path, top)
    return None if isinstance(top, Const) and not top.truth else ended


_IF, _NOTIF, _ELSE, _ENDIF, _IFDUP = 0x63, 0x64, 0x67, 0x68, 0x73
_FLOW: Final = frozenset((_IF, _NOTIF, _ELSE, _ENDIF, _IFDUP))


def _flow(op: int, path: _Path, waiting: list[_Path]) -> _Path:
    if op == _IFDUP:
        return _if_dup(path, waiting) if all(path.branches) else path
    if op in (_IF, _NOTIF):
        if not all(path.branches):
            return replace(path, branches=(*path.branches, False))
        condition, path = _pop(path)
        runs, skips = (*path.branches, True), (*path.branches, False)
        if isinstance(condition, Const):
            taken = condition.truth is (op == _IF)
            return replace(path, branches=runs if taken else skips)
        true, false = (runs, skips) if op == _IF else (skips, runs)
        waiting.append(replace(path, branches=false))
        return _demand(replace(path, branches=true), condition)
    if not path.branches:
        raise UndecidedError("an ELSE or ENDIF without an IF")
    outer, innermost = path.branches[:-1], path.branches[-1]
    if op == _ENDIF:
        return replace(path, branches=outer)
    # ELSE of an IF that does not run because one around it does not stays as it is: the outer
    # branch keeps it from running either way.
    return replace(path, branches=(*outer, not innermost))


def _if_dup(path: _Path, waiting: list[_Path]) -> _Path:
    """A true value stands there twice, a false one once: two paths."""
    value, path = _pop(path)
    if isinstance(value, Const):
        return _push(path, value, value) if value.truth else _push(path, value)
    waiting.append(_push(path, Const(b"")))
    # What the spender brings may be true and another number than 1, a count may be 2.
    true = Const(b"\1") if isinstance(value, Equal | AtLeast | Both) or _is_one(value) else value
    return _demand(_push(path, true, true), value)


def _is_one(value: Value) -> bool:
    """Whether a value that is true is 1: one signature."""
    return isinstance(value, Count) and len(value.keys) == 1 and not value.extra


def _pop(path: _Path) -> tuple[Value, _Path]:
    if path.stack:
        return path.stack[-1], replace(path, stack=path.stack[:-1])
    return Input(path.inputs), replace(path, inputs=path.inputs + 1)


def _push(path: _Path, *values: Value) -> _Path:
    return replace(path, stack=(*path.stack, *values))


def _demand(path: _Path, value: Value) -> _Path:
    return replace(path, demands=(*path.demands, value))


def _step(walk: _Walk, op: int, data: bytes, path: _Path) -> _Path:
    pushed = _pushed(op, data)
    if pushed is not None:
        return _push(path, Const(pushed))
    if op in _HASHES:
        value, path = _pop(path)
        return _push(path, Hash(value))
    if op in _CHECKS:
        return _CHECKS[op](walk, op, path)
    if op in _PLAIN:
        return _PLAIN[op](path)
    raise UndecidedError(f"operation 0x{op:02x}")


def _checksig(walk: _Walk, op: int, path: _Path) -> _Path:
    key, path = _pop(path)
    _, path = _pop(path)
    made = Count((_key(walk, key),))
    return _demand(path, made) if op == 0xAD else _push(path, made)


def _checksigadd(walk: _Walk, op: int, path: _Path) -> _Path:
    if not walk.tapscript:
        raise UndecidedError("CHECKSIGADD outside of tapscript")
    key, path = _pop(path)
    number, path = _pop(path)
    _, path = _pop(path)
    return _push(path, add(Count((_key(walk, key),)), number))


def _checkmultisig(walk: _Walk, op: int, path: _Path) -> _Path:
    if walk.tapscript:
        raise UndecidedError("CHECKMULTISIG in tapscript")
    size, path = _constant(path)
    if not 0 <= size <= 20:
        raise UndecidedError("CHECKMULTISIG of so many keys")
    keys: list[Value] = []
    for _ in range(size):
        key, path = _pop(path)
        keys.append(_key(walk, key))
    wanted, path = _constant(path)
    for _ in range(max(0, wanted) + 1):  # the signatures, and one item too many
        _, path = _pop(path)
    made = AtLeast(Count(tuple(keys)), wanted)
    return _demand(path, made) if op == 0xAF else _push(path, made)


def _key(walk: _Walk, key: Value) -> Value:
    """A key that a signature is checked with. Keys of unknown kinds are satisfied by anything."""
    if isinstance(key, Const):
        known = (32,) if walk.tapscript else (33, 65)
        if len(key.data) not in known:
            raise UndecidedError("a key of no known kind")
    return key


def _constant(path: _Path) -> tuple[int, _Path]:
    value, path = _pop(path)
    if not isinstance(value, Const):
        raise UndecidedError("a number that the spender brings")
    return value.number, path


def _two(make: Callable[[Value, Value], Value], *, verify: bool = False) -> _PlainOp:
    def run(path: _Path) -> _Path:
        right, path = _pop(path)
        left, path = _pop(path)
        made = make(left, right)
        return _demand(path, made) if verify else _push(path, made)

    return run


def _verify(path: _Path) -> _Path:
    value, path = _pop(path)
    return _demand(path, value)


def _dup(path: _Path) -> _Path:
    value, path = _pop(path)
    return _push(path, value, value)


def _drop(path: _Path) -> _Path:
    return _pop(path)[1]


def _swap(path: _Path) -> _Path:
    top, path = _pop(path)
    below, path = _pop(path)
    return _push(path, top, below)


def _to_alt(path: _Path) -> _Path:
    value, path = _pop(path)
    return replace(path, alt=(*path.alt, value))


def _from_alt(path: _Path) -> _Path:
    if not path.alt:
        raise UndecidedError("FROMALTSTACK of nothing")
    return _push(replace(path, alt=path.alt[:-1]), path.alt[-1])


def _size(path: _Path) -> _Path:
    value, path = _pop(path)
    return _push(path, value, Value())


def _not_zero(path: _Path) -> _Path:
    value, path = _pop(path)
    if isinstance(value, Const):
        return _push(path, Const(b"\1" if value.truth else b""))
    # Of a count at most 1 is left: whatever it is compared with afterwards asks for no less.
    return _push(path, value if isinstance(value, Count | Equal | AtLeast | Both) else Value())


def _not(path: _Path) -> _Path:
    value, path = _pop(path)
    if isinstance(value, Const):
        return _push(path, Const(b"" if value.truth else b"\1"))
    return _push(path, Value())


def _two_drop(path: _Path) -> _Path:
    return _drop(_drop(path))


def _lock(path: _Path) -> _Path:
    """CHECKLOCKTIMEVERIFY, CHECKSEQUENCEVERIFY: they leave the stack as it is."""
    value, path = _pop(path)
    return _push(path, value)


_PlainOp = Callable[[_Path], _Path]

_HASHES: Final = frozenset((0xA6, 0xA7, 0xA8, 0xA9, 0xAA))
_CHECKS: Final[Mapping[int, Callable[[_Walk, int, _Path], _Path]]] = {
    0xAC: _checksig,
    0xAD: _checksig,
    0xAE: _checkmultisig,
    0xAF: _checkmultisig,
    0xBA: _checksigadd,
}
_PLAIN: Final[Mapping[int, _PlainOp]] = {
    0x61: lambda path: path,  # NOP
    0x69: _verify,
    0x6B: _to_alt,
    0x6C: _from_alt,
    0x6D: _two_drop,
    0x75: _drop,
    0x76: _dup,
    0x7C: _swap,
    0x82: _size,
    0x87: _two(Equal),
    0x88: _two(Equal, verify=True),
    0x91: _not,
    0x92: _not_zero,
    0x93: _two(add),
    0x9A: _two(lambda a, b: Both((a, b))),
    0x9B: _two(lambda a, b: Both((a, b), either=True)),
    0x9C: _two(compare),
    0x9D: _two(compare, verify=True),
    0xA2: _two(at_least),
    0xB1: _lock,
    0xB2: _lock,
}


def _needs_signature(walk: _Walk, path: _Path) -> bool:
    """Whether a path's demands cannot all be met without a signature by a key of the script."""
    bound = dict(_bound(path.demands))
    # All of them, not up to the first: each names keys.
    return any([_implies(walk, demand, bound) for demand in path.demands])


def _bound(demands: tuple[Value, ...]) -> Iterator[tuple[int, bytes]]:
    """Inputs that must be one thing: a hash of theirs, or they themselves, stand in the script."""
    for demand in demands:
        if not isinstance(demand, Equal):
            continue
        for one, other in ((demand.left, demand.right), (demand.right, demand.left)):
            inner = one.of if isinstance(one, Hash) else one
            if isinstance(inner, Input) and isinstance(other, Const) and len(other.data) >= 20:
                yield inner.number, other.data


def _implies(walk: _Walk, value: Value, bound: Mapping[int, bytes]) -> bool:
    if isinstance(value, Both):
        first, second = (_implies(walk, part, bound) for part in value.parts)
        return (first and second) if value.either else (first or second)
    if isinstance(value, Count):
        return _implies(walk, AtLeast(value, 1), bound)
    if isinstance(value, AtLeast):
        own = [_own(walk, key, bound) for key in value.count.keys]
        free = sum(key is None for key in own) + value.count.extra
        walk.keys.update(key for key in own if key is not None)
        return value.wanted > free
    return False


def _own(walk: _Walk, key: Value, bound: Mapping[int, bytes]) -> bytes | None:
    """The key, or the hash of one, that stands in the script; None for whatever is brought."""
    if isinstance(key, Const):
        return key.data
    own = bound.get(key.number) if isinstance(key, Input) else None
    if own is not None and walk.tapscript:
        # BIP-342: anything passes for a key that has not 32 bytes, and a hash shows no size.
        raise UndecidedError("a key that stands in the leaf as a hash")
    return own


def _pushed(op: int, data: bytes) -> bytes | None:
    if op == 0:
        return b""
    if op <= 0x4E:
        return data
    if op == 0x4F:
        return b"\x81"
    return bytes((op - 0x50,)) if 0x51 <= op <= 0x60 else None


def _width(op: int, data: bytes) -> int:
    return 1 + {0x4C: 1, 0x4D: 2, 0x4E: 4}.get(op, 0) + len(data)
