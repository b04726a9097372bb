"""Makes rows that are signed as each scheme demands, with keys of the tests' own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b, sha3_256, sha256

from coincurve import PrivateKey
from coincurve._libsecp256k1 import ffi
from nacl.signing import SigningKey

from scanner.model.addresses import base58
from scanner.model.addresses.avalanche import AvalancheCodec
from scanner.model.addresses.base32_keys import AlgorandCodec, ConfluxCodec, StrkeyCodec
from scanner.model.addresses.base58_keys import AelfCodec, RippleCodec, Ss58Codec
from scanner.model.addresses.cardano import CardanoCodec
from scanner.model.addresses.cosmos import CosmosCodec
from scanner.model.addresses.evm import Bech32EvmCodec
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.segwit import SegwitCodec
from scanner.model.addresses.ton import TonCodec
from scanner.model.claim import Claim
from scanner.model.control import Control, ControlResult
from scanner.ownership.ed25519.ton_wallets import account_ids
from scanner.ownership.others.stark import message_hash
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.hashes import hash160, message_bytes, ripemd160, sha256d

MESSAGE = "I am an exchange address"
_STARK_ORDER = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F


@dataclass(frozen=True)
class Signed:
    """A row that controls. bound: the address is computed from the key; else it stays asserted."""

    scheme: str
    label: str
    claim: Claim
    bound: bool = True


def claim(network: str, address: str, *signatures: str, **more: object) -> Claim:
    """A claim with the parts that matter here; the rest is filler."""
    given: dict[str, object] = {"message": MESSAGE, **more}
    return Claim(1, "COIN", "COIN", network, address, "?", 8, signatures=signatures, **given)  # type: ignore[arg-type]


def refused(result: ControlResult) -> bool:
    """Whether a row is false, or undecided because its signature fits no form that is read.

    EVM and Bitcoin have one form each, so there it is false; elsewhere another form may be meant.
    """
    if result.control is Control.UNSUPPORTED:
        told = (
            "tried: ",
            *("only the chain can say", "it may belong to several"),
            *("signed without an envelope", "one signature as its wallet gives it"),
            *("publish it in the key column", "publish all its signatories"),
        )
        return any(words in result.reason for words in told)
    return result.control is Control.MISMATCH


def key(number: int) -> PrivateKey:
    """A secp256k1 key, the same for the same number."""
    return PrivateKey(sha256(f"key {number}".encode()).digest())


def ed_key(number: int) -> SigningKey:
    """An Ed25519 key, the same for the same number."""
    return SigningKey(sha256(f"ed key {number}".encode()).digest())


def point(signer: PrivateKey) -> bytes:
    """The public key: 65 bytes."""
    return bytes(signer.public_key.format(compressed=False))


def account(signer: PrivateKey) -> bytes:
    """The 20 account bytes of a key on EVM networks."""
    return keccak256(point(signer)[1:])[-20:]


def evm_address(signer: PrivateKey) -> str:
    return "0x" + account(signer).hex()


def sign(signer: PrivateKey, digest: bytes, base: int = 27) -> str:
    """0x r s v over a digest."""
    made = signer.sign_recoverable(digest, hasher=None)
    return "0x" + made[:64].hex() + f"{made[64] + base:02x}"


def evm_sign(
    signer: PrivateKey,
    message: str = MESSAGE,
    envelope: Callable[[bytes], bytes] = envelopes.eip191_hash,
) -> str:
    return sign(signer, envelope(message.encode()))


def compact_2098(signature: str) -> str:
    """The 64-byte spelling of a 65-byte signature (EIP-2098)."""
    data = bytes.fromhex(signature[2:])
    packed = int.from_bytes(data[32:64], "big") | (data[64] - 27) << 255
    return "0x" + data[:32].hex() + f"{packed:064x}"


def high_s(signature: str) -> str:
    """The other signature of the same key over the same digest: order - s, parity turned."""
    data = bytes.fromhex(signature[2:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(data[32:64], "big")
    return "0x" + data[:32].hex() + f"{s:064x}" + f"{(data[64] - 27 ^ 1) + 27:02x}"


def tron_address(signer: PrivateKey) -> str:
    return base58.encode_check(b"\x41" + account(signer))


def okx_sign(signer: PrivateKey, message: str = MESSAGE) -> str:
    return sign(signer, envelopes.okx_keccak(message.encode()))


def ed_sign(signer: SigningKey, message: str = MESSAGE) -> str:
    return "0x" + signer.sign(envelopes.okx_bytes(message.encode())).signature.hex()


def bitcoin_sign(signer: PrivateKey, header: int = 31, message: str = MESSAGE) -> str:
    digest = sha256d(message_bytes("Bitcoin Signed Message:\n", message))
    made = signer.sign_recoverable(digest, hasher=None)
    return base64.b64encode(bytes((header + made[64],)) + made[:64]).decode()


def antelope_key(signer: PrivateKey) -> str:
    data = signer.public_key.format()
    return "EOS" + base58.encode(data + ripemd160(data)[:4])


def antelope_sign(signer: PrivateKey, message: str = MESSAGE) -> str:
    """As wallets do: again with other nonces until r and s are canonical, below 2^255."""
    digest = envelopes.okx_sha256(message.encode())
    for extra in range(256):
        nonce = ffi.NULL, ffi.new("unsigned char[32]", bytes((extra,)) * 32)
        made = signer.sign_recoverable(digest, hasher=None, custom_nonce=nonce)
        if not (made[0] | made[32]) & 0x80:
            return antelope_text(bytes((made[64] + 31,)) + made[:64])
    raise AssertionError("256 signatures and none is canonical")


def antelope_text(data: bytes) -> str:
    """Write the 65 bytes of a signature as SIG_K1_ text, checksum included."""
    return "SIG_K1_" + base58.encode(data + ripemd160(data + b"K1")[:4])


def bls_key(number: int) -> tuple[int, bytes]:
    from milagro_bls_binding import SkToPk

    secret = int.from_bytes(sha256(f"bls {number}".encode()).digest(), "big") >> 3
    return secret, SkToPk(secret.to_bytes(32, "big"))


def bls_sign(secret: int, message: str = MESSAGE) -> str:
    from milagro_bls_binding import Sign

    digest = envelopes.eip191_hash(message.encode())
    return "0x" + bytes(Sign(secret.to_bytes(32, "big"), digest)).hex()


def stark_public(secret: int) -> int:
    """x of the public key, by plain affine arithmetic (not the tested code's)."""
    made = _stark_times(secret)
    assert made is not None
    return made[0]


def stark_sign(secret: int, digest: int, nonce: int = 123456789) -> str:
    made = _stark_times(nonce)
    assert made is not None
    r = made[0]
    s = pow(nonce, -1, _STARK_ORDER) * (digest + r * secret) % _STARK_ORDER
    return f"{r:064x}{s:064x}"


def _stark_times(scalar: int) -> tuple[int, int] | None:
    from scanner.ownership.primitives.stark_curve import GENERATOR, P

    total: tuple[int, int] | None = None
    adding: tuple[int, int] | None = GENERATOR

    def plus(a: tuple[int, int] | None, b: tuple[int, int] | None) -> tuple[int, int] | None:
        if a is None or b is None:
            return a or b
        if a[0] == b[0]:
            if (a[1] + b[1]) % P == 0:
                return None
            slope = (3 * a[0] * a[0] + 1) * pow(2 * a[1], -1, P)
        else:
            slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
        x = (slope * slope - a[0] - b[0]) % P
        return x, (slope * (a[0] - x) - a[1]) % P

    while scalar:
        if scalar & 1:
            total = plus(total, adding)
        adding = plus(adding, adding)
        scalar >>= 1
    return total


def multisig(required: int, signers: list[PrivateKey]) -> bytes:
    """A bare m-of-n script."""
    keys = b"".join(b"\x21" + s.public_key.format() for s in signers)
    return bytes((0x50 + required,)) + keys + bytes((0x50 + len(signers), 0xAE))


def signed_rows(number: int = 1) -> list[Signed]:
    """One good row per scheme and address format; another number makes all keys others."""
    return [
        *_evm_rows(number),
        *_okx_rows(number),
        *_ed_rows(number),
        *_bitcoin_rows(number),
        *_other_rows(number),
        *_native(number),
    ]


def _native(number: int) -> list[Signed]:
    from support.native_rows import native_rows  # which is made of what stands here

    return native_rows(number)


def _evm_rows(n: int) -> list[Signed]:
    k = key(n)
    owners = (evm_address(key(n + 100)), evm_address(key(n + 200)))
    by_owners = evm_sign(key(n + 100)), evm_sign(key(n + 200))
    text = evm_sign(k, envelope=envelopes.eip191_text)
    return [
        Signed("evm_message", "evm", claim("ethereum", evm_address(k), evm_sign(k))),
        Signed("evm_message", "evm text", claim("polygon", evm_address(k), text)),
        Signed("evm_message", "evm 2098", claim("base", evm_address(k), compact_2098(evm_sign(k)))),
        Signed(
            "evm_message",
            "evm f410",
            claim("filecoin", FilecoinCodec("filecoin", "").encode(4, account(k)), evm_sign(k)),
        ),
        Signed(
            "contract_owner",
            "two owners",
            claim("ethereum", "0x" + "57" * 20, *by_owners, owners=owners),
            bound=False,
        ),
        Signed(
            "contract_owner",
            "validator",
            claim("ethereum", "0x" + "ab" * 48, by_owners[0], owners=owners[:1]),
            bound=False,
        ),
        Signed("tron_message", "tron 1", claim("tron", tron_address(k), _tron(k, True))),
        Signed("tron_message", "tron 2", claim("tron", tron_address(k), _tron(k, False))),
    ]


def _tron(signer: PrivateKey, first: bool) -> str:
    form = envelopes.tip191_hash if first else envelopes.tip191_text
    return evm_sign(signer, envelope=form)


def _okx_rows(n: int) -> list[Signed]:
    k = key(n)
    signature, short = okx_sign(k), hash160(k.public_key.format())
    conflux = bytes((account(k)[0] & 15 | 16,)) + account(k)[1:]
    owner = evm_address(key(n + 100))
    addresses = {
        "aelf": AelfCodec("aelf", "").encode(sha256d(point(k))),
        "avalanche-x": AvalancheCodec("avalanche-x", "").encode("X", short),
        "conflux-core": ConfluxCodec("conflux-core", "1029").encode(conflux),
        "filecoin": FilecoinCodec("filecoin", "").encode(
            1, blake2b(point(k), digest_size=20).digest()
        ),
        "okc": evm_address(k),
        "terra-classic": CosmosCodec("terra-classic", "terra").encode(short),
        "xrpl": RippleCodec("xrpl", "").encode(short),
    }
    rows = [Signed("okx_recover", n, claim(n, a, signature)) for n, a in addresses.items()]
    ex1 = Bech32EvmCodec("okc", "ex").encode(account(k))
    rows.append(Signed("okx_recover", "okc ex1", claim("okc", ex1, signature)))
    other = RippleCodec("xrpl", "").encode(hash160(b"somebody" + bytes((n % 256,))))
    regular = claim("xrpl", other, signature, script=k.public_key.format().hex())
    rows.append(Signed("okx_recover", "xrpl regular key", regular, bound=False))
    contract = claim("okc", "0x" + "57" * 20, okx_sign(key(n + 100)), owners=(owner,))
    rows.append(Signed("okx_contract_owner", "okc owner", contract, bound=False))
    return rows


def _ed_rows(n: int) -> list[Signed]:
    k = ed_key(n)
    public, signature = k.verify_key.encode(), ed_sign(k)
    payment = blake2b(public, digest_size=28).digest()
    cardano = CardanoCodec("cardano", "")
    wallets = {name: account_id for account_id, name in account_ids(public).items()}
    ton = TonCodec("ton", "")
    addresses = [
        ("algorand", AlgorandCodec("algorand", "").encode(public)),
        ("aptos", "0x" + sha3_256(public + b"\0").hexdigest()),
        ("cardano", cardano.encode(b"\x61" + payment)),
        ("cardano", cardano.encode(b"\x01" + payment + bytes(range(28)))),
        ("near", public.hex()),
        ("pi", StrkeyCodec("pi", "").encode(public)),
        ("polkadot", Ss58Codec("polkadot", "0").encode(public)),
        ("polkadot-asset-hub", Ss58Codec("polkadot-asset-hub", "0").encode(public)),
        ("solana", base58.encode(public)),
        ("stellar", StrkeyCodec("stellar", "").encode(public)),
        ("sui", "0x" + blake2b(b"\0" + public, digest_size=32).hexdigest()),
        *(("ton", ton.encode(0, wallets[name])) for name in sorted(wallets)),
    ]
    rows = [
        Signed("ed25519", f"{network} {i}", claim(network, a, signature, script=public.hex()))
        for i, (network, a) in enumerate(addresses)
    ]
    ripple = RippleCodec("xrpl", "").encode(hash160(b"\xed" + public))
    rows.append(
        Signed("ed25519", "xrpl ed", claim("xrpl", ripple, signature, script="ED" + public.hex()))
    )
    for network, address in (("near", "treasury.near"), ("hedera", "0.0.98")):
        named = claim(network, address, signature, script="0x" + public.hex())
        rows.append(Signed("ed25519", f"{network} named", named, bound=False))
    rotated = claim(
        "aptos",
        "0x" + "de" * 32,
        signature,
        script=public.hex(),
        owners=("0x" + sha3_256(public + b"\0").hexdigest(),),
    )
    rows.append(Signed("ed25519", "aptos rotated", rotated, bound=False))
    return rows


def _bitcoin_rows(n: int) -> list[Signed]:
    k, signers = key(n), [key(n + 300), key(n + 301), key(n + 302)]
    key_hash, script = hash160(k.public_key.format()), multisig(2, signers)
    segwit = SegwitCodec("bitcoin", "bc")
    two = bitcoin_sign(signers[0]), bitcoin_sign(signers[2])
    p2sh = base58.encode_check(b"\x05" + hash160(script))
    p2wsh = segwit.encode(0, sha256(script).digest())
    return [
        Signed(
            "bitcoin_message",
            "p2pkh",
            claim("bitcoin", base58.encode_check(b"\0" + key_hash), bitcoin_sign(k)),
        ),
        Signed(
            "bitcoin_message",
            "p2wpkh",
            claim("bitcoin", segwit.encode(0, key_hash), bitcoin_sign(k, 39)),
        ),
        Signed("bitcoin_message", "p2sh", claim("bitcoin", p2sh, *two, script=script.hex())),
        Signed("bitcoin_message", "p2wsh", claim("bitcoin", p2wsh, *two, script=script.hex())),
    ]


def _other_rows(n: int) -> list[Signed]:
    first, second = key(n), key(n + 1)
    two = claim(
        "vaulta",
        "okbwallet1tr",
        antelope_sign(first),
        antelope_sign(second),
        script=f'{{"publicKey1":"{antelope_key(first)}","publicKey2":"{antelope_key(second)}"}}',
    )
    one = claim("vaulta", "eosio", antelope_sign(first), script=antelope_key(first))
    secret, public = bls_key(n)
    validator = claim("ethereum-beacon", "0x" + public.hex(), bls_sign(secret))
    stark_secret = 987654321 + n
    contract = 0x3B7F0B02B63683ECA1639FB2D5DFA1021628D4EE728B03BC0AC2BE66EDC32F1
    digest = message_hash(MESSAGE, contract, "0x534e5f4d41494e")
    stark = claim(
        "starknet",
        f"{contract:#066x}",
        stark_sign(stark_secret, digest),
        script=f"{stark_public(stark_secret):#x}",
    )
    return [
        Signed("antelope_key", "one key", one, bound=False),
        Signed("antelope_key", "two keys", two, bound=False),
        Signed("bls", "validator key", validator, bound=False),
        Signed("stark", "starknet", stark, bound=False),
    ]


def altered(row: Signed, **changes: object) -> Claim:
    """The row's claim with parts replaced."""
    return row.claim._replace(**changes)  # type: ignore[arg-type]
