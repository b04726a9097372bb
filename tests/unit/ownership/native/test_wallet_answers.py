"""What wallets answer, as it is: signatures as bytes, keys in objects, parts beside the signed ones."""

from __future__ import annotations

import base64
import json
from hashlib import blake2b

import pytest
from support.bitcoin_signing import BITCOIN, Key, Spend, address_of, simple, to_sign
from support.native_rows import native_rows
from support.signed_rows import MESSAGE, claim, ed_key, key

from scanner.model.addresses import base58
from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Control, ControlResult
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = {f"{r.scheme} {r.label}": r for r in native_rows(1)}


def checked(row: Claim, **changes: object) -> ControlResult:
    row = row._replace(**changes)
    given = SignedMessage(
        row.address, row.message, row.signatures, row.network, row.script, row.owners
    )
    return check_message(given, REGISTRY).result


def raw(text: str) -> bytes:
    """A signature's bytes."""
    for read in (bytes.fromhex, base64.b64decode, base58.decode):
        try:
            data = read(text.removeprefix("0x"))
        except ValueError:
            continue
        if len(data) in (64, 65):
            return data
    raise AssertionError(text)


def buffers(data: bytes) -> list[object]:
    """Bytes as JavaScript's JSON has them."""
    by_place = {str(n): b for n, b in enumerate(data)}
    return [list(data), {"type": "Buffer", "data": list(data)}, by_place]


@pytest.mark.parametrize(
    "name", ["solana_text text", "sep53 stellar", "algorand_mx MX", "nep413 implicit"]
)
def test_a_signature_as_a_list_of_bytes(name: str) -> None:
    row = ROWS[name].claim
    data = raw(row.signatures[0])
    for value in buffers(data):
        for answer in (value, {"signature": value}, {"signature": value, "signedMessage": "x"}):
            assert checked(row, signatures=(json.dumps(answer),)).shows_control, answer
    for bad in ([*data[:-1], 256], [*data[:-1], -1], [*data[:-1], True], list(data[:-1]), []):
        assert checked(row, signatures=(json.dumps(bad),)).control is Control.MALFORMED, bad


def test_the_objects_of_freighter_and_lotus() -> None:
    stellar = ROWS["sep53 stellar"].claim
    made = base64.b64encode(raw(stellar.signatures[0])).decode()
    answer = {"signedMessage": made, "signerAddress": stellar.address}
    assert checked(stellar, signatures=(json.dumps(answer),)).shows_control
    for name, kind in (("filecoin_text FRC-0102", 1), ("filecoin_bls FRC-0102", 2)):
        row = ROWS[name].claim
        data = bytes.fromhex(row.signatures[0].removeprefix("0x"))
        lotus = {"Type": kind, "Data": base64.b64encode(data[-96 if kind == 2 else -65 :]).decode()}
        assert checked(row, signatures=(json.dumps(lotus),)).shows_control
        other = json.dumps({**lotus, "More": 1})
        assert checked(row, signatures=(other,)).control is not Control.CONTROLS


def test_nonces_of_nep_413_in_every_spelling() -> None:
    row = ROWS["nep413 implicit"].claim
    parts = json.loads(row.message)
    nonce = bytes(range(32))
    for good in (*buffers(nonce), nonce.hex(), base64.b64encode(nonce).decode()):
        assert checked(row, message=json.dumps(parts | {"nonce": good})).shows_control, good
    for bad in (*buffers(bytes(32)), *buffers(nonce[1:]), {}, {"type": "Buffer"}, nonce.hex()[2:]):
        result = checked(row, message=json.dumps(parts | {"nonce": bad}))
        assert result.control is not Control.CONTROLS, bad


def test_nears_own_spelling_of_a_signature() -> None:
    row = ROWS["nep413 implicit"].claim
    made = "ed25519:" + base58.encode(raw(row.signatures[0]))
    assert checked(row, signatures=(made,)).shows_control
    assert not checked(row, signatures=(made.replace("ed25519:", "secp256k1:"),)).shows_control


TON_SENT = [
    ("network", "-239", Control.CONTROLS),
    ("network", "-3", Control.MISMATCH),
    ("from", None, Control.CONTROLS),
    ("from", "0:" + "11" * 32, Control.MISMATCH),
    ("from", 7, Control.MISMATCH),
    ("more", "x", Control.UNSUPPORTED),
]


@pytest.mark.parametrize(("name", "value", "expected"), TON_SENT)
def test_what_a_page_sent_to_a_wallet_of_ton(name: str, value: object, expected: Control) -> None:
    row = ROWS["ton_connect signData"].claim
    parts = json.loads(row.message)
    own = decode_address(REGISTRY.network("ton"), row.address).key
    parts["payload"][name] = own if value is None else value
    assert checked(row, message=json.dumps(parts)).control is expected


