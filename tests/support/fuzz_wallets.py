"""Parsers of what wallets give: keys and signatures of several networks' own forms."""

from __future__ import annotations

import base64
import json

from scanner.model.addresses.table import decode_address
from scanner.ownership.interface import Proof as Row
from scanner.ownership.native.cosmos_keys import read_key
from scanner.ownership.primitives.not_proven import NotProvenError
from scanner.settings.tables import load_registry
from support.bcs_rows import aptos_rows, asked, sui_rows
from support.fuzzing import Parser, as_json, named, plain, text_of
from support.recorded import VECTORS


def of_bcs() -> dict[str, Parser]:
    """Keys and signatures of Sui and Aptos, and what a browser says of a passkey."""
    sui = [base64.b64decode(row.claim.signatures[0]) for row in sui_rows(1)]
    aptos = [row.claim for row in aptos_rows(1)]
    room = "ownership.native"
    return {
        f"{room}.sui_keys:read_passkey": plain(f"{room}.sui_keys:read_passkey", *sui),
        f"{room}.sui_keys:read_signed": plain(f"{room}.sui_keys:read_signed", *sui),
        f"{room}.sui_multisig:judge_other": Parser(
            lambda raw: named(f"{room}.sui_multisig:judge_other")("s", raw, bytes(32), bytes(32)),
            sui,
        ),
        f"{room}.aptos_signatures:read_signature": plain(
            f"{room}.aptos_signatures:read_signature",
            *(bytes.fromhex(row.signatures[0][2:]) for row in aptos),
        ),
        f"{room}.aptos_keys:column_keys": Parser(
            lambda raw: named(f"{room}.aptos_keys:column_keys")(raw.hex()),
            [bytes.fromhex(row.script) for row in aptos],
            NotProvenError,
        ),
        "ownership.primitives.webauthn:challenge_of": plain(
            "ownership.primitives.webauthn:challenge_of", asked(bytes(32)), asked(b"", more=[1])
        ),
    }


def of_wallets() -> dict[str, Parser]:
    """Signatures and keys of Cardano, Hedera and Aptos as wallets and tools write them."""
    cose = json.loads((VECTORS / "cip8" / "vectors.json").read_text())
    hedera = json.loads((VECTORS / "hedera_maps" / "vectors.json").read_text())
    keys = [v["key"].encode() for v in cose]
    maps = [base64.b64decode(v["signatures"][0]) for v in hedera if v["form"] == "map of two keys"]
    room = "ownership.native"
    return {
        f"{room}.cardano:_read": plain(
            f"{room}.cardano:_read", bytes.fromhex(cose[0]["signature"])
        ),
        f"{room}.cardano_keys:read_key": Parser(
            lambda raw: named(f"{room}.cardano_keys:read_key")(text_of(raw)), keys, NotProvenError
        ),
        f"{room}.cardano_keys:read_key, of bytes": Parser(
            lambda raw: named(f"{room}.cardano_keys:read_key")(raw.hex()),
            [bytes.fromhex(cose[0]["key"])],
            NotProvenError,
        ),
        f"{room}.hedera:_pairs": Parser(
            lambda raw: named(f"{room}.hedera:_pairs")(raw.hex()), maps
        ),
        f"{room}.aptos_message:full_message": Parser(
            lambda raw: named(f"{room}.aptos_message:full_message")(text_of(raw)),
            [b"APTOS\naddress: 0x1\nchainId: 1\nmessage: a\nnonce: 1"],
        ),
    }


def nested() -> dict[str, Parser]:
    """Keys and signatures of Cosmos' accounts of several keys, signatories of Polkadot's."""
    cosmos = json.loads((VECTORS / "nested" / "cosmos.json").read_text())[1]
    polkadot = json.loads((VECTORS / "nested" / "polkadot.json").read_text())[1]
    by = read_key(cosmos["proto_json"])
    signed = cosmos["signed"][0]
    address = decode_address(load_registry().network("polkadot"), polkadot["address"])
    row = Row(load_registry().network("polkadot"), address, "", ())
    room = "ownership.native"
    return {
        f"{room}.cosmos_keys:account_keys": Parser(
            lambda raw: named(f"{room}.cosmos_keys:account_keys")(text_of(raw), bytes(20)),
            [as_json(cosmos["amino_json"]), as_json(cosmos["proto_json"])],
            NotProvenError,
        ),
        f"{room}.cosmos_signatures:signatures_in": Parser(
            lambda raw: named(f"{room}.cosmos_signatures:signatures_in")(raw.hex(), by),
            [base64.b64decode(signed["signature"])],
            NotProvenError,
        ),
        f"{room}.cosmos_signatures:signatures_in, as JSON": Parser(
            lambda raw: named(f"{room}.cosmos_signatures:signatures_in")(text_of(raw), by),
            [as_json(signed["descriptors"])],
            NotProvenError,
        ),
        f"{room}.polkadot_accounts:Behind": Parser(
            lambda raw: named(f"{room}.polkadot_accounts:Behind")(
                row._replace(script=text_of(raw))
            ),
            [as_json(polkadot["accounts"])],
            NotProvenError,
        ),
    }
