"""ADR-36: a Cosmos wallet signs a document that is no transaction, with the text in it in base64.

The document has no chain, account number 0, no fee, sequence 0 and one sign/MsgSignData of the
row's address, also where the account is of several keys: each of them signs the same. Whose keys
they are is shown by the key column (`cosmos_keys`), who signed by the signatures
(`cosmos_signatures`).
Source: Cosmos SDK, ADR-036; the amino JSON of StdSignDoc, keys sorted, no white space.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey, Way
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof, Signer
from scanner.ownership.key_policy import judge_group
from scanner.ownership.native.cosmos_keys import account_keys
from scanner.ownership.native.cosmos_signatures import Made, signatures_in
from scanner.ownership.nested import MOST_MEMBERS
from scanner.ownership.primitives import low_s
from scanner.ownership.primitives.makers import makers
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import unread

MOST_SIGNATURES: Final = MOST_MEMBERS
"""Signatures of a row, those inside signatures of several keys counted."""


class Adr36:
    """Accounts of one secp256k1 key, or of several with a threshold, some of them several again."""

    name = "adr36"
    said = "ADR-36"

    def handles(self, proof: Proof) -> bool:
        """Cosmos accounts that publish a key."""
        return proof.address.format == "cosmos" and bool(proof.script)

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: the keys are the address's, and every signature is by one of them."""
        try:
            return self._verify(proof)
        except NotProvenError as e:
            return e.result(self.name)

    def _verify(self, proof: Proof) -> ControlResult:
        by = account_keys(proof.script, proof.address.payload)
        digest = sha256(sign_doc(proof.message, proof.address.text)).digest()
        numbered = _made(proof.signatures, by)

        def tries(made: Made, form: bytes) -> Iterator[tuple[bytes, bool]]:
            return ((k, low_s.verify(form, made.signature, k)) for k in made.keys)

        signed, place = makers([made for _, made in numbered], (digest,), tries)
        if place is not None:
            unfit, _ = numbered[place]
            if signed:
                raise mismatch(f"signature {unfit} is not by the account's key")
            return unread(self.name, unfit, 1 if isinstance(by, PolicyKey) else by.threshold)
        low_s.refuse_high((number, made.signature) for number, made in numbered)
        names = [key.hex() for key in signed]
        if isinstance(by, PolicyKey):
            return verdicts.controls(self.name, Binding.DERIVED, tuple(names))
        ids = (frozenset((PolicyKey(KeyKind.SECP256K1, key),)) for key in signed)
        return judge_group(self.name, list(map(Signer, names, ids)), by)


def _made(texts: Sequence[str], by: PolicyKey | Way) -> list[tuple[int, Made]]:
    """Every signature of a row with the number of its column. Raises NotProvenError."""
    found: list[tuple[int, Made]] = []
    for number, text in enumerate(texts, 1):
        try:
            found += [(number, made) for made in signatures_in(text, by)]
        except NotProvenError as e:
            reason = f"signature {number}: {e.reason}"
            raise malformed(NoSignature(reason, number)) from None
        if len(found) > MOST_SIGNATURES:
            raise malformed(f"more than {MOST_SIGNATURES} signatures in one row")
    return found


def sign_doc(message: str, address: str) -> bytes:
    """The document that is signed for a text by an account."""
    data = base64.b64encode(message.encode()).decode()
    signed = {"type": "sign/MsgSignData", "value": {"data": data, "signer": address}}
    document = {
        "account_number": "0",
        "chain_id": "",
        "fee": {"amount": [], "gas": "0"},
        "memo": "",
        "msgs": [signed],
        "sequence": "0",
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
