"""Which keys may take the lamports of a Solana account: its program decides, not its address.

Source: the withdraw instructions of the system program (transfers, nonce accounts), the stake
program and the vote program. What other programs allow stands in their code, which is not read.
"""

from __future__ import annotations

from collections.abc import Callable

from scanner.chains.solana.accounts import (
    SYSTEM_PROGRAM,
    Account,
    Lockup,
    is_unused,
    nonce_authority,
    stake_account,
    vote_withdrawer,
)
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted

InForce = Callable[[Lockup], bool]
"""in_force(lockup) -> whether it holds in the state that the account is of."""


def account_keys(key: bytes, account: Account | None, height: int, in_force: InForce) -> KeyPolicy:
    """Read the one way to spend. key: the account's address. account: None where nothing is yet.

    An account of a program that is not known, or with data that is not understood, is undecided.
    """
    if account is None or is_unused(account):
        return _all_of("the key of the address", [key], height)
    if account.owner == SYSTEM_PROGRAM and not account.data:
        return _all_of("the key of the address", [key], height)
    stake = stake_account(account)
    if stake is not None and in_force(stake.lockup):
        both = [stake.withdrawer, stake.lockup.custodian]
        return _all_of("withdrawer and custodian of the locked stake account", both, height)
    if stake is not None:
        return _all_of("withdrawer of the stake account", [stake.withdrawer], height)
    authority, voter = nonce_authority(account), vote_withdrawer(account)
    if authority is not None:
        return _all_of("authority of the nonce account", [authority], height)
    if voter is not None:
        return _all_of("withdrawer of the vote account", [voter], height)
    why = f"only its program decides who may spend from the account: {account.owner}"
    return KeyPolicy((), height, disputed=why)


def others_spend(account: Account | None) -> bool:
    """Whether the lamports of an account are for other keys than its address's.

    Its tokens are not: the token programs go by the address.
    """
    if account is None:
        return False
    named = stake_account(account), nonce_authority(account), vote_withdrawer(account)
    return any(found is not None for found in named)


def _all_of(name: str, keys: list[bytes], height: int) -> KeyPolicy:
    distinct = [Weighted(PolicyKey(KeyKind.ED25519, key)) for key in dict.fromkeys(keys)]
    return KeyPolicy((Way(name, tuple(distinct), len(distinct)),), height)
