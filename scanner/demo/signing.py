"""The demonstration's own keys, and addresses that they sign for as each scheme demands.

Keys are hashes of public phrases: everybody can make them, so no coin must ever be sent to one.
They are the same in every run. This is the only place of the program that signs anything.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha3_256, sha256, sha512

import sr25519
from coincurve import PrivateKey
from nacl.signing import SigningKey

from scanner.model.addresses import base58
from scanner.model.addresses.base32_keys import AlgorandCodec, ConfluxCodec, StrkeyCodec
from scanner.model.addresses.base58_keys import RippleCodec, Ss58Codec
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.segwit import SegwitCodec
from scanner.model.addresses.ton import TonCodec
from scanner.model.addresses.tron import TronCodec
from scanner.ownership.bitcoin import bip322_transactions as virtual
from scanner.ownership.ed25519.ton_wallets import account_ids
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.hashes import hash160, message_bytes, sha256d

TEXT = "Northbank holds this address for its customers, 31 October 2026"
"""What every key signs. The publisher and its list are invented."""

BITCOIN, LITECOIN, DOGECOIN = (
    f"{name} Signed Message:\n" for name in ("Bitcoin", "Litecoin", "Dogecoin")
)


@dataclass(frozen=True, slots=True)
class Signed:
    """An address and everything that a list publishes to show who controls it."""

    address: str
    signatures: tuple[str, str]
    script: str = ""
    message: str = TEXT


Form = Callable[[int], Signed]
"""Makes the n-th address of one form, signed."""


def secp_key(number: int) -> PrivateKey:
    """Make a secp256k1 key; another number makes another key."""
    return PrivateKey(sha256(f"reserve scanner demonstration, key {number}".encode()).digest())


def ed_key(number: int) -> SigningKey:
    """Make an Ed25519 key; another number makes another key."""
    return SigningKey(sha256(f"reserve scanner demonstration, key {number}".encode()).digest())


def bitcoin_signature(
    key: PrivateKey, text: str = TEXT, title: str = BITCOIN, header: int = 31
) -> str:
    """Sign as wallets do (BIP-137). header: 31 for P2PKH, 35 for nested, 39 for P2WPKH."""
    made = key.sign_recoverable(sha256d(message_bytes(title, text)), hasher=None)
    return base64.b64encode(bytes((header + made[64],)) + made[:64]).decode()


def recoverable(key: PrivateKey, digest: bytes, base: int = 27) -> str:
    """Sign a digest: r, s and v in hex."""
    made = key.sign_recoverable(digest, hasher=None)
    return "0x" + made[:64].hex() + f"{made[64] + base:02x}"


def evm_account(key: PrivateKey) -> bytes:
    """The 20 bytes of a key's account on EVM networks."""
    return keccak256(key.public_key.format(compressed=False)[1:])[-20:]


def evm_signature(key: PrivateKey, text: str = TEXT) -> str:
    """Sign as OKX's EVM rows are signed: EIP-191 over the text's hash."""
    return recoverable(key, envelopes.eip191_hash(text.encode()))


def multisig_script(number: int) -> bytes:
    """Make a 2-of-3 script of the keys `number`, +1 and +2."""
    keys = b"".join(b"\x21" + secp_key(number + n).public_key.format() for n in range(3))
    return b"\x52" + keys + b"\x53\xae"


def p2pkh(version: int, title: str) -> Form:
    """Addresses of one key as Bitcoin's oldest form has them."""

    def make(n: int) -> Signed:
        key = secp_key(n)
        payload = bytes((version,)) + hash160(key.public_key.format())
        return Signed(base58.encode_check(payload), (bitcoin_signature(key, title=title), ""))

    return make


def p2wpkh(prefix: str, title: str) -> Form:
    """Addresses of one key in bech32."""

    def make(n: int) -> Signed:
        key = secp_key(n)
        address = SegwitCodec("", prefix).encode(0, hash160(key.public_key.format()))
        return Signed(address, (bitcoin_signature(key, title=title, header=39), ""))

    return make


