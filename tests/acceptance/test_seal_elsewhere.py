"""A list's digest, made anew in another language from the file alone."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from support.missing import cannot

SCRIPT = Path(__file__).parents[2] / "docs" / "how-to" / "list-digest.mjs"
LIST = """coin,network,address,amount,message
BTC,BTC,1FWQiwK27EnGXb6BiBMRLJvunJQZZPMcGd,1.50000000,"with ""quotes"", a \u2028 and ünïcödé \U0001f600"
ETH,ETH,0x0639556F03714A74a5fEEaF5736a4A64fF70D206,0,
ETH,ETH,0x0639556f03714a74a5feeaf5736a4a64ff70d206,3,tab\there
ETH,ETH,no address,1,
ETH,ETH,0x14b5f559c27bc00c39f668a88471498d68d18768,minus one,
"""


@pytest.fixture
def stored(scanner, tmp_path) -> Path:
    for program in ("node", "sqlite3"):
        if shutil.which(program) is None:
            cannot(f"{program} is missing")
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    nowhere = tmp_path / "endpoints.toml"
    nowhere.write_text(
        '[[endpoint]]\nname = "n"\nnetwork = "dash"\nprotocol = "bitcoin_core"\n'
        'url = "http://127.0.0.1:1/"\n'
    )
    database = tmp_path / "sealed.db"
    where = {"SCANNER_DATABASE": f"sqlite:///{database}"}
    done = scanner("snapshot", path, "--endpoints", nowhere, env=where)
    assert done.status in (1, 3), done.err
    return database


def digest(database: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", SCRIPT, database, "1"], capture_output=True, text=True, timeout=60
    )


def test_node_makes_the_same_digest_and_sees_a_change(stored):
    with sqlite3.connect(stored) as file:
        ((content,),) = file.execute("SELECT content FROM reserve_list WHERE id = 1")
    done = digest(stored)
    assert (done.stdout.strip(), done.returncode) == (content, 0), done.stderr
    with sqlite3.connect(stored) as file:
        assert file.execute("SELECT count(*) FROM list_finding").fetchone() != (0,)
        file.execute("DROP TRIGGER claim_no_update")
        file.execute("UPDATE claim SET message = message || ' ' WHERE no = 2")
    done = digest(stored)
    assert done.returncode == 1
    assert done.stdout.strip() != content
