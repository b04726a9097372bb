"""BIP-322 simple signatures of well-known scripts, checked without an interpreter.

One key (P2WPKH, also nested; the taproot key path) and bare m-of-n witness scripts. What these
functions accept, the interpreter accepts, and the other way round: a test holds them together.
Source: BIP-322; BIP-141 and BIP-143; BIP-340 and BIP-341.
"""

from __future__ import annotations

from scanner.model.addresses import scripts
from scanner.model.addresses.interface import Address
from scanner.ownership.bitcoin import bip322_transactions as virtual
from scanner.ownership.bitcoin.bip322_reading import Shown
from scanner.ownership.bitcoin.multisig import commitment, parse_multisig
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.der import der_to_compact
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.not_proven import NotProvenError, mismatch, unsupported

HIGH_S = (
    "the key signed, but s is in the upper half of the order, which BIP-322 refuses (LOW_S): "
    "publish the signature with the order less s in its place"
)


def check_key(stack: tuple[bytes, ...], txid: bytes, key_hash: bytes) -> Shown:
    """Check the two witness items of P2WPKH: signature with its hash type, and key.

    Raises NotProvenError.
    """
    if len(stack) != 2:
        raise mismatch(f"{len(stack)} witness items, but a key's address needs 2")
    signature, key = stack
    if hash160(key) != key_hash:
        raise mismatch("the key in the witness belongs to another address")
    digest = virtual.ecdsa_digest(txid, scripts.p2pkh(key_hash))
    compact = _read_signature(signature)
    if not secp256k1.verify_ecdsa(digest, secp256k1.with_low_s(compact), key):
        raise mismatch("the key did not sign this message for this address")
    _refuse_high_s(compact)
    return Shown(1, (key.hex(),))


def check_taproot_key(signature: bytes, txid: bytes, address: Address) -> Shown:
    """Check a taproot key-path signature: 64 bytes, or 65 with hash type ALL.

    Raises NotProvenError.
    """
    if len(signature) == 64:
        hash_type = 0
    elif len(signature) == 65 and signature[64] == 1:
        hash_type = 1
    else:
        raise mismatch("not a Schnorr signature of 64 bytes, or 65 with SIGHASH_ALL")
    digest = virtual.taproot_digest(txid, scripts.script_pubkey(address), hash_type)
    if not secp256k1.verify_schnorr(digest, signature[:64], address.payload):
        raise mismatch("the key did not sign this message for this address")
    return Shown(1, (address.payload.hex(),))


def check_multisig(stack: tuple[bytes, ...], txid: bytes, address: Address) -> Shown | None:
    """Check an empty item, m signatures in the keys' order, and the m-of-n witness script.

    Returns None if it is another script: that is for the interpreter. Raises NotProvenError.
    """
    script = stack[-1]
    if commitment(address, script) not in ("p2wsh", "p2sh_p2wsh"):
        raise mismatch("the witness script belongs to another address")
    multisig = parse_multisig(script)
    if multisig is None:
        return None
    multisig.refuse_repeated_keys()
    dummy, signatures = stack[0], stack[1:-1]
    if dummy or len(signatures) != multisig.required:
        raise _short(
            f"{len(signatures)} signatures and a dummy, but {multisig.required} are needed",
            multisig.required,
        )
    digest = virtual.ecdsa_digest(txid, script)
    waiting = iter(multisig.keys)
    signed = []
    read = [_read_signature(signature) for signature in signatures]
    for low in map(secp256k1.with_low_s, read):
        for key in waiting:
            if secp256k1.verify_ecdsa(digest, low, key):
                signed.append(key)
                break
    if len(signed) < multisig.required:
        reason = f"{len(signed)} of {multisig.required} keys signed this message, in their order"
        raise _short(reason, multisig.required)
    _refuse_high_s(*read)
    return Shown(multisig.required, tuple(key.hex() for key in signed))


def check_p2pkh(data: bytes, txid: bytes, key_hash: bytes) -> Shown | None:
    """Check a full signature of P2PKH in its usual shape: two pushes, no times, no witness.

    Returns None for everything else, good or bad: that is for the interpreter.
    """
    version = data[:4]
    size = data[41] if len(data) > 41 else 0
    script_sig = data[42 : 42 + size]
    signature, key = _pushes(script_sig)
    if (
        version not in _VERSIONS
        or virtual.legacy_body(version, txid, script_sig) != data
        or hash160(key) != key_hash
        or signature[-1:] != _SIGHASH_ALL
    ):
        return None
    compact = der_to_compact(signature[:-1])
    digest = virtual.legacy_digest(version, txid, scripts.p2pkh(key_hash))
    if compact is None or not secp256k1.verify_ecdsa(digest, compact, key):
        return None
    return Shown(1, (key.hex(),))


_VERSIONS = (bytes(4), b"\x02\0\0\0")
_SIGHASH_ALL = b"\x01"


def _pushes(script_sig: bytes) -> tuple[bytes, bytes]:
    """The two direct pushes that a script is made of; empty ones if it is anything else."""
    first = script_sig[0] if script_sig else 0
    signature, rest = script_sig[1 : 1 + first], script_sig[1 + first :]
    if not 9 <= first <= 73 or len(rest) not in (34, 66) or rest[0] != len(rest) - 1:
        return b"", b""
    return signature, rest[1:]


def _short(reason: str, required: int) -> NotProvenError:
    error = mismatch(reason)
    error.required = required
    return error


def _read_signature(signature: bytes) -> bytes:
    """Read DER and hash type; returns r and s, 64 bytes."""
    if signature[-1:] != b"\x01":
        raise mismatch("a signature is not over the whole transaction (SIGHASH_ALL)")
    compact = der_to_compact(signature[:-1])
    if compact is None:
        raise mismatch("a signature is not strict DER")
    # One at or above the order is no signature at all, and has no other form.
    if int.from_bytes(compact[32:]) >= secp256k1.ORDER:
        raise mismatch("a signature has an s that is not below the order")
    return compact


def _refuse_high_s(*good: bytes) -> None:
    """Refuse the other form of good signatures: their keys made them, so nothing is false."""
    if not all(map(secp256k1.is_low_s, good)):
        raise unsupported(HIGH_S)
