"""Signatures as wallets, mails and spreadsheets write them, read as the one text that they are."""

from __future__ import annotations

import base64
import json

import pytest
from support.native_rows import native_rows
from support.signed_rows import Signed, bitcoin_sign, claim, evm_address, evm_sign, key, signed_rows

from scanner.model.addresses import base58
from scanner.model.control import Control
from scanner.model.signature_text import usual_signature, usual_signatures
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.ownership.primitives.hextext import decode_hex
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = [*native_rows(1), *(r for r in signed_rows(1) if r.scheme == "ed25519")]


def checked(row: Signed, signature: str, key: str | None = None) -> Control:
    given = row.claim
    signed = SignedMessage(
        given.address,
        given.message,
        (signature, *given.signatures[1:]),
        given.network,
        given.script if key is None else key,
        given.owners,
    )
    return check_message(signed, REGISTRY).result.control


def ids(row: Signed) -> str:
    return f"{row.scheme} {row.label}"


def _bytes(row: Signed) -> bytes | None:
    """The 64 bytes of a plain signature, None for one of another kind."""
    text = row.claim.signatures[0]
    for read in (decode_hex, lambda t: base64.b64decode(t, validate=True), base58.decode):
        try:
            data = read(text)
        except ValueError:
            continue
        if data is not None and len(data) == 64:
            return data
    return None


PLAIN = [r for r in ROWS if _bytes(r) is not None]


@pytest.mark.parametrize("row", PLAIN, ids=ids)
def test_a_plain_signature_in_every_alphabet(row: Signed) -> None:
    data = _bytes(row)
    assert data is not None
    standard, web = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    spelled = [data.hex(), "0x" + data.hex(), standard, standard.rstrip("="), web, web.rstrip("=")]
    for text in (*spelled, f'"{standard}"', f"{standard[:44]}\r\n{standard[44:]}"):
        assert checked(row, text) is Control.CONTROLS, text
    assert checked(row, standard[:-4]) is not Control.CONTROLS


def test_base58_that_looks_like_base64_without_its_end_stays_base58() -> None:
    solana = REGISTRY.network("solana")
    for first in range(4_000):
        data = b"\0\0" + first.to_bytes(2, "big") + bytes(range(60))
        text = base58.encode(data)
        assert usual_signature(solana, text) == text


@pytest.mark.parametrize("row", [r for r in ROWS if r.claim.script and r.bound], ids=ids)
def test_an_ed25519_key_in_every_spelling_of_wallets(row: Signed) -> None:
    data = decode_hex(row.claim.script)
    if data is None or len(data) != 32 or row.scheme == "cip8" or row.claim.network == "polkadot":
        pytest.skip("its key is of another kind")
    for text in (
        data.hex().upper(),
        base64.b64encode(data).decode(),
        "ed25519:" + base58.encode(data),
        "ed25519-pub-0x" + data.hex(),
        "302a300506032b6570032100" + data.hex(),
        base64.b64encode(b"\0" + data).decode(),
    ):
        assert checked(row, row.claim.signatures[0], text) is Control.CONTROLS, text
    for text in ("01" + data.hex(), data.hex()[2:], base58.encode(data) + "0"):
        assert checked(row, row.claim.signatures[0], text) is not Control.CONTROLS, text


def test_what_wallets_save_as_an_object() -> None:
    signer = key(1)
    signature = evm_sign(signer)
    row = Signed("evm_message", "", claim("ethereum", evm_address(signer), signature))
    saved = {"address": evm_address(signer), "msg": row.claim.message, "version": "2"}
    assert checked(row, json.dumps({**saved, "sig": signature})) is Control.CONTROLS
    for odd in ({"sig": signature, "signature": signature}, {"sig": 5}, {}, [signature]):
        assert checked(row, json.dumps(odd)) is not Control.CONTROLS
    terra = next(r for r in ROWS if r.scheme == "adr36")
    pub_key = {"type": "tendermint/PubKeySecp256k1", "value": terra.claim.script}
    data = decode_hex(terra.claim.script)
    if data is not None:
        pub_key["value"] = base64.b64encode(data).decode()
    kept = json.dumps({"pub_key": pub_key, "signature": terra.claim.signatures[0]})
    assert checked(terra, kept, "") is Control.CONTROLS
    assert checked(terra, terra.claim.signatures[0], json.dumps(pub_key)) is Control.CONTROLS
    cardano = next(r for r in ROWS if r.scheme == "cip8")
    wallet = {"signature": cardano.claim.signatures[0], "key": cardano.claim.script}
    assert checked(cardano, json.dumps(wallet), "") is Control.CONTROLS
    near = next(r for r in ROWS if r.scheme == "nep413" and r.claim.script)
    public = "ed25519:" + base58.encode(decode_hex(near.claim.script) or b"")
    answer = {"accountId": near.claim.address, "publicKey": public}
    answer["signature"] = near.claim.signatures[0]
    assert checked(near, json.dumps(answer), "") is Control.CONTROLS


def test_a_key_is_taken_from_beside_one_signature_only() -> None:
    terra = REGISTRY.network("terra-classic")
    packed = json.dumps({"signature": "AA==", "key": "k"})
    assert usual_signatures(terra, [packed]) == (("AA==",), "k")
    assert usual_signatures(terra, [packed, packed]).key == ""


def test_bitcoins_in_the_alphabet_of_the_web() -> None:
    bitcoin = REGISTRY.network("bitcoin")
    for number in range(20):
        standard = bitcoin_sign(key(number))
        web = standard.translate(str.maketrans("+/", "-_"))
        for text in (web, web.rstrip("="), standard.rstrip("="), f'"{standard}"'):
            assert usual_signature(bitcoin, text) == standard
