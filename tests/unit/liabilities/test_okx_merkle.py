"""OKX's Merkle proofs of both forms, from the published examples and false ones."""

from __future__ import annotations

import gzip
import hashlib
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.errors import ListFormatError
from scanner.liabilities import okx_merkle
from scanner.liabilities.interface import LiabilityEvidence
from scanner.liabilities.okx_balances import as_json
from scanner.liabilities.okx_level import Level, Node
from scanner.liabilities.okx_merkle import check_tree, recognises, verify_in_tree, verify_path

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "liabilities" / "okx"
TREE = VECTORS / "full-liabilities-merkle-tree.txt"
USER = VECTORS / "user_info_file.json"
PATH = VECTORS / "merkle_proof_file.json"


def write(tmp_path: Path, data: str | bytes, name: str = "file") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def changed(tmp_path: Path, source: Path, change: Callable[[Any], None]) -> Path:
    document = json.loads(source.read_text())
    change(document)
    return write(tmp_path, json.dumps(document), "changed.json")


def test_the_published_tree_holds_at_every_level() -> None:
    check = check_tree(TREE)
    assert check.holds
    assert (check.levels, check.nodes, check.leaves) == (6, 47, 21)
    totals = {total.asset: total.amount for total in check.totals}
    assert totals == {"BTC": 5000, "ETH": 10_000_000, "USDT": 142_045_977}
    assert {total.evidence for total in check.totals} == {LiabilityEvidence.REHASHED}


def test_the_published_user_is_in_it() -> None:
    found = verify_in_tree(TREE, USER)
    assert found.included
    assert found.amounts == {"BTC": 5000, "ETH": 0, "USDT": 0}
    assert len(found.leaves) == 2


def test_the_published_path_ends_in_its_root() -> None:
    found = verify_path(PATH)
    assert found.included
    assert found.root == "ac6b39d2a0aa8112bd1aadff5e7d4b5c2b91cd54d595262ba4367f5d2db4160d"
    assert found.amounts["BTC"] == 100006900
    totals = {total.asset: total.amount for total in found.totals}
    assert totals["BTC"] == 9508855505656
    # One path says nothing about the rest of the tree.
    assert {total.evidence for total in found.totals} == {LiabilityEvidence.ROOT_LINKED}
    assert not found.totals[0].evidence.proves_coin_totals


@pytest.mark.parametrize("line", range(1, 48))
def test_one_altered_balance_anywhere_is_found(tmp_path: Path, line: int) -> None:
    lines = TREE.read_text().splitlines()
    lines[line - 1] = lines[line - 1].replace('"BTC":"', '"BTC":"7', 1).replace("70.", "7.")
    if '"70"' in lines[line - 1]:
        lines[line - 1] = lines[line - 1].replace('"70"', '"7"')
    check = check_tree(write(tmp_path, "\n".join(lines)))
    assert not check.holds
    assert {total.evidence for total in check.totals} == {LiabilityEvidence.PUBLISHED}
    assert not verify_in_tree(tmp_path / "file", USER).included


@pytest.mark.parametrize("line", [1, 2, 5, 9, 20, 30, 47])
def test_one_altered_hash_is_found(tmp_path: Path, line: int) -> None:
    lines = TREE.read_text().splitlines()
    first = lines[line - 1][0]
    lines[line - 1] = ("1" if first == "0" else "0") + lines[line - 1][1:]
    assert not check_tree(write(tmp_path, "\n".join(lines))).holds


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"USDT":"0.00047828"', '"USDT":"-0"', "canonical"),
        ('"USDT":"0.00047828"', '"USDT":"0.000478280"', "canonical"),
        ('"USDT":"0.00047828"', '"USDT":"00.00047828"', "canonical"),
        ('"USDT":"0.00047828"', '"USDT":"4.7828e-4"', "canonical"),
        ('"USDT":"0.00047828"', '"USDT":0.00047828', "written as they are hashed"),
        ('"USDT":"0.00047828"', '"USDT": "0.00047828"', "written as they are hashed"),
        ('"USDT":"0.00047828"', '"USDT":"0.00047828","X":"1"', "nothing else"),
        ('"USDT":"0.00047828"', '"USDT":"' + "9" * 30 + '"', "canonical"),
        (",5,{", ",7,{", "height 7 after height 6"),
        (",5,{", ",,{", "not hash,height"),
    ],
)
def test_what_is_not_canonical_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = TREE.read_text()
    with pytest.raises(ListFormatError, match=words) as caught:
        check_tree(write(tmp_path, text.replace(old, new, 1)))
    assert caught.value.line == 2


