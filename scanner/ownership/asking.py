"""Asks the chain what verdicts need: each thing once, and notes who vouches for the answers."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.errors import SourceRejectedError
from scanner.model.account import AccountState
from scanner.model.balance import Evidence, weakest
from scanner.ownership.interface import ChainView, ContractCall

_CREDENTIALS = 32

REMEMBERED = 4_096
"""Answers kept at most; at one block they cannot change."""


class Asking:
    """A ChainView over a ContractCall, for the rows of one network that are judged together.

    validators: keys of 48 bytes that will be asked about, which are asked for in one question: a
    state of the beacon chain is dear to look up, once a key too dear.
    """

    def __init__(self, call: ContractCall, validators: Sequence[bytes] = ()) -> None:
        self._call = call
        self._validators = tuple(dict.fromkeys(validators))
        self._credentials: dict[bytes, bytes] = {}
        self._refusal: SourceRejectedError | None = None
        self._answers: dict[tuple[bytes, bytes], bytes] = {}
        self._states: dict[tuple[bytes, tuple[bytes, ...]], AccountState | None] = {}
        self.calls = call.calls if isinstance(call, ChainView) else Evidence.REPORTED
        self._rests_on = Evidence.PROVEN

    def begin(self) -> None:
        """Begin a verdict: `evidence` is of what is asked from here on."""
        self._rests_on = Evidence.PROVEN

    @property
    def evidence(self) -> Evidence:
        """The weakest of the answers since `begin`: what a verdict that needed them is worth."""
        return self._rests_on

    def __call__(self, to: bytes, data: bytes, /) -> bytes:
        """See ContractCall."""
        self._rests_on = weakest(self._rests_on, self.calls)
        return self._payee(to) if to in self._validators else self.hint(to, data)

    def hint(self, to: bytes, data: bytes, /) -> bytes:
        """See ChainView.hint."""
        key = to, data
        if key not in self._answers:
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            self._answers[key] = self._call(to, data)
        return self._answers[key]

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        """See ChainView.state."""
        if not isinstance(self._call, ChainView):
            return None
        key = account, slots
        if key not in self._states:
            if len(self._states) >= REMEMBERED:
                self._states.clear()
            self._states[key] = self._call.state(account, slots)
        found = self._states[key]
        if found is not None:
            self._rests_on = weakest(self._rests_on, found.evidence)
        return found

    def _payee(self, key: bytes) -> bytes:
        if not self._credentials and self._refusal is None:
            try:
                answer = self._call(b"".join(self._validators), b"")
            except SourceRejectedError as e:
                self._refusal = e
            else:
                self._credentials = {
                    k: answer[n * _CREDENTIALS : (n + 1) * _CREDENTIALS]
                    for n, k in enumerate(self._validators)
                }
        if self._refusal is not None:
            raise self._refusal
        return self._credentials[key]
