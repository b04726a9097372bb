"""Signatures over a twin of the published text: named, not verified, and not called false."""

from __future__ import annotations

import base64
import json
import time
import unicodedata
from collections.abc import Callable
from functools import partial
from hashlib import sha256

import pytest
from btclib.tx.out_point import OutPoint
from support.bitcoin_signing import (
    BITCOIN,
    NETWORKS,
    Key,
    Spend,
    address_of,
    full,
    keys,
    multisig,
    proof_of_funds,
    simple,
    to_sign,
)
from support.signed_rows import (
    claim,
    ed_key,
    ed_sign,
    evm_address,
    evm_sign,
    key,
    tron_address,
)

from scanner.model.addresses import base58
from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.addresses.ton import TonCodec
from scanner.model.claim import Claim
from scanner.model.control import Control
from scanner.model.key_policy import KeyPolicy
from scanner.ownership import judge as judge_module
from scanner.ownership.ed25519.ton_wallets import account_ids
from scanner.ownership.interface import Proof
from scanner.ownership.judge import judge
from scanner.ownership.native.ton import signed_bytes
from scanner.ownership.near_misses import MOST, TEST_NETWORKS
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
TEXT = "I am an exchange\nof Zürich"
MINE, ED = key(1), ed_key(1)
ADDRESS = evm_address(MINE)


def evm(signed: str, published: str) -> Claim:
    return claim("ethereum", ADDRESS, evm_sign(MINE, signed), message=published)


def tron(signed: str, published: str) -> Claim:
    made = evm_sign(MINE, signed, envelopes.tip191_hash)
    return claim("tron", tron_address(MINE), made, message=published)


def solana(signed: str, published: str) -> Claim:
    address = base58.encode(ED.verify_key.encode())
    return claim("solana", address, ed_sign(ED, signed), message=published)


def bitcoin(signed: str, published: str) -> Claim:
    signer = Key("mine")
    address = address_of(BITCOIN, "p2wpkh", signer.public)
    return claim("bitcoin", address, signer.message(BITCOIN, signed, 39), message=published)


TWINS = {
    "line end added": (TEXT + "\n", TEXT),
    "CRLF": (TEXT.replace("\n", "\r\n"), TEXT),
    "LF": (TEXT, TEXT.replace("\n", "\r\n")),
    "without spaces and line ends around": (TEXT, f"  {TEXT}\n"),
    "a space added": (TEXT + " ", TEXT),
    "single spaces": ("I am one", "I  am   one"),
    "real line ends": (TEXT, TEXT.replace("\n", "\\n")),
    "form NFD": (unicodedata.normalize("NFD", TEXT), TEXT),
    "form NFC": (TEXT, unicodedata.normalize("NFD", TEXT)),
    "form NFKC": ("file 1", "ﬁle ①"),
    "quotation marks": (f'"{TEXT}"', TEXT),
    "without a byte order mark": (TEXT, "\ufeff" + TEXT),
    "with a byte order mark": ("\ufeff" + TEXT, TEXT),
    "plain quotation marks": ('It\'s "ours" - all', "It\u2019s \u201cours\u201d \u2013 all"),
    "without invisible characters": ("I am one", "I am\u200b one\u2060"),
}


def bip322(kind: str, signed: str, published: str) -> Claim:
    signers = tuple(map(Key, ("a", "b")))
    script = multisig(2, [k.public for k in signers]) if kind == "p2wsh" else b""
    address = address_of(BITCOIN, kind, script or signers[0].public)
    output = script_pubkey(decode_address(BITCOIN, address))
    used = signers if script else signers[:1]
    spend = Spend(kind, output, used, script, before=(b"",) if script else ())
    write = full if kind == "p2pkh" else simple
    return claim("bitcoin", address, write(to_sign(signed, [spend])), message=published)


def nep413(signed: str, published: str) -> Claim:
    def parts(text: str) -> str:
        nonce = base64.b64encode(bytes(32)).decode()
        return json.dumps({"message": text, "nonce": nonce, "recipient": "a.near"})

    data = (2**31 + 413).to_bytes(4, "little") + borsh(signed) + bytes(32) + borsh("a.near")
    made = ED.sign(sha256(data + b"\0").digest()).signature.hex()
    return claim("near", ED.verify_key.encode().hex(), made, message=parts(published))


def borsh(text: str) -> bytes:
    return len(text.encode()).to_bytes(4, "little") + text.encode()


