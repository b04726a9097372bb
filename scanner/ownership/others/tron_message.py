"""Messages signed by the key of a Tron account, in both of the network's forms.

The first form signs the 32-byte hash of the text, the second (signMessageV2) the text itself;
the first signMessage of wallets has the text behind the length of a hash, however long it is;
nothing in a row says which, so all are tried; a message of 0x and hex digits may have been signed
as the bytes that it spells. Sources: TIP-191; tronweb's Trx.signString and signMessageV2; TIP-16
for permissions, which only the chain shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, product, zip_longest

from scanner.model.addresses.tron import TronCodec
from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.evm.evm_signers import RECOVERY_BYTES
from scanner.ownership.interface import ContractCall, Proof, Readings, Signer
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.hextext import hex_message
from scanner.ownership.primitives.not_proven import NotProvenError, malformed
from scanner.ownership.primitives.recovery import (
    RecoverableSignature,
    read_hex_signature,
    recover_account,
)

_FORMS = (envelopes.tip191_hash, envelopes.tip191_text)
_OF_FIRST = "TIP-191 over the text behind the length 32, as Tron's first signMessage has it"
_OF_HEX = "the message is hex and was signed as those bytes"


class TronMessage:
    """One Tron account, one key."""

    name = "tron_message"
    said = "TIP-191"

    def handles(self, proof: Proof) -> bool:
        """Every Tron address."""
        return proof.address.format == "tron"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature must be by the address's key, in one form or the other."""
        try:
            found = _recovered(proof)
        except NotProvenError as e:
            return e.result(self.name)
        remarks: dict[str, None] = {}
        unfit = 0
        for number, (signature, accounts) in enumerate(found, 1):
            if proof.address.payload in accounts:
                remarks.update(dict.fromkeys((*signature.notes, accounts[proof.address.payload])))
            else:
                unfit = unfit or number
        if not unfit:
            words = "; ".join(filter(None, remarks))
            return verdicts.controls(self.name, Binding.DERIVED, (proof.address.text,), words, 1)
        reason = _not_by(proof, unfit, next(iter(found[unfit - 1][1]), None))
        if remarks or (len(found) == 1 and not found[0][1]):
            return verdicts.mismatch(self.name, reason)
        return verdicts.unsupported(self.name, f"{reason}; {_ONLY_BY_CHAIN}")

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder: each signature in one form, and each signer may have used another."""
        try:
            signatures = _signatures(proof)
        except NotProvenError:
            return ()
        forms = [digest for digest, _ in _digests(proof)]
        made = [
            [account for digest in forms if (account := _account(digest, signature)) is not None]
            for signature in signatures
        ]
        # Most rows are signed in one form throughout: those readings come first.
        alike = [who for who in zip_longest(*made) if None not in who]
        readings = {
            tuple(dict.fromkeys(who)): None for who in (*alike, *islice(product(*made), _MOST))
        }
        return tuple(tuple(_signer(proof, account) for account in who) for who in readings)


_MOST = 256
"""Readings of a row that are tried: five signatures in three forms."""


def _signer(proof: Proof, account: bytes) -> Signer:
    text = TronCodec(proof.network.name, "").encode(account)
    names = frozenset((PolicyKey(KeyKind.ACCOUNT, account),))
    return Signer(text, names, recovered=account != proof.address.payload)


def _account(digest: bytes, signature: RecoverableSignature) -> bytes | None:
    return recover_account(digest, signature.compact, signature.recovery_id)


_Recovered = list[tuple[RecoverableSignature, dict[bytes, str]]]
"""Each signature with the accounts that it leads to, one a form, and what to remark of the form."""


def _recovered(proof: Proof) -> _Recovered:
    """Read the row's signatures. Raises NotProvenError."""
    digests = _digests(proof)
    found: _Recovered = []
    for signature in _signatures(proof):
        accounts: dict[bytes, str] = {}
        for digest, remark in digests:
            account = _account(digest, signature)
            if account is not None:
                accounts.setdefault(account, remark)
            if account == proof.address.payload:
                break
        found.append((signature, accounts))
    return found


def _signatures(proof: Proof) -> list[RecoverableSignature]:
    """The row's signatures. Raises NotProvenError."""
    found = []
    for number, text in enumerate(proof.signatures, 1):
        signature = read_hex_signature(text, RECOVERY_BYTES)
        if signature is None:
            raise malformed(f"signature {number} is not 65 bytes of hex (r, s, v)")
        found.append(signature)
    return found


def _digests(proof: Proof) -> Sequence[tuple[bytes, str]]:
    """What may have been signed, a form each, and what to remark of the form."""
    if len(proof.message) > _LONG:
        return _make_digests(proof.message)
    return _remembered(proof.message)


def _make_digests(text: str) -> Sequence[tuple[bytes, str]]:
    message = text.encode()
    digests = [(form(message), "") for form in _FORMS]
    spelled = hex_message(text)
    if spelled is not None:
        digests.append((envelopes.tip191_text(spelled), _OF_HEX))
    if not text[:1].isdigit():  # else the digits may belong to the length of another text
        digests.append((envelopes.tip191_first(message), _OF_FIRST))
    return tuple(digests)


_LONG = 1_024
"""Characters of the longest text whose digests are remembered: the rows of a list sign few."""
_remembered = lru_cache(maxsize=64)(_make_digests)


_ONLY_BY_CHAIN = (
    "only the account's permissions show whether that key may spend from it: take a snapshot "
    "with an endpoint of the network"
)


def _not_by(proof: Proof, number: int, found: bytes | None) -> str:
    if found is None:
        return f"no key can have made signature {number}"
    text = TronCodec(proof.network.name, "").encode(found)
    reason = (
        f"signature {number} is by another key or over another message: for this message it is "
        f"by {text}"
    )
    if proof.owners:
        reason += "; owners of Tron accounts are not looked up"
    return reason
