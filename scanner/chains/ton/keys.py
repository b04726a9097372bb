"""Which key may spend from a TON account: its code says which wallet it is, its data the key.

A wallet's code can replace itself, so what is there now counts, not what the address was made of.
An account without code yet is what its address was made of: whoever shows that may begin it.
"""

from __future__ import annotations

from typing import Final

from scanner.chains.ton.api import AccountState
from scanner.model.addresses.interface import Address
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.model.ton_cells import Slice, read_bag
from scanner.model.ton_wallets import WALLETS, Wallet

_FROZEN: Final = "the account is frozen: the chain does not show its key"
_UNKNOWN: Final = (
    "the account's code is not a known wallet (v1 to v5, highload v3): only that contract "
    "decides who may spend from it"
)
_BROKEN: Final = "the account's data does not have its wallet's layout"
_BY_CODE: Final = {wallet.code_hash: wallet for wallet in WALLETS}
_PLUGINS: Final = "plugins or extensions of the wallet may also spend"


def wallet_key(address: Address, account: AccountState) -> KeyPolicy:
    """Read the one way to spend; `disputed` where the chain does not show it. Never raises."""
    height = account.seqno
    if account.status == "frozen":
        return KeyPolicy((), height, disputed=_FROZEN)
    if account.status != "active":
        own = PolicyKey(KeyKind.ACCOUNT, address.payload)
        return KeyPolicy((single("the key of the address", own, hides=True),), height)
    try:
        wallet = _BY_CODE.get(read_bag(account.code).hash)
    except ValueError:
        wallet = None
    if wallet is None:
        return KeyPolicy((), height, disputed=_UNKNOWN)
    try:
        return _policy(wallet, Slice(read_bag(account.data)), height)
    except ValueError:
        return KeyPolicy((), height, disputed=_BROKEN)


def _policy(wallet: Wallet, data: Slice, height: int) -> KeyPolicy:
    """The policy of a wallet's data. Raises ValueError where it ends too early."""
    fields = [data.uint(width) for _, width in wallet.before_key]
    key = PolicyKey(KeyKind.ED25519, data.uint(256).to_bytes(32, "big"))
    name = f"wallet {wallet.name}"
    if wallet.name == "v5r1" and not fields[0]:
        return KeyPolicy(
            (), height, f"{name}: signatures are switched off, only extensions can spend"
        )
    more = wallet.after_key == ((0, 1),) and data.uint(1)
    return KeyPolicy((single(name, key),), height, _PLUGINS if more else "")
