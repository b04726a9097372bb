"""Solana's accounts, decoded from their bytes: tokens of both programs, stake, nonces, votes.

Source: the account layouts of spl-token (Account), spl-token-2022 (the same, then extensions), the
stake program (StakeStateV2), the system program (nonce Versions) and the vote program
(VoteStateVersions), all three bincode; checked with recorded accounts in tests/vectors/solana.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from scanner.chains.shape import BASE58_32, named, take
from scanner.errors import SourceUnavailableError
from scanner.model.addresses import base58

TOKEN_PROGRAMS: Final = (
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
)
STAKE_PROGRAM: Final = "Stake11111111111111111111111111111111111111"
SYSTEM_PROGRAM: Final = "1" * 32
VOTE_PROGRAM: Final = "Vote111111111111111111111111111111111111111"

WITHDRAWER_AT: Final = 44
VOTER_AT: Final = 124

_TOKEN_LENGTH: Final = 165
_ACCOUNT_KIND: Final = 2  # of Token-2022's byte behind the common part
_STAKE_LENGTH: Final = 200
_NEVER: Final = (1 << 64) - 1
_NONCE_LENGTH: Final = 80
_VOTES: Final = range(1, 4)
"""Versions of a vote account that name the withdrawer behind the node's key; 0 has it elsewhere."""


@dataclass(frozen=True, slots=True)
class Account:
    """owner: the program, in Base58. lamports: with what keeps it alive (rent)."""

    owner: str
    lamports: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TokenAccount:
    """mint, owner: 32 bytes each. amount: raw, as transfers count it. frozen: by its issuer."""

    mint: bytes
    owner: bytes
    amount: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class Lockup:
    """Until when stake cannot be taken out unless the custodian signs, too.

    time: seconds since 1970 UTC. epoch: of the network. Both have to be over; 0 is none. custodian:
    32 bytes.
    """

    time: int
    epoch: int
    custodian: bytes


@dataclass(frozen=True, slots=True)
class StakeAccount:
    """withdrawer: 32 bytes, whose key can take the coins out.

    delegated: to a validator, and not on its way back. lockup: as it was set, over or not.
    """

    withdrawer: bytes
    delegated: bool
    lockup: Lockup


def read_account(endpoint: str, value: object) -> Account:
    """Read an account as the RPC shows it in base64. Raises SourceUnavailableError."""
    lamports = take(endpoint, value, int, "lamports")
    text = take(endpoint, value, str, "data", 0)
    if take(endpoint, value, str, "data", 1) != "base64" or not 0 <= lamports < 1 << 64:
        raise SourceUnavailableError(endpoint, "answered with an invalid account")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one; so is a letter beyond ASCII
        raise SourceUnavailableError(endpoint, "answered with data that is not base64") from None
    return Account(named(endpoint, value, BASE58_32, "owner"), lamports, data)


def token_account(account: Account) -> TokenAccount | None:
    """Decode a token account; None for what is none, or was never initialised."""
    data = account.data
    if account.owner not in TOKEN_PROGRAMS or len(data) < _TOKEN_LENGTH:
        return None
    extended = len(data) > _TOKEN_LENGTH
    if extended and (account.owner == TOKEN_PROGRAMS[0] or data[_TOKEN_LENGTH] != _ACCOUNT_KIND):
        return None
    state = data[108]
    if state not in (1, 2):
        return None
    amount = int.from_bytes(data[64:72], "little")
    return TokenAccount(data[:32], data[32:64], amount, state == 2)


def stake_account(account: Account) -> StakeAccount | None:
    """Decode a stake account; None for what is none, or has no owner yet."""
    data = account.data
    if account.owner != STAKE_PROGRAM or len(data) != _STAKE_LENGTH:
        return None
    kind = int.from_bytes(data[:4], "little")
    if kind not in (1, 2):
        return None
    deactivation = int.from_bytes(data[172:180], "little")
    lockup = Lockup(
        int.from_bytes(data[76:84], "little", signed=True),
        int.from_bytes(data[84:92], "little"),
        data[92:124],
    )
    return StakeAccount(data[44:76], kind == 2 and deactivation == _NEVER, lockup)


def is_unused(account: Account) -> bool:
    """Whether a stake or nonce account was made and never given to anybody."""
    data = account.data
    if account.owner == STAKE_PROGRAM:
        return len(data) == _STAKE_LENGTH and not any(data[:4])
    return _is_nonce(account) and not any(data[4:8])


def nonce_authority(account: Account) -> bytes | None:
    """Who may take the lamports of a nonce account: 32 bytes; None for what is none."""
    data = account.data
    if not _is_nonce(account) or int.from_bytes(data[4:8], "little") != 1:
        return None
    return data[8:40]


def vote_withdrawer(account: Account) -> bytes | None:
    """Who may take the lamports of a vote account: 32 bytes; None for what is none, or too old."""
    data = account.data
    if account.owner != VOTE_PROGRAM or len(data) < 68:
        return None
    return data[36:68] if int.from_bytes(data[:4], "little") in _VOTES else None


def _is_nonce(account: Account) -> bool:
    data = account.data
    known = account.owner == SYSTEM_PROGRAM and len(data) == _NONCE_LENGTH
    return known and int.from_bytes(data[:4], "little") in (0, 1)


def key_text(key: bytes) -> str:
    """A key as Solana writes it."""
    return base58.encode(key)
