"""A file that is not wholly understood says so wherever its results are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.attack_lab import MESSAGE, WEI, account_of, evm_endpoint, key, sign_evm, write_table
from support.web_data import served

pytestmark = pytest.mark.node
FOREIGN = Path(__file__).parents[1] / "vectors" / "lists" / "foreign"
TOLD = "Tranche"


@pytest.fixture
def chain(anvil_factory, tmp_path):
    node = anvil_factory()
    node.rpc("anvil_setBalance", account_of(key(1)), hex(WEI))
    contract = json.loads((FOREIGN / "b1_eth_sign_contract.json").read_text())
    node.rpc("anvil_setCode", contract["address"], contract["code"])
    node.rpc("anvil_mine", "0x3")
    write_table(tmp_path / "ends.toml", evm_endpoint(node))
    return node


def test_a_column_nobody_understands_stands_in_every_result(scanner, tmp_path, chain):
    row = f"ETH,ethereum,{account_of(key(1))},1,B-2,{MESSAGE.replace(',', '')}"
    signed = sign_evm(key(1), MESSAGE.replace(",", ""))
    header = "asset,network,address,amount,Tranche,message,signature"
    (tmp_path / "list.csv").write_text(f"{header}\n{row},{signed}\n")
    stated = ("--statement", MESSAGE.replace(",", ""))
    for command in (("lists", "inspect"), ("verify",)):
        done = scanner(*command, "list.csv", *(stated if command == ("verify",) else ()))
        assert (done.status, TOLD in done.text) == (3, True), command
    assert "was not understood" in done.text
    taken = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", *stated)
    assert taken.status == 3, taken.err
    assert "not_understood" in taken.text + taken.err
    assert scanner("report", "-o", "r.html").status == 0
    scanner("report", "--json", "-o", "r.json")
    for name in ("r.html", "r.json"):
        told = (tmp_path / name).read_text()
        assert TOLD in told, name
        assert "not_understood" in told or "not understood" in told, name
    for form in ("csv", "json", "jsonl"):
        told = scanner("export", "findings", "--format", form).text
        assert TOLD in told, form
        assert "not_understood" in told, form
    assert TOLD in scanner("show").text
    database = next((tmp_path / "data").glob("*.db"))
    with served(f"sqlite:///{database}") as site:
        assert TOLD in site.get("/snapshots/1/findings").text
        assert TOLD in site.get("/api/v1/snapshots/1/findings").text
    settled = scanner(
        "snapshot", "list.csv", "--endpoints", "ends.toml", *stated, "--columns", "ignore=tranche"
    )
    assert settled.status == 0, settled.err
    again = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", *stated)
    assert again.status == 3, "what somebody else called needless stays so for him alone"
    assert scanner("db", "check").status == 0


def test_a_signature_for_a_contract_nobody_knows_accuses_nobody(scanner, tmp_path, chain):
    """The contract takes exactly this signature: that is what code says, not who may spend."""
    text = "Example exchange 2026-11-01"
    done = scanner(
        *("snapshot", FOREIGN / "b1_eth_sign.csv", "--endpoints", "ends.toml"),
        *("--statement", text, "--json"),
    )
    assert done.status == 3, done.err
    (row,) = scanner("export", "ownership", "--format", "jsonl").objects
    assert row["control"] not in {"mismatch", "malformed"}
    assert row["binding"] != "on_chain", row
    findings = scanner("export", "findings", "--format", "jsonl").objects
    assert "false" not in {finding["weight"] for finding in findings}, findings
