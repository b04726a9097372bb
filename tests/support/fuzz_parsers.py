"""Every parser of single values: its place, what it is tried with, and how it refuses.

Keys are "module:function" below scanner. `tests/fuzz/test_every_parser.py` finds what has none.
"""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from scanner.chains.bitcoin.utxo_format import Header, write_header
from scanner.chains.cosmos.proof import IAVL, SIMPLE
from scanner.chains.evm import rlp
from scanner.chains.evm.columns import NATIVE, Column
from scanner.chains.evm.trie import Proof, ProofError
from scanner.chains.fleet.faults import message_of, read_error, wait_hint
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.addresses.keccak import keccak256
from scanner.model.jsontext import read_json
from scanner.net.bodies import BodyError
from scanner.ownership.bitcoin.script_values import UndecidedError
from support.bitcoin_signing import MESSAGE, Key, Spend, multisig, proof_of_funds, to_sign
from support.coin_world import GENESIS
from support.fuzz_wallets import nested, of_bcs, of_wallets
from support.fuzzing import Parser, as_json, named, plain, text_of
from support.recorded import VECTORS, recorded

TRANSACTION = bytes.fromhex(
    "0100000001" + "11" * 32 + "00000000" + "00" + "ffffffff" + "01" + "00f2052a01000000"
    "1976a914" + "22" * 20 + "88ac" + "00000000"
)
XRPL = {"ledger": {"ledger_index": "5", "ledger_hash": "AA" * 32, "parent_hash": "BB" * 32,
        "total_coins": "1", "close_time": 1, "closed": True}, "validated": True}  # fmt: skip
TRON = {"blockID": "00" * 32, "block_header": {"raw_data": {"number": 3, "timestamp": 1,
        "txTrieRoot": "00", "parentHash": "00" * 32, "witness_address": "41" + "00" * 20,
        "version": 1}, "witness_signature": "00"}}  # fmt: skip
TRX = b'{"balance": 5, "frozenV2": [{"amount": 3}], "unfrozenV2": [{"unfreeze_amount": 1}]}'
SOLANA = {"data": ["AAAA", "base64"], "owner": "1" * 32, "lamports": 1, "executable": False,
          "space": 3, "rentEpoch": 0}  # fmt: skip
ERROR = {"code": -32000, "message": "execution reverted", "data": {"data": "0x08c379a0"},
         "rate": {"backoff_seconds": 3}}  # fmt: skip

TYPED = {"types": {"EIP712Domain": [{"name": "chainId", "type": "uint256"}],
                   "C": [{"name": "a", "type": "address"}, {"name": "n", "type": "int8[2]"}]},
         "primaryType": "C", "domain": {"chainId": {"__type": "bigint", "value": "1"}},
         "message": {"a": "0x" + "11" * 20, "n": [-1, "5n"]}}  # fmt: skip


def _json(read: Callable[[Any], object], *corpus: bytes) -> Parser:
    return Parser(lambda raw: read(read_json(raw)), corpus)


def _solana(value: object) -> object:
    account = named("chains.solana.accounts:read_account")("n", value)
    tokens = named("chains.solana.accounts:token_account")(account)
    return tokens, named("chains.solana.accounts:stake_account")(account)


def _spend() -> tuple[Any, Any]:
    key = Key("fuzz")
    script = b"\x21" + key.public + b"\xac"
    spend = Spend("p2wsh", b"\0\x20" + sha256(script).digest(), (key,), script)
    return to_sign(MESSAGE, [spend]), spend


def _ics23() -> Parser:
    files = sorted((VECTORS / "cosmos/ics23").glob("*.json"))
    known = []
    for path in files:
        read = {n: bytes.fromhex(t) for n, t in json.loads(path.read_text()).items()}
        known.append((IAVL if path.name.startswith("iavl") else SIMPLE, read))

    def parse(raw: bytes) -> None:
        for tree, read in known[::3]:
            got = named("chains.cosmos.proof:value_under")(read["root"], tree, read["key"], raw)
            assert got in (read["value"], None)

    return Parser(parse, [read["proof"] for _, read in known])


