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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from scanner.model.account import AccountState
from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.keccak import keccak256
from scanner.ownership.evm.contract_calls import ask_address, listed_owners, with_code
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


_DEPTH: Final = 2  # wallets that own wallets: how deep they are followed
_MOST_READ: Final = 16  # owners of a wallet, with code, that are looked into
_MOST_CONFIRMING: Final = 50  # owners that a MultiSigWallet's own code takes
_ARRAY: Final = int.from_bytes(keccak256(_COUNT))  # where its list of owners lies
_TRANSACTIONS, _CONFIRMATIONS, _MADE = _slot(0), _slot(1), _slot(5)  # and what it has decided
_ANY_BIT: Final = (1 << 256) - 1
_TRUTH: Final = 0xFF  # the part of a slot that is read as true or false
_ACCOUNT: Final = (1 << 160) - 1  # and as an account


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet whose code we know, and what its storage says.

    name: of its code. count: of its owners. owners: those of the accounts asked about that are
    among them. threshold: how many must agree. trouble: why it is not shown that they can spend all
    the same, "" if it is. answers: whether what answers isValidSignature for it is known, too.
    unread: how many of the other owners were not looked into (contracts of other code, wallets too
    deep down, owners that it does not list): those who signed may act through them.
    """

    name: str
    count: int
    owners: tuple[bytes, ...]
    threshold: int
    trouble: str = ""
    answers: bool = False
    unread: int = 0

    @property
    def is_met(self) -> bool:
        """Whether the owners that were found can spend."""
        return not self.trouble and 0 < self.threshold <= len(self.owners)

    @property
    def may_be_met(self) -> bool:
        """Whether those who signed may be able to spend, as far as is known."""
        return len(self.owners) + self.unread >= self.threshold


@dataclass(frozen=True, slots=True)
class Pod:
    """An EigenPod, and whose it is: 20 bytes."""

    name: str
    owner: bytes


class _Asked(NamedTuple):
    """What is asked about an account: see find_wallet."""

    account: bytes
    chain_id: str
    signers: Sequence[bytes]
    depth: int


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
    of = _Asked(account, chain_id, signers, depth)
    if code is not None and code.kind == "safe":
        safe = _safe(view, code.name, state, signers)
        return _with_inner(view, safe, of, lambda: listed_owners(view, account), _ANY_BIT)
    if code is not None and code.kind == "multisig":
        wallet, listed = _multisig(view, code.name, account, state, signers)
        return _with_inner(view, wallet, of, lambda: listed, _TRUTH)
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


def _multisig(
    view: ChainView, name: str, account: bytes, state: AccountState, signers: Sequence[bytes]
) -> tuple[Wallet, tuple[bytes, ...]]:
    """A wallet without a proxy, a guard or a handler: its owners confirm what it does on the chain.

    Who is an owner, how many there are and how many must confirm stand where a Safe has them. Its
    code lets those submit and confirm who are in the map, counts those in the list, and adds it all
    to what the storage has of the next transaction: nothing, if the code alone has written there.
    Returns also its list of owners.
    """
    _, count, threshold, _, _, *named = state.values
    mapped = {s for s, is_owner in zip(signers, named, strict=True) if is_owner & _TRUTH}
    if count > _MOST_CONFIRMING:
        trouble = f"the {name} lists {count} owners, where its code takes {_MOST_CONFIRMING}"
        return Wallet(name, count, tuple(mapped), threshold, trouble), ()
    places = (_slot((_ARRAY + n) % (1 << 256)) for n in range(count))
    rest = view.state(account, (_MADE, *places))
    number, *words = rest.values if rest is not None else (0,)
    listed = tuple(dict.fromkeys((word & _ACCOUNT).to_bytes(20) for word in words))
    owners = tuple(s for s in signers if s in mapped or s in listed)
    trouble = "" if threshold else f"the {name} has no owners"
    odd = [s for s in owners if s not in mapped or s not in listed]
    if odd:
        who = checksum_text(odd[0])
        trouble = f"{who} is an owner of the {name} in one part of its storage, and not in another"
    elif rest is None or (owners and _is_written(view, account, number, listed)):
        trouble = (
            f"the storage of the {name} has votes or data of a transaction that nobody has "
            "submitted yet: whether its owners can spend is not verified"
        )
    return Wallet(name, count, owners, threshold, trouble), listed


def _is_written(view: ChainView, account: bytes, number: int, owners: Sequence[bytes]) -> bool:
    """Whether a MultiSigWallet's storage has anything of a transaction that is still to come.

    An owner whose vote is there already cannot submit it, and old data may cost all gas to clear.
    """
    at = int.from_bytes(keccak256(_slot(number) + _TRANSACTIONS))
    votes = keccak256(_slot(number) + _CONFIRMATIONS)
    parts = (_slot((at + n) % (1 << 256)) for n in range(4))  # whereto, how much, data, executed
    state = view.state(account, (*parts, *(keccak256(bytes(12) + o + votes) for o in owners)))
    return state is None or any(state.values)


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


def _with_inner(
    view: ChainView,
    found: Wallet,
    of: _Asked,
    list_owners: Callable[[], tuple[bytes, ...] | None],
    mask: int,
) -> Wallet:
    """Count owners that are wallets of known code whose own owners signed, and those not read.

    list_owners: gives its owners, None where they are not known. A list says where to look: an
    owner is who has an entry in the map, which is what its code reads. mask: the bits of an entry.
    """
    if not of.signers or len(found.owners) >= found.threshold:
        return found
    listed = list_owners()
    if listed is None:
        return replace(found, unread=found.threshold)
    contracts = with_code(view, [owner for owner in listed if owner not in of.signers])
    read, met, unread = contracts[:_MOST_READ], [], len(contracts[_MOST_READ:])
    entries = view.state(of.account, tuple(keccak256(bytes(12) + o + _OWNERS) for o in read))
    if entries is None:
        return replace(found, unread=found.threshold)
    for owner in (o for o, entry in zip(read, entries.values, strict=True) if entry & mask):
        inner = None
        if of.depth:
            inner = find_wallet(view, owner, of.chain_id, of.signers, of.depth - 1)
        if isinstance(inner, Wallet) and inner.is_met:
            met.append(owner)
        elif not isinstance(inner, Wallet) or inner.may_be_met:
            unread += 1
    unread += max(0, found.count - len(listed))
    return replace(found, owners=(*found.owners, *met), unread=unread)


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
