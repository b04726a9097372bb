"""What a customer is told who looks for the own balance: nothing in it may be mistaken."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import shutil
from pathlib import Path

import pytest
from support.binance_proofs import PIN as BINANCE
from support.command import Done

from scanner.cli.main import run
from scanner.liabilities.binance import batches

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "liabilities"
V2, V1 = VECTORS / "okx_v2", VECTORS / "okx_v1"
TOY = V2 / "toy/sum_proof_data.json.gz"
TOY_PIN = json.loads((V2 / "toy/pin.json").read_text())["root_verifier_data_sha256"]
OKX = VECTORS / "okx"
BITMEX = VECTORS / "bitmex/liabilities_100.csv"
BITMEX_KEY = "b88860add96111d84d38a500266df715158f91375d9aaa98aa58356f9a872412"
ANYBODYS = "nothing in the entry says whose it is"
AMOUNTS = "compare: the amounts with all that you held"
ACCOUNT = "compare: the account with your own"
ROOT = "compare: the root with the one that the publisher shows to everybody"


@pytest.fixture
def included(tmp_path, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(batches, "_prove", lambda *_: None)  # seconds, and not what is asked here

    def call(*arguments: object) -> Done:
        status = run(["liabilities", "verify-inclusion", *map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return Done(status, out, err.decode("utf-8"))

    return call


CASES = [
    (
        (TOY, "--user", V2 / "toy/inclusion/user_5_inclusion_proof.json", "--key", TOY_PIN),
        "a3e032cd4e5678f2c9037aba56890ed5a367fff1f368d5b13662154592c6801c",
    ),
    (
        (V1 / "toy", "--user", V1 / "toy/inclusion/a0_user_3_inclusion_proof.json.gz"),
        "c2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b",
    ),
    (
        (
            *(VECTORS / "binance/config.json", "--key", BINANCE),
            *("--user", VECTORS / "binance/user_config_1.json"),
        ),
        "20d8a1d87c92cd944405033444029d09755d4dad278c0f7550d9a71b37156c14",
    ),
    (
        (VECTORS / "gate/cex_config.json", "--user", VECTORS / "gate/user_config.json"),
        "151471e6f7b7e67511800b8e56f6b8e3df52b0d8854f89d94193a0303682a985",
    ),
    ((VECTORS / "gate/user_config.json",),
     "151471e6f7b7e67511800b8e56f6b8e3df52b0d8854f89d94193a0303682a985"),
    ((BITMEX, "--account-key", BITMEX_KEY, "--account", "2"), "2"),
    ((OKX / "merkle_proof_file.json",), ""),
    ((OKX / "full-liabilities-merkle-tree.txt", "--user", OKX / "user_info_file.json"), ""),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "account"), CASES, ids=lambda v: str(v)[:12])
def test_whose_entry_it_is_stands_there_or_that_it_is_anybodys(included, arguments, account):
    """One entry that is shown to a thousand customers of one balance is owed once."""
    said = included(*arguments).out.decode()
    assert (f"\naccount: {account}\n" in said) is bool(account)
    assert (ACCOUNT in said) is bool(account)
    assert (f"gap: {ANYBODYS}" in said) is not bool(account)
    found = included(*arguments, "--json").object
    assert found["account"] == account
    assert any(ANYBODYS in gap for gap in found["gaps"]) is not bool(account)


@pytest.mark.parametrize(("arguments", "account"), CASES, ids=lambda v: str(v)[:12])
def test_included_is_what_was_found_and_no_more(included, arguments, account):
    """An exchange that puts half of a balance into its tree includes it, too."""
    done = included(*arguments)
    first, *lines = done.out.decode().splitlines()
    assert sum(line.startswith(AMOUNTS) for line in lines) == 1
    assert sum(line.startswith(ROOT) for line in lines) == 1
    root = next(line.removeprefix("root: ") for line in lines if line.startswith("root: "))
    assert ROOT not in included(*arguments, "--root", root).out.decode()
    # The first line says what the exit status does.
    assert first.startswith({0: "included: ", 3: "included, but not proven: "}[done.status])


def test_a_part_of_a_balance_is_no_lie_of_ours(included, tmp_path):
    """One leaf of a customer's two: included, with what is in it, and to be compared."""
    key = hashlib.sha256(b"a customer").digest()
    leaves = [
        (hmac.digest(key, (5).to_bytes(8, "little") + (0).to_bytes(8, "little"), "sha256"), 5),
        (bytes(32), 7),
    ]
    text = b"".join(digest + value.to_bytes(8, "little") for digest, value in leaves)
    lines = [(hashlib.sha256(text).digest(), 12), *leaves]
    rows = "".join(f"{digest.hex()},{value}\n" for digest, value in lines)
    (tmp_path / "tree.csv").write_text("block_height:900000\n" + rows)
    said = included("tree.csv", "--nonce", key.hex()).out.decode()
    assert said.startswith("included: BTC 0.00000005\nas of: block 900000 (as the file says)\n")
    assert AMOUNTS in said
    assert ANYBODYS in said  # the publisher gave the nonce, and can give it to others


