"""Every file that is published beside OKX's proofs is called what it is, alone and under its key."""

from __future__ import annotations

import json
import re
import shutil
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path

import pytest
from support.binance_proofs import PIN as BINANCE
from support.command import Done

from scanner.cli.main import run

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "liabilities"
V2, V1 = VECTORS / "okx_v2", VECTORS / "okx_v1"
VERIFY = ("liabilities", "verify")
INCLUSION = ("liabilities", "verify-inclusion")

NAMED = "okx_{}: named, not checked: "
CLAIMED = "okx_v2: consistent, but not proven\nevidence: published\nclaimed over all coins, net: "
ACCEPTED = "okx_v2: accepted by the published verifier under a pinned key"
NO_PROOF = "no known proof of liabilities"
# The end of a path -> status and words without a key; the first that fits holds. `*` is any text.
SAID = {
    "small_tree/expected_root.json": (3, NAMED.format("v2_public_inputs")),
    "okx_v1/*_inclusion_proof.json.gz": (2, "is one user's file of OKX's first zk-STARK"),
    "_inclusion_proof.json": (2, "is one user's file of OKX's second zk-STARK"),
    "okx_v1/*/sum_proof.json.gz": (3, NAMED.format("v1_batch")),
    "okx_v1/*/sum_values.json.gz": (3, NAMED.format("v1_values")),
    "okx_v1/*/config.json.gz": (3, NAMED.format("v1_config")),
    "/users*.json.gz": (3, NAMED.format("users")),
    "intermediate_values.json.gz": (3, NAMED.format("v2_trace")),
    "pin.json": (3, NAMED.format("v2_pin")),
    "negatives.json.gz": (2, NO_PROOF),
    "expected.json": (2, NO_PROOF),
    "poseidon.json": (2, NO_PROOF),
    "v2_upstream_vector.json": (2, "is inside it, under 'proof': give that alone"),
    "toy/sum_proof_data.json.gz": (3, CLAIMED + "2,825,089,870 "),
    "production_shape/sum_proof_data.json.gz": (3, CLAIMED + "36,946,895,190,827 "),
    "three_levels/sum_proof_data.json.gz": (0, ACCEPTED),
    "exponentiation/sum_proof_data.json.gz": (1, "okx_v2: false: /proof/public_inputs"),
    "attack_own_key.json.gz": (3, CLAIMED + "9,000,000,000,000 "),
    "attack_borrowed_digest.json.gz": (1, "is not that of OKX's round 508787475"),
    "attack_changed_gates.json.gz": (1, "gates: a gate stands twice"),
    "attack_rebuild_mode.json.gz": (1, "circuit digest: not that of the key's own cap"),
    "gap_inner_circuit.json.gz": (3, CLAIMED + "1,000 "),
    "full-liabilities-merkle-tree.txt": (0, "okx_tree: all hashes and sums are correct"),
    "merkle_proof_file.json": (3, "claimed: BTC 95088.55505656 (root_linked)"),
    "user_info_file.json": (2, "is one user's file of OKX's whole tree"),
}
FILES = [
    file for name in ("okx", "okx_v1", "okx_v2") for file in sorted((VECTORS / name).rglob("*.*"))
]


@pytest.fixture
def scanner(tmp_path, monkeypatch, capfdbinary):
    """The command's own `run`, in this process."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        status = run([*map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return Done(status, out, err.decode("utf-8"))

    return call


def key_of(name: str) -> str:
    return json.loads((V2 / name / "pin.json").read_text())["root_verifier_data_sha256"]


def shown(path: Path) -> str:
    return path.relative_to(VECTORS).as_posix()


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_every_file_is_called_what_it_is(scanner, file):
    status, words = next(said for end, said in SAID.items() if fnmatch(shown(file), f"*{end}"))
    done = scanner(*VERIFY, file)
    said = done.out.decode() + done.err
    assert (done.status, words in said) == (status, True), said
    assert status != 2 or (not done.out and len(done.lines) == 1)
    assert status == 0 or not re.search("^(total )?owed", done.out.decode(), re.MULTILINE)


@pytest.mark.parametrize("name", ["toy", "production_shape"])
def test_every_forgery_is_refused_under_a_genuine_key_but_the_one_that_no_verifier_can(
    scanner, name
):
    """What `expected.json` says of each. The gap's words must name the gap."""
    expected = json.loads((V2 / "forged/expected.json").read_text())
    for forged, known in expected.items():
        done = scanner(*VERIFY, V2 / "forged" / f"{forged}.json.gz", "--key", key_of(name))
        said = done.out.decode()
        if known["toy_pin_matches"] and name == "toy":
            assert known["expected"].startswith("accept")
            assert (done.status, said.startswith(ACCEPTED)) == (0, True)
            assert f"owed over all coins, net: {known['public_inputs'][0]:,} " in said
            assert "gap: the published circuit does not stop a dishonest prover" in said
        else:
            assert (done.status, "is not that of the key given" in said) == (1, True), said