def ton(log_in: bool, signed: str, published: str) -> Claim:
    def parts(text: str) -> str:
        if log_in:
            domain = {"lengthBytes": 5, "value": "a.org"}
            return json.dumps({"timestamp": 1, "domain": domain, "payload": text})
        payload = {"type": "text", "text": text}
        return json.dumps({"timestamp": 1, "domain": "a.org", "payload": payload})

    public = ED.verify_key.encode()
    address = TonCodec("ton", "").encode(0, next(iter(account_ids(public))))
    network = REGISTRY.network("ton")
    proof = Proof(network, decode_address(network, address), parts(signed), ("",))
    made = ED.sign(signed_bytes(proof)).signature.hex()
    return claim("ton", address, made, message=parts(published), script=public.hex())


ROWS = {
    "evm": evm,
    "tron": tron,
    "solana": solana,
    "bitcoin": bitcoin,
    "BIP-322 p2wpkh": partial(bip322, "p2wpkh"),
    "BIP-322 p2pkh": partial(bip322, "p2pkh"),
    "BIP-322 p2wsh": partial(bip322, "p2wsh"),
    "NEP-413": nep413,
    "ton_proof": partial(ton, True),
    "signData": partial(ton, False),
}


@pytest.mark.parametrize("words", TWINS)
@pytest.mark.parametrize("name", ROWS)
def test_a_twin_of_the_text_is_named(name: str, words: str) -> None:
    row: Callable[[str, str], Claim] = ROWS[name]
    signed, published = TWINS[words]
    assert judge(row(signed, signed), REGISTRY).shows_control
    result = judge(row(signed, published), REGISTRY)
    assert result.control is Control.UNSUPPORTED, result
    assert words in result.reason
    assert "publish exactly what was signed" in result.reason


