"""Users' files: up to the root of the proof, or not read."""

from __future__ import annotations

import json

import pytest
from support.mutations import patched
from support.okx_proofs import V2, document, recorded

from scanner.liabilities.okx_v2.inclusion import Shape, climb
from scanner.liabilities.refusal import ShapeError

SHAPES = {
    "toy": Shape(4, 3, (4, 4)),
    "production_shape": Shape(1024, 220, (32, 64)),  # level 1 of this sample joins 32
    "three_levels": Shape(1024, 220, (64, 64, 64)),
}


def files(name: str):
    return sorted((V2 / name / "inclusion").glob("*.json"))


@pytest.mark.parametrize("name", SHAPES)
def test_users_lead_to_the_root_of_the_proof(name: str) -> None:
    root = tuple(document(name)["proof"]["public_inputs"][2:])
    for path in files(name):
        user = climb(json.loads(path.read_text()), SHAPES[name])
        assert user.root == root
        assert f"user_{user.index}_" in path.name


def test_a_small_tree_and_the_published_example() -> None:
    folder = V2 / "small_tree"
    expected = json.loads((folder / "expected_root.json").read_text())
    users = sorted(folder.glob("user_*.json"))
    assert len(users) == 4
    for path in users:
        user = climb(json.loads(path.read_text()), Shape(4, 5, (4, 4)))
        assert list(user.root) == expected["public_inputs"][2:]
    vector = json.loads((V2 / "v2_upstream_vector.json").read_text())
    assert list(climb(vector["proof"], Shape(2, 3, (4,))).root) == vector["root"]


@pytest.mark.parametrize("name", ["toy", "production_shape"])
def test_recorded_negatives(name: str) -> None:
    negatives = recorded(f"{name}/inclusion_negatives")
    base = json.loads((V2 / name / "inclusion" / negatives["base"]).read_text())
    root = tuple(negatives["root"])
    for patch in negatives["patches"]:
        with patched(base, patch["ops"]) as changed:
            try:
                included = climb(changed, SHAPES[name]).root == root
            except ShapeError as e:
                assert e.place
                included = False
        if patch["expected"] != "either":
            assert included is (patch["expected"] == "accept"), patch["name"]


def test_every_changed_hash_or_amount_leads_elsewhere() -> None:
    (path,) = [p for p in files("toy") if "user_5" in p.name]
    base = json.loads(path.read_text())
    root = climb(base, SHAPES["toy"]).root
    for at in range(64):
        for place in ("sum_tree_siblings/1", "recursive_tree_siblings/1/right_hashes/2"):
            value = base
            for part in place.split("/"):
                value = value[int(part) if part.isdigit() else part]
            digit = f"{int(value[at], 16) ^ 1:x}"
            changed = value[:at] + digit + value[at + 1 :]
            with patched(base, [{"op": "replace", "path": f"/{place}", "value": changed}]) as other:
                try:
                    assert climb(other, SHAPES["toy"]).root != root
                except ShapeError:
                    continue
