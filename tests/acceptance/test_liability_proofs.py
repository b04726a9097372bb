"""`scanner liabilities verify` and `verify-inclusion` on every published and forged proof."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from support.binance_proofs import PIN as BINANCE
from support.command import Done
from support.okx_proofs import document

from scanner.cli.main import run

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "liabilities"
V2, V1 = VECTORS / "okx_v2", VECTORS / "okx_v1"
VERIFY = ("liabilities", "verify")
INCLUSION = ("liabilities", "verify-inclusion")


@pytest.fixture
def scanner(tmp_path, monkeypatch, capfdbinary):
    """The command's own `run`, in this process: a process of its own for each is a second each."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        status = run([*map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return Done(status, out, err.decode("utf-8"))

    return call


def pin(name: str) -> str:
    return json.loads((V2 / name / "pin.json").read_text())["root_verifier_data_sha256"]


def proof(name: str) -> Path:
    return V2 / name / "sum_proof_data.json.gz"


FORGED = V2 / "forged"


@pytest.mark.parametrize(
    ("file", "key", "status", "grade"),
    [
        (proof("toy"), "", 3, "published"),
        (proof("toy"), pin("toy"), 0, "snark_aggregate"),
        (proof("toy"), pin("production_shape"), 1, "published"),
        (proof("production_shape"), pin("production_shape"), 0, "snark_aggregate"),
        (proof("three_levels"), "", 0, "snark_aggregate"),
        (proof("exponentiation"), "", 1, "published"),
        (FORGED / "attack_own_key.json.gz", "", 3, "published"),
        (FORGED / "attack_own_key.json.gz", pin("toy"), 1, "published"),
        (FORGED / "attack_borrowed_digest.json.gz", "", 1, "published"),
        (FORGED / "attack_rebuild_mode.json.gz", "", 1, "published"),
        (FORGED / "attack_changed_gates.json.gz", "", 1, "published"),
        (FORGED / "gap_inner_circuit.json.gz", pin("toy"), 0, "snark_aggregate"),
        (V1 / "toy", "", 3, "transcript_only"),
        (V1 / "false_totals", "", 3, "transcript_only"),
        (VECTORS / "bitmex/liabilities_100.csv", "", 0, "rehashed"),
        (VECTORS / "okx/full-liabilities-merkle-tree.txt", "", 0, "rehashed"),
        (VECTORS / "okx/merkle_proof_file.json", "", 3, "root_linked"),
        (VECTORS / "others/mexc_merkle_proof.json", "", 3, "root_linked"),
        (VECTORS / "gate/user_config.json", "", 3, "root_linked"),
        (VECTORS / "gate/cex_config.json", "", 3, "published"),
        (VECTORS / "others/bitget_merkel_tree_bg.json", "", 1, "published"),
    ],
    ids=lambda value: value.parent.name + "/" + value.name if isinstance(value, Path) else None,
)
def test_each_file_is_called_what_it_is(scanner, file, key, status, grade):
    done = scanner(*VERIFY, file, *(("--key", key) if key else ()), "--json")
    assert done.status == status, done.err
    assert done.object["grade"] == grade
    assert {"format", "grade", "net", "key", "gaps"} <= set(done.object)
    spoken = scanner(*VERIFY, file, *(("--key", key) if key else ()))
    assert spoken.status == status
    said = spoken.out.decode().lower().replace("not proven", "")
    assert "proven" not in said.partition("gap:")[0]


def test_accepted_is_said_with_the_gap_and_where_the_key_is_from(scanner):
    done = scanner(*VERIFY, proof("toy"), "--key", pin("toy"))
    said = done.out.decode()
    assert said.startswith("okx_v2: accepted by the published verifier under a pinned key\n")
    assert "owed over all coins, net: 2,825,089,870" in said
    assert "gap: the published circuit does not stop a dishonest prover" in said
    assert f"key: {pin('toy')} (from the key given)" in said


def test_totals_of_single_coins_under_pinned_keys(scanner):
    done = scanner(*VERIFY, VECTORS / "binance/config.json", "--key", BINANCE)
    said = done.out.decode()
    assert done.status == 0, done.err
    assert said.startswith("binance_batches: accepted by the published verifier under a pinned key")
    assert "owed: BTC 170005000 in the publisher's own units" in said
    assert "gap: whoever ran the setup of the keys can forge proofs under them" in said


@pytest.mark.parametrize(
    "file", ["okx/user_info_file.json", "okx_v2/toy/inclusion/user_5_inclusion_proof.json"]
)
def test_a_users_file_is_sent_to_its_publication(scanner, file):
    done = scanner(*VERIFY, VECTORS / file)
    assert (done.status, len(done.lines)) == (2, 1)
    assert f"--user {Path(file).name}" in done.err


def test_a_key_is_for_forms_that_have_one(scanner):
    done = scanner(*VERIFY, VECTORS / "bitmex/liabilities_100.csv", "--key", pin("toy"))
    assert (done.status, len(done.lines)) == (2, 1)
    assert "no verifying key" in done.err


@pytest.mark.parametrize(
    ("user", "status", "words"),
    [
        (V2 / "toy/inclusion/user_5_inclusion_proof.json", 0, "included: equity 7, debt 0"),
        (V2 / "small_tree/user_0_inclusion_proof.json", 2, "not of the proof's form"),
        (V2 / "v2_upstream_vector.json", 2, "not a user's file"),
    ],
)
def test_a_user_of_the_second_proof(scanner, user, status, words):
    done = scanner(*INCLUSION, proof("toy"), "--user", user, "--key", pin("toy"))
    assert done.status == status
    assert words in done.out.decode() + done.err


