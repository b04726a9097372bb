# ruff: noqa: ANN001, ANN201, ANN202, PLR1714
# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"
"""Compiled loops over snapshot buffers (extra `fast`); `utxo_fast` is what uses them.

They only run ahead over what is usual and stop before everything else. Whoever calls them decodes
that strictly in Python. No loop reads or writes outside its arrays: MARGIN is kept free.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MARGIN = 64
"""Bytes kept free before the end: a coin without its script's payload needs less."""

KINDS = 2 * (64 << 8)
"""Entries of the table of script kinds: 0, or 1 for what is asked for."""

_MAX_RAW = 10_006
_MAX_STORED = 1 << 53  # compressed amounts of real coins are below 2^51; others are left over


@njit(nogil=True)
def _load(data, at):
    """Eight bytes as a number. Indexes without a sign: so it is one load, not eight."""
    first = np.uint64(at)
    return (
        np.uint64(data[first])
        | np.uint64(data[first + np.uint64(1)]) << np.uint64(8)
        | np.uint64(data[first + np.uint64(2)]) << np.uint64(16)
        | np.uint64(data[first + np.uint64(3)]) << np.uint64(24)
        | np.uint64(data[first + np.uint64(4)]) << np.uint64(32)
        | np.uint64(data[first + np.uint64(5)]) << np.uint64(40)
        | np.uint64(data[first + np.uint64(6)]) << np.uint64(48)
        | np.uint64(data[first + np.uint64(7)]) << np.uint64(56)
    )


@njit(nogil=True)
def _fingerprint(data, code, start, size, keys):
    """Multilinear hash with secret keys of a script's code, first and last eight bytes."""
    mixed = keys[0] * np.uint64(code + 1)
    if size >= 8:
        mixed += keys[1] * (_load(data, start) ^ keys[3])
        mixed += keys[2] * (_load(data, start + size - 8) ^ keys[4])
    else:
        for i in range(size):
            mixed = (mixed + np.uint64(data[start + i] + 1)) * keys[1]
    return mixed ^ (mixed >> np.uint64(29))