def _nested(n: int) -> Signed:
    key = secp_key(n)
    program = b"\0\x14" + hash160(key.public_key.format())
    address = base58.encode_check(b"\x05" + hash160(program))
    return Signed(address, (bitcoin_signature(key, header=35), ""))


def _p2sh(n: int) -> Signed:
    script = multisig_script(n)
    address = base58.encode_check(b"\x05" + hash160(script))
    two = bitcoin_signature(secp_key(n)), bitcoin_signature(secp_key(n + 2))
    return Signed(address, two, script.hex())


def _p2wsh(n: int) -> Signed:
    script = multisig_script(n)
    address = SegwitCodec("", "bc").encode(0, sha256(script).digest())
    two = bitcoin_signature(secp_key(n)), bitcoin_signature(secp_key(n + 1))
    return Signed(address, two, script.hex())


def _taproot(n: int) -> Signed:
    """A key-path address, signed as BIP-322 says."""
    key = secp_key(n)
    own = key.public_key_xonly.format()
    script = b"\x51\x20" + own
    digest = virtual.taproot_digest(virtual.to_spend_txid(TEXT, script), script, 0)
    witness = b"\x01\x40" + key.sign_schnorr(digest, bytes(32))
    address = SegwitCodec("", "bc").encode(1, own)
    return Signed(address, (base64.b64encode(witness).decode(), ""))


def _evm(n: int) -> Signed:
    key = secp_key(n)
    return Signed("0x" + evm_account(key).hex(), (evm_signature(key), ""))


def _evm_text(n: int) -> Signed:
    key = secp_key(n)
    made = recoverable(key, envelopes.eip191_text(TEXT.encode()))
    return Signed("0x" + evm_account(key).hex(), (made, ""))


def _tron(n: int) -> Signed:
    key = secp_key(n)
    form = envelopes.tip191_hash if n % 2 else envelopes.tip191_text
    return Signed(tron_address(key), (recoverable(key, form(TEXT.encode())), ""))


def _xrpl(n: int) -> Signed:
    key = secp_key(n)
    public = key.public_key.format()
    address = RippleCodec("xrpl", "").encode(hash160(public))
    if n % 2:
        return Signed(address, (recoverable(key, envelopes.okx_keccak(TEXT.encode())), ""))
    der = key.sign(sha512(TEXT.encode()).digest()[:32], hasher=None)
    return Signed(address, (der.hex(), ""), public.hex())


def _okx(key: SigningKey) -> str:
    return "0x" + key.sign(envelopes.okx_bytes(TEXT.encode())).signature.hex()


def _hex(key: SigningKey, data: bytes) -> str:
    return "0x" + key.sign(data).signature.hex()


def _solana(n: int) -> Signed:
    key = ed_key(n)
    public = key.verify_key.encode()
    text = TEXT.encode()
    offchain = b"\xffsolana offchain\0\0" + len(text).to_bytes(2, "little") + text
    made = (_okx(key), base58.encode(key.sign(text).signature), _hex(key, offchain))[n % 3]
    return Signed(base58.encode(public), (made, ""), public.hex())


def _stellar(n: int) -> Signed:
    key = ed_key(n)
    digest = sha256(b"Stellar Signed Message:\n" + TEXT.encode()).digest()
    made = _hex(key, digest) if n % 2 else _okx(key)
    return Signed(StrkeyCodec("", "").encode(key.verify_key.encode()), (made, ""))


def _ton(n: int) -> Signed:
    key = ed_key(n)
    public = key.verify_key.encode()
    account = next(found for found, name in account_ids(public).items() if name == "v3r2")
    return Signed(TonCodec("ton", "").encode(0, account), (_okx(key), ""), public.hex())


def _aptos(n: int) -> Signed:
    key = ed_key(n)
    public = key.verify_key.encode()
    made = _hex(key, TEXT.encode()) if n % 2 else _okx(key)
    return Signed("0x" + sha3_256(public + b"\0").hexdigest(), (made, ""), public.hex())


