"""Rows signed in the chains' own forms, with keys of the tests' own; written apart from the schemes.

What is signed is put together here again from the standards, so that a scheme that signs and reads
the same wrong bytes would be found by the vectors, and a changed row by the mutations.
"""

from __future__ import annotations

import base64
import json
from hashlib import blake2b, sha3_256, sha256, sha512

from coincurve import PrivateKey
from nacl.signing import SigningKey

from scanner.model.addresses import base58
from scanner.model.addresses.base32_keys import AlgorandCodec, ConfluxCodec, StrkeyCodec
from scanner.model.addresses.base58_keys import RippleCodec, Ss58Codec
from scanner.model.addresses.cardano import CardanoCodec
from scanner.model.addresses.cosmos import CosmosCodec
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.ton import TonCodec
from scanner.ownership.ed25519.ton_wallets import account_ids
from scanner.ownership.primitives.hashes import hash160
from support.bcs_rows import aptos_rows, sui_rows
from support.signed_rows import (
    MESSAGE,
    Signed,
    account,
    claim,
    ed_key,
    key,
    sign,
    stark_public,
    stark_sign,
)

TEXT = MESSAGE.encode()


def sr_pair(number: int) -> tuple[bytes, bytes]:
    """An sr25519 key, public and secret, the same for the same number."""
    import sr25519

    public, secret = sr25519.pair_from_seed(sha256(f"sr key {number}".encode()).digest())
    return bytes(public), bytes(secret)


def native_rows(n: int) -> list[Signed]:
    """Good rows of each native scheme and address format."""
    k, s = ed_key(n), key(n)
    return [
        *_plain(k),
        *_solana(k),
        *_near(k),
        *_ton(k),
        *_cardano(k),
        *_polkadot(k, s, n),
        *_secp(s),
        *_filecoin(s, n),
        _hedera_ecdsa(s),
        _typed_data(987654321 + n),
        *sui_rows(n),
        *aptos_rows(n),
    ]


def _hex(signer: SigningKey, data: bytes) -> str:
    return signer.sign(data).signature.hex()


def _plain(k: SigningKey) -> list[Signed]:
    public = k.verify_key.encode()
    digest = sha256(b"Stellar Signed Message:\n" + TEXT).digest()
    sui = blake2b(b"\3\0\0" + bytes((len(TEXT),)) + TEXT, digest_size=32).digest()
    sui_address = "0x" + blake2b(b"\0" + public, digest_size=32).hexdigest()
    whole = base64.b64encode(b"\0" + k.sign(sui).signature + public).decode()
    ripple = RippleCodec("xrpl", "").encode(hash160(b"\xed" + public))
    aptos = "0x" + sha3_256(public + b"\0").hexdigest()
    full = f"APTOS\naddress: {aptos}\nchainId: 1\nmessage: {MESSAGE}\nnonce: 1"
    algorand = AlgorandCodec("algorand", "").encode(public)
    return [
        Signed(
            "sep53", network, claim(network, StrkeyCodec("", "").encode(public), _hex(k, digest))
        )
        for network in ("stellar", "pi")
    ] + [
        Signed("sui_personal", "whole", claim("sui", sui_address, whole)),
        Signed(
            "sui_personal", "apart", claim("sui", sui_address, _hex(k, sui), script=public.hex())
        ),
        Signed(
            "xrpl_text",
            "Ed25519",
            claim("xrpl", ripple, _hex(k, TEXT), script="ED" + public.hex()),
        ),
        Signed("aptos_text", "text", claim("aptos", aptos, _hex(k, TEXT), script=public.hex())),
        Signed(
            "aptos_text",
            "fullMessage",
            claim("aptos", aptos, _hex(k, full.encode()), script=public.hex(), message=full),
        ),
        Signed(
            "hedera_text",
            "alone",
            claim(
                "hedera",
                "0.0.98",
                _hex(k, b"\x19Hedera Signed Message:\n" + str(len(TEXT)).encode() + TEXT),
                script=public.hex(),
            ),
            bound=False,
        ),
        Signed("algorand_mx", "MX", claim("algorand", algorand, _hex(k, b"MX" + TEXT))),
    ]


def _solana(k: SigningKey) -> list[Signed]:
    address = base58.encode(k.verify_key.encode())
    long = b"\xffsolana offchain\0\0" + len(TEXT).to_bytes(2, "little") + TEXT
    return [
        Signed(
            "solana_text", "text", claim("solana", address, base58.encode(k.sign(TEXT).signature))
        ),
        Signed("solana_offchain", "version 0", claim("solana", address, _hex(k, long))),
    ]


