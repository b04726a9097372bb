"""Chains for verdicts that answer from tables: calls by function, and the state of known wallets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scanner.model.account import AccountState
from scanner.model.addresses.keccak import keccak256
from scanner.model.balance import Evidence
from scanner.ownership.evm.contract_calls import sizes_question
from scanner.settings.wallets import load_wallets

NO_CODE = keccak256(b"")
_GET_OWNERS = keccak256(b"getOwners()")[:4]
_SIZES_HEAD = len(sizes_question(()))
_SIZES = sizes_question(())[: _SIZES_HEAD - 20]  # what does not depend on how many are asked about
SINGLETON = bytes.fromhex("5afe" * 10)


def code_named(name: str) -> bytes:
    """The hash of the code that config/wallets.csv calls so."""
    return next(key for key, code in load_wallets().by_code.items() if code.name == name)


def slot(number: int) -> bytes:
    return number.to_bytes(32)


def safe_storage(
    threshold: int, owners: Sequence[bytes], *, guard: int = 0, handler: int = 0
) -> dict[bytes, int]:
    """The storage of a Safe behind a proxy: a list of owners that ends with 1."""
    storage = {
        slot(0): int.from_bytes(SINGLETON),
        slot(3): len(owners),
        slot(4): threshold,
        keccak256(b"guard_manager.guard.address"): guard,
        keccak256(b"fallback_manager.handler.address"): handler,
    }
    if owners:
        storage[keccak256(slot(1) + slot(2))] = int.from_bytes(owners[0])
    following = [*map(int.from_bytes, owners[1:]), 1] if owners else []
    for owner, after in zip(owners, following, strict=True):
        storage[keccak256(bytes(12) + owner + slot(2))] = after
    return storage


def listed(storage: Mapping[bytes, int]) -> bytes:
    """What getOwners() of a Safe answers: its list, as long as its count says; else it fails."""
    found, at = [], slot(1)
    while len(found) <= storage.get(slot(3), 0) <= 1_000:
        after = storage.get(keccak256(at + slot(2)), 0)
        if after == 1:
            break
        at = slot(after)
        found.append(at)
    if not found or len(found) != storage.get(slot(3), 0):
        return b""
    return slot(32) + slot(len(found)) + b"".join(found)


class TableChain:
    """A ChainView: calls are answered by (address, function), the state by account.

    calls: what its word is worth, of the state as well. Counts what it was asked.
    """

    def __init__(
        self,
        answers: Mapping[tuple[str, str], bytes] | None = None,
        states: Mapping[bytes, tuple[bytes, Mapping[bytes, int]]] | None = None,
        calls: Evidence = Evidence.REPORTED,
    ) -> None:
        self.answers = {
            (bytes.fromhex(to[2:]), keccak256(name.encode())[:4]): answer
            for (to, name), answer in (answers or {}).items()
        }
        self.states, self.calls = dict(states or {}), calls
        self.asked: list[tuple[bytes, bytes]] = []

    def __call__(self, to: bytes, data: bytes, /) -> bytes:
        self.asked.append((to, data))
        return self.hint(to, data)

    def hint(self, to: bytes, data: bytes, /) -> bytes:
        if not to and data[: len(_SIZES)] == _SIZES and len(data) > _SIZES_HEAD:
            accounts = data[_SIZES_HEAD:]
            asked = (accounts[n : n + 20] for n in range(0, len(accounts), 20))
            return b"".join(slot(self.states.get(a, (NO_CODE, {}))[0] != NO_CODE) for a in asked)
        if data == _GET_OWNERS and (to, data) not in self.answers:
            return listed(self.states.get(to, (NO_CODE, {}))[1])
        return self.answers.get((to, data[:4]), b"")

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        code, storage = self.states.get(account, (NO_CODE, {}))
        return AccountState(code, tuple(storage.get(s, 0) for s in slots), self.calls)


def safe_chain(
    wallet: bytes,
    storage: Mapping[bytes, int],
    *,
    proxy: str = "Safe proxy 1.4.1",
    version: str = "Safe 1.4.1",
    calls: Evidence = Evidence.REPORTED,
) -> TableChain:
    """A chain with one Safe of a version behind a proxy of a version."""
    states = {wallet: (code_named(proxy), storage), SINGLETON: (code_named(version), {})}
    return TableChain(states=states, calls=calls)


class AnsweringChain:
    """A table's state, and calls that a function answers."""

    def __init__(self, table: TableChain, answers: Callable[[bytes, bytes], bytes]) -> None:
        self._table, self._answers, self.calls = table, answers, table.calls

    def __call__(self, to: bytes, data: bytes, /) -> bytes:
        return self._answers(to, data)

    def hint(self, to: bytes, data: bytes, /) -> bytes:
        return self._table.hint(to, data)

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        return self._table.state(account, slots)
