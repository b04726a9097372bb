"""The 207 published, derived and crafted OKX rows: all as expected."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import UnknownAssetError
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.bitcoin.bitcoin_message import message_digest
from scanner.ownership.judge import judge
from scanner.ownership.primitives.secp256k1 import compress, recover
from scanner.settings.tables import load_registry

FILE = Path(__file__).parents[2] / "vectors" / "okx_signatures" / "signature_vectors.json"
VECTORS: list[dict[str, str]] = json.loads(FILE.read_text())["vectors"]
REGISTRY = load_registry()

# Coin names that no table has, as the rows are about signatures: which network they mean.
NETWORKS = {"BABYDOGE-BSC": "bsc", "AVAX-X": "avalanche-x", "STARKNET": "starknet"}
ABSENT = ("", "null", "\\N")

# The address is a text for show and no validator key: the row cannot be about any validator. The
# signature in it is judged by `test_rows_for_show_hold_once_they_name_a_validator`.
FOR_SHOW = {"okx-079", "okx-122"}
# "utxo-recover" rows ask whether one signature recovers one key. Where the address commits to a
# script, that proves nothing about the address; where it is the key's own, the address is proven.
KEY_ONLY = "utxo-recover"


def present(*texts: str) -> tuple[str, ...]:
    return tuple(t for t in texts if t not in ABSENT)


def network_of(vector: dict[str, str]) -> str:
    coin, label = vector["coin"], vector["network"]
    if coin in NETWORKS:
        return NETWORKS[coin]
    try:
        return REGISTRY.resolve(coin, label).network
    except UnknownAssetError:
        # Rows whose network label is no network ("USDT" on "USDT"), or an alias of one.
        names = {"USDT": "bitcoin", "APT": "aptos", "TON": "ton"}
        return names.get(coin) or REGISTRY.network(label).name


def claim_of(vector: dict[str, str], **changes: Any) -> Claim:
    given: dict[str, Any] = {
        "row": 1,
        "coin": vector["coin"],
        "asset": vector["coin"],
        "network": network_of(vector),
        "address": vector["address"],
        "address_key": "?",
        "decimals": 8,
        "message": vector["message"],
        "signatures": present(vector["signature1"], vector["signature2"]),
        "script": "".join(present(vector["script_or_pubkey"])),
        "owners": present(vector["owner1"], vector["owner2"]),
        "row_type": vector["row_type"],
    }
    return Claim(**(given | changes))


def verdict(vector: dict[str, str]) -> ControlResult:
    return judge(claim_of(vector), REGISTRY)


def test_there_are_all_of_them() -> None:
    assert len(VECTORS) == 207
    assert Counter(v["expect"] for v in VECTORS) == {"valid": 108, "invalid": 99}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_a_row_is_as_expected(vector: dict[str, str]) -> None:
    result = verdict(vector)
    if vector["expect"] == "invalid":
        assert result.control is not Control.CONTROLS
        assert not result.shows_control
        assert result.reason
    elif vector["id"] in FOR_SHOW:
        assert (result.control, result.reason.split(":")[0]) == (Control.MALFORMED, "address")
    elif vector["group"] == KEY_ONLY:
        fits = decode_address(REGISTRY.networks[network_of(vector)], vector["address"])
        assert result.shows_control is (fits.format == "p2pkh")
    else:
        assert result.control is Control.CONTROLS, result.reason
        bound = vector["binding"] == "address" or vector["coin"] == "AVAX-X"
        bound = bound and result.scheme != "bls"  # a validator's key may not take its stake
        assert result.binding is (Binding.DERIVED if bound else Binding.ASSERTED)


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["group"] == KEY_ONLY])
def test_one_signature_recovers_the_published_key(vector: dict[str, str]) -> None:
    import base64

    data = base64.b64decode(vector["signature1"])
    header = REGISTRY.networks[network_of(vector)].message_header
    digest = message_digest(header, vector["message"])
    point = recover(digest, data[1:], (data[0] - 27) & 3)
    assert point is not None
    assert compress(point).hex() == vector["script_or_pubkey"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["id"] in FOR_SHOW])
def test_rows_for_show_hold_once_they_name_a_validator(vector: dict[str, str]) -> None:
    result = judge(claim_of(vector, address="0x" + "ab" * 48), REGISTRY)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "withdrawal credentials" in result.reason


def test_what_the_peer_accepts_and_we_refuse() -> None:
    """The peer accepts these rows although they prove nothing: none gets by here."""
    fooled = [v for v in VECTORS if v["peer"] == "accepts" and v["expect"] == "invalid"]
    assert len(fooled) >= 20
    assert not [v["id"] for v in fooled if verdict(v).control is Control.CONTROLS]
