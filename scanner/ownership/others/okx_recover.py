"""secp256k1 rows in OKX's Keccak envelope: the key is recovered, the address computed from it.

Filecoin f1, Conflux, aelf, Cosmos chains, the XRP Ledger, OKTC. A published key must be the
recovered one, and never stands in for the address. Only XRP Ledger accounts may be signed for by
another key than their own (a regular key), which the ledger must show: `asserted`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b

from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.envelopes import okx_keccak
from scanner.ownership.primitives.hashes import hash160, sha256d
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.recovery import account_of, read_hex_signature

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


PAYLOADS: Mapping[str, Callable[[bytes], bytes]] = {
    "aelf": sha256d,
    "avalanche": _hash_of_compressed,
    "conflux": _conflux,
    "cosmos": _hash_of_compressed,
    "evm": account_of,
    "filecoin_secp256k1": _filecoin,
    "xrpl": _hash_of_compressed,
}
"""Address format -> what its address commits to, from a key of 65 bytes (04, x, y)."""


class OkxRecover:
    """One account, one secp256k1 key."""

    name = "okx_recover"

    def handles(self, proof: Proof) -> bool:
        """Formats with a key rule, where no owner is named."""
        return proof.address.format in PAYLOADS and not (
            proof.owners and proof.address.format == "evm"
        )

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature must be by the address's key."""
        digest = okx_keccak(proof.message.encode())
        remarks: dict[str, None] = {}
        signer = b""
        for number, text in enumerate(proof.signatures, 1):
            signature = read_hex_signature(text, RECOVERY_BYTES)
            if signature is None:
                reason = f"signature {number} is not 65 bytes of hex (r, s, v)"
                if proof.address.format == "xrpl":
                    reason += "; an Ed25519 one needs its public key (ED...) in the key column"
                return verdicts.malformed(self.name, reason, 1)
            point = secp256k1.recover(digest, signature.compact, signature.recovery_id)
            if point is None or (signer and point != signer):
                return verdicts.mismatch(
                    self.name, f"signature {number} is not by the address's key"
                )
            signer = point
            remarks.update(dict.fromkeys(signature.notes))
        return self._bound(proof, signer, "; ".join(remarks))

    def _bound(self, proof: Proof, signer: bytes, remarks: str) -> ControlResult:
        key = _published_key(proof.script)
        if isinstance(key, str):
            return verdicts.malformed(self.name, key, 1)
        hexed = (secp256k1.compress(signer).hex(),)
        is_own = PAYLOADS[proof.address.format](signer) == proof.address.payload
        if key is not None and key != signer:
            what = "the signature fits the address" if is_own else "the signature is by neither"
            return verdicts.mismatch(self.name, f"{what}, not the published key {key.hex()[:16]}…")
        if is_own:
            return verdicts.controls(self.name, Binding.DERIVED, hexed, remarks)
        if proof.address.format == "xrpl" and key is not None:
            reason = "; ".join(filter(None, (remarks, verdicts.REGULAR_KEY)))
            return verdicts.controls(self.name, Binding.ASSERTED, hexed, reason)
        return verdicts.mismatch(
            self.name,
            "signed by another key than the address's, or over another message: for this message "
            f"the key is {hexed[0]}",
        )


def _published_key(text: str) -> bytes | str | None:
    """The key column as 65 bytes; None if empty, a text if it is no key."""
    if not text:
        return None
    data = decode_hex(text)
    if data is not None and len(data) == 64:
        data = b"\x04" + data  # x and y without the mark of the uncompressed form
    key = None if data is None else secp256k1.parse_key(data)
    return key or "the public key column is not a secp256k1 key"