def _sui(n: int) -> Signed:
    key = ed_key(n)
    public, text = key.verify_key.encode(), TEXT.encode()
    address = "0x" + blake2b(b"\0" + public, digest_size=32).hexdigest()
    if n % 2:
        return Signed(address, (_okx(key), ""), public.hex())
    digest = blake2b(b"\3\0\0" + bytes((len(text),)) + text, digest_size=32).digest()
    whole = base64.b64encode(b"\0" + key.sign(digest).signature + public).decode()
    return Signed(address, (whole, ""))


def _algorand(n: int) -> Signed:
    key = ed_key(n)
    made = _hex(key, b"MX" + TEXT.encode()) if n % 2 else _okx(key)
    return Signed(AlgorandCodec("algorand", "").encode(key.verify_key.encode()), (made, ""))


def _near(n: int) -> Signed:
    key = ed_key(n)
    public = key.verify_key.encode()
    if n % 2:
        return Signed(public.hex(), (_okx(key), ""), public.hex())
    nonce = bytes(range(32))
    parts = {
        "message": TEXT,
        "nonce": base64.b64encode(nonce).decode(),
        "recipient": "northbank.near",
    }
    data = (2**31 + 413).to_bytes(4, "little") + _borsh(TEXT) + nonce + _borsh("northbank.near")
    made = _hex(key, sha256(data + b"\0").digest())
    return Signed(public.hex(), (made, ""), public.hex(), json.dumps(parts))


def _borsh(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode()


def _polkadot(n: int) -> Signed:
    codec = Ss58Codec("polkadot", "0")
    wrapped = b"<Bytes>" + TEXT.encode() + b"</Bytes>"
    if n % 3 == 0:
        seed = sha256(f"reserve scanner demonstration, key {n}".encode()).digest()
        public, secret = sr25519.pair_from_seed(seed)
        made = "0x" + bytes(sr25519.sign((public, secret), wrapped)).hex()
        return Signed(codec.encode(bytes(public)), (made, ""))
    if n % 3 == 1:
        point = secp_key(n)
        address = codec.encode(blake2b(point.public_key.format(), digest_size=32).digest())
        digest = blake2b(wrapped, digest_size=32).digest()
        return Signed(address, ("0x02" + recoverable(point, digest, base=0)[2:], ""))
    key = ed_key(n)
    return Signed(codec.encode(key.verify_key.encode()), ("0x00" + _hex(key, wrapped)[2:], ""))


def _conflux(n: int) -> Signed:
    key = secp_key(n)
    account = evm_account(key)
    payload = bytes((account[0] & 15 | 16,)) + account[1:]
    address = ConfluxCodec("conflux-core", "1029").encode(payload)
    return Signed(address, (recoverable(key, envelopes.okx_keccak(TEXT.encode())), ""))


FORMS: Mapping[str, Sequence[Form]] = {
    "bitcoin": (
        p2wpkh("bc", BITCOIN), p2pkh(0, BITCOIN), _nested, _p2sh, _p2wsh, _taproot,
    ),
    "ethereum": (_evm, _evm_text),
    "litecoin": (p2wpkh("ltc", LITECOIN), p2pkh(0x30, LITECOIN)),
    "dogecoin": (p2pkh(0x1E, DOGECOIN),),
    "tron": (_tron,),
    "xrpl": (_xrpl,),
    "solana": (_solana,),
    "stellar": (_stellar,),
    "ton": (_ton,),
    "aptos": (_aptos,),
    "sui": (_sui,),
    "algorand": (_algorand,),
    "near": (_near,),
    "polkadot": (_polkadot,),
    "conflux-core": (_conflux,),
}  # fmt: skip
"""Per network the forms that its rows take in turn."""


def sign(network: str, n: int) -> Signed:
    """Make the n-th signed address of a network, the same each time."""
    forms = FORMS[network]
    return forms[n % len(forms)](key_of(n))


def key_of(n: int) -> int:
    """Number of the n-th address's first key: three keys each, odd and even."""
    return n * 10 + n % 7


def tron_address(key: PrivateKey) -> str:
    """Write a key's account as Tron does."""
    return TronCodec("tron", "").encode(evm_account(key))
