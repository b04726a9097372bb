"""Messages signed by the key of a Tron account, in both of the network's forms.

The first form signs the 32-byte hash of the text, the second (signMessageV2) the text itself;
the first signMessage of wallets has the text behind the length of a hash, however long it is;
nothing in a row says which, so all are tried; a message of 0x and hex digits may have been signed
as the bytes that it spells. Sources: TIP-191; tronweb's Trx.signString and signMessageV2; TIP-16
for permissions, which only the chain shows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import islice, product, zip_longest

from scanner.model.addresses.tron import TronCodec
from scanner.model.control import Binding, ControlResult
from scanner.model.jsontext import read_json
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.evm.evm_signers import RECOVERY_BYTES
from scanner.ownership.interface import ContractCall, Forms, Proof, Readings, Signer
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.hextext import hex_message
from scanner.ownership.primitives.not_proven import NotProvenError, malformed
from scanner.ownership.primitives.recovery import (
    RecoverableSignature,
    read_hex_signature,
    recover_account,
)
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import of_no_form

_FORMS = (envelopes.tip191_hash, envelopes.tip191_text)
_OF_FIRST = "TIP-191 over the text behind the length 32, as Tron's first signMessage has it"
_OF_HEX = "the message is hex and was signed as those bytes"


class TronMessage:
    """One Tron account, one key."""

    name = "tron_message"
    said = "TIP-191 as signMessageV2 and the first signMessage have it"

    def forms(self, proof: Proof) -> Forms:
        """See FormTeller."""
        if proof.message[:1].isdigit():
            return Forms(_READ_OF_DIGITS, _REFUSED_OF_DIGITS)
        return Forms(self.said, _TYPED if _is_typed(proof.message) else "")

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
        if remarks or (len(found) == 1 and not found[0][1]):
            return verdicts.mismatch(self.name, _not_by(proof, unfit, found[unfit - 1][1]))
        return verdicts.unsupported(self.name, _fits_nothing(proof, unfit, self.forms(proof)))

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
            reason = f"signature {number} is not 65 bytes of hex (r, s, v)"
            raise malformed(NoSignature(reason, number))
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


_READ_OF_DIGITS = "TIP-191 over the text or its hash"
_REFUSED_OF_DIGITS = (
    "the first signMessage was not tried: the text begins with a digit, which may belong to its "
    "length"
)
_TYPED = "typed data (TIP-712) is not read: sign a text with signMessageV2"
_BY_CHAIN = (
    "whether another key may spend from the account is for its permissions: a snapshot with an "
    "endpoint of the network asks for them"
)
_LONGEST_TYPED = 65_536
"""Characters of a message that is looked at for typed data."""
_NO_OWNERS = "owners of Tron accounts are not looked up"


def _not_by(proof: Proof, number: int, accounts: Collection[bytes]) -> str:
    """What contradicts a row: another of its signatures fits, or no key can have made this one."""
    if not accounts:
        return f"no key can have made signature {number}"
    reason = f"signature {number} is by another key or over another message"
    return f"{reason}; {_NO_OWNERS}" if proof.owners else reason


def _fits_nothing(proof: Proof, number: int, forms: Forms) -> str:
    words = of_no_form(number, [forms.read]), forms.refused, _BY_CHAIN
    return "; ".join(filter(None, (*words, _NO_OWNERS if proof.owners else "")))


def _is_typed(message: str) -> bool:
    """Whether a text is JSON of typed data, as wallets sign it by TIP-712."""
    if message[:1] != "{" or len(message) > _LONGEST_TYPED:
        return False
    try:
        document = read_json(message)
    except ValueError:
        return False
    return isinstance(document, dict) and {"types", "domain"} <= set(document)
