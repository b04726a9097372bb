"""Whatever was not understood in a list, of whichever class, stands in each of its results."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.attack_lab import WEI, account_of, evm_endpoint, key, sign_evm, write_table
from support.web_data import served

pytestmark = pytest.mark.node

TEXT = "I am an Example Exchange address 2026-11-01"
WHO = account_of(key(1))
OTHER = account_of(key(2))
SIGNED = sign_evm(key(1), TEXT)
ROW = {
    "asset": "ETH", "network": "ethereum", "address": WHO, "amount": "1", "message": TEXT,
    "signature": SIGNED,
}  # fmt: skip
OLD = {"coin": "ETH", "address": WHO, "balance": str(WEI), "message": TEXT, "signature1": SIGNED}


def table(*rows: dict[str, str]) -> str:
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def archive(**parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name.replace("_", "."), text)
    return made.getvalue()


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in ROW.items() if name not in names}


Case = tuple[str, Callable[[], str | bytes], str, str]
CASES: list[Case] = [
    ("list.csv", lambda: table({**ROW, "Tranche": "B-2"}), "Tranche", "not_understood"),
    ("list.csv", lambda: "Kurse in Tsd\n" + table(ROW), "Tsd", "not_understood"),
    ("list.json", lambda: json.dumps([{**ROW, "tranche": "B-2"}]), "tranche", "not_understood"),
    ("list.json", lambda: json.dumps({"tier": "B-2", "rows": [ROW]}), "tier", "not_understood"),
    ("list.json", lambda: json.dumps({"rows": [ROW], "height": 7}), "height", "not_understood"),
    ("list.json", lambda: json.dumps({"rows": [ROW], "x": [OTHER]}), "use --asset", "unknown_coin"),
    ("list.json", lambda: json.dumps({"GBPX": [without("asset")]}), "GBPX", "not_understood"),
    ("list.jsonl", lambda: f"{json.dumps(ROW)}\n{{\"adress\": \"{OTHER}\"}}\n", OTHER, "bad_row"),
    ("list.zip", lambda: archive(a_csv=table(ROW), b_txt="Amount 5\n"), "b.txt", "not_understood"),
    ("usdt.csv", lambda: table(without("asset")), "names USDT", "unknown_coin"),
    ("list.csv", lambda: table({**OLD, "signature2": "", "script": ""}), "--unit", "unit_doubted"),
    ("list.csv", lambda: table({**ROW, "amount": "1,500".join('""')}), "1,500", "bad_amount"),
    ("list.csv", lambda: table({**without("message")}), "signatures", "not_understood"),
]  # fmt: skip
IDS = [
    "column", "line before the header", "key of a row", "key above rows", "key after rows",
    "array", "level", "row of other keys", "file of an archive", "name of the file", "unit",
    "number", "text that was signed",
]  # fmt: skip


@pytest.fixture
def chain(anvil_factory, tmp_path):
    node = anvil_factory()
    node.rpc("anvil_setBalance", WHO, hex(WEI))
    node.rpc("anvil_mine", "0x9")
    write_table(tmp_path / "ends.toml", evm_endpoint(node))


@pytest.mark.parametrize(("name", "make", "told", "kind"), CASES, ids=IDS)
def test_it_stands_in_every_result(scanner, tmp_path, chain, name, make, told, kind):
    made = make()
    (tmp_path / name).write_bytes(made if isinstance(made, bytes) else made.encode())
    asked = ("--statement", TEXT)
    for command in (("lists", "inspect", name), ("verify", name, *asked)):
        done = scanner(*command)
        assert (done.status, told in done.text + done.err) == (3, True), (command, done)
    found = scanner("lists", "inspect", name, "--json")
    assert (found.status, told in found.text) == (3, True)
    found = scanner("verify", name, *asked, "--jsonl", "-")
    assert (found.status, kind in found.text + found.err) == (3, True), found
    taken = scanner("snapshot", name, "--endpoints", "ends.toml", *asked)
    assert (taken.status, kind in taken.text + taken.err) == (3, True), taken.err
    assert scanner("totals").status == 3
    assert told in scanner("show").text
    scanner("report", "-o", "r.html")
    scanner("report", "--json", "-o", "r.json")
    for file in ("r.html", "r.json"):
        page = (tmp_path / file).read_text()
        assert told in page, file
        assert kind in page or kind.replace("_", " ") in page, file
        assert "every claim verified" not in page.lower(), file
    for form in ("csv", "json", "jsonl"):
        export = scanner("export", "findings", "--format", form).text
        assert (told in export, kind in export) == (True, True), form
    database: Path = next((tmp_path / "data").glob("*.db"))
    with served(f"sqlite:///{database}") as site:
        for place in ("/snapshots/1/findings", "/api/v1/snapshots/1/findings"):
            assert told in site.get(place).text, place
        assert kind.replace("_", " ") in site.get("/snapshots/1").text.replace("_", " ")
        assert site.get("/api/v1/snapshots/1").json()["status"] == "unshown"