def test_a_file_of_another_round_is_not_called_left_out(included, tmp_path):
    """The honest mistake: last month's file against this month's publication."""
    path = tmp_path / "user.json"
    user = json.loads((V2 / "toy/inclusion/user_5_inclusion_proof.json").read_text())
    user["account"]["equity"][2] = "8"
    path.write_text(json.dumps(user))
    found = [included(TOY, "--user", path)]
    other = gzip.decompress(
        (V1 / "false_totals/inclusion/a0_user_0_inclusion_proof.json.gz").read_bytes()
    )
    path.write_bytes(other)
    found.append(included(V1 / "toy", "--user", path))
    okx = json.loads((OKX / "user_info_file.json").read_text())
    nodes = (OKX / "full-liabilities-merkle-tree.txt").read_text()
    nonce, balances = "another month", '{"BTC":"1","ETH":"0","USDT":"0"}'
    own = hashlib.sha256((nonce + balances).encode()).hexdigest()
    node = hashlib.sha256((own + "100").encode()).hexdigest()
    held = json.loads(balances)
    okx |= {"hash": own, "nonce": nonce, "totalBalances": held}
    okx["nodes"] = [{"hash": node, "balances": held}]
    path.write_text(json.dumps(okx))
    (tmp_path / "tree.txt").write_text(nodes)
    found.append(included("tree.txt", "--user", path))
    found.append(included(OKX / "merkle_proof_file.json", "--root", "0" * 64))
    gate = json.loads((VECTORS / "gate/user_config.json").read_text())
    gate["AssetDetails"][0]["Equity"] += 1
    path.write_text(json.dumps(gate))
    found.append(included(VECTORS / "gate/cex_config.json", "--user", path))
    for done in found:
        assert done.status == 1, done.err
        assert "the two may be of different publications" in done.out.decode()


EVIL = "DOT 1\nroot: 00ff\x1b[2K\rall fine"


def test_a_name_of_a_coin_forges_no_line(included, tmp_path, capfdbinary):
    """A coin may be called what its publisher likes: a new line, or what wipes one."""

    def renamed(value):
        if isinstance(value, dict):
            return {EVIL if k == "DOT" else k: renamed(v) for k, v in value.items()}
        if isinstance(value, list):
            return [renamed(each) for each in value]
        return EVIL if value == "DOT" else value

    for packed in (V1 / "toy").rglob("*.json.gz"):
        path = tmp_path / packed.relative_to(V1).with_suffix("")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(renamed(json.loads(gzip.decompress(packed.read_bytes())))))
    user = "toy/inclusion/a0_user_3_inclusion_proof.json"
    done = included("toy/sum_proof_data", "--user", user)
    assert done.status == 3, done.err
    assert b"DOT 1\\nroot: 00ff\\x1b[2K\\rall fine 4505746" in done.out
    shutil.copytree(VECTORS / "gate", tmp_path / "gate")
    config = tmp_path / "gate/cex_config.json"
    document = json.loads(config.read_text())
    document["CexAssetsInfo"][0] |= {"Symbol": EVIL, "TotalEquity": 1, "TotalDebt": 2}
    config.write_text(json.dumps(document))
    assert run(["liabilities", "verify", str(config)]) == 2
    out, err = capfdbinary.readouterr()
    assert (out, b"\x1b" in err, err.count(b"\n")) == (b"", False, 1)


def test_a_tree_that_is_cut_off_adds_up_and_says_so(included, tmp_path, capfdbinary):
    """Its last level may be nobody's: then all are missing, and the sums are right."""
    lines = BITMEX.read_text().splitlines(keepends=True)
    (tmp_path / "cut.csv").write_text("".join(lines[:8]))
    assert run(["liabilities", "verify", "cut.csv"]) == 0
    said = capfdbinary.readouterr().out.decode()
    assert "\nentries: 4\n" in said
    assert "gap: nothing marks the users' entries" in said
    done = included("cut.csv", "--account-key", BITMEX_KEY, "--account", "2")
    assert done.status == 1
    assert "none of the 4 entries opens with this key" in done.out.decode()
    assert "the file is cut off above the users' entries" in done.out.decode()
