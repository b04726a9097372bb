"""A holding that is listed several times is counted once, however many claims share a line.

In several layouts a line is no row: one line of JSON, a cell of addresses, a list in YAML's flow
style and a row of a wide table hold many claims.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.lists import Reader

from scanner.lists.reconcile import ListAudit
from scanner.model.finding import FindingKind, Weight
from scanner.model.registry import Registry

A = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
B = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
EVM = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
YAML = "height: 850000\nchain: main\nclaim: {m: 1, n: 1}\n"


def wallet(address: str) -> dict[str, object]:
    return {"address": address, "amount": "2", "height": 850000}


def jsonl_line(addresses: list[str]) -> str:
    return json.dumps({"coin": "BTC", "network": "bitcoin", "wallets": [*map(wallet, addresses)]})


def jsonl_one(addresses: list[str]) -> str:
    return f"{jsonl_line(addresses)}\n{jsonl_line([B])}\n"


def jsonl_many(addresses: list[str]) -> str:
    return "".join(jsonl_line([address]) + "\n" for address in (*addresses, B))


def json_one(addresses: list[str]) -> str:
    return f"[{jsonl_line([*addresses, B])}]"


def json_many(addresses: list[str]) -> str:
    return json.dumps(json.loads(json_one(addresses)), indent=1)


def balances_one(addresses: list[str]) -> str:
    """Balances under an address, several of one coin: each address is one of its own here."""
    held = [{"coin": "BTC", "amount": "2"} for _ in addresses]
    rows = [{"address": A, "network": "bitcoin", "balances": held}]
    rows.append({"address": B, "network": "bitcoin", "balances": held[:1]})
    return "".join(json.dumps(row) + "\n" for row in rows)


def balances_many(addresses: list[str]) -> str:
    held = [{"coin": "BTC", "amount": "2"}]
    return "".join(
        json.dumps({"address": address, "network": "bitcoin", "balances": held}) + "\n"
        for address in (*(A for _ in addresses), B)
    )


def yaml_one(addresses: list[str]) -> str:
    rows = ", ".join(f"{{addr: {address}, balance: 200000000}}" for address in (*addresses, B))
    return f"{YAML}address: [{rows}]\n"


def yaml_many(addresses: list[str]) -> str:
    rows = "".join(f"- {{addr: {address}, balance: 200000000}}\n" for address in (*addresses, B))
    return f"{YAML}address:\n{rows}"


def bybit_one(addresses: list[str]) -> str:
    return f'Coin,Height,Amount,Address\nBTC,850000,9,"{" ".join((*addresses, B))}"\n'


def bybit_many(addresses: list[str]) -> str:
    parted = "\n".join((*addresses, B))
    return f'Coin,Height,Amount,Address\nBTC,850000,9,"{parted}"\n'


def text_many(addresses: list[str]) -> str:
    return "\n".join((*addresses, B))


def csv_many(addresses: list[str]) -> str:
    rows = "".join(f"BTC,bitcoin,{address},2\n" for address in (*addresses, B))
    return f"coin,network,address,amount\n{rows}"


def okx_many(addresses: list[str]) -> str:
    header = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,script"
    rows = "".join(f"BTC,BTC,850000,{address},2,m,s,,\n" for address in (*addresses, B))
    return f"{header}\n{rows}"


LAYOUTS: dict[str, Callable[[list[str]], str]] = {
    made.__name__: made
    for made in (
        *(jsonl_one, jsonl_many, json_one, json_many, balances_one, balances_many),
        *(yaml_one, yaml_many, bybit_one, bybit_many, text_many, csv_many, okx_many),
    )
}


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(copies=st.integers(1, 6))
def test_copies_on_a_line_count_as_copies_on_lines(
    read_bytes: Reader, registry: Registry, layout: str, copies: int
) -> None:
    said = {"network": "bitcoin", "asset": "BTC"} if layout == "text_many" else {}
    read = read_bytes(LAYOUTS[layout]([A] * copies), "list", **said)
    audit = ListAudit(registry)
    counted = [claim for claim in read.claims if not audit.observe(claim)]
    assert len(read.claims) == copies + 1
    assert read.unreadable == []
    assert [claim.address for claim in counted] == [A, B]
    assert {claim.amount for claim in counted} <= {2 * 10**8, None}
    told = [f for f in read.findings if f.kind is FindingKind.DUPLICATE]
    assert len(told) == copies - 1
    assert all(finding.weight is Weight.FALSE for finding in told)


def test_a_duplicate_in_its_own_row_is_told_so(read_bytes: Reader) -> None:
    (told,) = read_bytes(jsonl_one([A, A]), "list").findings
    assert (
        told.reason
        == "the same state of the chain as earlier in the same line, BTC on bitcoin: counted once"
    )


@pytest.mark.parametrize(
    ("header", "network", "address"),
    [
        ("APT,APT-FA", "aptos", "0x" + "11" * 32),  # one state, by config/same_state.csv
        ("APT-FA,APT", "aptos", "0x" + "11" * 32),
        ("USDT,USDT-ERC20", "ethereum", EVM),
    ],
)
def test_columns_of_one_state_are_counted_once(
    read_bytes: Reader, registry: Registry, header: str, network: str, address: str
) -> None:
    wide = read_bytes(f"address,network,{header}\n{address},{network},5,5\n")
    first, second = header.split(",")
    rows = f"{first},{network},{address},5\n{second},{network},{address},5\n"
    narrow = read_bytes(f"coin,network,address,amount\n{rows}")
    sums = []
    for read in (wide, narrow):
        audit = ListAudit(registry)
        sums.append(sum(c.amount or 0 for c in read.claims if not audit.observe(c)))
    assert sums[0] == sums[1] > 0
    assert [row.reason for row in wide.unreadable] == [
        f"two columns state {narrow.claims[1].asset} on {network}, one of them {second!r}"
    ]