def _trie() -> Parser:
    leaf = rlp.encode([b"\x20" + b"\x11" * 32, b"value of a leaf that is long enough to be hashed"])

    def parse(raw: bytes) -> object:
        return named("chains.evm.trie:look_up")(keccak256(raw), b"\x11" * 32, Proof([raw], {}))

    return Parser(parse, [leaf, rlp.encode([b"\x22" * 32] * 16 + [b""])], ProofError)


def _groth16(place: str) -> Parser:
    folder = VECTORS / "liabilities" / "binance"
    corpus = [(folder / name).read_bytes() for name in ("zkpor4_1.raw.vk", "zkpor4_1.vk")]
    return Parser(lambda raw: named(place)(raw, "a key"), corpus, (ShapeError, RefusedError), 0.2)


def _utxos() -> bytes:
    return bytes(32) + b"\1" + b"\0" + b"\2" + b"\x80\x01" + b"\0" + b"\x11" * 20


_TX, _SPENT = _spend()
_WITNESS: bytes = _TX.vin[0].script_witness.serialize()
_PSBT = base64.b64decode(proof_of_funds(_TX, [_SPENT])[3:])
_ASKED = bytes(20) + (2).to_bytes(2) + b"\x11" * 20 + b"\x22" * 20
"""A request of a token's balances of two holders on Tron."""
_SHEET = [Column(NATIVE, [bytes(20)] * 3)]
_BAG: str = recorded("ton", "address_information")["result"]["data"]
_STATE: str = json.loads((VECTORS / "ton_connect/ton_proofs.json").read_text())["rows"][0][
    "state_init"
]