@pytest.mark.parametrize("name", ["ton_connect ton_proof", "ton_connect signData"])
def test_what_a_wallet_of_ton_answers_with_its_signature(name: str) -> None:
    row = ROWS[name].claim
    parts = json.loads(row.message)
    made = base64.b64encode(raw(row.signatures[0])).decode()
    whole = json.dumps(parts | {"signature": made, "address": row.address})
    assert checked(row, message=whole).shows_control
    assert checked(row, message=whole, signatures=(whole,)).shows_control
    for other in (base64.b64encode(bytes(64)).decode(), "", 5):
        message = json.dumps(parts | {"signature": other})
        result = checked(row, message=message).control
        assert result in (Control.MALFORMED, Control.UNSUPPORTED), other


def test_a_key_of_cosmos_as_nodes_print_it() -> None:
    row = next(r for n, r in ROWS.items() if n.startswith("adr36")).claim
    public = base64.b64encode(key(1).public_key.format()).decode()
    pub_key = {"@type": "/cosmos.crypto.secp256k1.PubKey", "key": public}
    assert checked(row, script=json.dumps(pub_key)).shows_control
    answer = json.dumps({"pub_key": pub_key, "signature": row.signatures[0]})
    assert checked(row, script="", signatures=(answer,)).shows_control


def hedera(signature: str, public: str) -> ControlResult:
    return checked(claim("hedera", "0.0.98", signature, script=public))


def test_keys_and_maps_of_hedera_in_every_spelling() -> None:
    signer = key(1)
    text = f"\x19Hedera Signed Message:\n{len(MESSAGE)}{MESSAGE}".encode()
    made = signer.sign_recoverable(keccak256(text), hasher=None)[:64]
    short, whole = signer.public_key.format().hex(), signer.public_key.format(False).hex()
    der = "3056301006072a8648ce3d020106052b8104000a034200" + whole
    for public in (short, whole, der, "302d300706052b8104000a032200" + short):
        assert hedera(made.hex(), public).control is Control.CONTROLS, public
    for public in (whole[:-2], "06" + whole[2:], der[:-2], short + "00"):
        assert hedera(made.hex(), public).control is Control.MALFORMED, public
    public = ed_key(1).verify_key.encode()
    signature = ed_key(1).sign(text).signature
    signed = b"\x0a\x64\x0a\x20" + public + b"\x1a\x40" + signature
    for spelled in (signed.hex(), "0x" + signed.hex(), base64.b64encode(signed).decode()):
        assert hedera(spelled, public.hex()).control is Control.CONTROLS


def test_a_bare_ecdsa_signature_of_polkadot_that_begins_like_a_mark() -> None:
    signer = key(1)
    account = blake2b(signer.public_key.format(), digest_size=32).digest()
    address = Ss58Codec("polkadot", "0").encode(account)
    seen = set()
    for n in range(3_000):
        text = f"{MESSAGE} {n}"
        digest = blake2b(f"<Bytes>{text}</Bytes>".encode(), digest_size=32).digest()
        made = signer.sign_recoverable(digest, hasher=None)
        if made[0] < 3 and made[0] not in seen:
            seen.add(made[0])
            for spelled in (made.hex(), base64.b64encode(made).decode()):
                row = claim("polkadot", address, spelled, message=text)
                assert checked(row).shows_control
    assert {0, 1} <= seen


def test_bip322_in_hex_and_in_the_alphabet_of_the_web() -> None:
    signer = Key("a")
    address = address_of(BITCOIN, "p2wpkh", signer.public)
    output = script_pubkey(decode_address(BITCOIN, address))
    for n in range(6):
        text = f"{MESSAGE} {n}"
        made = to_sign(text, [Spend("p2wpkh", output, (signer,))])
        for prefix in ("", "smp"):
            standard = simple(made, prefix)
            data = base64.b64decode(standard.removeprefix(prefix))
            web = base64.urlsafe_b64encode(data).decode()
            for body in (data.hex(), "0x" + data.hex(), web, web.rstrip("=")):
                row = claim("bitcoin", address, prefix + body, message=text)
                assert checked(row).shows_control, (prefix, body)
                assert checked(row, message=text + "x").control is Control.MISMATCH


def test_okx_signatures_in_base64() -> None:
    data = MESSAGE.encode()
    sized = b"\x14OKX Signed Message:\n" + bytes((len(data),)) + data
    made = base64.b64encode(ed_key(1).sign(sized).signature).decode()
    row = claim("solana", base58.encode(ed_key(1).verify_key.encode()), made)
    result = checked(row)
    assert (result.scheme, result.shows_control) == ("ed25519", True)
