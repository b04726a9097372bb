"""The chains' own forms: vectors of other libraries, and what must not pass for a signed text."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.native_rows import native_rows, sr_pair
from support.signed_rows import (
    MESSAGE,
    Signed,
    altered,
    claim,
    ed_key,
    evm_address,
    evm_sign,
    key,
    refused,
)

from scanner.model.addresses import base58
from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.control import Control, ControlResult
from scanner.model.statement import Statement, StatementRule
from scanner.ownership.interface import Proof
from scanner.ownership.judge import judge
from scanner.ownership.native.parts import read_parts, said_in
from scanner.ownership.native.solana import off_chain
from scanner.ownership.statement import settle
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "vectors" / "native_forms" / "vectors.json").read_text()
)["vectors"]
ROWS = {f"{r.scheme} {r.label}": r for r in native_rows(1)}


def judged(row: Signed, **changes: object) -> ControlResult:
    return judge(altered(row, **changes), REGISTRY)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['scheme']} {v['address'][:12]}")
def test_what_another_library_signed(vector: dict[str, Any]) -> None:
    row = claim(
        vector["network"],
        vector["address"],
        *vector["signatures"],
        message=vector["message"],
        script=vector["script"],
    )
    result = judge(row, REGISTRY)
    assert (result.control, result.scheme) == (Control.CONTROLS, vector["scheme"]), result.reason
    for message in (vector["message"] + "x", vector["message"][::-1]):
        assert refused(judge(row._replace(message=message), REGISTRY))


@pytest.mark.parametrize("name", sorted(ROWS))
def test_another_network_never_reads_it(name: str) -> None:
    row = ROWS[name]
    alike = {"polkadot": "polkadot-asset-hub", "stellar": "pi", "pi": "stellar"}
    for network in REGISTRY.networks:
        if network not in (row.claim.network, alike.get(row.claim.network)):
            assert not judged(row, network=network).shows_control, network


@pytest.mark.parametrize("text", ["\x01\x00\x01transaction", "STX\0", "a\0b", "\x80\x01"])
@pytest.mark.parametrize("network", ["solana", "aptos", "polkadot", "xrpl"])
def test_a_text_that_may_be_a_transaction_is_not_read_without_an_envelope(
    network: str, text: str
) -> None:
    name = {"xrpl": "xrpl_text Ed25519", "polkadot": "polkadot_text Ed25519"}.get(
        network, f"{network}_text text"
    )
    row, signer = ROWS[name], ed_key(1)
    signature = signer.sign(text.encode()).signature.hex()
    result = judged(row, signatures=(signature,), message=text)
    assert result.control is not Control.CONTROLS, result


def test_solanas_off_chain_message_is_serialized_as_its_sdk_does() -> None:
    """`solana_sdk::offchain_message`: "Test Message", version 0, format 0."""
    network = REGISTRY.networks["solana"]
    row = ROWS["solana_text text"]
    from scanner.model.addresses.table import decode_address

    address = decode_address(network, row.claim.address)
    first, second = off_chain(Proof(network, address, "Test Message", ()))
    assert first.hex() == "ff736f6c616e61206f6666636861696e00000c0054657374204d657373616765"
    assert second[17] == 1


def _off_chain(preamble: bytes) -> ControlResult:
    """The verdict about the row's text signed behind a preamble."""
    row = ROWS["solana_text text"]
    text = row.claim.message.encode()
    return judged(
        row, signatures=(ed_key(1).sign(b"\xffsolana offchain" + preamble + text).signature.hex(),)
    )


def test_solanas_off_chain_message_names_who_signs_and_for_which_application() -> None:
    key, other = (ed_key(n).verify_key.encode() for n in (1, 2))
    size = len(MESSAGE.encode()).to_bytes(2, "little")
    assert _off_chain(b"\0" + bytes(32) + b"\1\1" + key + size).shows_control
    assert _off_chain(b"\1\1" + key).shows_control
    for preamble in (
        b"\0" + other + b"\1\1" + key + size,  # an application of its own
        b"\0" + bytes(32) + b"\1\1" + other + size,
        b"\0" + bytes(32) + b"\3\1" + key + size,  # no such format
        b"\0" + bytes(32) + b"\1\2" + key + other + size,  # others sign, too, and are not named
        b"\1\1" + other,
        b"\1\2" + key + key,
        b"\2\1" + key,
    ):
        assert _off_chain(preamble).control is Control.UNSUPPORTED, preamble


