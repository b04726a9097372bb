"""An option that is empty, as an unset variable of a script makes it, is never taken for
one that was not given: the check that it asks for would not be made, and the answer be "included".
"""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli.main import run

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "liabilities"
OKX = VECTORS / "okx"
TREE = ("liabilities", "verify-inclusion", OKX / "full-liabilities-merkle-tree.txt")
OF_OKX = (*TREE, "--user", OKX / "user_info_file.json")
BITMEX = ("liabilities", "verify-inclusion", VECTORS / "bitmex/liabilities_100.csv")
PROOF = VECTORS / "okx_v2/toy/sum_proof_data.json.gz"
KEY = "b88860add96111d84d38a500266df715158f91375d9aaa98aa58356f9a872412"


@pytest.fixture
def called(tmp_path, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = run([*map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return call


def test_the_files_hold_without_the_options(called):
    assert called(*OF_OKX)[0] == 0
    assert called(*BITMEX, "--account-key", KEY, "--account", "2")[0] == 0


@pytest.mark.parametrize("empty", ["", " ", "\t"])
@pytest.mark.parametrize(
    "before",
    [
        (*OF_OKX, "--root"),
        (*OF_OKX, "--key"),
        (*OF_OKX, "--nonce"),
        (*OF_OKX, "--account-key"),
        (*OF_OKX, "--account"),
        (*OF_OKX, "--email"),
        (*TREE, "--user"),
        ("liabilities", "verify", PROOF, "--key"),
        ("liabilities", "import", PROOF, "--key"),
        ("liabilities", "import", PROOF, "--unit-usd"),
        ("liabilities", "import", PROOF, "--published"),
        ("liabilities", "import", OKX / "full-liabilities-merkle-tree.txt", "--of"),
        ("liabilities", "import", OKX / "full-liabilities-merkle-tree.txt", "--in"),
        ("liabilities", "ratio", "--published"),
    ],
    ids=lambda before: f"{before[1]} {before[-1]}",
)
def test_given_and_empty_is_not_read(called, before, empty):
    status, out, err = called(*before, empty)
    assert (status, out) == (2, ""), (out, err)
    assert f"{before[-1]} is empty" in err


@pytest.mark.parametrize("root", ["0x", "0X", " 0x "])
def test_a_root_without_digits_is_no_root(called, root):
    status, out, err = called(*OF_OKX, "--root", root)
    assert (status, out, "has no digits" in err) == (2, "", True), err


@pytest.mark.parametrize("length", [1, 16, 63, 65, 128])
def test_a_root_of_another_length_says_nothing_of_the_file(called, length):
    status, out, err = called(*OF_OKX, "--root", "0" * length)
    assert (status, out, f"--root has {length} hex digits" in err) == (2, "", True), err
    status, out, _ = called(*OF_OKX, "--root", "0" * 64)
    assert (status, out.startswith("not included: the root is ")) == (1, True)


@pytest.mark.parametrize("length", [2, 62, 66])
def test_a_nonce_of_another_length_is_no_nonce(called, length):
    status, out, err = called(*BITMEX, "--nonce", "0" * length)
    assert (status, out, "--nonce must be 64 hex digits" in err) == (2, "", True), err
    assert called(*BITMEX, "--nonce", "0" * 64)[0] == 1
