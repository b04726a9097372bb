"""Signs messages as a publisher would: every scheme and address type, from seeded keys.

The digests come from btclib, not from the code under test; nothing here is random.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from btclib.script import sig_hash
from btclib.script.witness import Witness
from btclib.tx.out_point import OutPoint
from btclib.tx.tx import Tx
from btclib.tx.tx_in import TxIn
from btclib.tx.tx_out import TxOut
from coincurve import PrivateKey

from scanner.model.addresses.base58check import Base58CheckCodec
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.segwit import SegwitCodec
from scanner.model.addresses.table import decode_address
from scanner.model.network import Network
from scanner.ownership.interface import Proof
from scanner.settings.tables import load_registry

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NETWORKS = load_registry().networks
BITCOIN = NETWORKS["bitcoin"]
MESSAGE = "I am an exchange; block 900000"


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    from Crypto.Hash import RIPEMD160

    return RIPEMD160.new(hashlib.sha256(data).digest()).digest()


def sized(data: bytes) -> bytes:
    return (
        bytes((len(data),)) if len(data) < 253 else b"\xfd" + len(data).to_bytes(2, "little")
    ) + data


def tagged(tag: str, data: bytes) -> bytes:
    head = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(head + head + data).digest()


class Key:
    """A private key made of a name."""

    def __init__(self, name: str) -> None:
        self.private = PrivateKey(hashlib.sha256(name.encode()).digest())
        self.public = self.private.public_key.format()
        self.uncompressed = self.private.public_key.format(compressed=False)
        self.x_only = self.public[1:]

    def compact(self, digest: bytes, high_s: bool = False) -> tuple[bytes, int]:
        raw = self.private.sign_recoverable(digest, hasher=None)
        r, s, recovery_id = raw[:32], raw[32:64], raw[64]
        if high_s:
            s = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
            recovery_id ^= 1
        return r + s, recovery_id

    def message(self, network: Network, text: str, header: int, high_s: bool = False) -> str:
        """A 65-byte signature. header: the first of the four header bytes: 27, 31, 35 or 39."""
        digest = sha256d(sized(network.message_header.encode()) + sized(text.encode()))
        compact, recovery_id = self.compact(digest, high_s)
        return base64.b64encode(bytes((header + recovery_id,)) + compact).decode()

    def okx(self, text: str, first: int = 27) -> str:
        """The 0x form over OKX's Keccak envelope."""
        compact, recovery_id = self.compact(
            keccak256(sized(b"OKX Signed Message:\n") + sized(text.encode()))
        )
        return "0x" + (compact + bytes((first + recovery_id,))).hex()

    def der(self, digest: bytes, hash_type: int = 1, high_s: bool = False) -> bytes:
        """A DER signature with its hash type."""
        compact, _ = self.compact(digest, high_s)
        body = b"".join(_der_integer(compact[i : i + 32]) for i in (0, 32))
        return b"\x30" + bytes((len(body),)) + body + bytes((hash_type,))

    def schnorr(self, digest: bytes, merkle_root: bytes | None = None) -> bytes:
        """A BIP-340 signature; with a merkle root (b"" for none) by the tweaked output key."""
        return self.tweaked(merkle_root).private.sign_schnorr(digest, b"\0" * 32)

    def tweaked(self, merkle_root: bytes | None) -> Key:
        if merkle_root is None:
            return self
        secret = self.private.to_int()
        if self.public[0] == 3:
            secret = ORDER - secret
        tweak = int.from_bytes(tagged("TapTweak", self.x_only + merkle_root), "big")
        made = Key("")
        made.private = PrivateKey.from_int((secret + tweak) % ORDER)
        made.public = made.private.public_key.format()
        made.x_only = made.public[1:]
        return made


def _der_integer(number: bytes) -> bytes:
    number = number.lstrip(b"\0")
    number = b"\0" + number if number[0] & 0x80 else number
    return b"\x02" + bytes((len(number),)) + number


def keys(count: int, name: str = "key") -> list[Key]:
    return [Key(f"{name} {n}") for n in range(count)]


def multisig(required: int, members: Sequence[bytes]) -> bytes:
    pushes = b"".join(bytes((len(m),)) + m for m in members)
    return bytes((0x50 + required,)) + pushes + bytes((0x50 + len(members), 0xAE))


def base58_address(network: Network, form: str, payload: bytes) -> str:
    parameters = network.address_codec.split("|")[0].removeprefix("base58check:")
    return Base58CheckCodec(network.name, parameters).encode(form, payload)


def witness_address(network: Network, version: int, program: bytes) -> str:
    human = network.address_codec.partition("segwit:")[2].partition("|")[0]
    return SegwitCodec(network.name, human).encode(version, program)


def address_of(network: Network, kind: str, data: bytes) -> str:
    """Address of a key (p2pkh, p2wpkh, p2sh_p2wpkh, p2tr) or a script (p2sh, p2wsh, p2sh_p2wsh)."""
    if kind == "p2pkh":
        return base58_address(network, "p2pkh", hash160(data))
    if kind == "p2wpkh":
        return witness_address(network, 0, hash160(data))
    if kind == "p2sh_p2wpkh":
        return base58_address(network, "p2sh", hash160(b"\0\x14" + hash160(data)))
    if kind == "p2sh":
        return base58_address(network, "p2sh", hash160(data))
    if kind == "p2wsh":
        return witness_address(network, 0, hashlib.sha256(data).digest())
    if kind == "p2sh_p2wsh":
        nested = b"\0\x20" + hashlib.sha256(data).digest()
        return base58_address(network, "p2sh", hash160(nested))
    return witness_address(network, 1, data)  # p2tr: the x-only output key


