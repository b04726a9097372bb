"""secp256k1 rows in OKX's Keccak envelope: the key is recovered, the address computed from it.

Filecoin f1, Conflux, aelf, Cosmos chains, the XRP Ledger, OKTC. Filecoin's actors (f2, f0) have no
key of their own: who signed is read, and the chain says whether that is enough. A published key
must be the recovered one, and never stands in for the address. Only XRP Ledger accounts may be
signed for by another key than their own (a regular key), which the ledger must show: `asserted`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from typing import Final

from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof, Readings, Signer, one_reading
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.envelopes import okx_keccak
from scanner.ownership.primitives.hashes import hash160, sha256d
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, unsupported
from scanner.ownership.primitives.recovery import account_of, read_hex_signature
from scanner.ownership.primitives.undecoded import NoKey, NoSignature
from scanner.ownership.unread import of_form, other_key, unread
from scanner.ownership.unsupported import why_unsupported

RECOVERY_BYTES = {v: (v - 27) & 3 if v >= 27 else v for v in (0, 1, 2, 3, *range(27, 35))}
"""Last byte of a signature -> recovery id; 31 to 34 say "compressed" as Bitcoin's headers do."""


def _filecoin(point: bytes) -> bytes:
    return blake2b(point, digest_size=20).digest()


def _conflux(point: bytes) -> bytes:
    account = account_of(point)
    # CIP-37: the first four bits are the type, 1 for an account with a key.
    return bytes((account[0] & 0x0F | 0x10,)) + account[1:]


def _hash_of_compressed(point: bytes) -> bytes:
    return hash160(secp256k1.compress(point))


PAYLOADS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "aelf": sha256d,
    "avalanche": _hash_of_compressed,
    "conflux": _conflux,
    "cosmos": _hash_of_compressed,
    "evm": account_of,
    "filecoin_secp256k1": _filecoin,
    "xrpl": _hash_of_compressed,
}
"""Address format -> what its address commits to, from a key of 65 bytes (04, x, y)."""


_ACTORS = {"filecoin_actor": _filecoin, "filecoin_id": _filecoin}
"""Address format of actors that keys sign for -> what the address of such a key commits to."""

_MAY_BE_OF_OTHERS = ("aelf", "cosmos")
"""Formats whose addresses are also hashes of several keys, or of a contract."""
_OTHER_BYTE = (
    "has r and s of the key over this text, and another recovery byte (v): publish it as the "
    "wallet gave it"
)
_OF_OTHERS = (
    "the published key signed, but the address is not that key's own: it may belong to several "
    "keys or to a contract: publish all keys of the account in the key column where the network "
    "has accounts of several (sign again as ADR-36), or an address of the key"
)
_WITH_KEYS = ("cosmos", "xrpl")
"""Formats of which other schemes read rows that publish the key."""
_PLAIN, _RECOVERABLE = 64, 65
"""Bytes of the shortest signature of those schemes, and of r, s, v."""


