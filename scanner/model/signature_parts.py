"""Signatures of Ethereum that are given in parts: an object of r, s and v in JSON.

Only what is surely the same 65 bytes; the rest stays as it is.
Sources of the objects: ethers' Signature (toJSON; version 5 with recoveryParam and _vs), viem's
Signature (yParity, v), web3.js' eth.accounts.sign, Ledger's signPersonalMessage, EIP-2098
(yParityAndS), Etherscan's verified signatures (signature_hash).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from scanner.model.jsontext import read_json

_LONGEST: Final = 20_000
_SCALAR: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{1,64})", re.ASCII)
_SHORTEST: Final = 56
"""Hex digits of an r or s without 0x, at least: fewer may be a decimal number's."""

_COMPACT: Final = ("yParityAndS", "_vs", "vs")
_PARITIES: Final = ("yParity", "recoveryParam", "recovery")
_OF_V: Final = {0: 0, 1: 1, 27: 0, 28: 1}
_V: Final = re.compile(r"0x[0-9a-fA-F]{1,16}|1[bBcC]|[0-9]{1,18}n?", re.ASCII)
_EIP155: Final = 35
"""The least v that has a chain's number in it: its parity counts from here."""


def joined_parts(text: str) -> str:
    """0x and the hex of a signature that is given in parts; `text` itself where it is not sure."""
    if text[:1] != "{" or len(text) > _LONGEST:
        return text
    try:
        found = read_json(text, unique_names=True)
    except ValueError:
        return text
    if not isinstance(found, dict):
        return text
    whole = found.get("signature_hash")
    return _joined(found) or (whole if isinstance(whole, str) else text)


def _joined(found: Mapping[str, object]) -> str:
    r, s = _scalar(found.get("r")), _scalar(found.get("s"))
    compact = {_scalar(found[name]) for name in _COMPACT if name in found}
    parities = {_parity(name, found[name]) for name in ("v", *_PARITIES) if _is_given(found, name)}
    if r and s and len(parities) == 1 and None not in parities:
        return f"0x{r}{s}{27 + next(filter(None, parities), 0):02x}"
    if r and not s and not parities and len(compact) == 1:
        (packed,) = compact
        return f"0x{r}{packed}" if packed else ""
    return ""


def _is_given(found: Mapping[str, object], name: str) -> bool:
    return found.get(name) is not None


def _scalar(value: object) -> str:
    """A number of 256 bits as 64 digits of hex; "" for what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:064x}" if 0 <= value < 1 << 256 else ""
    found = _SCALAR.fullmatch(value) if isinstance(value, str) else None
    if found is None or (found[0][:2] != "0x" and len(found[1]) < _SHORTEST):
        return ""
    return found[1].lower().rjust(64, "0")


def _parity(name: str, value: object) -> int | None:
    """The recovery id that a part says, None if it is not sure."""
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str) and _V.fullmatch(value):
        is_hex = value[:2] == "0x" or value[-1] in "bBcC"
        number = int(value, 16) if is_hex else int(value.removesuffix("n"))
    if number is None or (name in _PARITIES and number not in (0, 1)):
        return None
    return (number - _EIP155) % 2 if number >= _EIP155 else _OF_V.get(number)
