"""What a report says under "How to repeat it" is run as it stands, and gives the same snapshot."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from support.command import COMMAND
from support.eth_list import HEIGHT, HELD, eth_rows

pytestmark = pytest.mark.node

TEXT = "I am an OKX address"


def plain_list(path: Path) -> None:
    """Columns of nobody's layout: they must be named, and no row names its network or asset."""
    cells = [row.split(",") for row in eth_rows()]
    rows = [f"{c[3]},{c[4]},{c[5]},{c[6]},{HEIGHT}" for c in cells]
    path.write_text("\n".join(["wallet,qty,text,sig,at block", *rows, ""]), "utf-8")


OPTIONS = (
    "--columns", "address=wallet,amount=qty,message=text", "--columns", "signature1=sig",
    "--columns", "height=at block", "--network", "ethereum", "--asset", "ETH",
    "--publisher", "North Bank's", "--statement", TEXT, "--quorum", "1",
)  # fmt: skip


def repeated(page: list[str], folder: Path, endpoints: Path) -> list[int]:
    """Exit statuses of the commands of the page, each in a shell; FILE is the reader's own."""
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "SCANNER_DATA": str(folder / "again")}
    wrapper = folder / "scanner"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    wrapper.chmod(0o755)
    return [
        subprocess.run(
            ["/bin/sh", "-c", line.replace(" FILE", f" {shlex.quote(str(endpoints))}")],
            cwd=folder,
            env=environment,
            check=False,
            timeout=120,
        ).returncode
        for line in page
    ]


def test_the_page_repeats_the_snapshot(scanner, endpoints, tmp_path):
    name = "reserves 2026-09-26 (1).csv"
    plain_list(tmp_path / name)
    taken = scanner("snapshot", name, "--endpoints", endpoints, *OPTIONS)
    assert taken.status == 0, taken.err
    assert scanner("report", "latest", "--json").status == 0
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    page = document["repeat"]
    assert len(page) == 3
    assert repeated(page, tmp_path, endpoints) == [0, 0, 0]
    data = {"SCANNER_DATA": str(tmp_path / "again")}
    first = scanner("totals", "latest", "--json").object["assets"]
    assert scanner("totals", "latest", "--json", env=data).object["assets"] == first
    assert int(first[0]["verified"]) == sum(HELD.values())
    verdicts = (tmp_path / "ownership.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(v)["stated_by"] for v in verdicts} == {"rule"}


def test_the_same_bytes_under_another_name_keep_that_name(scanner, endpoints, tmp_path):
    for name in ("june.csv", "northbank_2026-09-26.csv"):
        plain_list(tmp_path / name)
        done = scanner("snapshot", name, "--endpoints", endpoints, *OPTIONS)
        assert done.status == 0, done.err
    assert "northbank_2026-09-26.csv" in done.lines[-1]
    assert "publisher: North Bank's" in done.err
    assert scanner("report", "latest", "-o", "page.html").status == 0
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "northbank_2026-09-26.csv" in page
    assert "june.csv" not in page
