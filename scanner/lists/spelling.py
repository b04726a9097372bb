"""Other spellings of addresses and signatures, as wallets, explorers and spreadsheets write them.

Only what is surely the same: a scheme before an address, a formula around it, hex in place of
Base58, a signature in hex in place of Base64. What is not sure stays as it is.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

from scanner.errors import AddressFormatError, clip
from scanner.lists.prefixes import without_prefix
from scanner.model.addresses.base58 import encode_check
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.finding import Finding, FindingKind
from scanner.model.network import Network
from scanner.model.registry import Registry

_FORMULA = re.compile(r'="(.*)"')
_HEX = re.compile(r"[0-9a-fA-F]+")
_MESSAGE_SIGNATURE = 65


def usual_address(network: Network, text: str, registry: Registry) -> str | None:
    """The usual spelling of an address in another one; None if there is none.

    text: which `decode_address` does not take. What names another network is none of this one.
    """
    inner, other = without_prefix(network, _bare(text), registry)
    for candidate in [] if other else _candidates(network, inner):
        try:
            return decode_address(network, candidate).text
        except AddressFormatError:
            continue
    return None


def _bare(text: str) -> str:
    """A cell's text without a formula, quotes or brackets around it."""
    found = _FORMULA.fullmatch(text)
    return found[1].strip() if found else text.strip("\"'`<>")


def _candidates(network: Network, inner: str) -> list[str]:
    candidates = [inner]
    digits = inner.removeprefix("0x").removeprefix("0X")
    if _HEX.fullmatch(digits):
        if network.kind == "evm" and len(inner) == 40:
            candidates.append("0x" + digits)
        if network.kind == "tron" and len(digits) == 42 and digits.startswith("41"):
            candidates.append(encode_check(bytes.fromhex(digits)))
        if network.kind == "utxo" and len(inner) in (66, 130):
            candidates.append(f"pk({digits})")
    return candidates


def invisible(text: str) -> str:
    """Name the first character of a text that nobody sees; "" if there is none."""
    for at, c in enumerate(text, 1):
        if unicodedata.category(c) in ("Cf", "Cc", "Zs", "Co", "Cn") and c != " ":
            return f"U+{ord(c):04X} at character {at}"
    return ""


def address_finding(claim: Claim, registry: Registry) -> Finding:
    """The finding for a claim whose address is none of its network."""
    network = registry.networks[claim.network]
    _, other = without_prefix(network, _bare(claim.address), registry)
    try:
        decode_address(network, claim.address)
        why = ""
    except AddressFormatError as e:
        why = f"it names {clip(other, 60)}" if other else e.reason
    hidden = invisible(claim.address)
    told = f"an invisible character, {hidden}: remove it" if hidden else why or "unknown form"
    reason = f"{clip(claim.address)!r} is not an address of {claim.network}: {told}"
    return Finding(
        FindingKind.BAD_ADDRESS, reason, claim.row, claim.asset, claim.network, claim.address
    )


def usual_signature(network: Network, text: str) -> str:
    """A signature in its network's usual spelling: `text` itself where nothing is sure."""
    text = text.removeprefix("'")  # spreadsheets, and our CSV, keep +.. from being a formula so
    parts = text.split()
    if len(parts) > 1:
        joined = "".join(parts)
        text = joined if _one_value(joined) else text
    if network.kind == "utxo":
        digits = text.removeprefix("0x")
        if len(digits) == 2 * _MESSAGE_SIGNATURE and text == digits and _HEX.fullmatch(digits):
            return base64.b64encode(bytes.fromhex(digits)).decode()
        if len(text) == 87 and _bytes(text + "=") is not None:
            return text + "="
    elif network.kind in ("evm", "tron") and len(text) in (87, 88):
        data = _bytes(text + "=" * (88 - len(text)))
        if data is not None and len(data) == _MESSAGE_SIGNATURE:
            return "0x" + data.hex()
    return text


def _one_value(text: str) -> bool:
    return bool(_HEX.fullmatch(text.removeprefix("0x"))) or _bytes(text) is not None


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
