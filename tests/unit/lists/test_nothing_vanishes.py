"""Whatever stands in a file comes out as a claim or is named: nothing vanishes beside the rows."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.lists import Read, Reader

from scanner.model.finding import FindingKind, exit_status

A = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
B = "0x16f01cfc16b0b8c3400fb8e5099b0974fcc9fc12"
C = "0x28C6c06298d514Db089934071355E5743bf21d60"
GOOD = {"coin": "ETH", "network": "ETH", "address": A, "balance": "1"}
LOST = {"coin": "ETH", "network": "ETH", "balance": "1000000"}


def weights(read: Read) -> int:
    """The exit status that the list alone leads to."""
    told = {finding.weight for finding in read.findings}
    return exit_status(told) or (3 if read.unreadable else 0)


def named(read: Read, text: str) -> bool:
    """Whether a text is a claim's address or stands in something that is told."""
    told = [f.reason for f in read.findings] + [u.text + u.reason for u in read.unreadable]
    return any(claim.address == text for claim in read.claims) or any(text in t for t in told)


@pytest.mark.parametrize(
    ("document", "lost"),
    [
        ({"wallets": [{**LOST, "adress": B}, GOOD]}, [B]),
        ({"wallets": [GOOD, {**LOST, "adress": B}]}, [B]),
        ({"wallets": [GOOD], "cold": [B, C]}, [B, C]),
        ({"wallets": [GOOD], "cold": [[B, "1000000"]]}, [B, "1000000"]),
        ({"wallets": [GOOD], "cold": {**LOST, "address": B}}, [B]),
        (
            {
                "wallets": [GOOD],
                "cold": {"w1": {**LOST, "address": B}, "w2": {**LOST, "address": C}},
            },
            [B, C],
        ),
        ({"wallets": [GOOD], "cold": [{**LOST, "pubkey": B}]}, [B]),
        ({"wallets": [GOOD], "cold": {B: "5", C: {"amount": "6", "coin": "ETH"}}}, [B, C]),
        ({"wallets": [{**GOOD, "owners": [B]}]}, [B]),
        ({"wallets": [GOOD], "other": {"deep": {"deeper": [{"thing": B}]}}}, [B]),
        ({"wallets": [GOOD], "note_of_another": B}, [B]),
        ({**GOOD, "cold": {**LOST, "address": B}}, [B]),
    ],
)
@pytest.mark.parametrize("lines", [False, True])
def test_what_stands_beside_the_rows_is_told(
    read_bytes: Reader, document: dict[str, Any], lost: list[str], lines: bool
) -> None:
    text = json.dumps(document) + "\n"
    two = text + text.replace(A, "0x" + "11" * 20)
    read = read_bytes(two if lines else json.dumps(document, indent=1))
    assert read.summary.format == ("jsonl" if lines else "json")
    assert any(claim.address == A and claim.amount == 10**18 for claim in read.claims)
    for text in lost:
        assert named(read, text), text


def test_a_key_given_twice_loses_neither(read_bytes: Reader) -> None:
    row = json.dumps(GOOD)
    twice = row.replace(f'"{A}"', f'"{B}", "address": "{A}"')
    for text in (f"{row}\n{twice}\n", f"[{row}, {twice}]"):
        read = read_bytes(text)
        assert "given twice" in read.unreadable[0].reason
        assert named(read, B)
        assert weights(read) == 3


def test_a_height_after_the_rows_is_not_passed_over(read_bytes: Reader) -> None:
    late = read_bytes(json.dumps({"wallets": [GOOD], "blockHeight": 5}))
    assert [f.kind for f in late.findings] == [FindingKind.NOT_UNDERSTOOD]
    assert "put it before them" in late.findings[0].reason
    early = read_bytes(json.dumps({"blockHeight": 5, "wallets": [GOOD]}))
    assert (early.claims[0].height, early.findings) == (5, [])
    beside = read_bytes(json.dumps({"meta": {"height": 5}, "wallets": [GOOD]}))
    assert [f.kind for f in beside.findings] == [FindingKind.NOT_UNDERSTOOD]