@pytest.mark.parametrize(
    ("name", "user", "status", "words"),
    [
        *(("toy", f"user_{n}", 0, "included: equity ") for n in (0, 3, 5, 9)),
        ("three_levels", "user_177277961", 0, "included: equity 42813467580, debt 894593573 "),
        ("three_levels", "user_4191234", 0, "included: equity 37243123196, debt 886182954 "),
        # Its header says 64 children and its first level has 32: the sample's, not a user's fault.
        ("production_shape", "user_1213440", 2, "1 entries, there must be 33"),
    ],
)
def test_every_users_file_against_its_publication(scanner, name, user, status, words):
    file = V2 / name / "inclusion" / f"{user}_inclusion_proof.json"
    proof = V2 / name / "sum_proof_data.json.gz"
    done = scanner(*INCLUSION, proof, "--user", file, "--key", key_of(name))
    assert (done.status, words in done.out.decode() + done.err) == (status, True), done.err


def test_a_folder_of_two_publications_is_not_one_of_them(scanner):
    done = scanner(*VERIFY, V1)
    assert (done.status, len(done.lines)) == (2, 1)
    assert "it has 2 publications, false_totals/sum_proof_data/ and toy/" in done.err


TOY = V2 / "toy/sum_proof_data.json.gz"


def test_a_file_that_is_no_key_makes_no_proof_false(scanner, tmp_path):
    """False is what contradicts; a wrong file behind --key contradicts nothing."""
    for other in (V2 / "small_tree/expected_root.json", V2 / "poseidon.json", TOY):
        done = scanner(*VERIFY, TOY, "--key", other)
        assert (done.status, "is not a key" in done.err) == (2, True), done.err
    (tmp_path / "hash.txt").write_text(f"{key_of('toy')}  key.bin\n")
    for named in (V2 / "toy/pin.json", "hash.txt"):
        assert scanner(*VERIFY, TOY, "--key", named).status == 0
        assert (
            scanner(*VERIFY, V2 / "three_levels/sum_proof_data.json.gz", "--key", named).status == 1
        )
    (tmp_path / "damaged.json").write_text('{"root_verifier_data_sha256": "ab"}')
    assert scanner(*VERIFY, TOY, "--key", "damaged.json").status == 2


PATHS = [
    (
        "okx/merkle_proof_file.json",
        "ac6b39d2a0aa8112bd1aadff5e7d4b5c2b91cd54d595262ba4367f5d2db4160d",
    ),
    ("others/mexc_merkle_proof.json", "35d01ffef2beec3ff0166c03f3d9b0cc"),
    ("gate/user_config.json", "2e7e01ad51d5c668e8d581be83fcfe806644b7c834876d540b188816a67778e6"),
]


