"""Which keys may spend from a Tron account: its permissions, as the account's JSON tells them.

The owner permission may do everything; an active one may spend if its operations include both
moving TRX and calling contracts (tokens). Without permissions the address's own key is the owner.
Source: TIP-16; java-tron's protocol/core/Tron.proto (Permission).
"""

from __future__ import annotations

from typing import Final

from scanner.chains.shape import take
from scanner.errors import AddressFormatError, SourceUnavailableError
from scanner.model.addresses.tron import TronCodec
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted, single
from scanner.net.words import heard

_CONTRACT: Final = "the account is a contract, and only its code decides who may spend from it"
_TRANSFER: Final = 1
_CALL: Final = 31
"""Numbers of TransferContract and TriggerSmartContract: bits of `operations`, low bit first."""


def permissions(endpoint: str, account: dict[str, object], holder: bytes, height: int) -> KeyPolicy:
    """Read an account's ways to spend.

    account: java-tron's JSON with hex addresses, {} for an address never used for TRX. holder: its
    20 bytes. height: of the state it is from. The policy of a contract is `disputed`. Raises
    SourceUnavailableError for what is no account.
    """
    if account.get("type") == "Contract":
        return KeyPolicy((), height, disputed=_CONTRACT)
    ways = [_owner(endpoint, account, holder)]
    listed = (
        take(endpoint, account, list, "active_permission") if "active_permission" in account else []
    )
    for item in listed:
        permission = take(endpoint, item, dict)
        if _spends(endpoint, permission):
            ways.append(_way(endpoint, permission, "active permission"))
    return KeyPolicy(tuple(ways), height)


def _owner(endpoint: str, account: dict[str, object], holder: bytes) -> Way:
    if "owner_permission" not in account:
        own = PolicyKey(KeyKind.ACCOUNT, holder)
        return single("owner permission (never changed)", own)
    return _way(endpoint, take(endpoint, account, dict, "owner_permission"), "owner permission")


def _way(endpoint: str, permission: dict[str, object], name: str) -> Way:
    members = []
    for item in take(endpoint, permission, list, "keys"):
        key = take(endpoint, item, dict)
        text = take(endpoint, key, str, "address")
        weight = take(endpoint, key, int, "weight")
        members.append(Weighted(PolicyKey(KeyKind.ACCOUNT, _account(endpoint, text)), weight))
    try:
        return Way(name, tuple(members), take(endpoint, permission, int, "threshold"))
    except ValueError as e:
        raise SourceUnavailableError(endpoint, f"gave an invalid answer: {e}") from None


def _spends(endpoint: str, permission: dict[str, object]) -> bool:
    text = take(endpoint, permission, str, "operations")
    try:
        bits = int.from_bytes(bytes.fromhex(text), "little")
    except ValueError:
        what = f"gave an invalid answer: operations {heard(endpoint, text)}"
        raise SourceUnavailableError(endpoint, what) from None
    return bool(bits >> _TRANSFER & 1 and bits >> _CALL & 1)


def _account(endpoint: str, text: str) -> bytes:
    """An address in either spelling: nodes write hex or, where somebody asked so, Base58."""
    try:
        if text.startswith("T"):
            return TronCodec("tron", "").decode(text).payload
        data = bytes.fromhex(text)
    except (ValueError, AddressFormatError):
        data = b""
    if len(data) != 21 or data[0] != 0x41:
        raise SourceUnavailableError(endpoint, f"names an invalid key: {heard(endpoint, text)}")
    return data[1:]
