"""Polkadot's wallets: sr25519, Ed25519 or ECDSA over the text, bare or as <Bytes>text</Bytes>.

A MultiSignature says its kind in its first byte (0 Ed25519, 1 sr25519, 2 ECDSA); the bare 64 bytes
are sr25519 if schnorrkel's mark (top bit of the last byte) is set, which no reduced Ed25519 has.
Texts of more than 256 bytes are signed as such: only transactions are hashed first.
Accounts of several, and of such again, show their signatories in the key column
(`polkadot_accounts`).
Sources: sp-runtime's MultiSignature; polkadot-js' signRaw; schnorrkel (context "substrate").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

import sr25519

from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey, Way
from scanner.ownership import verdicts
from scanner.ownership.ed25519.signing import NOT_SHOWN, is_signed
from scanner.ownership.interface import ContractCall, Forms, Proof, Signer
from scanner.ownership.key_policy import judge_group
from scanner.ownership.native.polkadot_accounts import Behind
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.makers import makers
from scanner.ownership.primitives.not_proven import NotProvenError, malformed
from scanner.ownership.primitives.plain_text import why_not_plain
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import other_key, partly, unread

_ED25519, _SR25519, _ECDSA = 0, 1, 2
_MARK = 0x80
_OPENS, _CLOSES = b"<Bytes>", b"</Bytes>"
_LONGEST = 88
"""Characters of a signature in base64."""
_NOT_BY_THE_ADDRESS = (
    "is not by the address's own key over this text, in OKX's envelope or as signRaw has it: sign "
    "again, or, if the address belongs to several accounts (multisig), publish all its signatories "
    "in the key column"
)
_IDENTITY = bytes(32)
"""The key of nobody: a signature of zeros verifies for it, over anything."""


class PolkadotText:
    """Accounts of a key (the address is it, or BLAKE2b-256 of it for ECDSA), or of several."""

    name = "polkadot_text"
    said = "Polkadot's signRaw"

    def forms(self, proof: Proof) -> Forms:
        """See FormTeller."""
        _, refused = _candidates(proof.message)
        return Forms(self.said, refused)

    def handles(self, proof: Proof) -> bool:
        """Every SS58 account."""
        return proof.address.format == "ss58"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature must be by the address's key."""
        try:
            return self._verify(proof)
        except NotProvenError as e:
            return e.result(self.name)

    def _verify(self, proof: Proof) -> ControlResult:
        candidates, refused = _candidates(proof.message)
        behind = Behind(proof)
        accounts = behind.accounts
        signatures = [_read(number, text) for number, text in enumerate(proof.signatures, 1)]

        def tries(signature: Readings, form: bytes) -> Iterator[tuple[tuple[bytes, int], bool]]:
            for kind, data in signature:
                is_by = _test(kind, form, data)
                yield from (((account, kind), is_by(account)) for account in accounts)

        made, unfit = makers(signatures, candidates, tries)
        if unfit is None:
            signed = tuple(dict.fromkeys(account for account, _ in made))
            kinds = dict.fromkeys(_NAMES[kind] for _, kind in made)
            return self._bound(proof, behind.way, signed, ", ".join(kinds))
        if made:
            who = "the address's key" if len(accounts) == 1 else "a key of the row's"
            return partly(self.name, unfit + 1, f"by {who} over this message")
        if proof.script:
            return unread(self.name, unfit + 1)
        words = f"signature {unfit + 1} {_NOT_BY_THE_ADDRESS}"
        return other_key(self.name, "; ".join(filter(None, (words, refused))))

    def _bound(
        self, proof: Proof, way: Way | None, signed: Sequence[bytes], note: str
    ) -> ControlResult:
        """Everybody signed: say whether the address is theirs."""
        if set(signed) == {proof.address.payload}:
            return verdicts.controls(self.name, Binding.DERIVED, (signed[0].hex(),), note)
        if way is None and proof.address.payload in signed:
            return verdicts.mismatch(self.name, "not every signature is by the address's key")
        if way is None:
            return other_key(self.name, NOT_SHOWN["ss58"])
        signers = [Signer(a.hex(), frozenset((PolicyKey(KeyKind.ACCOUNT, a),))) for a in signed]
        return judge_group(self.name, signers, way)


def _candidates(message: str) -> tuple[tuple[bytes, ...], str]:
    """What may have been signed, and why the bare text is not, if it is not.

    What stands between the tags is no transaction, whatever it is.
    """
    text = message.encode()
    wrapped = _OPENS + text + _CLOSES
    is_wrapped = text.startswith(_OPENS) and text.endswith(_CLOSES)
    why = "" if is_wrapped else why_not_plain(message)
    if why:
        return (wrapped,), f"the text without <Bytes> was not tried: {why}"
    return (wrapped, text), ""


_NAMES = {_ED25519: "Ed25519", _SR25519: "sr25519", _ECDSA: "ECDSA"}


Readings = tuple[tuple[int, bytes], ...]
"""Kind and bytes of a signature, in each way that it can be read."""


def _read(number: int, text: str) -> Readings:
    """One signature. Raises NotProvenError."""
    data = decode_hex(text)
    if data is None:
        data = decode_base64(text) if len(text) <= _LONGEST else None
    if data is None or len(data) not in (64, 65, 66):
        reason = f"signature {number} is not 64, 65 or 66 bytes in hex or base64"
        raise malformed(NoSignature(reason, number))
    return _taken_apart(data)


def _taken_apart(data: bytes) -> Readings:
    """Kind and signature, in each way that the bytes can be read (the first byte of a bare ECDSA
    signature may look like a mark). Raises NotProvenError for a mark that does not fit its length.
    """
    if len(data) == 64:
        return ((_SR25519 if data[63] & _MARK else _ED25519, data),)
    kind, signature = data[0], data[1:]
    found = []
    if len(data) == 65 and (kind == _ED25519 or (kind == _SR25519 and data[64] & _MARK)):
        found.append((kind, signature))
    if len(data) == 66 and kind == _ECDSA:
        found.append((kind, signature))
    if len(data) == 65 and data[64] < 4:
        found.append((_ECDSA, data))  # bare: r, s, recovery id
    if not found:
        raise malformed("its first byte does not name a kind of signature of this length")
    return tuple(found)


def _test(kind: int, message: bytes, signature: bytes) -> Callable[[bytes], bool]:
    """What says of an account whether it made a signature."""
    if kind == _ECDSA:  # the key is recovered once, however many accounts there are
        maker = _recovered(message, signature)
        return lambda account: account == maker
    return lambda account: _is_by(kind, account, message, signature)


def _is_by(kind: int, key: bytes, message: bytes, signature: bytes) -> bool:
    if kind == _ED25519:
        return is_signed(key, message, signature)
    return _is_sr25519(key, message, signature)


def _recovered(message: bytes, signature: bytes) -> bytes | None:
    """The account of the key behind an ECDSA signature; None if no key can have made it."""
    if signature[64] > 3:
        return None
    digest = blake2b(message, digest_size=32).digest()
    point = secp256k1.recover(digest, signature[:64], signature[64])
    return point and blake2b(secp256k1.compress(point), digest_size=32).digest()


def _is_sr25519(key: bytes, message: bytes, signature: bytes) -> bool:
    if key == _IDENTITY:
        return False
    try:
        return bool(sr25519.verify(signature, message, key))
    except ValueError:  # no point, or a number that is not reduced
        return False
