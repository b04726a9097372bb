"""Digest of a message that is EIP-712 typed data in JSON, as wallets sign it.

A message that holds typed data may always have been signed as the text that it is, too. What is
said here of typed data counts only where no such form fits.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from scanner.errors import clip
from scanner.model.jsontext import read_json
from scanner.ownership.evm.typed_encoding import NotEncodedError, domain_fields, encode
from scanner.ownership.evm.typed_inside import inner_typed

LONGEST = 131_072
"""Characters of the longest typed data that is read."""

JSON_SPACE: Final = " \t\r\n"


class OtherChain(str):
    """What is wrong with typed data that says itself that it is for another network: false here.

    All else that is wrong with typed data only means that nothing is shown by who signed it.
    """

    __slots__ = ()


class Reading(NamedTuple):
    """A message as typed data. digest: 32 bytes, None if none is made.

    why: what keeps a signature that fits neither the digest nor the text from being false; ""
    where nothing does, as for any message that is no typed data.
    """

    digest: bytes | None
    why: str


_NO_TYPED_DATA: Final = Reading(None, "")
_PARTS: Final = ("types", "primaryType", "domain", "message")
_TO_DO: Final = "sign again as a text"
_TOO_LONG: Final = Reading(
    None,
    f"the message is typed data of more than {LONGEST:,} characters, which are not read, and the "
    f"signature does not fit its text: {_TO_DO}, or in parts",
)
_NOT_JSON: Final = Reading(
    None,
    "the message looks like typed data and is not JSON that is read, and the signature does not "
    "fit its text: publish the JSON as it was given to the wallet",
)
_INSIDE: Final = Reading(
    None,
    "the message is JSON with typed data in it, and the signature does not fit its text: publish "
    "the typed data alone, as JSON",
)
_FIRST_TYPED: Final = Reading(
    None,
    "the message is typed data of the first version (signTypedData V1), which is not read: sign "
    "again as EIP-712 or as a text",
)
_IN_PARTS: Final = (
    "the message is EIP-712 typed data without its primaryType, its message or the type of its "
    "domain (EIP712Domain), which programs fill in differently, and the signature fits none that "
    "is read: publish it as it was signed, with all of these, and without empty fields of the "
    "domain"
)
_FOR_CONTRACT: Final = (
    "the typed data is addressed to a contract, so it is not a statement of ownership: "
    f"{_TO_DO}, or as typed data without verifyingContract"
)
_OTHER_DOMAIN: Final = (
    "the typed data's domain has fields of another order or type than EIP-712 gives, which wallets "
    f"sign differently: {_TO_DO}, or with the usual domain"
)


def typed_digest(text: str, chain_id: str) -> bytes | str:
    """Give the 32-byte digest of EIP-712 typed data.

    chain_id: of the network, decimal; a domain that names another one is for another network.
    Returns a text saying what is wrong, "" if the text is no typed data at all.
    """
    found = read_typed(text, chain_id)
    return found.why if found.digest is None else found.digest


def read_typed(text: str, chain_id: str) -> Reading:
    """Read a message as typed data; see `typed_digest` and `Reading`."""
    start = text[:2].lstrip("\ufeff")[:1]
    if not start or start not in "{[\"' \t\r\n":
        return _NO_TYPED_DATA
    if len(text) > LONGEST:
        return _TOO_LONG if _looks_typed(text) else _NO_TYPED_DATA
    return _read(text.strip(JSON_SPACE), chain_id)


@lru_cache(maxsize=16)
def _read(text: str, chain_id: str) -> Reading:
    try:
        data: Any = read_json(text, parse_float=float)
    except ValueError:
        return _NOT_JSON if _looks_typed(text) else _NO_TYPED_DATA
    if isinstance(data, dict) and _is_typed(data):
        return _of_typed(text, data, chain_id)
    if isinstance(data, dict) and _are_parts(data):
        return Reading(None, _IN_PARTS)
    if _is_first_typed_data(data):
        return _FIRST_TYPED
    return _NO_TYPED_DATA if next(inner_typed(data), None) is None else _INSIDE


def _looks_typed(text: str) -> bool:
    """Whether a text that is not read may be typed data, somehow written."""
    return "primaryType" in text or bool(re.search(r"domain['\"\\]{0,9}\s{0,9}:\s{0,9}\{", text))


def _are_parts(data: dict[str, Any]) -> bool:
    return isinstance(data.get("types"), dict) and isinstance(data.get("domain"), dict)


def _is_typed(data: dict[str, Any]) -> bool:
    return _are_parts(data) and all(part in data for part in _PARTS)


def _is_first_typed_data(data: object) -> bool:
    """Whether JSON is typed data as it was before EIP-712: a list of type, name and value."""
    names = {"type", "name", "value"}
    each = data if isinstance(data, list) else []
    return bool(each) and all(isinstance(d, dict) and names <= set(d) for d in each)


def _of_typed(text: str, data: dict[str, Any], chain_id: str) -> Reading:
    """Read what has all parts of typed data."""
    try:
        read_json(text, unique_names=True)
    except ValueError as e:
        return Reading(None, f"the typed data is not read ({e}): {_TO_DO}")
    return _encoded(data, chain_id)


def typed_digest_of(data: dict[str, Any], chain_id: str) -> bytes | None:
    """The digest of typed data as JSON gives it, floats as float; None if none is made."""
    return _encoded(data, chain_id).digest if _is_typed(data) else None


def _encoded(data: dict[str, Any], chain_id: str) -> Reading:
    types, domain, doubt = data["types"], data["domain"], ""
    if domain.get("chainId") is not None:  # null names no chain, and is not signed
        named, is_sure = chain_number(domain["chainId"])
        if named is None or named != chain_number(chain_id)[0]:
            return Reading(None, _of_other_chain(domain["chainId"], named, is_sure, chain_id))
        domain = {**domain, "chainId": named}
        doubt = "" if is_sure else "'chainId' of type uint256"
    if "verifyingContract" in domain:
        # Permits, orders and votes are typed data too, and their signatures lie open on the chain.
        return Reading(None, _FOR_CONTRACT)
    usual = domain_fields(tuple(domain))
    if types.get(_DOMAIN, usual) != usual or len(usual) < len(domain):
        return Reading(None, _OTHER_DOMAIN)
    try:
        made = encode({**types, _DOMAIN: usual}, data["primaryType"], domain, data["message"])
    except NotEncodedError as e:
        return Reading(None, f"the typed data cannot be encoded ({e}): {_TO_DO}")
    doubt = doubt or made.doubt
    if _DOMAIN not in types:
        return Reading(made.digest, _IN_PARTS)
    return Reading(made.digest, _OTHERWISE.format(doubt) if doubt else "")


_DOMAIN: Final = "EIP712Domain"
_OTHERWISE: Final = (
    "the message is typed data of which wallets make other digests than the one that is read (for "
    "its field {}), and the signature fits neither that one nor the text: sign again as a text, or "
    "with each value as EIP-712 has it"
)


def _of_other_chain(value: object, named: int | None, is_sure: bool, chain_id: str) -> str:
    if named is not None and is_sure:
        what = f"the typed data is for chain id {clip(str(named))}, the row's network has"
        return OtherChain(f"{what} {chain_id}")
    return (
        f"the typed data writes its chain id as {clip(repr(value), 40)}, which is not read, and "
        "the signature does not fit its text: sign again with the chain id as a number"
    )


_SURE: Final = re.compile(r"0|[1-9][0-9]{0,77}|0x[0-9a-fA-F]{1,64}", re.ASCII)
_LIKELY: Final = re.compile(r"0{1,9}[0-9]{1,77}|0X[0-9a-fA-F]{1,64}|[0-9]{1,77}n", re.ASCII)


def chain_number(value: object) -> tuple[int | None, bool]:
    """A chain id as JSON has it, and whether it is that number for everybody; None if unread."""
    if isinstance(value, float) and value.is_integer():
        return int(value), True
    if isinstance(value, int) and not isinstance(value, bool):
        return value, True
    if not isinstance(value, str):
        return None, False
    if not _SURE.fullmatch(value) and not _LIKELY.fullmatch(value):
        return None, False
    number = int(value, 16) if value[:2] in ("0x", "0X") else int(value.removesuffix("n"))
    return number, _SURE.fullmatch(value) is not None
