"""Chains for verdicts that answer from tables: calls by function, and the state of known wallets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scanner.model.account import AccountState
from scanner.model.addresses.keccak import keccak256
from scanner.model.balance import Evidence
from scanner.settings.wallets import load_wallets

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
        return self.answers.get((to, data[:4]), b"")

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        code, storage = self.states.get(account, (keccak256(b""), {}))
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

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        return self._table.state(account, slots)
