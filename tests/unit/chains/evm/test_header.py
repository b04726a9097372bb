"""Headers: their hash is what names them, and the state root lies where the hash says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.chains.evm import rlp
from scanner.chains.evm.header import build_header, read_header

VECTORS = json.loads(
    (Path(__file__).parents[3] / "vectors/evm/eth_getproof_mainnet.json").read_text()
)["records"]
NAMES = [
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
]
NUMBERS = {
    "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed",
    "excessBlobGas",
}  # fmt: skip


def raw_of(record):
    return bytes.fromhex(record["block"]["headerRlp"][2:])


def json_block(raw: bytes) -> dict[str, object]:
    """A header as eth_getBlockByHash tells it."""
    fields = rlp.decode(raw)
    return {
        name: hex(int.from_bytes(field)) if name in NUMBERS else "0x" + field.hex()
        for name, field in zip(NAMES, fields, strict=False)
    }


@pytest.mark.parametrize("record", VECTORS, ids=lambda r: str(r["block"]["number"]))
def test_real_headers(record):
    raw, block = raw_of(record), record["block"]
    found = read_header(raw)
    assert "0x" + found.hash.hex() == block["hash"]
    assert "0x" + found.state_root.hex() == block["stateRoot"]
    assert (found.number, found.time) == (block["number"], block["timestamp"])
    assert build_header(json_block(raw), block["hash"]) == found


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_field_gives_no_header(name):
    record = VECTORS[-2]  # the newest block, with every field
    block = json_block(raw_of(record))
    wanted = record["block"]["hash"]
    assert build_header(block, wanted) is not None
    text = str(block[name])
    assert (
        build_header({**block, name: text[:-1] + ("0" if text[-1] != "0" else "1")}, wanted) is None
    )
    assert build_header({k: v for k, v in block.items() if k != name}, wanted) is None
    for junk in ("0xzz", "", 7, None, [], "0x" + "11" * 5000):
        assert build_header({**block, name: junk}, wanted) is None


def test_an_avalanche_header():
    """coreth's layout: extDataHash before the base fee, its own gas fields after it."""
    base = json_block(raw_of(VECTORS[1]))
    base.pop("baseFeePerGas")
    base.pop("withdrawalsRoot")
    block = {
        **base,
        "extDataHash": "0x" + "11" * 32,
        "baseFeePerGas": "0x5d21dba00",
        "extDataGasUsed": "0x0",
        "blockGasCost": "0x1",
    }
    order = [*NAMES[:15], "extDataHash", "baseFeePerGas", "extDataGasUsed", "blockGasCost"]
    fields = [
        rlp.number_bytes(int(block[n], 16))
        if n in NUMBERS or n.endswith(("Used", "Cost"))
        else bytes.fromhex(block[n][2:])
        for n in order
    ]
    wanted = "0x" + read_header(rlp.encode(fields)).hash.hex()
    found = build_header(block, wanted)
    assert found is not None
    assert "0x" + found.state_root.hex() == block["stateRoot"]


@pytest.mark.parametrize("raw", [b"", b"\xc0", b"\x80", bytes(5000), rlp.encode([b"\x01"] * 15)])
def test_what_is_no_header_is_refused(raw):
    with pytest.raises(ValueError):
        read_header(raw)