def test_hex_that_was_signed_as_the_bytes_it_spells() -> None:
    result = judge(solana("I am one", b"I am one".hex()), REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert "hex" in result.reason


@pytest.mark.parametrize("other", [checksum_text(bytes.fromhex(ADDRESS[2:])), ADDRESS.upper()])
def test_the_case_of_the_address_in_the_text(other: str) -> None:
    signed = f"I own {ADDRESS} today"
    result = judge(evm(signed, f"I own {other} today"), REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert f"address as {ADDRESS}" in result.reason


def test_another_coins_header() -> None:
    signer = Key("mine")
    made = signer.message(NETWORKS["litecoin"], TEXT, 31)
    row = claim("bitcoin", address_of(BITCOIN, "p2pkh", signer.public), made, message=TEXT)
    result = judge(row, REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert "header of litecoin" in result.reason


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("bitcoin", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"),
        ("bitcoin", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"),
        ("bitcoin-cash", "bchtest:qpm2qsznhks23z7629mms6s4cwef74vcwvqcw003ap"),
        ("cardano", "addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz"),
    ],
)
def test_an_address_of_a_test_network_is_named(network: str, address: str) -> None:
    result = judge(claim(network, address, "x"), REGISTRY)
    assert result.control is Control.MALFORMED
    assert "test network" in result.reason


def test_the_networks_are_in_the_tables() -> None:
    assert set(TEST_NETWORKS) <= set(REGISTRY.networks)


def test_another_text_is_no_twin_and_its_cost_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = judge_module._judge

    def counting(*arguments: object) -> object:
        asked.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(judge_module, "_judge", counting)
    judge_module._memory.clear()
    published = f"  I own\r\n \\n {ADDRESS.upper()} Zürich ﬁ ①  "
    assert judge(evm("something else", published), REGISTRY).control is Control.MISMATCH
    assert 1 < len(asked) <= MOST + 1
    asked.clear()
    judge_module._memory.clear()
    assert judge(evm(TEXT, TEXT), REGISTRY).shows_control
    assert len(asked) == 1
    asked.clear()
    judge_module._memory.clear()
    assert judge(evm("a", "b" * 20_000), REGISTRY).control is Control.MISMATCH
    assert 1 < len(asked) <= MOST + 1


@pytest.mark.parametrize("size", [9_000, 11_000, 60_000])
def test_a_long_text_may_have_lost_its_line_end_too(size: int) -> None:
    for row in (evm, solana, bitcoin):
        result = judge(row("x" * size + "\n", "x" * size), REGISTRY)
        assert result.control is Control.UNSUPPORTED
        assert "line end added" in result.reason


@pytest.mark.parametrize("published", ["x" * 300_000, "é" * 60_000, "a" + "\u0301\u0327" * 5_000])
def test_a_text_too_long_for_all_its_twins_is_not_called_false(published: str) -> None:
    judge_module._memory.clear()
    started = time.process_time()
    result = judge(evm("another", published), REGISTRY)
    assert time.process_time() - started < 0.5
    assert result.control is Control.UNSUPPORTED
    assert "too long to be tried" in result.reason
    asked = judge(evm("another", published), REGISTRY, lambda to, data: b"")
    assert asked.control is Control.UNSUPPORTED, "nor where the chain knows no contract there"


def test_no_chain_is_asked_about_a_twin() -> None:
    def asked(address: object) -> KeyPolicy:
        raise AssertionError("asked")

    row = tron(TEXT + "\n", TEXT)
    assert judge(row, REGISTRY, None, asked).control is Control.UNSUPPORTED


def test_a_long_signature_of_bip322_is_tried_over_the_likeliest_twins() -> None:
    row = bip322("p2wpkh", TEXT + "\n", TEXT)
    whole = row.signatures[0]
    assert judge(row, REGISTRY).control is Control.UNSUPPORTED
    signer = Key("a")
    output = script_pubkey(decode_address(BITCOIN, row.address))
    funds = [OutPoint(bytes((n,)) * 32, 0) for n in range(1, 4)]
    spends = [Spend("p2wpkh", output, (signer,))] * 4
    long = proof_of_funds(to_sign(TEXT + "\n", spends, funds=funds), spends)
    assert len(whole) <= 400 < len(long)
    good = row._replace(message=TEXT + "\n", signatures=(long,))
    assert judge(good, REGISTRY).shows_control
    result = judge(row._replace(signatures=(long,)), REGISTRY)
    assert (result.control, "line end added" in result.reason) == (Control.UNSUPPORTED, True)
    wrong = row._replace(message="another", signatures=(long,))
    assert judge(wrong, REGISTRY).control is Control.MISMATCH


def of_many(required: int, members: int, signed: str, published: str) -> Claim:
    """Signatures of a script's keys, one a column."""
    signers = keys(members, "member")
    script = multisig(required, [k.public for k in signers])
    made = [k.message(BITCOIN, signed, 31) for k in signers[:required]]
    address = address_of(BITCOIN, "p2wsh", script)
    return claim("bitcoin", address, *made, message=published, script=script.hex())


def by_owners(count: int, signed: str, published: str) -> Claim:
    """Signatures of a contract's named owners."""
    signers = [key(n) for n in range(1, count + 1)]
    made = [evm_sign(signer, signed) for signer in signers]
    owners = tuple(map(evm_address, signers))
    contract = "0x" + "ab" * 20
    return claim("ethereum", contract, *made, message=published, owners=owners)


def bip322_of_many(required: int, members: int, signed: str, published: str) -> Claim:
    signers = keys(members, "member")
    script = multisig(required, [k.public for k in signers])
    address = address_of(BITCOIN, "p2wsh", script)
    output = script_pubkey(decode_address(BITCOIN, address))
    spend = Spend("p2wsh", output, tuple(signers[:required]), script, before=(b"",))
    return claim("bitcoin", address, simple(to_sign(signed, [spend])), message=published)


MANY = {
    "5 of 5": partial(of_many, 5, 5),
    "2 of 15": partial(of_many, 2, 15),
    "12 of 15": partial(of_many, 12, 15),
    "5 owners": partial(by_owners, 5),
    "20 owners": partial(by_owners, 20),
    "BIP-322 3 of 5": partial(bip322_of_many, 3, 5),
    "BIP-322 11 of 15": partial(bip322_of_many, 11, 15),
}


@pytest.mark.parametrize("name", MANY)
def test_of_many_signatures_a_twin_is_named_too(name: str) -> None:
    row = MANY[name]
    assert judge(row(TEXT, TEXT), REGISTRY).control is Control.CONTROLS
    result = judge(row(TEXT + "\n", TEXT), REGISTRY)
    assert (result.control, "line end added" in result.reason) == (Control.UNSUPPORTED, True)


@pytest.mark.parametrize("name", MANY)
def test_of_many_signatures_none_escapes_being_false(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = judge_module._judge

    def counting(proof: Proof, *more: object) -> object:
        asked.append(len(proof.signatures))
        return real(proof, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(judge_module, "_judge", counting)
    judge_module._memory.clear()
    bad = MANY[name]("another text", TEXT)
    assert judge(bad, REGISTRY).control is Control.MISMATCH
    assert 2 < len(asked) <= MOST + 1
    assert sum(asked) <= len(bad.signatures) + MOST * 4
    twin = MANY[name](TEXT + "\n", TEXT)
    if len(twin.signatures) > 4:  # one of another text among those of a twin
        mixed = twin._replace(signatures=(*twin.signatures[:-1], bad.signatures[-1]))
        assert judge(mixed, REGISTRY).control is Control.MISMATCH
        mixed = twin._replace(signatures=(bad.signatures[0], *twin.signatures[1:]))
        assert judge(mixed, REGISTRY).control is Control.MISMATCH


def test_json_of_parts_is_a_text_like_any_other_where_no_wallet_signs_parts() -> None:
    published = json.dumps({"message": "x", "nonce": "y", "recipient": "z"})
    result = judge(evm(published + "\n", published), REGISTRY)
    assert "line end added" in result.reason