@pytest.mark.parametrize(
    ("document", "asset", "network"),
    [
        ({"USDT": {"ethereum": [{"address": A}]}}, "USDT", "ethereum"),
        ({"ethereum": {"USDT": [{"address": A}]}}, "USDT", "ethereum"),
        ({"USDT": {"ETH": [{"address": A}]}}, "USDT", "ethereum"),
        ({"ETH": {"USDT": [{"address": A}]}}, "USDT", "ethereum"),
        ({"polygon": [{"address": A}]}, "POL", "polygon"),
        ({"arbitrum": [A]}, "ETH", "arbitrum"),
        ({"data": {"ETH": {"address": A}}}, "ETH", "ethereum"),
        (
            {
                "coin": "USDT",
                "network": "tron",
                "addresses": ["TANw85nUHLFhNoH73p8yPnjh4gZ6axJrwx"],
            },
            "USDT",
            "tron",
        ),
    ],
)
def test_what_stands_above_a_row_is_about_it(
    read_bytes: Reader, document: dict[str, Any], asset: str, network: str
) -> None:
    read = read_bytes(json.dumps(document))
    assert [(c.asset, c.network) for c in read.claims] == [(asset, network)]
    assert read.findings == []


def test_a_level_that_may_name_the_coin_is_not_passed_over(read_bytes: Reader) -> None:
    read = read_bytes(json.dumps({"GBPX": [{"address": A, "network": "ethereum"}]}))
    assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_COIN]
    assert [f.kind for f in read.findings] == [FindingKind.NOT_UNDERSTOOD]
    said = read_bytes(json.dumps({"GBPX": [{"address": A, "network": "ethereum"}]}), asset="ETH")
    assert (len(said.claims), said.findings) == (1, [])


def test_a_file_whose_name_says_a_coin_is_not_of_another(read_bytes: Reader) -> None:
    text = f"address,network\n{A},ethereum\n"
    assert len(read_bytes(text, "list.csv").claims) == 1
    assert len(read_bytes(text, "eth_wallets.csv").claims) == 1
    assert [u.kind for u in read_bytes(text, "usdt_wallets.csv").unreadable] == [
        FindingKind.UNKNOWN_COIN
    ]
    assert read_bytes(text, "usdt_wallets.csv", asset="USDT").claims[0].asset == "USDT"


LEAVES = st.one_of(st.integers(0, 9), st.sampled_from(["x", "", "2026-11-01"]), st.none())
KEYS = st.sampled_from(
    ["a", "data", "hot", "cold", "note", "height", "meta", "USDT", "w1", "balances"]
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
PLACES = st.lists(st.one_of(KEYS, st.integers(0, 2)), min_size=1, max_size=4)


@given(TREES, PLACES, st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_address_anywhere_is_a_claim_or_named(
    read_bytes: Reader, tree: object, place: list[object], bare: bool
) -> None:
    hidden: object = B if bare else {"address": B, "coin": "ETH", "network": "ethereum"}
    for part in reversed(place):
        hidden = [tree, hidden] if isinstance(part, int) else {"other": tree, str(part): hidden}
    read = read_bytes(json.dumps({"wallets": [GOOD], "more": hidden}))
    assert named(read, B)


def test_a_hostile_document_takes_little_memory(read_bytes: Reader) -> None:
    filler = [{"k": "x" * 100_000} for _ in range(100)]
    keys = {f"key{n}": n for n in range(60)}
    many = [{**keys, f"own{n}": 1} for n in range(800)]
    text = json.dumps({"a": filler, "b": many, "wallets": [GOOD]})
    tracemalloc.start()
    read = read_bytes(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(read.claims) == 1
    assert weights(read) == 3
    assert peak < 40_000_000
    assert len(read.findings) < 500


def test_a_hostile_header_takes_little_time(read_bytes: Reader) -> None:
    words = "aB" * 15_000
    started = time.process_time()
    read = read_bytes(f"coin,network,address,{words} (BTC),{'x_' * 10_000}\nETH,ethereum,{A},1,2\n")
    assert time.process_time() - started < 2
    assert len(read.findings) == 2
