"""How each network computes an address from an Ed25519 key: one function per address format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b, sha3_256

from scanner.model.addresses.interface import Address
from scanner.ownership.ed25519.ton_wallets import account_ids
from scanner.ownership.primitives.hashes import hash160


def _itself(address: Address, key: bytes) -> bool:
    return address.payload == key


def _aptos_account(key: bytes) -> bytes:
    # The last byte is the scheme: 0 is a single Ed25519 key.
    return sha3_256(key + b"\x00").digest()


def _aptos_single(key: bytes) -> bytes:
    # Scheme 2 is a key of any kind: kind 0 is Ed25519, 32 bytes (AIP-55).
    return sha3_256(b"\x00\x20" + key + b"\x02").digest()


def _aptos(address: Address, key: bytes) -> bool:
    return address.payload in (_aptos_account(key), _aptos_single(key))


def _sui(address: Address, key: bytes) -> bool:
    # The first byte is the scheme: 0 is Ed25519.
    return address.payload == blake2b(b"\x00" + key, digest_size=32).digest()


def _cardano(address: Address, key: bytes) -> bool:
    # CIP-19: after the header byte stands the hash of the payment key; a stake part may follow.
    return address.payload[1:29] == blake2b(key, digest_size=28).digest()


def _xrpl_account(key: bytes) -> bytes:
    return hash160(b"\xed" + key)


def _xrpl(address: Address, key: bytes) -> bool:
    return address.payload == _xrpl_account(key)


def _ton(address: Address, key: bytes) -> bool:
    return address.payload in account_ids(key)


KEY_FIXES_ADDRESS: Mapping[str, Callable[[Address, bytes], bool]] = {
    "algorand": _itself,
    "aptos": _aptos,
    "cardano_base": _cardano,
    "cardano_enterprise": _cardano,
    "near_implicit": _itself,
    "solana": _itself,
    "ss58": _itself,
    "stellar": _itself,
    "sui": _sui,
    "ton": _ton,
    "xrpl": _xrpl,
}
"""Address format -> whether an address is the one of a key (32 bytes)."""

ACCOUNTS: Mapping[str, Callable[[bytes], Iterable[bytes]]] = {
    "algorand": lambda key: (key,),
    "aptos": lambda key: (_aptos_account(key), _aptos_single(key)),
    "ss58": lambda key: (key,),
    "stellar": lambda key: (key,),
    "ton": account_ids,
    "xrpl": lambda key: (_xrpl_account(key),),
}
"""Address format -> payloads of the accounts that a key makes, where chains name signers so."""

ADDRESS_IS_KEY = frozenset(f for f, rule in KEY_FIXES_ADDRESS.items() if rule is _itself)
"""Formats whose address is the key: no key column is needed."""

NAMED = frozenset(("hedera", "near_named"))
"""Formats that name an account whose keys only the chain knows."""


def is_address_of(address: Address, key: bytes) -> bool:
    """Whether the address is computed from the key. False for formats without a rule."""
    rule = KEY_FIXES_ADDRESS.get(address.format)
    return rule is not None and rule(address, key)
