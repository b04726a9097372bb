"""Other spellings of addresses, as wallets, explorers and spreadsheets write them.

Only what is surely the same: a scheme before an address, a formula around it, hex in place of
Base58. What is not sure stays as it is. Of signatures: `scanner.model.signature_text`.
"""

from __future__ import annotations

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
_AROUND = "\"'`<>\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})([^*_]+)\1")  # a mark behind it alone is of a footnote
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]{1,200})\]\(\s*([^\s()]{1,400})\s*\)")


def usual_address(network: Network, text: str, registry: Registry) -> str | None:
    """The usual spelling of an address in another one; None if there is none.

    text: which `decode_address` does not take. What names another network is none of this one.
    """
    inner, other = _inner(network, text, registry)
    for candidate in [] if other else _candidates(network, inner):
        try:
            return decode_address(network, candidate).text
        except AddressFormatError:
            continue
    return None


def _inner(network: Network, text: str, registry: Registry) -> tuple[str, str]:
    """As `without_prefix`, of a cell's text: without what stands around it, or out of its link."""
    bare = _bare(text)
    if (link := _MARKDOWN_LINK.fullmatch(bare)) is None:
        return without_prefix(network, bare, registry)
    shown, (page, other) = _bare(link[1]), without_prefix(network, link[2], registry)
    return shown, other or ("" if shown.lower() in page.lower() else "another address")


def _bare(text: str) -> str:
    """A cell's text without a formula, quotes, brackets or emphasis around it."""
    if found := _FORMULA.fullmatch(text):
        return found[1].strip()
    bare = text.strip(_AROUND)
    marked = _EMPHASIS.fullmatch(bare)
    return marked[2].strip(_AROUND) if marked else bare


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
    _, other = _inner(network, claim.address, registry)
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