def test_an_envelope_for_another_address_is_false() -> None:
    cose = ROWS["cip8 base"]
    other = native_rows(2)
    wrong = next(r for r in other if r.scheme == "cip8" and r.label == "base")
    assert judged(cose, address=wrong.claim.address).control is Control.MISMATCH
    enterprise = ROWS["cip8 enterprise"]  # the same payment key, another address in the header
    assert judged(cose, address=enterprise.claim.address).control is Control.UNSUPPORTED
    full = ROWS["aptos_text fullMessage"]
    named = full.claim.message.replace(full.claim.address, "0x" + "11" * 32)
    signature = ed_key(1).sign(named.encode()).signature.hex()
    result = judged(full, message=named, signatures=(signature,))
    assert result.control is Control.MISMATCH
    assert "not the row's" in result.reason
    chain = full.claim.message.replace("chainId: 1", "chainId: 2")
    signature = ed_key(1).sign(chain.encode()).signature.hex()
    assert judged(full, message=chain, signatures=(signature,)).control is Control.MISMATCH
    sign_data = ROWS["ton_connect signData"]
    parts = json.loads(sign_data.claim.message) | {"address": "0:" + "11" * 32}
    assert judged(sign_data, message=json.dumps(parts)).control is Control.MISMATCH


def test_sr25519_signatures_of_nobody() -> None:
    """The key of zeros verifies for every text; a mark on an Ed25519 signature makes it none."""
    codec = Ss58Codec("polkadot", "0")
    forged = "0x" + bytes(63).hex() + "80"
    assert refused(judge(claim("polkadot", codec.encode(bytes(32)), forged), REGISTRY))
    row = ROWS["polkadot_text sr25519"]
    good = bytes.fromhex(row.claim.signatures[0][2:])
    other = codec.encode(sr_pair(2)[0])
    assert refused(judged(row, address=other))
    unmarked = good[:63] + bytes((good[63] & 0x7F,))
    assert refused(judged(row, signatures=("0x" + unmarked.hex(),)))
    assert refused(judged(row, signatures=("0x00" + good.hex(),)))


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": base64.b64encode(bytes(31)).decode()},
        {"nonce": [1] * 32},
        {"recipient": "b.near"},
        {"callbackUrl": None},
        {"message": "x"},
        {"more": "y"},
    ],
)
def test_every_part_of_nep_413_is_signed(change: dict[str, object]) -> None:
    row = ROWS["nep413 implicit"]
    parts = json.loads(row.claim.message) | change
    assert judged(row, message=json.dumps(parts)).control is not Control.CONTROLS


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": 1_700_000_001},
        {"timestamp": True},
        {"timestamp": -1},
        {"payload": "x"},
        {"domain": {"lengthBytes": 4, "value": "a.org"}},
        {"domain": {"lengthBytes": 5, "value": "b.org"}},
        {"more": 1},
    ],
)
def test_every_part_of_a_ton_proof_is_signed(change: dict[str, object]) -> None:
    row = ROWS["ton_connect ton_proof"]
    parts = json.loads(row.claim.message) | change
    assert judged(row, message=json.dumps(parts)).control is not Control.CONTROLS


def test_the_text_that_was_shown() -> None:
    for name in ("nep413 implicit", "ton_connect ton_proof", "ton_connect signData"):
        said = said_in(ROWS[name].claim.message)
        assert (said.text, said.log_in) == (MESSAGE, "ton_proof" in name)
        assert said.shown == f"{MESSAGE} (for {said.place})"
    for text in (MESSAGE, "{}", '{"message": 1}', '{"a": 1, "a": 2}', "{" * 100_000, ""):
        assert said_in(text) == (text, "", False)
    assert read_parts('{"a": 1, "a": 2}') is None


def test_a_statement_is_judged_by_the_text_that_was_shown() -> None:
    rule = StatementRule("Some Exchange", wanted=(MESSAGE,), places=("a.org", "a.near"))
    for name in ("nep413 implicit", "ton_connect ton_proof", "ton_connect signData"):
        row = ROWS[name].claim
        assert settle(judge(row, REGISTRY), row, rule).statement is Statement.STATED
    shown = json.dumps({"message": MESSAGE, "nonce": "x", "recipient": "y"})
    whole = claim("ethereum", evm_address(key(1)), evm_sign(key(1), shown), message=shown)
    assert settle(judge(whole, REGISTRY), whole, rule).statement is Statement.NOT_STATED


@pytest.mark.parametrize("flag", [1, 2, 3, 5, 6, 9])
def test_a_sui_signature_of_another_kind_is_named_and_not_called_false(flag: int) -> None:
    row = ROWS["sui_personal whole"]
    data = base64.b64decode(row.claim.signatures[0])
    other = base64.b64encode(bytes((flag,)) + data[1:] + b"\0").decode()
    result = judged(row, signatures=(other,))
    assert result.control is Control.UNSUPPORTED
    kinds = {1: "secp256k1", 2: "secp256r1", 3: "multisig", 5: "zkLogin", 6: "passkey"}
    assert f"signature 1 is {kinds.get(flag, 'unknown')}" in result.reason


def test_two_solana_spellings_of_one_signature() -> None:
    row = ROWS["solana_text text"]
    data = base58.decode(row.claim.signatures[0])
    for text in (data.hex(), "0x" + data.hex(), base64.b64encode(data).decode()):
        assert judged(row, signatures=(text,)).shows_control
