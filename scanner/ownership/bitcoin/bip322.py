"""BIP-322 message signatures: simple, full and proof of funds, for every Bitcoin address type.

The steps: 1. read the text (`bip322_reading`); 2. build the virtual transactions
(`bip322_transactions`); 3. simple signatures of one key or a bare multisig are checked on
libsecp256k1 directly (`bip322_keys`); 4. everything else runs in the script interpreter
(`bip322_full`, `bip322_interpreter`).
The BIP's three states become `controls` (valid), `mismatch` (invalid) and `unsupported`
(inconclusive). A script that others can satisfy, on any path, never controls (`spend_paths`); what
holds from a later time is `asserted` until a pinned block shows that this is over.
Source: BIP-322 version 2.0.0; texts without a prefix are read as drafts before it wrote them.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from scanner.model.addresses import scripts
from scanner.model.addresses.interface import Address
from scanner.model.control import Binding, Control, ControlResult, lock_text
from scanner.ownership.bitcoin import bip322_transactions as virtual
from scanner.ownership.bitcoin.bip322_keys import (
    check_key,
    check_multisig,
    check_p2pkh,
    check_taproot_key,
)
from scanner.ownership.bitcoin.bip322_reading import (
    Encoded,
    Shown,
    Variant,
    read_text,
    read_witness,
)
from scanner.ownership.bitcoin.bitcoin_message import (
    MAX_MESSAGE,
    MAX_SIGNATURES,
    looks_compact,
)
from scanner.ownership.bitcoin.key_column import is_any_key, names_key
from scanner.ownership.bitcoin.multisig import commitment
from scanner.ownership.bitcoin.script_ops import push
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported
from scanner.ownership.primitives.undecoded import NoKey, NoSignature

_FORMATS = frozenset(("p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr"))


class Bip322:
    """Verifies BIP-322 signatures.

    nested_simple: also take a bare witness stack for P2SH-P2WPKH and P2SH-P2WSH, as some wallets
    write it; version 2.0 has the simple variant for native segwit only.
    """

    name = "bip322"
    said = "BIP-322"

    def __init__(self, nested_simple: bool = True) -> None:
        self._nested_simple = nested_simple

    def handles(self, proof: Proof) -> bool:
        """Whether the address has a script; `bitcoin_message` is asked first for 65 bytes.

        What is written as hex, or has its 65 bytes, is no text of BIP-322's: that scheme says what
        is wrong with it.
        """
        if proof.signatures and all(map(looks_compact, proof.signatures[:MAX_SIGNATURES])):
            return False
        kind = proof.address.format
        return kind in _FORMATS or kind == "p2a" or kind.startswith("witness_v")

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the proof; each signature given must verify by itself. `call` is not used.

        Raises NotProvenError.
        """
        if not proof.signatures:
            return ControlResult(Control.UNSIGNED, reason="no signature was published")
        try:
            if proof.address.format not in _FORMATS:
                raise unsupported(
                    f"inconclusive: BIP-322 has no rules for {proof.address.format} yet"
                )
            if len(proof.signatures) > MAX_SIGNATURES or len(proof.message) > MAX_MESSAGE:
                raise malformed("the signatures or the text are longer than a proof can be")
            shown = [self._check(proof, n, text) for n, text in enumerate(proof.signatures, 1)]
            _check_script_column(proof, shown)
        except NotProvenError as e:
            return e.result(self.name)
        notes = dict.fromkeys(note for s in shown for note in s.notes)
        lock, aged = max(s.lock for s in shown), any(s.aged for s in shown)
        if lock:
            notes[
                f"locked until {lock_text(lock)}: take a snapshot to see whether the lock has ended"
            ] = None
        if aged:
            notes[_AGED] = None
        return ControlResult(
            Control.CONTROLS,
            Binding.ASSERTED if lock or aged else Binding.DERIVED,
            lock=0 if aged else lock,
            scheme=self.name,
            required=max(s.required for s in shown),
            signed_by=tuple(dict.fromkeys(key for s in shown for key in s.keys)),
            reason="; ".join(notes),
        )

    def _check(self, proof: Proof, number: int, text: str) -> Shown:
        try:
            encoded = read_text(text)
            shown = self._variant(proof, encoded)
        except UnicodeEncodeError:
            raise malformed("the message is not Unicode text") from None
        except ValueError as e:
            raise malformed(NoSignature(f"signature {number}: {e}", number)) from None
        if encoded.prefixed:
            return shown
        note = f"no variant prefix: read as {encoded.variant.name.lower().replace('_', ' ')}"
        return replace(shown, notes=(*shown.notes, note))

    def _variant(self, proof: Proof, encoded: Encoded) -> Shown:
        script_pubkey = scripts.script_pubkey(proof.address)
        txid = virtual.to_spend_txid(proof.message, script_pubkey)
        if encoded.variant is Variant.SIMPLE:
            return self._simple(proof.address, encoded.data, txid)

        if encoded.variant is Variant.FULL and proof.address.format == "p2pkh":
            shown = check_p2pkh(encoded.data, txid, proof.address.payload)
            if shown is not None:
                return shown
        from scanner.ownership.bitcoin import bip322_full  # noqa: PLC0415 - heavy, rarely needed

        if encoded.variant is Variant.FULL:
            return bip322_full.check_full(encoded.data, txid, script_pubkey)
        return bip322_full.check_proof_of_funds(encoded.data, txid, script_pubkey)

    def _simple(self, address: Address, data: bytes, txid: bytes) -> Shown:
        stack = read_witness(data)
        if not stack:
            raise mismatch("the witness is empty")
        if address.format == "p2pkh":
            raise mismatch("a P2PKH address has no witness: its variant is full (ful)")
        if address.format == "p2wpkh":
            return check_key(stack, txid, address.payload)
        if address.format == "p2tr" and len(stack) == 1:
            return check_taproot_key(stack[0], txid, address)
        script_sig = b""
        notes: tuple[str, ...] = ()
        if address.format == "p2sh":
            program = self._nested_program(address, stack)
            script_sig, notes = push(program), (_NESTED_NOTE,)
            shown = check_key(stack, txid, program[2:]) if len(program) == 22 else None
        else:
            shown = None
        if shown is None and address.format != "p2tr":
            shown = check_multisig(stack, txid, address)
        if shown is None:
            from scanner.ownership.bitcoin import bip322_full  # noqa: PLC0415 - as above

            before, after = virtual.to_sign_body(txid, script_sig)
            spent = [(0, scripts.script_pubkey(address))]
            shown = bip322_full.check_to_sign(before + data + after, spent)
        return replace(shown, notes=shown.notes + notes)

    def _nested_program(self, address: Address, stack: tuple[bytes, ...]) -> bytes:
        """Rebuild the redeem script that a bare witness stack leaves out."""
        if not self._nested_simple:
            raise mismatch("the simple variant is for native segwit only (BIP-322 version 2.0)")
        by_key = scripts.witness(0, hash160(stack[-1]))
        if hash160(by_key) == address.payload:
            return by_key
        if commitment(address, stack[-1]) == "p2sh_p2wsh":
            return scripts.witness(0, sha256(stack[-1]).digest())
        raise mismatch("the witness belongs to another address")


_AGED = (
    "can spend only coins of a certain age, which is not checked here: sign again on a path "
    "without an age"
)
_TAPROOT = b"\x51\x20"
_OTHER_LEAF = (
    "the signature is good, but whether the address has the published script as one of its leaves "
    "is not shown: publish no script, or sign again by it"
)
_NESTED_NOTE = "simple variant on a P2SH address: accepted, but not in BIP-322 version 2.0"


def _check_script_column(proof: Proof, shown: list[Shown]) -> None:
    """Check that a published script or key, if there is one, is the address's."""
    script = decode_hex(proof.script)
    if script is None:
        raise malformed(NoKey("the script column is not hex"))
    output = scripts.script_pubkey(proof.address)
    if script in (b"", output, *(s.leaf for s in shown)) or commitment(proof.address, script):
        return
    if any(names_key(script, bytes.fromhex(key)) for s in shown for key in s.keys):
        return
    if proof.address.format == "p2tr" and is_any_key(script):  # which is inside cannot be told
        return
    if proof.address.format == "p2tr" and script[: len(_TAPROOT)] != _TAPROOT:
        raise unsupported(_OTHER_LEAF)
    raise mismatch("the signature fits the address, the script or key column does not")