class RecoverText:
    """A Verifier of one form: one account, one secp256k1 key, found from the signature.

    name: of the scheme. said: what the form is called in a reason. formats: of addresses.
    digest: what is signed, of a message's bytes.
    """

    def __init__(
        self, name: str, said: str, formats: Collection[str], digest: Callable[[bytes], bytes]
    ) -> None:
        self.name, self.said = name, said
        self._formats = frozenset(formats)
        self._digest = digest

    def handles(self, proof: Proof) -> bool:
        """Formats with a key rule, where no owner is named."""
        return proof.address.format in self._formats and not (
            proof.owners and proof.address.format == "evm"
        )

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature must be by the address's key."""
        if proof.address.format in _ACTORS:
            return verdicts.unsupported(self.name, why_unsupported(proof))
        try:
            points, remarks = self._recovered(proof)
        except NotProvenError as e:
            return e.result(self.name)
        return self._bound(proof, points, remarks)

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        try:
            points, _ = self._recovered(proof)
        except NotProvenError:
            return ()
        if not all(points) or self._turned(proof, points):
            return ()
        return one_reading([_signer(proof, p) for p in dict.fromkeys(points)])

    def _recovered(self, proof: Proof) -> tuple[list[bytes], str]:
        """The key behind each signature (b"" where no key can have made it), and remarks."""
        digest = self._digest(proof.message.encode())
        remarks: dict[str, None] = {}
        points = []
        for number, text in enumerate(proof.signatures, 1):
            signature = read_hex_signature(text, RECOVERY_BYTES)
            if signature is None:
                raise _not_read(proof, number, text)
            point = secp256k1.recover(digest, signature.compact, signature.recovery_id)
            points.append(point or b"")
            remarks.update(dict.fromkeys(signature.notes))
        return points, "; ".join(remarks)

    def _bound(self, proof: Proof, points: Sequence[bytes], remarks: str) -> ControlResult:
        key = _published_key(proof.script)
        if isinstance(key, str):
            return verdicts.malformed(self.name, key, 1)
        account = PAYLOADS[proof.address.format]
        fit = [bool(p) and account(p) == proof.address.payload for p in points]
        if all(fit):
            hexed = (secp256k1.compress(points[0]).hex(),)
            if key in (None, points[0]):
                return verdicts.controls(self.name, Binding.DERIVED, hexed, remarks)
            what = "the signature fits the address, not the published key"
            return verdicts.mismatch(self.name, f"{what} {(key or b'').hex()[:16]}…")
        if key is not None and set(points) == {key}:
            return self._by_published(proof, key, remarks)
        turned = self._turned(proof, points)
        if turned:
            words = f"signature {turned} {_OTHER_BYTE}"
            return of_form(verdicts.unsupported(self.name, words))
        if any(fit) or key in points:
            number = fit.index(False) + 1 if any(fit) else 1
            return verdicts.mismatch(self.name, f"signature {number} is not by the address's key")
        return unread(self.name, 1)

    def _turned(self, proof: Proof, points: Sequence[bytes]) -> int:
        """The first of the signatures that do not fit, if another recovery byte makes each fit.

        Then r and s are the key's, and nothing is false. 0 where one stays so.
        """
        key, account = _published_key(proof.script), PAYLOADS.get(proof.address.format)
        digest, first = self._digest(proof.message.encode()), 0

        def fits(point: bytes | None) -> bool:
            own = point and account is not None and account(point) == proof.address.payload
            return bool(point and (own or point == key))

        for number, (text, point) in enumerate(zip(proof.signatures, points, strict=True), 1):
            signature = None if fits(point) else read_hex_signature(text, RECOVERY_BYTES)
            if signature is None:
                continue
            made = (secp256k1.recover(digest, signature.compact, n) for n in range(4))
            if not any(map(fits, made)):
                return 0
            first = first or number
        return first

    def _by_published(self, proof: Proof, key: bytes, remarks: str) -> ControlResult:
        """The published key signed, and it is not the address's own."""
        hexed = (secp256k1.compress(key).hex(),)
        if proof.address.format == "xrpl":
            reason = "; ".join(filter(None, (remarks, verdicts.REGULAR_KEY)))
            return verdicts.controls(self.name, Binding.ASSERTED, hexed, reason)
        if proof.address.format in _MAY_BE_OF_OTHERS:
            return other_key(self.name, _OF_OTHERS)
        return verdicts.mismatch(
            self.name, "the signature is by the published key, but the address is not that key's"
        )


class OkxRecover(RecoverText):
    """One account, one secp256k1 key, OKX's Keccak envelope."""

    def __init__(self) -> None:
        super().__init__("okx_recover", "OKX's envelope", (*PAYLOADS, *_ACTORS), okx_keccak)


def _signer(proof: Proof, point: bytes) -> Signer:
    key = secp256k1.compress(point)
    account = (PAYLOADS | _ACTORS)[proof.address.format](point)
    names = PolicyKey(KeyKind.SECP256K1, key), PolicyKey(KeyKind.ACCOUNT, account)
    is_told = account == proof.address.payload or point == _published_key(proof.script)
    return Signer(key.hex(), frozenset(names), recovered=not is_told)


def _published_key(text: str) -> bytes | str | None:
    """The key column as 65 bytes; None if empty, a text if it is no key."""
    if not text:
        return None
    data = decode_hex(text)
    if data is not None and len(data) == 64:
        data = b"\x04" + data  # x and y without the mark of the uncompressed form
    key = None if data is None else secp256k1.parse_key(data)
    return key or NoKey("the public key column is not a secp256k1 key")


def _not_read(proof: Proof, number: int, text: str) -> NotProvenError:
    """What to say of a signature that is not r, s, v: other schemes read it beside its key."""
    reason = f"signature {number} is not 65 bytes of hex (r, s, v)"
    if proof.address.format not in _WITH_KEYS:
        return malformed(NoSignature(reason, number))
    reason += "; any other signature needs its public key: publish it in the key column"
    data = decode_hex(text)
    data = decode_base64(text) if data is None else data
    may_be_theirs = data is not None and len(data) >= _PLAIN and len(data) != _RECOVERABLE
    if may_be_theirs and not proof.script:
        return unsupported(reason)
    return malformed(NoSignature(reason, number))