def proof(
    network: Network,
    address: str,
    signatures: Sequence[str],
    message: str = MESSAGE,
    script: str = "",
) -> Proof:
    return Proof(network, decode_address(network, address), message, tuple(signatures), script)


@dataclass(frozen=True)
class Spend:
    """How one input of BIP-322's `to_sign` is satisfied.

    kind as in `address_of`; script: redeem or witness script, or the taproot leaf with its
    control block after it in `control`. signers sign in order. before: witness or scriptSig items
    in front of the signatures (the dummy of a multisig), after: behind them.
    """

    kind: str
    script_pubkey: bytes
    signers: tuple[Key, ...]
    script: bytes = b""
    control: bytes = b""
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    hash_type: int = 1
    high_s: bool = False
    value: int = 0


def to_spend(message: str, script_pubkey: bytes) -> Tx:
    digest = tagged("BIP0322-signed-message", message.encode())
    vin = TxIn(OutPoint(b"\0" * 32, 0xFFFFFFFF), b"\0\x20" + digest, 0)
    return Tx(0, 0, [vin], [TxOut(0, script_pubkey)], check_validity=False)


def to_sign(
    message: str,
    spends: Sequence[Spend],
    version: int = 0,
    lock_time: int = 0,
    sequence: int = 0,
    funds: Sequence[OutPoint] = (),
    output: bytes = b"\x6a",
) -> Tx:
    """Sign a message; the first spend is the address's, the others spend `funds`."""
    first = OutPoint(to_spend(message, spends[0].script_pubkey).id, 0)
    vin = [TxIn(o, b"", sequence if o is first else 0) for o in (first, *funds)]
    tx = Tx(version, lock_time, vin, [TxOut(0, output)])
    spent = [TxOut(s.value, s.script_pubkey) for s in spends]
    for index, spend in enumerate(spends):
        _satisfy(tx, index, spend, spent)
    return tx


def _satisfy(tx: Tx, index: int, spend: Spend, spent: list[TxOut]) -> None:
    vin = tx.vin[index]
    if spend.kind == "p2tr":
        extension = b""
        if spend.script:
            extension = tagged("TapLeaf", b"\xc0" + sized(spend.script)) + b"\0" + b"\xff" * 4
        digest = sig_hash.taproot(
            tx, index, spent, spend.hash_type, 1 if spend.script else 0, b"", extension
        )
        tail = bytes((spend.hash_type,)) if spend.hash_type else b""
        made = [k.schnorr(digest, None if spend.script else b"") + tail for k in spend.signers]
        reveal = (spend.script, spend.control) if spend.script else ()
        vin.script_witness = Witness([*spend.before, *made, *spend.after, *reveal])
        return
    if spend.kind in ("p2pkh", "p2sh"):
        code = spend.script or spend.script_pubkey
        digest = sig_hash.legacy(code, tx, index, spend.hash_type)
    else:
        code = spend.script
        if not code:
            code = b"\x76\xa9\x14" + hash160(spend.signers[0].public) + b"\x88\xac"
        digest = sig_hash.segwit_v0(code, tx, index, spend.hash_type, spend.value)
    made = [k.der(digest, spend.hash_type, spend.high_s) for k in spend.signers]
    reveal = (spend.script,) if spend.script else (spend.signers[0].public,)
    items = [*spend.before, *made, *spend.after, *reveal]
    if spend.kind in ("p2pkh", "p2sh"):
        vin.script_sig = b"".join(_push(i) for i in items)
        return
    vin.script_witness = Witness(items)
    if spend.kind == "p2sh_p2wpkh":
        vin.script_sig = _push(b"\0\x14" + hash160(spend.signers[0].public))
    if spend.kind == "p2sh_p2wsh":
        vin.script_sig = _push(b"\0\x20" + hashlib.sha256(spend.script).digest())


def _push(data: bytes) -> bytes:
    if not data:
        return b"\0"
    if len(data) < 0x4C:
        return bytes((len(data),)) + data
    if len(data) < 256:
        return b"\x4c" + bytes((len(data),)) + data
    return b"\x4d" + len(data).to_bytes(2, "little") + data


def simple(tx: Tx, prefix: str = "smp") -> str:
    return prefix + base64.b64encode(tx.vin[0].script_witness.serialize()).decode()


def full(tx: Tx, prefix: str = "ful") -> str:
    return prefix + base64.b64encode(tx.serialize(include_witness=True)).decode()


def proof_of_funds(tx: Tx, spends: Sequence[Spend], prefix: str = "pof") -> str:
    """A finalized PSBT whose further inputs carry the output they spend."""
    unsigned = Tx.parse(tx.serialize(include_witness=False))
    for vin in unsigned.vin:
        vin.script_sig = b""
    fields = [{b"\x00": unsigned.serialize(include_witness=False)}]
    for index, (vin, spend) in enumerate(zip(tx.vin, spends, strict=True)):
        field = {b"\x07": vin.script_sig} if vin.script_sig else {}
        if vin.script_witness.stack:
            field[b"\x08"] = vin.script_witness.serialize()
        if index:
            field[b"\x01"] = spend.value.to_bytes(8, "little") + sized(spend.script_pubkey)
        fields.append(field)
    fields.append({})
    return prefix + base64.b64encode(psbt(fields)).decode()


def psbt(fields: Sequence[dict[bytes, bytes]]) -> bytes:
    maps = (b"".join(sized(k) + sized(v) for k, v in f.items()) + b"\0" for f in fields)
    return b"psbt\xff" + b"".join(maps)