@pytest.mark.parametrize(
    "gone", [slice(0, 1), slice(1, 3), slice(7, 13), slice(25, 47), slice(46, 47)]
)
def test_missing_lines_are_refused(tmp_path: Path, gone: slice) -> None:
    lines = TREE.read_text().splitlines()
    del lines[gone]
    with pytest.raises(ListFormatError):
        check_tree(write(tmp_path, "\n".join(lines)))


def test_read_left_to_right_it_would_be_false(tmp_path: Path) -> None:
    """The order matters: this fails if a level is read in the other direction."""
    lines = TREE.read_text().splitlines()
    heights = [line.split(",")[1] for line in lines]
    turned = [lines[i] for h in "654321" for i in reversed(range(47)) if heights[i] == h]
    assert check_tree(write(tmp_path, "\n".join(turned))).problem_count > 20


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(nonce="00"), "leaf's hash"),
        (lambda d: d["totalBalances"].update(BTC="0.00006"), "leaf's hash"),
        (lambda d: d["nodes"].pop(), "do not add up"),
        (lambda d: d["nodes"].clear(), "names no node"),
        (lambda d: d["nodes"][0].update(hash="0" * 64), "not of this user"),
    ],
)
def test_a_user_that_is_not_in_the_tree(
    tmp_path: Path, change: Callable[[Any], None], words: str
) -> None:
    found = verify_in_tree(TREE, changed(tmp_path, USER, change))
    assert not found.included
    assert words in found.reason


def test_a_leaf_is_found_only_once_for_each_time_it_stands_there(tmp_path: Path) -> None:
    """The same leaf given twice would count a balance twice."""
    nonce = "ab"
    part = {"BTC": "0.0000013", "ETH": "0", "USDT": "0"}
    whole = {"BTC": "0.0000026", "ETH": "0", "USDT": "0"}
    text = json.dumps(whole, separators=(",", ":"))
    own = hashlib.sha256((nonce + text).encode()).hexdigest()
    digest = hashlib.sha256((own + "0.0000013" + "0" + "0").encode()).hexdigest()
    node = {"hash": digest, "balances": part}
    user = {"hash": own, "nonce": nonce, "totalBalances": whole, "nodes": [node, node]}
    found = verify_in_tree(TREE, write(tmp_path, json.dumps(user)))
    assert "not among the leaves" in found.reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["self"].update(nonce="00"), "leaf's hash"),
        (lambda d: d["self"]["balances"].update(BTC="1.00007"), "leaf's hash"),
        (lambda d: d["path"][0].update(nonce="00"), "step 1: the leaf's hash"),
        (lambda d: d["path"][0].update(type=2), "one side"),
        (lambda d: d["path"][3].update(type=2), "step 22: padding must repeat"),
        (lambda d: d["path"][3].update(type=3), "neither left, right nor padding"),
        (lambda d: d["path"][3].update(height=9), "height 9"),
        (lambda d: d["path"][3].update(hash="0" * 64), "step 22: padding must repeat"),
        (lambda d: d["path"][22]["balances"].update(ETH="0.1"), "adds up to"),
        (lambda d: d["path"][22].update(hash="0" * 64), "hash to the root"),
        (lambda d: d["path"][22].update(type=2), "hash to the root"),
        (lambda d: d["path"].pop(4), "height 6, its sibling is at 5"),
        (lambda d: d["path"].pop(), "not a root"),
        (lambda d: d["path"][-1]["balances"].update(BTC="95088.55505655"), "the root says"),
        (lambda d: d["path"][-1].update(hash="0" * 64), "hash to the root"),
        (lambda d: d["path"][0].update(type=4), "one side|padding must repeat"),
        (lambda d: d["path"][5].update(type=4), "padding must repeat"),
    ],
)
def test_a_path_that_does_not_hold(
    tmp_path: Path, change: Callable[[Any], None], words: str
) -> None:
    found = verify_path(changed(tmp_path, PATH, change))
    assert not found.included
    assert any(word in found.reason for word in words.split("|")), found.reason
    assert {total.evidence for total in found.totals} == {LiabilityEvidence.PUBLISHED}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["self"]["balances"].pop("BTC"), "must name BTC"),
        (lambda d: d.pop("path"), "no path"),
        (lambda d: d.update(path=d["path"] * 10), "no path of 2 to 48"),
        (lambda d: d.pop("self"), "self: no hash"),
        (lambda d: d["path"][2].update(height="3"), "small numbers"),
        (lambda d: d["path"][2].update(nonce=3), "must be text"),
        (lambda d: d["path"][2].update(hash="A" * 64), "no hash"),
    ],
)
def test_a_path_that_cannot_be_read(
    tmp_path: Path, change: Callable[[Any], None], words: str
) -> None:
    with pytest.raises(ListFormatError, match=words):
        verify_path(changed(tmp_path, PATH, change))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b"x" * 1_000_001])