def _near(k: SigningKey) -> list[Signed]:
    public = k.verify_key.encode()
    nonce = base64.b64encode(bytes(range(32))).decode()
    parts = {"message": MESSAGE, "nonce": nonce, "recipient": "a.near", "callbackUrl": "http://a"}
    data = (2**31 + 413).to_bytes(4, "little") + _borsh(MESSAGE) + bytes(range(32))
    digest = sha256(data + _borsh("a.near") + b"\1" + _borsh("http://a")).digest()
    message, signature = json.dumps(parts), _hex(k, digest)
    named = claim("near", "a.near", signature, message=message, script=public.hex())
    return [
        Signed("nep413", "implicit", claim("near", public.hex(), signature, message=message)),
        Signed("nep413", "named", named, bound=False),
    ]


def _borsh(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode()


def _ton(k: SigningKey) -> list[Signed]:
    public = k.verify_key.encode()
    found = next(a for a, name in account_ids(public).items() if name == "v4r2")
    address = TonCodec("ton", "").encode(0, found)
    proof = {
        "timestamp": 1_700_000_000,
        "domain": {"lengthBytes": 5, "value": "a.org"},
        "payload": MESSAGE,
    }
    item = b"ton-proof-item-v2/" + bytes(4) + found + (5).to_bytes(4, "little") + b"a.org"
    item += (1_700_000_000).to_bytes(8, "little") + TEXT
    first = sha256(b"\xff\xffton-connect" + sha256(item).digest()).digest()
    data = {
        "address": address,
        "domain": "a.org",
        "timestamp": 1_700_000_000,
        "payload": {"type": "text", "text": MESSAGE},
    }
    body = b"\xff\xffton-connect/sign-data/" + bytes(4) + found + (5).to_bytes(4, "big") + b"a.org"
    body += (1_700_000_000).to_bytes(8, "big") + b"txt" + len(TEXT).to_bytes(4, "big") + TEXT
    return [
        Signed(
            "ton_connect",
            label,
            claim("ton", address, _hex(k, digest), message=json.dumps(parts), script=public.hex()),
        )
        for label, parts, digest in (
            ("ton_proof", proof, first),
            ("signData", data, sha256(body).digest()),
        )
    ]


def _cardano(k: SigningKey) -> list[Signed]:
    public = k.verify_key.encode()
    payment = blake2b(public, digest_size=28).digest()
    cose_key = "a4010103272006215820" + public.hex()
    rows = []
    for label, data in (("enterprise", b"\x61" + payment), ("base", b"\1" + payment + bytes(28))):
        protected = b"\xa2\x01\x27\x67address" + _bytes(data)
        signed = b"\x84\x6aSignature1" + _bytes(protected) + b"\x40" + _bytes(TEXT)
        cose = b"\x84" + _bytes(protected) + b"\xa1\x66hashed\xf4" + _bytes(TEXT)
        cose += _bytes(k.sign(signed).signature)
        address = CardanoCodec("cardano", "").encode(data)
        row = claim("cardano", address, cose.hex(), script=cose_key)
        rows.append(Signed("cip8", label, row))
    return rows


def _bytes(data: bytes) -> bytes:
    if len(data) < 24:
        return bytes((0x40 | len(data),)) + data
    return b"\x58" + bytes((len(data),)) + data


def _polkadot(k: SigningKey, s: PrivateKey, n: int) -> list[Signed]:
    import sr25519

    codec = Ss58Codec("polkadot", "0")
    public, secret = sr_pair(n)
    wrapped = b"<Bytes>" + TEXT + b"</Bytes>"
    schnorr = bytes(sr25519.sign((public, secret), wrapped)).hex()
    edwards = codec.encode(k.verify_key.encode())
    ecdsa = codec.encode(blake2b(s.public_key.format(), digest_size=32).digest())
    made = sign(s, blake2b(wrapped, digest_size=32).digest(), base=0)
    return [
        Signed("polkadot_text", "sr25519", claim("polkadot", codec.encode(public), "0x" + schnorr)),
        Signed(
            "polkadot_text",
            "sr25519 MultiSignature",
            claim("polkadot", codec.encode(public), "0x01" + schnorr),
        ),
        Signed("polkadot_text", "Ed25519", claim("polkadot", edwards, "0x00" + _hex(k, wrapped))),
        Signed("polkadot_text", "ECDSA", claim("polkadot", ecdsa, "0x02" + made[2:])),
    ]


def _secp(s: PrivateKey) -> list[Signed]:
    public = s.public_key.format()
    short = hash160(public)
    conflux = bytes((account(s)[0] & 15 | 16,)) + account(s)[1:]
    title = b"\x19Conflux Signed Message:\n" + str(len(TEXT)).encode()
    terra = CosmosCodec("terra-classic", "terra").encode(short)
    document = (
        '{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"","msgs":'
        f'[{{"type":"sign/MsgSignData","value":{{"data":"{base64.b64encode(TEXT).decode()}",'
        f'"signer":"{terra}"}}}}],"sequence":"0"}}'
    )
    made = s.sign_recoverable(sha256(document.encode()).digest(), hasher=None)[:64]
    der = s.sign(sha512(TEXT).digest()[:32], hasher=None)
    return [
        Signed(
            "cip23",
            "personal",
            claim(
                "conflux-core",
                ConfluxCodec("conflux-core", "1029").encode(conflux),
                sign(s, keccak256(title + TEXT), base=0),
            ),
        ),
        Signed(
            "adr36",
            "terra",
            claim("terra-classic", terra, base64.b64encode(made).decode(), script=public.hex()),
        ),
        Signed(
            "xrpl_text",
            "secp256k1",
            claim("xrpl", RippleCodec("xrpl", "").encode(short), der.hex(), script=public.hex()),
        ),
    ]


def bls_basic(number: int, data: bytes) -> tuple[bytes, bytes]:
    """A BLS key of Filecoin, the same for the same number, and its signature over bytes."""
    from py_arkworks_bls12381 import G1Point, G2Point, Scalar

    secret = Scalar(int.from_bytes(sha256(f"fil {number}".encode()).digest()) >> 2)
    made = G2Point.hash_to_curve(data, b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_") * secret
    return (G1Point() * secret).to_compressed_bytes(), made.to_compressed_bytes()


def filecoin_envelope(text: bytes) -> bytes:
    return b"\x19Filecoin Signed Message:\n" + str(len(text)).encode() + text


def _filecoin(s: PrivateKey, n: int) -> list[Signed]:
    codec = FilecoinCodec("filecoin", "")
    f1 = codec.encode(1, blake2b(s.public_key.format(compressed=False), digest_size=20).digest())
    wrapped = filecoin_envelope(TEXT)
    lotus = sign(s, blake2b(wrapped, digest_size=32).digest(), base=0)[2:]
    bare = bytes.fromhex(sign(s, blake2b(TEXT, digest_size=32).digest(), base=0)[2:])
    key, made = bls_basic(n, wrapped)
    _, plain = bls_basic(n, TEXT)
    f3 = codec.encode(3, key)
    return [
        Signed("filecoin_text", "FRC-0102", claim("filecoin", f1, "01" + lotus)),
        Signed("filecoin_text", "bare", claim("filecoin", f1, base64.b64encode(bare).decode())),
        Signed("filecoin_bls", "FRC-0102", claim("filecoin", f3, "02" + made.hex())),
        Signed("filecoin_bls", "bare", claim("filecoin", f3, base64.b64encode(plain).decode())),
    ]


def _hedera_ecdsa(s: PrivateKey) -> Signed:
    said = b"\x19Hedera Signed Message:\n" + str(len(TEXT)).encode() + TEXT
    made = s.sign_recoverable(keccak256(said), hasher=None)[:64]
    row = claim("hedera", "0.0.98", made.hex(), script=s.public_key.format().hex())
    return Signed("hedera_text", "ECDSA", row, bound=False)


def _typed_data(secret: int) -> Signed:
    from scanner.ownership.others import snip12  # checked by vectors, in test_snip12

    contract = 0x3B7F0B02B63683ECA1639FB2D5DFA1021628D4EE728B03BC0AC2BE66EDC32F1
    domain = {"name": "Reserves", "version": "1", "chainId": "SN_MAIN", "revision": "1"}
    types = {
        "StarknetDomain": [{"name": name, "type": "shortstring"} for name in domain],
        "Statement": [{"name": "text", "type": "string"}],
    }
    data = {"types": types, "primaryType": "Statement", "domain": domain}
    text = json.dumps({**data, "message": {"text": MESSAGE + ", and so says everybody here"}})
    typed = snip12.read_typed(text)
    assert typed is not None
    signature = stark_sign(secret, snip12.message_hash(typed, contract))
    key = f"{stark_public(secret):#x}"
    row = claim("starknet", f"{contract:#066x}", signature, message=text, script=key)
    return Signed("stark", "typed data", row, bound=False)
