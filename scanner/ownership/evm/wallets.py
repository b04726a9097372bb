"""Contract wallets whose code we know, and who can spend from one: read from the state, not asked.

A contract says what its code says, whoever wrote it: one that names an owner may have no way ever
to send a coin, and one that accepts a signature may accept everybody's. So a wallet counts by the
hash of its code, behind its proxy, at the block (config/wallets.csv): then its storage says who
its owners are, and how many of them it wants. An EigenPod's code is upgraded by its protocol: it
counts as known where the protocol's own registry says that the pod is this owner's.

Sources: Safe's storage layout and slots (SafeStorage, GuardManager, FallbackManager), the same in
versions 1.0.0 to 1.5.0; ERC-1967's slot; Coinbase Smart Wallet's MultiOwnable; EigenLayer's
EigenPodManager; MultiSigWallet of ConsenSys and Gnosis (isOwner, owners, required).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scanner.model.account import AccountState
from scanner.model.addresses.keccak import keccak256
from scanner.ownership.evm.contract_calls import ask_address, is_contract, unwrap
from scanner.ownership.interface import ChainView
from scanner.settings.wallets import load_wallets


def _slot(number: int) -> bytes:
    return number.to_bytes(32)


_SINGLETON, _OWNERS, _COUNT, _THRESHOLD = _slot(0), _slot(2), _slot(3), _slot(4)
_GUARD = keccak256(b"guard_manager.guard.address")
_HANDLER = keccak256(b"fallback_manager.handler.address")
_IMPLEMENTATION = (int.from_bytes(keccak256(b"eip1967.proxy.implementation")) - 1).to_bytes(32)
_MULTI_OWNABLE: Final = 0x97E2C6AAD4CE5D562EBFAA00DB6B9E0FB66EA5D8162ED5B243F51A2E03086F00
_NEXT, _REMOVED, _, _IS_OWNER = (_slot(_MULTI_OWNABLE + n) for n in range(4))
_NOBODY: Final = 0  # what the list of owners has in place of the next one; its last has 1


UNKNOWN_CODE: Final = (
    "; its code is unknown, and may accept or name anybody: whether its owners can spend is not "
    "verified"
)
"""What to say of a contract that speaks for itself."""


UNKNOWN_OWNER: Final = (
    "; one of its owners is a contract whose code is unknown, and may accept anybody: whether "
    "its owners signed is not verified"
)
"""What to say of a known wallet that asks an unknown contract in its turn."""

_NO_CODE: Final = keccak256(b"")
_DEPTH: Final = 2  # wallets that own wallets: how deep they are followed
_MOST_LISTED: Final = 16  # owners of a wallet that are looked at, whether they are wallets
_PART: Final = 65  # bytes of one signature in what a Safe is given


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet whose code we know, and what its storage says.

    name: of its code. count: of its owners. owners: those of the accounts asked about that are
    among them. threshold: how many must agree. trouble: why it is not shown that they can spend all
    the same, "" if it is. answers: whether what answers isValidSignature for it is known, too.
    """

    name: str
    count: int
    owners: tuple[bytes, ...]
    threshold: int
    trouble: str = ""
    answers: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the owners that were found can spend."""
        return not self.trouble and 0 < self.threshold <= len(self.owners)


@dataclass(frozen=True, slots=True)
class Pod:
    """An EigenPod, and whose it is: 20 bytes."""

    name: str
    owner: bytes


def find_wallet(
    view: ChainView, account: bytes, chain_id: str, signers: Sequence[bytes], depth: int = _DEPTH
) -> Wallet | Pod | None:
    """What a contract is, if its code is one that we know; None if it is not, or cannot be read.

    chain_id: of the network, for registries. signers: accounts that may be owners, or owners of
    wallets that are. depth: how many wallets below this one are looked at.
    """
    mappings = tuple(keccak256(bytes(12) + signer + _OWNERS) for signer in signers)
    slots = (_SINGLETON, _COUNT, _THRESHOLD, _GUARD, _HANDLER, *mappings)
    state = view.state(account, slots)
    if state is None:
        return _pod(view, account, chain_id)
    known = load_wallets().by_code
    code = known.get(state.code_hash)
    if code is not None and code.kind == "proxy_1967":
        return _any_owner(view, account, signers)
    if code is not None and code.kind == "proxy":
        behind = view.state(state.values[0].to_bytes(32)[12:], ())
        code = known.get(behind.code_hash) if behind is not None else None
    if code is not None and code.kind == "safe":
        found = _safe(view, code.name, state, signers)
        if depth and signers and len(found.owners) < found.threshold:
            more = _owning_wallets(view, account, chain_id, signers, depth - 1)
            return replace(found, owners=(*found.owners, *more))
        return found
    if code is not None and code.kind == "multisig":
        return _multisig(code.name, state, signers)
    return _pod(view, account, chain_id)


def _safe(view: ChainView, name: str, state: AccountState, signers: Sequence[bytes]) -> Wallet:
    _, count, threshold, guard, handler, *named = state.values
    owners = tuple(s for s, after in zip(signers, named, strict=True) if after != _NOBODY)
    trouble = ""
    if threshold == 0:
        trouble = f"the {name} has no owners yet: whoever sets it up first owns it"
    elif guard:
        trouble = (
            f"a guard at 0x{guard:040x} can stop what the owners of the {name} agree on: whether "
            "they can spend is not verified"
        )
    return Wallet(name, count, owners, threshold, trouble, _is_known_handler(view, handler))


def _multisig(name: str, state: AccountState, signers: Sequence[bytes]) -> Wallet:
    """A wallet without a proxy, a guard or a handler: its owners confirm what it does on the chain.

    Who is an owner, how many there are and how many must confirm stand where a Safe has them.
    """
    _, count, threshold, _, _, *named = state.values
    owners = tuple(s for s, is_owner in zip(signers, named, strict=True) if is_owner & 0xFF)
    trouble = "" if threshold else f"the {name} has no owners"
    return Wallet(name, count, owners, threshold, trouble)


def _any_owner(view: ChainView, account: bytes, signers: Sequence[bytes]) -> Wallet | None:
    """A wallet that each of its owners can send from alone, behind its proxy.

    What answers isValidSignature for it asks owners that are contracts, whatever their code.
    """
    mappings = tuple(keccak256(bytes(12) + signer + _IS_OWNER) for signer in signers)
    state = view.state(account, (_IMPLEMENTATION, _NEXT, _REMOVED, *mappings))
    if state is None:
        return None
    at, after_last, removed, *named = state.values
    behind = view.state(at.to_bytes(32)[12:], ())
    code = load_wallets().by_code.get(behind.code_hash) if behind is not None else None
    if code is None or code.kind != "any_owner":
        return None
    owners = tuple(s for s, is_owner in zip(signers, named, strict=True) if is_owner & 0xFF)
    return Wallet(code.name, after_last - removed, owners, threshold=1)


def _owning_wallets(
    view: ChainView, account: bytes, chain_id: str, signers: Sequence[bytes], depth: int
) -> tuple[bytes, ...]:
    """Owners of a Safe that are wallets of known code, whose own owners signed."""
    found = []
    for owner in _listed_owners(view, account):
        inner = find_wallet(view, owner, chain_id, signers, depth) if owner not in signers else None
        if isinstance(inner, Wallet) and inner.is_met:
            found.append(owner)
    return tuple(found)


def _listed_owners(view: ChainView, account: bytes) -> Iterator[bytes]:
    """The first owners of a Safe's list, each once: its storage may be its owner's own making."""
    seen, at = set[bytes](), bytes(19) + b"\1"  # the list begins and ends at 1
    while len(seen) < _MOST_LISTED:
        state = view.state(account, (keccak256(bytes(12) + at + _OWNERS),))
        if state is None or not 1 < state.values[0] < 1 << 160:
            return
        at = state.values[0].to_bytes(20)
        if at in seen:
            return
        seen.add(at)
        yield at


def asks_unknown(
    view: ChainView,
    account: bytes,
    wallet: Wallet,
    signature: bytes,
    chain_id: str,
    depth: int = _DEPTH,
) -> bool:
    """Whether a Safe's own check of a signature rests on a contract that we do not know.

    signature: as isValidSignature is given it: 65 bytes an owner, r, s and v. With v = 0, r is a
    contract that is asked in its turn, and s says where what it is given lies; with v = 1, r
    approved the hash on the chain beforehand. A signature of fewer parts than owners are needed is
    good by an approval of the Safe itself, and any of its owners may have had a part in that.
    Source: Safe's contracts, checkNSignatures and SignMessageLib.
    """
    if unwrap(signature) is not None:  # for a contract that is not deployed, and this one is
        return True
    parts = [signature[n : n + _PART] for n in range(0, len(signature), _PART)]
    if len(parts) < wallet.threshold or len(parts[wallet.threshold - 1]) < _PART:
        owners = list(_listed_owners(view, account))
        unlisted = wallet.count > len(owners)
        return unlisted or any(_is_unknown(view, owner, chain_id) for owner in owners)
    for part in parts[: wallet.threshold]:
        owner, start = part[12:32], int.from_bytes(part[32:64])
        if part[64] == 1 and _is_unknown(view, owner, chain_id):
            return True
        if part[64] != 0:
            continue
        found = find_wallet(view, owner, chain_id, ())
        if not depth or not isinstance(found, Wallet) or not found.answers or found.trouble:
            return True
        size = int.from_bytes(signature[start : start + 32])
        inner = signature[start + 32 : start + 32 + size]
        if asks_unknown(view, owner, found, inner, chain_id, depth - 1):
            return True
    return False


def _is_unknown(view: ChainView, owner: bytes, chain_id: str, depth: int = 1) -> bool:
    """Whether an owner is a contract of unknown code, or a wallet that such a one owns.

    depth: how many wallets below it are looked at: of _MOST_LISTED owners each.
    """
    state = view.state(owner, ())
    if state is not None and state.code_hash == _NO_CODE:
        return False
    found = find_wallet(view, owner, chain_id, ())
    if not isinstance(found, Wallet):
        return is_contract(view, owner) is not False  # a key's own account may delegate
    if not depth or found.trouble:
        return True
    owners = list(_listed_owners(view, owner))
    return found.count > len(owners) or any(
        _is_unknown(view, of, chain_id, depth - 1) for of in owners
    )


def _is_known_handler(view: ChainView, handler: int) -> bool:
    if not 0 < handler < 1 << 160:
        return False
    state = view.state(handler.to_bytes(20), ())
    code = load_wallets().by_code.get(state.code_hash) if state is not None else None
    return code is not None and code.kind == "handler"


def _pod(view: ChainView, account: bytes, chain_id: str) -> Pod | None:
    """The protocol's registry knows whose pod it is; the pod is only asked whom to ask about."""
    for registry, code in load_wallets().registries(chain_id):
        owner = ask_address(view, account, "podOwner()")
        if owner is not None:
            found = ask_address(view, registry, "ownerToPod(address)", bytes(12) + owner)
            if found == account:
                return Pod(code.name, owner)
    return None