def test_what_is_no_json_object_is_refused(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)
    for call in (verify_path, lambda p: verify_in_tree(TREE, p)):
        with pytest.raises(ListFormatError):
            call(path)
    with pytest.raises(ListFormatError):
        check_tree(path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_refused_or_found(tmp_path: Path, data: st.DataObject) -> None:
    text = bytearray(TREE.read_bytes().rstrip(b"\n"))
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.integers(0, 255))
    unchanged = text[at] == new
    text[at] = new
    try:
        check = check_tree(write(tmp_path, bytes(text)))
    except ListFormatError:
        return
    leaf_only = b"\n" not in text[at:]  # the last line is a leaf; its parent still binds it
    assert check.holds == unchanged or (check.holds and new == 13 and leaf_only)


def test_is_known_by_its_first_line() -> None:
    assert recognises(TREE.read_bytes()[:1000])
    assert not recognises(b"hash,1,{\n")


def test_a_negative_balance_in_a_tree_is_false_with_its_line(tmp_path: Path) -> None:
    text = TREE.read_text().replace('"USDT":"0.00047828"', '"USDT":"-0.00047828"', 1)
    check = check_tree(write(tmp_path, text))
    assert not check.holds
    assert check.problems[0].line == 2
    assert "USDT is negative: -0.00047828" in check.problems[0].reason


def test_a_negative_balance_on_a_path_is_false_with_its_step(tmp_path: Path) -> None:
    document = json.loads(PATH.read_text())
    document["path"][3]["balances"].update(ETH="-1")
    (tmp_path / "path.json").write_text(json.dumps(document))
    found = verify_path(tmp_path / "path.json")
    assert not found.included
    assert found.reason.startswith("step 4: ETH is negative: -1")


def test_a_root_alone_is_only_published(tmp_path: Path) -> None:
    root = TREE.read_text().splitlines()[0]
    head, _, balances = root.split(",", 2)
    check = check_tree(write(tmp_path, f"{head},1,{balances}\n"))
    assert check.holds
    assert {total.evidence for total in check.totals} == {LiabilityEvidence.PUBLISHED}


