"""One way of signing a text with an Ed25519 key: what is signed, and how signatures are spelled.

Every standard is a file with one of these (and perhaps a class around it) and a row of
`scanner.ownership.table`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from scanner.model.control import ControlResult
from scanner.ownership.ed25519.signing import bound, is_signed, read_keys, signer_of
from scanner.ownership.interface import ContractCall, Proof, Readings, one_reading
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.makers import makers
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import of_form, partly, unread

_BY: Final = "by this key over this message"
_MOST_CHECKS: Final = 600
"""As MOST_CHECKS, of checks that take longer: twenty keys and signatures, all in one form, fit."""

Payloads = Callable[[Proof], tuple[bytes, ...]]
"""What a key signs for a row's message: one or more candidates. Raises NotProvenError."""

Spelling = Callable[[str], bytes | None]
"""Reads a signature's text; None if it is not in this spelling."""


class Ed25519Text:
    """A Verifier of one form.

    name: of the scheme. said: what the form is called in a reason. formats: of addresses.
    payloads: what is signed. spelling: how signatures are written; 64 bytes come out.
    certain: whether a row in this form can be in no other (its message has the form's parts), so
    that a signature which does not fit is false and not unread. alphabets: what a reason calls
    the spelling.
    """

    def __init__(
        self,
        name: str,
        said: str,
        formats: Collection[str],
        payloads: Payloads,
        spelling: Spelling = decode_hex,
        *,
        certain: Callable[[Proof], bool] = lambda _: False,
        alphabets: str = "",
    ) -> None:
        self.name, self.said = name, said
        self.formats = frozenset(formats)
        self._payloads, self._spelling, self._certain = payloads, spelling, certain
        plain = "hex" if spelling is decode_hex else "hex or base64"
        self._spelled = alphabets or plain

    def handles(self, proof: Proof) -> bool:
        """Rows of its address formats."""
        return proof.address.format in self.formats

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is one of the published keys', over the form's bytes."""
        try:
            keys = self._signed_by(proof)
        except NotProvenError as e:
            result = e.result(self.name)
            return of_form(result) if self._certain(proof) else result
        return keys if isinstance(keys, ControlResult) else self._bound(proof, keys)

    def _bound(self, proof: Proof, keys: Sequence[bytes]) -> ControlResult:
        """The keys signed: say whether the address is theirs."""
        return bound(self.name, proof, keys)

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        try:
            keys = self._signed_by(proof)
        except NotProvenError:
            return ()
        return (
            ()
            if isinstance(keys, ControlResult)
            else one_reading([signer_of(proof, k) for k in keys])
        )

    def _signed_by(self, proof: Proof) -> tuple[bytes, ...] | ControlResult:
        """The distinct keys that made the row's signatures, or the verdict that one fits none."""
        keys, payloads = read_keys(proof), self._payloads(proof)
        signatures = [self._read(number, text) for number, text in enumerate(proof.signatures, 1)]

        def tries(signature: bytes, payload: bytes) -> Iterator[tuple[bytes, bool]]:
            return ((key, is_signed(key, payload, signature)) for key in keys)

        signed, unfit = makers(signatures, payloads, tries, _MOST_CHECKS)
        if unfit is None:
            return signed
        if self._certain(proof):
            raise mismatch(f"signature {unfit + 1} is not {_BY}")
        if signed:
            return partly(self.name, unfit + 1, _BY)
        return unread(self.name, unfit + 1)

    def _read(self, number: int, text: str) -> bytes:
        """One signature, 64 bytes. Raises NotProvenError."""
        signature = self._spelling(text)
        if signature is None or len(signature) != 64:
            reason = f"signature {number} is not 64 bytes in {self._spelled}"
            raise malformed(NoSignature(reason, number))
        return signature