def test_a_user_under_a_key_that_nobody_vouches_for_is_status_3(scanner, tmp_path):
    """A forger writes what suits into the header: nothing binds it."""
    user = V2 / "toy/inclusion/user_5_inclusion_proof.json"
    honest, forged = document("toy"), document("forged/attack_own_key")
    levels = "recursive_circuit_configs"
    forged["circuits_info"][levels] = honest["circuits_info"][levels]
    (tmp_path / "forged.json").write_text(json.dumps({**forged, "general": honest["general"]}))
    found = scanner(*INCLUSION, "forged.json", "--user", user)
    assert found.status == 3, found.err
    assert b"the key comes from the file itself" in found.out
    pinned = scanner(*INCLUSION, "forged.json", "--user", user, "--key", pin("toy"), "--json")
    assert (pinned.status, pinned.object["included"]) == (1, False)
    assert "the proof is false" in pinned.object["reason"]


def test_a_user_of_the_first_proof(scanner):
    user = V1 / "toy/inclusion/a0_user_3_inclusion_proof.json.gz"
    done = scanner(*INCLUSION, V1 / "toy", "--user", user)
    assert done.status == 3
    assert b"USDT -12345" in done.out
    assert b"this scheme proves nothing" in done.out


@pytest.mark.parametrize(
    ("file", "arguments", "words"),
    [
        (
            V2 / "toy/inclusion/user_5_inclusion_proof.json",
            (),
            "is one user's file of OKX's second",
        ),
        (V1 / "toy/inclusion/a0_user_3_inclusion_proof.json.gz", (), "OKX's first zk-STARK"),
        (proof("toy"), (), "needs the user's file"),
        (V1 / "toy", (), "needs the user's file"),
    ],
)
def test_what_is_missing_is_said(scanner, file, arguments, words):
    done = scanner(*INCLUSION, file, *arguments)
    assert (done.status, len(done.lines)) == (2, 1)
    assert words in done.err


CASES = {
    "h1_path_other_publisher.json": (
        '{"path":[{"auditId":"Au1","balances":{"BTC":"0.0002","USDT":"0.09"},"level":3,'
        '"merkelLeaf":"c5097a1878c8f916","role":1},{"auditId":"Au1","balances":{"BTC":"0",'
        '"USDT":"-5.1"},"level":2,"merkelLeaf":"356d40073d7581a8","role":2},{"auditId":"Au1",'
        '"balances":{"BTC":"1","USDT":"5"},"level":1,"merkelLeaf":"fc76a155015f04ee","role":3}],'
        '"self":{"auditId":"Au1","balances":{"BTC":"0","USDT":"0"},"encryptUid":"82","level":3,'
        '"merkelLeaf":"62c74df6c0c1f503","nonce":"x","role":2}}'
    )
}


def test_another_publishers_path_is_named_for_what_it_is(scanner, tmp_path):
    path = tmp_path / "h1.json"
    path.write_text(CASES["h1_path_other_publisher.json"])
    done = scanner(*INCLUSION, path)
    assert done.status == 1
    assert done.out.startswith(
        b"not included: a path of Bitget's form, but false: /self/merkelLeaf"
    )
    done = scanner("liabilities", "import", path)
    assert (done.status, "a path of one user in Bitget's form" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "form", "words"),
    [
        ({"AccountInfo": {}, "ProofInfo": {}}, "bitgo_user", "come from the file itself"),
        ({"self": {"userHash": "", "balance": {}}, "path": []}, "bybit_path", "Bybit"),
        ({"self": {"x": 1}, "path": []}, "merkle_path", "an unknown publisher"),
        (
            {"root_hash": "", "equity_sum": 1, "debt_sum": 1, "balance_sum": 0},
            "okx_v2_figures",
            "sum_proof_data.json",
        ),
        ("proof_info,batch_commitment\n", "zkmerkle_batches", "Binance or Gate"),
        ({"main_coins_num": 1, "coins": ["BTC"]}, "okx_v1_config", "the whole folder"),
    ],
)
def test_forms_that_are_not_checked_are_named(scanner, tmp_path, content, form, words):
    path = tmp_path / "file"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    done = scanner(*VERIFY, path, "--json")
    assert (done.status, done.object["format"]) == (3, form)
    assert done.object["status"] == "unchecked"
    assert words in scanner(*VERIFY, path).out.decode()
    user = scanner(*INCLUSION, path)
    assert user.status == 2


def test_a_negative_balance_is_false(scanner, tmp_path):
    text = (VECTORS / "bitmex/liabilities_100.csv").read_text().replace(",1294\n", ",-1294\n", 1)
    (tmp_path / "tree.csv").write_text(text)
    for command in ("verify", "import"):
        done = scanner("liabilities", command, "tree.csv")
        assert done.status == 1
        assert "a balance is negative: -1294" in done.out.decode() + done.err


def test_large_and_deep_documents_are_refused_before_they_cost(scanner, tmp_path):
    (tmp_path / "large.json").write_bytes(b'{"proof":[' + b"0," * 5_000_000 + b"0]}")
    done = scanner(*VERIFY, "large.json")
    assert (done.status, "larger than" in done.err) == (2, True)
    (tmp_path / "deep.json").write_text('{"proof":' + "[" * 100_000)
    done = scanner(*VERIFY, "deep.json")
    assert (done.status, "nested deeper" in done.err) == (2, True)
    with gzip.open(tmp_path / "bomb.json.gz", "wb", compresslevel=1) as stream:
        stream.write(b'{"proof":[')
        for _ in range(64):
            stream.write(b"0," * 2**20)
    done = scanner(*VERIFY, "bomb.json.gz")
    assert (done.status, "larger than" in done.err) == (2, True)