def test_a_user_is_in_a_root_alone_and_nothing_supports_it(tmp_path: Path) -> None:
    amounts = {"BTC": "1", "ETH": "0", "USDT": "0"}
    spelled = json.dumps(amounts, separators=(",", ":"))
    own = hashlib.sha256(b"n" + spelled.encode()).hexdigest()
    leaf = hashlib.sha256(f"{own}100".encode()).hexdigest()
    nodes = [{"hash": leaf, "balances": amounts}]
    user = {"hash": own, "nonce": "n", "nodes": nodes, "totalBalances": amounts}
    tree = write(tmp_path, f"{leaf},1,{spelled}\n", "tree")
    found = verify_in_tree(tree, write(tmp_path, json.dumps(user), "user"))
    assert (found.included, found.unproven) == (True, True)
    assert "root alone" in found.gaps[0]
    assert not verify_in_tree(TREE, USER).unproven


@pytest.mark.parametrize(
    ("heights", "line", "words"),
    [
        ([3] + [3] * 200_000, 2, "the root alone"),
        ([3] + [2] * 200_000, 4, "more than 2 nodes at height 2"),
        ([3, 2, 2] + [1] * 200_000, 8, "more than 4 nodes at height 1"),
    ],
)
def test_a_level_is_read_no_further_than_the_one_above_allows(
    tmp_path: Path, heights: list[int], line: int, words: str
) -> None:
    """Half a megabyte of packed lines was 800 MB in memory before it was counted."""
    nothing = as_json((0, 0, 0)).decode()
    text = "".join(f"{'0' * 64},{height},{nothing}\n" for height in heights)
    file = write(tmp_path, gzip.compress(text.encode(), mtime=0))
    tracemalloc.start()
    try:
        with pytest.raises(ListFormatError, match=words) as caught:
            check_tree(file)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.line == line


@given(
    st.lists(
        st.tuples(
            st.binary(min_size=32, max_size=32),
            st.tuples(*[st.integers(-(10**28) + 1, 10**28 - 1)] * 3),
            st.integers(1, 2**40),
        )
    )
)
def test_a_level_gives_back_what_it_was_given(
    found: list[tuple[bytes, tuple[int, int, int], int]],
) -> None:
    nodes = [Node(digest.hex(), 5, amounts, line) for digest, amounts, line in found]
    level = Level(5)
    for node in nodes:
        level.append(node)
    assert (len(level), list(level)) == (len(nodes), nodes)
    if nodes:
        assert level[-1] == nodes[-1]


def test_a_sound_tree_takes_a_hundred_bytes_a_node() -> None:
    level = Level(1)
    tracemalloc.start()
    try:
        for number in range(20_000):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            level.append(Node(digest, 1, (number, 10**20, 0), number))
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held / len(level) < 110


def test_a_users_file_that_gives_a_name_twice_is_not_read(tmp_path: Path) -> None:
    """The user would read the first balance, and the last one would be looked for."""
    text = USER.read_text().strip()
    shown = '{"totalBalances": {"BTC": "21", "ETH": "0", "USDT": "0"}, ' + text[1:]
    assert verify_in_tree(TREE, write(tmp_path, text)).included
    with pytest.raises(ListFormatError, match="twice"):
        verify_in_tree(TREE, write(tmp_path, shown))


def test_true_is_no_height(tmp_path: Path) -> None:
    def spell(document: Any) -> None:
        document["self"]["type"] = document["self"]["type"] == 1 or document["self"]["type"]
        document["self"]["height"] = True

    with pytest.raises(ListFormatError, match="small numbers"):
        verify_path(changed(tmp_path, PATH, spell))


def test_a_level_is_limited_before_it_is_kept(monkeypatch) -> None:
    """A packed file of some megabytes may unpack to more nodes than fit into memory."""
    monkeypatch.setattr(okx_merkle, "MAX_LEVEL", 4)
    with pytest.raises(ListFormatError, match="more than 4 nodes in one level"):
        check_tree(TREE)