@pytest.mark.parametrize(("file", "root"), PATHS, ids=[path for path, _ in PATHS])
def test_a_path_alone_is_worth_what_its_root_is(scanner, file, root):
    """Its root stands in the same file: only the publisher's own root makes it more."""
    alone = scanner(*INCLUSION, VECTORS / file)
    assert (alone.status, f"root: {root}\n" in alone.out.decode()) == (3, True)
    assert "gap: the root comes from this file itself" in alone.out.decode()
    assert "total owed" not in alone.out.decode()
    held = scanner(*INCLUSION, VECTORS / file, "--root", f"0x{root.upper()}")
    # OKX's roots fit other amounts as well, so no root makes its path more.
    status = 3 if file.startswith("okx/") else 0
    assert (held.status, b"read from this file" in held.out) == (status, False)
    other = scanner(*INCLUSION, VECTORS / file, "--root", "0" * len(root), "--json")
    assert (other.status, other.object["included"]) == (1, False)
    assert f"the root is {root}, not the one given" in other.object["reason"]
    assert scanner(*INCLUSION, VECTORS / file, "--root", "none").status == 2
    needless = scanner(*INCLUSION, VECTORS / file, "--key", key_of("toy"))
    assert (needless.status, "takes no other file and no key" in needless.err) == (2, True)


def test_the_root_of_a_proof_and_of_a_tree_can_be_given_too(scanner):
    user = V2 / "toy/inclusion/user_5_inclusion_proof.json"
    root = "63104e19af346fe1a6aaa98c10c4085f9547be9342513e898d972a718cf7b7b1"
    given = (*INCLUSION, TOY, "--user", user, "--key", key_of("toy"), "--root")
    assert scanner(*given, root).status == 0
    assert scanner(*given, root[::-1]).status == 1
    okx = VECTORS / "okx"
    tree = (*INCLUSION, okx / "full-liabilities-merkle-tree.txt", "--user")
    done = scanner(*tree, okx / "user_info_file.json", "--root", root)
    assert (done.status, b"not the one given" in done.out) == (1, True)
    done = scanner(*tree, okx / "user_info_file.json", "--key", key_of("toy"))
    assert (done.status, "has no verifying key" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("batches", "user", "key", "status", "words"),
    [
        ("binance/config.json", "binance/user_config_1.json", BINANCE, 0, "included: asset "),
        ("binance/config.json", "binance/user_config_4.json", BINANCE, 0, "included: asset "),
        (
            "gate/cex_config.json",
            "gate/user_config.json",
            "",
            3,
            "included, but not proven: asset 110",
        ),
        ("gate/cex_config.json", "gate/user_config.json", BINANCE, 2, "not checked under a key"),
        ("gate/cex_config.json", "binance/user_config_1.json", "", 2, "not a user's file of these"),
        ("gate/cex_config.json", None, "", 2, "needs the user's file (--user)"),
    ],
)
def test_a_user_of_batches_is_led_to_the_batches_own_root(
    scanner, batches, user, key, status, words
):
    own = ("--user", VECTORS / user) if user else ()
    done = scanner(*INCLUSION, VECTORS / batches, *own, *(("--key", key) if key else ()))
    assert (done.status, words in done.out.decode() + done.err) == (status, True), done.err
    assert status != 0 or "gap: whoever ran the setup of the keys" in done.out.decode()


def test_a_changed_user_of_batches_is_not_included_and_alone_not_read(scanner, tmp_path):
    """Alone the sizes of an account are a guess: what fits none of them is not called false."""
    user = json.loads((VECTORS / "binance/user_config_1.json").read_text())
    user["AccountIndex"] += 1
    (tmp_path / "user.json").write_text(json.dumps(user))
    folder = shutil.copytree(VECTORS / "binance", tmp_path / "batches")
    for key in folder.glob("*.vk"):
        key.unlink()  # the chain alone says the root
    done = scanner(*INCLUSION, folder / "config.json", "--user", "user.json")
    assert (done.status, b"the account does not lead to this root" in done.out) == (1, True)
    genuine = VECTORS / "binance/user_config_1.json"
    assert scanner(*INCLUSION, folder / "config.json", "--user", genuine).status == 3
    for command in (INCLUSION, VERIFY):
        done = scanner(*command, genuine)
        assert (done.status, "config.json says which sizes there are" in done.err) == (2, True)


def test_a_root_without_its_proof_is_named_where_a_user_is_looked_for(scanner):
    small = V2 / "small_tree"
    user = small / "user_0_inclusion_proof.json"
    done = scanner(*INCLUSION, small / "expected_root.json", "--user", user)
    assert (done.status, "a root and its sums without their proof" in done.err) == (2, True)