PARSERS: dict[str, Parser] = {
    "chains.bitcoin.transaction:parse_transaction": plain(
        "chains.bitcoin.transaction:parse_transaction", TRANSACTION, _TX.serialize(True)
    ),
    "chains.bitcoin.transaction:read_unlocking": plain(
        "chains.bitcoin.transaction:read_unlocking", TRANSACTION, _TX.serialize(True)
    ),
    "chains.bitcoin.spv:parse_header": plain("chains.bitcoin.spv:parse_header", GENESIS),
    "chains.bitcoin.utxo_format:read_header": plain(
        "chains.bitcoin.utxo_format:read_header",
        write_header(Header(b"\xf9\xbe\xb4\xd9", "11" * 32, 5)),
    ),
    "chains.bitcoin.utxo_format:read_group": Parser(
        lambda raw: named("chains.bitcoin.utxo_format:read_group")(raw, 0), [_utxos()]
    ),
    "chains.bitcoin.utxo_format:decompress_script": Parser(
        lambda raw: named("chains.bitcoin.utxo_format:decompress_script")(
            raw[: named("chains.bitcoin.utxo_format:script_end")(raw, 0)]
        ),
        [b"\0" + b"\x11" * 20, b"\x04" + b"\x79" * 32, b"\x08\x51\x52"],
    ),
    "chains.aelf.messages:read_balance": plain(
        "chains.aelf.messages:read_balance",
        b"\x0a\x03ELF\x12\x22\x0a\x20" + b"\x11" * 32 + b"\x18\x05",
    ),
    "model.protobuf:fields": Parser(
        lambda raw: list(named("model.protobuf:fields")(raw)), [b"\x08\x96\x01\x12\x03abc"]
    ),
    "chains.cosmos.proof:value_under": _ics23(),
    "chains.evm.rlp:decode": plain(
        "chains.evm.rlp:decode", rlp.encode([b"abc", [b"d" * 60, b""], b"e" * 300])
    ),
    "chains.evm.header:read_header": plain(
        "chains.evm.header:read_header", rlp.encode([b"\x11" * 32] * 15)
    ),
    "chains.evm.trie:look_up": _trie(),
    "chains.evm.multicall:decode": Parser(
        lambda raw: named("chains.evm.multicall:decode")("n", raw, 2),
        [b"".join(n.to_bytes(32) for n in (32, 2, 64, 192, 1, 64, 32, 5, 1, 64, 32, 6))],
    ),
    "chains.evm.sheet:decode": Parser(
        lambda raw: named("chains.evm.sheet:decode")("n", _SHEET, raw), [bytes(16 * 3), bytes(64)]
    ),
    "chains.tron.sheet:decode": Parser(
        lambda raw: named("chains.tron.sheet:decode")("n", _ASKED, 2, raw),
        [
            b"".join(
                n.to_bytes(32)
                for n in (1, 2, 3, int.from_bytes(keccak256(_ASKED)), 1 << 248 | 5, 2 << 248)
            )
        ],
    ),
    "chains.evm.single:read_word": plain("chains.evm.single:read_word", bytes(31) + b"\5"),
    "chains.evm.hexes:data": Parser(
        lambda raw: named("chains.evm.hexes:data")("n", text_of(raw), "x"), [b"0x" + b"ab" * 20]
    ),
    "chains.evm.hexes:quantity": Parser(
        lambda raw: named("chains.evm.hexes:quantity")("n", text_of(raw), "x"), [b"0x1f"]
    ),
    "chains.substrate.keys:read_account": plain("chains.substrate.keys:read_account", bytes(80)),
    "chains.substrate.keys:read_asset": plain("chains.substrate.keys:read_asset", bytes(18)),
    "chains.substrate.keys:read_ledger": plain(
        "chains.substrate.keys:read_ledger", bytes(32) + b"\x28\x04", bytes(32) + b"\x13" + bytes(8)
    ),
    "chains.substrate.keys:read_built_on": plain(
        "chains.substrate.keys:read_built_on", b"\4\1" + struct.pack("<I", 5) + bytes(36)
    ),
    "model.ton_cells:read_bag": Parser(
        lambda raw: named("model.ton_cells:read_bag")(base64.b64encode(raw).decode()),
        [base64.b64decode(_BAG)],
        share=0.3,
    ),
    "ownership.native.ton_state:read_first_state": Parser(
        lambda raw: named("ownership.native.ton_state:read_first_state")(
            base64.b64encode(raw).decode()
        ),
        [base64.b64decode(_BAG), base64.b64decode(_STATE)],
        share=0.2,
    ),
    "chains.xrpl.header:read_header": _json(
        lambda v: named("chains.xrpl.header:read_header")("n", v), as_json(XRPL)
    ),
    "chains.tron.header:read_header": _json(
        lambda v: named("chains.tron.header:read_header")("n", v), as_json(TRON)
    ),
    "chains.tron.account:trx_parts": _json(
        lambda v: named("chains.tron.account:trx_parts")("n", v) if isinstance(v, dict) else None,
        TRX,
    ),
    "chains.solana.accounts:read_account": _json(_solana, as_json(SOLANA)),
    "chains.fleet.faults:read_error": _json(
        lambda v: (read_error("n", v, message_of(v)), wait_hint(v)), as_json(ERROR)
    ),
    "liabilities.groth16.key:read_key": _groth16("liabilities.groth16.key:read_key"),
    "liabilities.groth16.key:read_proof": _groth16("liabilities.groth16.key:read_proof"),
    "liabilities.okx_v2.key:read_key": Parser(
        named("liabilities.okx_v2.key:read_key"),
        [bytes(8) + bytes(range(256))],
        (RefusedError, ShapeError),
    ),
    "model.cbor:read": plain("model.cbor:read", b"\xa2\x01\x82\x02\x43abc\x20\xf6"),
    "model.jsontext:read_json": plain("model.jsontext:read_json", as_json(ERROR)),
    "model.jsontext:read_json_pairs": plain(
        "model.jsontext:read_json_pairs", as_json([ERROR, 1.5])
    ),
    "ownership.bitcoin.bip322_interpreter:read_transaction": plain(
        "ownership.bitcoin.bip322_interpreter:read_transaction", _TX.serialize(True), TRANSACTION
    ),
    "ownership.bitcoin.bip322_reading:read_witness": plain(
        "ownership.bitcoin.bip322_reading:read_witness", _WITNESS
    ),
    "ownership.bitcoin.bip322_reading:read_psbt": plain(
        "ownership.bitcoin.bip322_reading:read_psbt", _PSBT
    ),
    "ownership.bitcoin.multisig:parse_multisig": plain(
        "ownership.bitcoin.multisig:parse_multisig", multisig(2, [Key("a").public, Key("b").public])
    ),
    "ownership.bitcoin.script_ops:operations": Parser(
        lambda raw: list(named("ownership.bitcoin.script_ops:operations")(raw)),
        [multisig(2, [Key("a").public, Key("b").public]), b"\x4e\xff\xff\xff\x7f"],
    ),
    "ownership.bitcoin.spend_paths:keys_needed": Parser(
        named("ownership.bitcoin.spend_paths:keys_needed"), [_SPENT.script], UndecidedError, 0.5
    ),
    "ownership.evm.contract_calls:unwrap": plain(
        "ownership.evm.contract_calls:unwrap",
        b"".join(n.to_bytes(32) for n in (1, 96, 160, 2))
        + bytes(32)
        + b"\5".rjust(32, b"\0")
        + bytes(32)
        + b"\x64\x92" * 16,
    ),
    "ownership.evm.typed_data:read_typed": Parser(
        lambda raw: named("ownership.evm.typed_data:read_typed")(text_of(raw), "1"),
        [as_json(TYPED), as_json(["0x", as_json(TYPED).decode()])],
    ),
    "ownership.evm.typed_inside:inner_typed": Parser(
        lambda raw: [
            named("ownership.evm.typed_inside:as_signed")(inner, "__type")
            for inner in named("ownership.evm.typed_inside:inner_typed")(text_of(raw))
        ],
        [as_json(["0x", as_json(TYPED).decode()]), as_json({"params": [TYPED]})],
    ),
    "model.signature_parts:joined_parts": Parser(
        lambda raw: named("model.signature_parts:joined_parts")(text_of(raw)),
        [as_json({"r": "0x" + "11" * 32, "s": "0x" + "22" * 32, "v": 27, "yParity": "0x0"})],
    ),
    **nested(),
    **of_bcs(),
    **of_wallets(),
    "ownership.primitives.recovery:read_signature": Parser(
        lambda raw: named("ownership.primitives.recovery:read_signature")(raw, {27: 0, 28: 1}),
        [b"\x11" * 64 + b"\x1b"],
    ),
    "ownership.primitives.secp256k1:parse_key": plain(
        "ownership.primitives.secp256k1:parse_key", Key("a").public
    ),
    "net.bodies:unpacked": Parser(
        lambda raw: b"".join(named("net.bodies:unpacked")([raw[:20], raw[20:]], "gzip", 10_000)),
        [gzip.compress(b"abc" * 200)],
        BodyError,
    ),
    "net.bodies:unpacked, the encoding": Parser(
        lambda raw: b"".join(named("net.bodies:unpacked")([b"x"], text_of(raw), 10)),
        [b"gzip, identity"],
        BodyError,
    ),
    "net.reach:is_inside": Parser(
        lambda raw: named("net.reach:is_inside")(text_of(raw)), [b"::ffff:127.0.0.1"]
    ),
    "net.reach:is_written_inside": Parser(
        lambda raw: named("net.reach:is_written_inside")(text_of(raw), {}), [b"a.example.com"]
    ),
}

WITHIN = {
    "chains.bitcoin.utxo_format:read_compact": "chains.bitcoin.utxo_format:read_group",
    "chains.bitcoin.utxo_format:read_varint": "chains.bitcoin.utxo_format:read_group",
    "chains.bitcoin.utxo_format:read_coin": "chains.bitcoin.utxo_format:read_group",
    "model.protobuf:read_varint": "model.protobuf:fields",
    "liabilities.bitmex_tree:recognises": "load_liabilities",
    "liabilities.okx_merkle:recognises": "load_liabilities",
    "lists.tables:recognise": "open_list",
}
"""Parsers that are tried with another one, or with the files of `tests/fuzz/test_files.py`."""