@njit(nogil=True)
def _kinds(data, code, start, size):
    """Two places in the table of kinds: for the code and the first byte, and for it and the last.

    They are below and from KINDS // 2. Codes may share places. Of an empty script, any byte.
    """
    place = np.uint64((code & 63) << 8)
    first = np.uint64(data[np.uint64(start)])
    last = np.uint64(data[np.uint64(start + size - 1)])
    return place | first, np.uint64(KINDS // 2) | place | last


@njit(nogil=True)
def _word(mixed, shift):
    """Which word of the filter, and the three bits of it that a fingerprint sets."""
    spread = mixed * np.uint64(0x9E3779B97F4A7C15)
    low, one = np.uint64(63), np.uint64(1)
    bits = (
        one << (spread >> np.uint64(58))
        | one << ((spread >> np.uint64(52)) & low)
        | one << ((spread >> np.uint64(46)) & low)
    )
    return mixed >> shift, bits


@njit(nogil=True)
def _in_table(mixed, table, shift):
    mask = np.uint64(len(table) - 1)
    slot = mixed >> shift
    while table[slot] != 0:
        if table[slot] == mixed:
            return True
        slot = (slot + np.uint64(1)) & mask
    return False


@njit(nogil=True)
def fill(data, offsets, codes, setup):
    """Put the fingerprints of scripts into filter and table.

    offsets: start and end of each payload in `data`. Returns whether all could be put in.
    """
    keys, kinds, words, word_shift, table, table_shift = setup
    mask = np.uint64(len(table) - 1)
    for n in range(len(codes)):
        start, end = offsets[2 * n], offsets[2 * n + 1]
        mixed = _fingerprint(data, codes[n], start, end - start, keys)
        if mixed == 0:
            return False
        for place in _kinds(data, codes[n], start, end - start):
            if start < end:
                kinds[place] = 1
            else:  # the bytes looked at are of others
                row = place & ~np.uint64(255)
                kinds[row : row + np.uint64(256)] = 1
        word, bits = _word(mixed, word_shift)
        words[word] |= bits
        slot = mixed >> table_shift
        while table[slot] != 0 and table[slot] != mixed:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = mixed
    return True


@njit(nogil=True)
def _compact(data, at):
    """A CompactSize of up to 32 bits: value and end; end -1 for anything else."""
    first = np.int64(data[at])
    if first < 253:
        return first, at + 1
    if first == 253:
        value = np.int64(data[at + 1]) | np.int64(data[at + 2]) << 8
        return value, at + 3 if value >= 253 else -1
    if first == 254:
        value = np.int64(0)
        for i in range(4):
            value |= np.int64(data[at + 1 + i]) << (8 * i)
        return value, at + 5 if value >= 65536 else -1
    return np.int64(0), -1


@njit(nogil=True)
def _varint(data, at, most):
    """A VARINT of up to `most` bytes: value and end; end -1 if it goes on."""
    value = np.int64(0)
    for i in range(most):
        byte = np.int64(data[at + i])
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + i + 1
        value += 1
    return value, -1


@njit(nogil=True)
def _payload(code):
    if code < 2:
        return 20
    if code < 6:
        return 32
    return code - 6


@njit(nogil=True)
def _ascending(data, at, other, other_at):
    for i in range(32):
        if data[at + i] != other[other_at + i]:
            return data[at + i] > other[other_at + i]
    return False


@njit(nogil=True, inline="always")
def _coin(data, p):
    """One usual coin: its script's code, where the script's payload starts and ends; end -1 if not.

    Needs MARGIN bytes from `p`; the payload itself may go beyond the data.
    """
    _, p = _compact(data, p)
    if p < 0:
        return 0, 0, -1
    _, p = _varint(data, p, 4)
    if p < 0:
        return 0, 0, -1
    _, p = _varint(data, p, 8)
    if p < 0:
        return 0, 0, -1
    code, p = _varint(data, p, 2)
    if p < 0 or code > _MAX_RAW:
        return 0, 0, -1
    return code, p, p + _payload(code)


@njit(nogil=True, inline="always")
def _wanted(data, code, start, size, setup):
    keys, kinds, words, word_shift, table, table_shift = setup
    # Few lists have every kind of script, or many of each: that is looked at before the filter.
    by_first, by_last = _kinds(data, code, start, size)
    if not kinds[by_first] & kinds[by_last]:
        return False
    mixed = _fingerprint(data, code, start, size, keys)
    word, bits = _word(mixed, word_shift)
    return words[word] & bits == bits and _in_table(mixed, table, table_shift)


@njit(nogil=True)
def walk(data, begin, last, setup, out):
    """Walk usual groups from `begin`; `out` takes the starts of those with wanted scripts.

    Returns where it stopped, the coins before, the start of the last group (-1 for none) and how
    many entries of `out` it filled. It stops at the buffer's end, at anything unusual, or when
    `out` is full.
    """
    size = len(data)
    at, coins, filled, last_at = begin, 0, 0, -1
    while filled < len(out) and at + 32 + MARGIN <= size:
        in_order = (
            _ascending(data, at, data, last_at) if last_at >= 0 else _ascending(data, at, last, 0)
        )
        count, p = _compact(data, at + 32)
        if not in_order or count == 0:
            break
        hit = False
        for _ in range(count):
            if p < 0 or p + MARGIN > size:
                p = -1
                break
            code, start, p = _coin(data, p)
            if p < 0 or p > size:
                p = -1
                break
            hit |= _wanted(data, code, start, p - start, setup)
        if p < 0:
            break
        if hit:
            out[filled] = at
            filled += 1
        coins += count
        last_at = at
        at = p
    return at, coins, last_at, filled


@njit(nogil=True)
def _put(out, at, value, size):
    for i in range(size):
        out[at + i] = (value >> (8 * i)) & 0xFF
    return at + size


@njit(nogil=True)
def _amount(stored):
    if stored == 0:
        return np.int64(0)
    stored -= 1
    exponent = stored % 10
    stored //= 10
    number = stored // 9 * 10 + stored % 9 + 1 if exponent < 9 else stored + 1
    for _ in range(exponent):
        number *= 10
    return number


@njit(nogil=True)
def _script(data, p, code, length, out, o):
    """Write a script with its length; code is not 4 or 5."""
    head = (25, 0x76, 0xA9, 0x14) if code == 0 else (23, 0xA9, 0x14, 0)
    if code < 2:
        for i in range(4 if code == 0 else 3):
            out[o + i] = head[i]
        o += 4 if code == 0 else 3
    elif code < 4:
        out[o], out[o + 1], out[o + 2] = 35, 33, code
        o += 3
    elif length < 253:
        o = _put(out, o, length, 1)
    else:
        out[o] = 253
        o = _put(out, o + 1, length, 2)
    for i in range(length):
        out[o + i] = data[p + i]
    o += length
    if code == 0:
        out[o], out[o + 1] = 0x88, 0xAC
        o += 2
    elif code == 1:
        out[o] = 0x87
        o += 1
    elif code < 4:
        out[o] = 0xAC
        o += 1
    return o


@njit(nogil=True)
def serialize(data, begin, end, out):
    """Write the groups from `begin` as they are hashed.

    Stops before a group with an uncompressed key, outputs not in numeric order, unusual numbers,
    or when `out` might not hold a further coin. The groups before `end` are known to be whole.
    Returns where it stopped, the bytes written and the highest block among the coins.
    """
    at, written, newest = begin, 0, 0
    while at + 32 + MARGIN <= end:
        count, p = _compact(data, at + 32)
        if p < 0:
            break
        o, last, highest, usual = written, -1, newest, True
        for _ in range(count):
            if o + 32 + MARGIN + _MAX_RAW > len(out) or p + MARGIN > end:
                usual = False
                break
            code, start, after = _coin(data, p)
            if after < 0 or after > end or code == 4 or code == 5:
                usual = False
                break
            vout, p = _compact(data, p)
            height, p = _varint(data, p, 4)
            stored, p = _varint(data, p, 8)
            if vout <= last or stored > _MAX_STORED:
                usual = False
                break
            last = vout
            highest = max(highest, height >> 1)
            for i in range(32):
                out[o + i] = data[at + i]
            o = _put(out, o + 32, vout, 4)
            o = _put(out, o, height, 4)
            o = _put(out, o, _amount(stored), 8)
            o = _script(data, start, code, after - start, out, o)
            p = after
        if not usual:
            break
        written, newest = o, highest
        at = p
    return at, written, newest
