"""Digest of a message that is EIP-712 typed data in JSON, as wallets sign it."""

from __future__ import annotations

from typing import Any

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import ControlResult
from scanner.model.jsontext import read_json
from scanner.ownership import verdicts

LONGEST = 8_192
"""Characters of the longest typed data that is read: encoding takes time by types times values."""


class OtherChain(str):
    """What is wrong with typed data that says itself that it is for another network: false here.

    All else that is wrong with typed data only means that nothing is shown by who signed it.
    """

    __slots__ = ()


def refused(scheme: str, why: str) -> ControlResult:
    """The verdict about typed data of which no digest was made. why: as `typed_digest` gives it."""
    if isinstance(why, OtherChain):
        return verdicts.mismatch(scheme, str(why))
    return verdicts.unsupported(scheme, why)


_PARTS = ("types", "primaryType", "domain", "message")


def typed_digest(text: str, chain_id: str) -> bytes | str:
    """Give the 32-byte digest of EIP-712 typed data.

    chain_id: of the network, decimal; a domain that names another one is for another network.
    Returns a text saying what is wrong, "" if the text is no typed data at all.
    """
    if len(text) > LONGEST:
        return ""
    try:
        data: Any = read_json(text, parse_float=float)
    except ValueError:
        return ""
    if not isinstance(data, dict) or any(part not in data for part in _PARTS):
        return ""
    domain = data["domain"]
    if not isinstance(domain, dict):
        return ""
    return _why_not(text, data, chain_id) or _digest(data)


def _why_not(text: str, data: dict[str, Any], chain_id: str) -> str:
    """Why no digest is made of typed data; "" if one is."""
    domain = data["domain"]
    if domain.get("chainId") is not None:  # null names no chain, and is not signed
        named = _number(domain["chainId"])
        if named is None or named != _number(chain_id):
            what = f"the typed data is for chain id {named}, the row's network has {chain_id}"
            return OtherChain(what)
    if "verifyingContract" in domain:
        # Permits, orders and votes are typed data too, and their signatures lie open on the chain.
        return (
            "the typed data is addressed to a contract, so it is not a statement of ownership: "
            "sign again as a text, or as typed data without verifyingContract"
        )
    try:
        read_json(text, unique_names=True)
    except ValueError as e:
        return f"the typed data is not read: {e}"
    return "" if _has_usual_domain(data) else _OTHER_DOMAIN


_DOMAIN_TYPES = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
)
_OTHER_DOMAIN = (
    "the typed data's domain has fields of another order or type than EIP-712 gives, which wallets "
    "sign differently: sign again as a text, or with the usual domain"
)


def _has_usual_domain(data: dict[str, Any]) -> bool:
    """Whether all wallets make one hash of the domain; also where the types leave it out."""
    types, domain = data["types"], data["domain"]
    if not isinstance(types, dict) or "EIP712Domain" not in types:
        return True
    usual = [{"name": name, "type": kind} for name, kind in _DOMAIN_TYPES if name in domain]
    return bool(types["EIP712Domain"] == usual)


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < 2**256 else None
    if not isinstance(value, str) or len(value) > 80:
        return None
    try:
        return int(value, 0)
    except ValueError:
        return None


def _digest(data: dict[str, Any]) -> bytes | str:
    from eth_account.messages import encode_typed_data  # noqa: PLC0415 - heavy, rarely needed

    try:
        signable = encode_typed_data(full_message=data)
        return keccak256(b"\x19" + signable.version + signable.header + signable.body)
    except Exception as e:  # hostile types make the encoder raise whatever it comes to
        return f"the typed data cannot be encoded ({type(e).__name__}): sign again as a text"


_FIRST_TYPED = (
    "the message is typed data of the first version (signTypedData V1), which is not read: sign "
    "again as EIP-712 or as a text"
)
_IN_PARTS = (
    "the message is EIP-712 typed data without its primaryType or the type of its domain "
    "(EIP712Domain), which programs fill in differently, and the signature fits none that is "
    "read: publish it as it was signed, with both, and without empty fields of the domain"
)
_SHORTEST = frozenset({"types", "domain"})


def signed_otherwise(message: str) -> str:
    """Why a text may be signed as no digest that is made of it, so that none shows a falsehood.

    Returns "" for any text of which all wallets make one of the digests. ethers and viem are given
    typed data in parts, and take the domain's fields for its type; they leave out those that are
    null, viem also empty ones; MetaMask takes an absent type for an empty one.
    """
    if message[:1] not in ("{", "[") or len(message) > LONGEST:
        return ""
    try:
        data = read_json(message, parse_float=float)
    except ValueError:
        return ""
    if isinstance(data, dict):
        in_parts = data.keys() >= _SHORTEST and isinstance(data["types"], dict)
        whole = in_parts and "EIP712Domain" in data["types"] and "primaryType" in data
        return _IN_PARTS if in_parts and not whole else ""
    return _FIRST_TYPED if _is_first_typed_data(data) else ""


def _is_first_typed_data(data: object) -> bool:
    """Whether JSON is typed data as it was before EIP-712: a list of type, name and value."""
    names = {"type", "name", "value"}
    each = data if isinstance(data, list) else []
    return bool(each) and all(isinstance(d, dict) and names <= set(d) for d in each)
