"""ICS-23 proofs: the published vectors, and what must not pass for one."""

from __future__ import annotations

import json

import pytest
from support.recorded import VECTORS

from scanner.chains.cosmos.proof import IAVL, SIMPLE, value_in_app, value_under

FILES = sorted((VECTORS / "cosmos/ics23").glob("*.json"))


def vector(path):
    found = {name: bytes.fromhex(text) for name, text in json.loads(path.read_text()).items()}
    tree = IAVL if path.name.startswith("iavl") else SIMPLE
    return tree, found["root"], found["key"], found["value"] or None, found["proof"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_published_vectors(path):
    tree, root, key, value, proof = vector(path)
    assert value_under(root, tree, key, proof) == value
    assert (value is None) == ("nonexist" in path.stem)
    other = SIMPLE if tree is IAVL else IAVL
    wrongs = [
        lambda: value_under(bytes(32), tree, key, proof),
        lambda: value_under(root, other, key, proof),
        lambda: value_under(root, tree, key, proof[:-1]),
    ]
    if value is not None:  # an absence may be one of other keys, too
        wrongs += [
            lambda: value_under(root, tree, b"\xff" + key, proof),
            lambda: value_under(root, tree, b"", proof),
        ]
    for wrong in wrongs:
        with pytest.raises(ValueError):
            wrong()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_proof_that_holds_two_is_refused(path):
    """Some decoders take the last of them, others put both together."""
    tree, root, key, _, proof = vector(path)
    with pytest.raises(ValueError, match="twice"):
        value_under(root, tree, key, proof * 2)


@pytest.mark.parametrize("path", FILES[:6], ids=lambda p: p.stem)
def test_no_changed_byte_gives_another_value(path):
    tree, root, key, value, proof = vector(path)
    for n in range(0, len(proof), 3):
        changed = bytes((*proof[:n], proof[n] ^ 1, *proof[n + 1 :]))
        try:
            found = value_under(root, tree, key, changed)
        except ValueError:
            continue
        assert found == value


def test_an_absence_between_leaves_that_are_not_neighbours():
    tree, root, key, _, left = vector(VECTORS / "cosmos/ics23/iavl_exist_left.json")
    right_file = VECTORS / "cosmos/ics23/iavl_exist_right.json"
    *_, right = vector(right_file)
    sized = lambda n, d: bytes((n << 3 | 2,)) + _varint(len(d)) + d  # noqa: E731
    body = lambda proof: proof[proof.index(b"\x0a", 1) :]  # noqa: E731
    forged = sized(2, sized(2, body(left)) + sized(3, body(right)))
    with pytest.raises(ValueError, match=r"between the neighbours|another state"):
        value_under(root, tree, key + b"\x00", forged)


def test_two_parts_or_none():
    with pytest.raises(ValueError):
        value_in_app(bytes(32), "bank", b"k", [b""])
    with pytest.raises(ValueError):
        value_in_app(bytes(32), "bank", b"k", [b"", b""])


def _varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
