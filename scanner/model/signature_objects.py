"""Signatures that wallets give inside other JSON: answers of devices and nodes, numbers by name.

Sources: Trezor Connect (payload), JSON-RPC (result), GemWallet (result), the Wallet Standard (a
list of one answer); Ledger's signMessage of Bitcoin (v, r, s); starknet.js (r, s, or a list of
elements); Polkadot's MultiSignature as JSON; Anchor (signatures, a list of texts).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

_AROUND: Final = ("payload", "result")
_DEEPEST: Final = 3
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]{1,64}|[0-9]{1,80}", re.ASCII)
_DIGITS: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]{1,64})", re.ASCII)
_MOST: Final = 300
"""Elements of a signature of Starknet."""
_MARKS: Final = {"ed25519": "00", "sr25519": "01", "ecdsa": "02"}
"""Kinds of a MultiSignature, and the byte that stands for each before its bytes."""
_HEADERS: Final = range(27, 43)
_RECOVERY: Final = range(4)
_COMPRESSED: Final = 31
"""Header of a compressed key's signature whose recovery id is 0."""


def in_wrappers(found: object) -> object:
    """What stands inside the answers of devices and nodes: itself where nothing is around it."""
    for _ in range(_DEEPEST):
        inner = found
        if isinstance(found, Mapping):
            around = [name for name in _AROUND if isinstance(found.get(name), Mapping | str)]
            inner = found[around[0]] if len(around) == 1 and "signature" not in found else found
            listed = found.get("signatures") if set(found) == {"signatures"} else None
            if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], str):
                inner = listed[0]
        elif isinstance(found, list) and len(found) == 1:
            is_one = isinstance(found[0], Mapping | str)
            inner = found[0] if is_one else found
        if inner is found:
            break
        found = inner
    return found


def of_numbers(kind: str, found: object) -> str:
    """A signature of a network of this kind whose parts are named, in the network's own form.

    found: JSON that was read. Returns "" for what is none.
    """
    read = _READERS.get(kind)
    if kind == "starknet" and isinstance(found, list):
        found = {"signature": found}
    return "" if read is None or not isinstance(found, Mapping) else read(found)


def _of_starknet(found: Mapping[str, object]) -> str:
    listed = found.get("signature")
    if {"r", "s"} <= set(found) <= {"r", "s", "recovery"}:
        listed = [found["r"], found["s"]]
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST:
        return ""
    texts = [str(one) if type(one) is int else one for one in listed]
    numbers = [t.lower() for t in texts if isinstance(t, str) and _NUMBER.fullmatch(t)]
    return ",".join(numbers) if len(numbers) == len(listed) else ""


def _of_bitcoin(found: Mapping[str, object]) -> str:
    """Ledger's answer: r and s in hex, v the recovery id, or the header itself, in base64."""
    if set(found) != {"v", "r", "s"} or type(found["v"]) is not int:
        return ""
    v = found["v"]
    header = v if v in _HEADERS else _COMPRESSED + v if v in _RECOVERY else 0
    digits = [_DIGITS.fullmatch(n) for n in (found["r"], found["s"]) if isinstance(n, str)]
    parts = [number[1].rjust(64, "0") for number in digits if number]
    if not header or len(parts) != 2:
        return ""
    return base64.b64encode(bytes((header,)) + bytes.fromhex("".join(parts))).decode()


def _of_polkadot(found: Mapping[str, object]) -> str:
    (kind, *others), data = found or ("",), next(iter(found.values()), None)
    mark, is_hex = _MARKS.get(kind.lower(), ""), isinstance(data, str)
    digits = re.fullmatch(r"0[xX]([0-9a-fA-F]{128,130})", data) if isinstance(data, str) else None
    return mark + digits[1] if mark and is_hex and digits and not others else ""


_READERS: Final = {"starknet": _of_starknet, "substrate": _of_polkadot, "utxo": _of_bitcoin}
