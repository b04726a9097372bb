"""Signatures as wallets, mails and spreadsheets write them, read as the one text that they are."""

from __future__ import annotations

import base64
import json
import random

import pytest
from support.native_rows import native_rows
from support.signed_rows import Signed, bitcoin_sign, claim, evm_address, evm_sign, key, signed_rows

from scanner.model.addresses import base58
from scanner.model.control import Control
from scanner.model.key_text import usual_key
from scanner.model.signature_objects import in_wrappers, of_numbers
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
    for odd in ({"sig": signature, "signature": signature}, {"sig": 5}, {}, [signature, signature]):
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


def test_hex_goes_before_base64_wherever_a_text_is_hex() -> None:
    """Uppercase hex of 130 characters that ends in A is base64 of 97 bytes as well."""
    draw = random.Random(16)
    for network in REGISTRY.networks.values():
        for size in (64, 65, 66, 71, 72, 96, 97, 98, 100):
            for end in "0123456789ABCDEF":
                digits = draw.randbytes(size).hex().upper()[:-1] + end
                for text in ("0x" + digits, "0X" + digits, digits):
                    made = usual_signature(network, text)
                    if network.kind != "utxo" or size < 65:
                        assert made == text, (network.name, text)
                    elif made != text:
                        data = base64.b64decode(made.removeprefix("smp"))
                        assert data == bytes.fromhex(digits), (network.name, text)


def test_okx_s_hex_stays_where_its_last_byte_is_one_of_its_own() -> None:
    """Behind 0x Bitcoin's rows of OKX have r, s, v: a header first is read where v is none."""
    bitcoin = REGISTRY.network("bitcoin")
    for header in range(20, 50):
        for last in (*range(50), 128, 255):
            text = "0x" + bytes((header, *bytes(63), last)).hex()
            is_header = 27 <= header <= 42 and not (last < 4 or 27 <= last <= 34)
            assert (usual_signature(bitcoin, text) != text) is is_header, (header, last)


def test_the_usual_spelling_of_a_usual_one_is_itself() -> None:
    for row in ROWS:
        network = REGISTRY.networks[row.claim.network]
        for text in row.claim.signatures:
            made = usual_signature(network, text)
            assert usual_signature(network, made) == made
        made = usual_key(network.kind, row.claim.script)
        assert usual_key(network.kind, made) == made


_PIECES = (
    *('{"', '":', ",", "[", "]", "}", "0x", "0X", "ed25519:", "SIG_K1_", "=", "-", "_", "+", "/"),
    *("'", " ", "\n", "é", "\0", "smp", "payload", "result", "signature", "r", "s", "v", "data"),
    *("type", "Buffer", "terrapub1", "aB", "null", "1", "255", "ab" * 32, "QUJD" * 22),
)


def test_any_text_is_read_or_stays_as_it_is() -> None:
    draw = random.Random(5)
    networks = list({n.kind: n for n in REGISTRY.networks.values()}.values())
    for _ in range(1_500):
        text = "".join(draw.choice(_PIECES) for _ in range(draw.randrange(14)))
        for network in draw.sample(networks, 4):
            signatures, found = usual_signatures(network, [text])
            assert isinstance(signatures[0], str)
            assert isinstance(found, str)
            assert isinstance(usual_key(network.kind, text), str)
    for text in (
        "[" * 90_000,
        '{"result":' * 9_000,
        "9" * 90_000,
        "A" * 90_000,
        "0x" + "A" * 9_000,
    ):
        for network in networks:
            assert usual_signatures(network, [text]).signatures == (text,)
            assert usual_key(network.kind, text) == text


def test_bytes_as_python_shows_them() -> None:
    draw = random.Random(9)
    solana = REGISTRY.network("solana")
    for _ in range(300):
        data = draw.randbytes(64)
        assert usual_signature(solana, repr(data)) == data.hex()
    for data in (bytes(64), b"'" * 64, b'"' * 64, b"\\" * 64, b"'\"\\\n\r\t" * 11):
        assert usual_signature(solana, repr(data)) == data.hex()
    for text in (
        "b''",
        "b'",
        "b'\\q'",
        "b'é" + "a" * 64 + "'",
        repr(bytes(5)),
        "b'" + "a" * 64 + '"',
    ):
        assert usual_signature(solana, text) == text


def test_objects_say_nothing_twice() -> None:
    """Where two readings are possible none is taken."""
    for kind, found in (
        ("utxo", {"v": 0, "r": "11" * 32, "s": "22" * 32, "signature": "x"}),
        ("utxo", {"v": True, "r": "11" * 32, "s": "22" * 32}),
        ("utxo", {"v": 26, "r": "11" * 32, "s": "22" * 32}),
        ("utxo", {"v": 0, "r": "11" * 33, "s": "22" * 32}),
        ("utxo", {"v": 0, "r": "zz", "s": "22" * 32}),
        ("starknet", {"r": "ab", "s": "1"}),
        ("starknet", {"r": 1.5, "s": 1}),
        ("starknet", {"signature": []}),
        ("starknet", {"signature": [1, None]}),
        ("substrate", {"Sr25519": "0x" + "11" * 64, "Ed25519": "0x" + "11" * 64}),
        ("substrate", {"Sr25519": "11" * 64}),
        ("substrate", {}),
        ("solana", {"r": "1", "s": "2"}),
        ("utxo", None),
    ):
        assert of_numbers(kind, found) == "", (kind, found)
    both = {"payload": {"signature": "a"}, "result": {"signature": "b"}}
    assert in_wrappers(both) == both
    deep: object = "x"
    for _ in range(9):
        deep = {"result": deep}
    assert in_wrappers(deep) != "x"


def test_a_key_that_may_be_read_in_two_ways_stays() -> None:
    near = "AATaMBQfaYEL3JWPnMcaypuXGvUVXx4yF3FanZAengip"  # base64 of 33 bytes, Base58 of 32
    assert usual_key("near", near) == near
    digits = "4402100175579008383308458784218142125527586765291651989250076749"
    assert usual_key("starknet", digits) == digits  # 64 digits may be hex
    assert usual_key("starknet", digits + "9578889680007").startswith("0x")
    for kind in ("utxo", "cosmos", "xrpl", "hedera", "near", "solana", "antelope", "ton"):
        for text in ("02" + "11" * 32, "0X" + "AB" * 32, "21" + "02" * 33 + "ac", "11" * 33):
            assert usual_key(kind, text) == text
