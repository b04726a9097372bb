"""BitMEX's and River's tree: every node hashed and added up again."""

from __future__ import annotations

import bz2
import codecs
import gzip
import hashlib
import hmac
import lzma
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.cli import main
from scanner.errors import InputError, ListFormatError
from scanner.liabilities import bitmex_tree
from scanner.liabilities.bitmex_tree import (
    bitmex_key,
    check_tree,
    recognises,
    river_key,
    verify_inclusion,
)
from scanner.liabilities.interface import MAX_PROBLEMS, LiabilityEvidence

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "liabilities" / "bitmex"
BOM = codecs.BOM_UTF8
EXAMPLE = VECTORS / "liabilities_100.csv"
NONCE = bytes.fromhex("b88860add96111d84d38a500266df715158f91375d9aaa98aa58356f9a872412")


def node(left: bytes, left_value: int, right: bytes, right_value: int) -> bytes:
    parts = left + left_value.to_bytes(8, "little") + right + right_value.to_bytes(8, "little")
    return hashlib.sha256(parts).digest()


def make_tree(leaves: list[tuple[bytes, int]], height: int = 100) -> bytes:
    """A file of the publisher's, written by the rule in its README."""
    levels = [leaves]
    while len(levels[0]) > 1:
        below = levels[0]
        pairs = zip(below[::2], below[1::2], strict=True)
        levels.insert(0, [(node(*a, *b), a[1] + b[1]) for a, b in pairs])
    lines = [f"block_height:{height}"]
    lines += [f"{digest.hex()},{value}" for level in levels for digest, value in level]
    return ("\n".join(lines) + "\n").encode()


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "tree.csv"
    path.write_bytes(data)
    return path


def test_the_published_example_holds() -> None:
    check = check_tree(EXAMPLE)
    assert check.holds
    assert (check.levels, check.nodes, check.leaves) == (4, 15, 8)
    assert check.root == "85b0a83970a74a6ad0ee5d4bec5d3afe0048d18b8342e31e2d3a45e0f17879c7"
    (total,) = check.totals
    assert (total.asset, total.amount, total.decimals) == ("BTC", 4000004000, 8)
    assert total.evidence is LiabilityEvidence.REHASHED
    assert (total.as_of, total.detail["root"]) == ("block 100", check.root)


def test_the_published_user_finds_both_leaves() -> None:
    found = verify_inclusion(EXAMPLE, lambda height: bitmex_key(NONCE, height, 2))
    assert (found.included, found.amounts, found.leaves) == (True, {"BTC": 3000}, (3, 5))


@pytest.mark.parametrize(
    "key", [bitmex_key(NONCE, 101, 2), bitmex_key(NONCE, 100, 3), bytes(32), b""]
)
def test_another_key_opens_nothing(key: bytes) -> None:
    found = verify_inclusion(EXAMPLE, lambda _: key)
    assert (found.included, found.amounts) == (False, {"BTC": 0})
    assert "none of the 8 entries opens" in found.reason


def test_rivers_key_is_found_in_a_tree_made_with_it(tmp_path: Path) -> None:
    inner = hashlib.sha256(b"k" * 32 + b"me@example.org" + (8).to_bytes(8, "little")).digest()
    key = hashlib.sha256(inner + (100).to_bytes(8, "little") + (8).to_bytes(8, "little")).digest()
    assert river_key(b"k" * 32, "me@example.org", "BA", 100) == key  # base32 "BA" is byte 8
    leaf = hmac.digest(key, (55).to_bytes(8, "little") + (1).to_bytes(8, "little"), "sha256")
    path = write(tmp_path, make_tree([(bytes(32), 5), (leaf, 55)]))
    found = verify_inclusion(path, lambda _: key)
    assert (found.amounts, found.leaves) == ({"BTC": 55}, (1,))


def test_rivers_account_must_be_base32() -> None:
    with pytest.raises(InputError, match="base32"):
        river_key(b"", "", "U78!", 1)
    with pytest.raises(InputError, match="8 bytes"):
        bitmex_key(b"", -1, 0)


def test_rivers_own_example_holds() -> None:
    check = check_tree(VECTORS / "river_420.csv")
    assert check.holds
    assert (check.leaves, check.as_of, check.totals[0].amount) == (4, "block 420", 1000643641021)


def test_sums_without_hashes_are_not_believed(tmp_path: Path) -> None:
    lines = (VECTORS / "river_420.csv").read_text().splitlines()
    lines[1:4] = [f"{'ab' * 32},{line.split(',')[1]}" for line in lines[1:4]]
    path = write(tmp_path, "\n".join(lines).encode())
    check = check_tree(path)
    found = [(p.line, "hash" in p.reason) for p in check.problems]
    assert found == [(2, True), (3, True), (4, True)]
    assert check.totals[0].evidence is LiabilityEvidence.PUBLISHED
    assert "the tree is false: line 2" in verify_inclusion(path, lambda _: bytes(32)).reason


@pytest.mark.parametrize("line", range(2, 17))
@pytest.mark.parametrize("what", ["value", "hash"])
def test_one_altered_line_anywhere_is_found(tmp_path: Path, line: int, what: str) -> None:
    lines = EXAMPLE.read_text().splitlines()
    digest, value = lines[line - 1].split(",")
    if what == "value":
        lines[line - 1] = f"{digest},{int(value) + 1}"
    else:
        lines[line - 1] = f"{('1' if digest[0] == '0' else '0') + digest[1:]},{value}"
    check = check_tree(write(tmp_path, "\n".join(lines).encode()))
    assert not check.holds
    parent = (line - 1) // 2 + 1  # nodes are numbered from 1 on line 2
    assert {problem.line for problem in check.problems} <= {line, parent}
    assert check.totals[0].evidence is LiabilityEvidence.PUBLISHED


def test_an_overflow_is_no_way_to_a_small_sum(tmp_path: Path) -> None:
    big = 2**64 - 1
    left, right = (bytes(32), big), (b"\1" * 32, 2)
    root = (node(*left, *right), (big + 2) % 2**64)
    lines = ["block_height:1", *(f"{d.hex()},{v}" for d, v in (root, left, right))]
    check = check_tree(write(tmp_path, "\n".join(lines).encode()))
    assert "add up to 18446744073709551617" in check.problems[0].reason


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (",1294\n", ",-0\n", 6),
        (",1294\n", ",-99999999999999999999\n", 6),
        (",1294\n", ",01294\n", 6),
        (",1294\n", ", 1294\n", 6),
        (",1294\n", ",1294.0\n", 6),
        (",1294\n", ",1e3\n", 6),
        (",1294\n", f",{2**64}\n", 6),
        (",1294\n", "," + "9" * 30 + "\n", 6),
        (",1294\n", ",1294,0\n", 6),
        ("bfa7", "BFA7", 6),
        ("bfa7", "bfa", 6),
        ("block_height:100", "block_height:-1", 1),
        ("block_height:100", "height:100", 1),
        ("\n128b", "\n\n128b", 4),
        ("943f858e804d09d241b05c9d063030da551ca4bde5133b303c8f23a4b76a5fde,1492753011\n", "", 9),
    ],
)
def test_what_is_not_canonical_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, line: int
) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    with pytest.raises(ListFormatError) as caught:
        check_tree(write(tmp_path, text.replace(old, new, 1).encode()))
    assert caught.value.line == line


def test_a_missing_level_is_refused(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text().splitlines()
    with pytest.raises(ListFormatError, match="lines are missing"):
        check_tree(write(tmp_path, "\n".join(lines[:4] + lines[8:]).encode()))


def test_a_missing_lowest_level_is_another_tree(tmp_path: Path) -> None:
    # Without its leaves the rest still hashes: what is lost is that users find themselves in it.
    lines = EXAMPLE.read_text().splitlines()
    path = write(tmp_path, "\n".join(lines[:8]).encode())
    assert check_tree(path).leaves == 4
    assert not verify_inclusion(path, lambda height: bitmex_key(NONCE, height, 2)).included


@pytest.mark.parametrize("data", [b"", b"block_height:1\n", b"block_height:1", b"\xff\xfe"])
def test_a_tree_without_nodes_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ListFormatError):
        check_tree(write(tmp_path, data))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        check_tree(tmp_path / "none")


def test_problems_are_counted_and_only_some_kept(tmp_path: Path) -> None:
    draw = random.Random(1)
    leaves = [(draw.randbytes(32), draw.randrange(10**9)) for _ in range(512)]
    good = make_tree(leaves)
    assert check_tree(write(tmp_path, good)).holds
    lines = good.decode().splitlines()
    lines[256:512] = [f"{'00' * 32},{line.split(',')[1]}" for line in lines[256:512]]
    check = check_tree(write(tmp_path, "\n".join(lines).encode()))
    assert check.problem_count > len(check.problems) == MAX_PROBLEMS


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(levels=st.integers(0, 5), seed=st.integers(), crlf=st.booleans())
def test_every_tree_made_by_the_rule_holds(
    tmp_path: Path, levels: int, seed: int, crlf: bool
) -> None:
    draw = random.Random(seed)
    leaves = [(draw.randbytes(32), draw.randrange(2**50)) for _ in range(2**levels)]
    data = make_tree(leaves)
    check = check_tree(write(tmp_path, data.replace(b"\n", b"\r\n") if crlf else data))
    assert check.holds
    assert check.totals[0].amount == sum(value for _, value in leaves)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), headed=st.booleans())
def test_any_bytes_are_a_tree_or_refused(tmp_path: Path, data: bytes, headed: bool) -> None:
    try:
        check = check_tree(write(tmp_path, (b"block_height:1\n" if headed else b"") + data))
    except InputError:
        return
    assert check.nodes == 2**check.levels - 1


def test_is_known_by_its_first_line() -> None:
    assert recognises(EXAMPLE.read_bytes()[:100])
    assert not recognises(b"asset,amount\n")


def test_a_negative_balance_is_false_with_its_line(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    check = check_tree(write(tmp_path, text.replace(",1294\n", ",-1294\n", 1).encode()))
    assert not check.holds
    assert check.problems[0].line == 6
    assert "a balance is negative: -1294" in check.problems[0].reason
    (total,) = check.totals
    assert total.evidence is LiabilityEvidence.PUBLISHED


def test_a_negative_root_has_no_total(tmp_path: Path) -> None:
    check = check_tree(write(tmp_path, f"block_height:1\n{'ab' * 32},-5\n".encode()))
    assert (check.holds, check.totals) == (False, ())


def test_negative_balances_that_add_up_are_false_all_the_same(tmp_path: Path) -> None:
    """The fraud itself: every hash and sum is right, and one leaf takes from the others."""
    left, right = (b"l" * 32, 900), (b"r" * 32, 2**64 - 400)
    root = node(left[0], left[1], right[0], right[1])
    lines = f"block_height:1\n{root.hex()},500\n{left[0].hex()},900\n{right[0].hex()},-400\n"
    check = check_tree(write(tmp_path, lines.encode()))
    assert [problem.line for problem in check.problems] == [4]


def test_a_root_alone_is_only_published(tmp_path: Path) -> None:
    check = check_tree(write(tmp_path, f"block_height:1\n{'ab' * 32},5\n".encode()))
    assert check.holds
    assert check.totals[0].evidence is LiabilityEvidence.PUBLISHED


def test_a_user_is_in_a_root_alone_and_nothing_supports_it(tmp_path: Path) -> None:
    """A file of one node is made for one user: whoever gets one is in it."""
    value = (5).to_bytes(8, "little")
    leaf = hmac.digest(b"k" * 32, value + bytes(8), "sha256")
    path = write(tmp_path, f"block_height:1\n{leaf.hex()},5\n".encode())
    found = verify_inclusion(path, lambda _: b"k" * 32)
    assert (found.included, found.amounts, found.unproven) == (True, {"BTC": 5}, True)
    assert "root alone" in found.gaps[0]
    assert main.run(["liabilities", "verify-inclusion", str(path), "--nonce", "6b" * 32]) == 3
    other = leaf_of_two(tmp_path, leaf)
    assert not verify_inclusion(other, lambda _: b"k" * 32).unproven


def leaf_of_two(folder: Path, leaf: bytes) -> Path:
    root = node(leaf, 5, b"r" * 32, 2)
    lines = f"block_height:1\n{root.hex()},7\n{leaf.hex()},5\n{(b'r' * 32).hex()},2\n"
    return write(folder, lines.encode())


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda d: BOM + d])
def test_packed_trees_and_trees_with_a_mark_are_read(tmp_path: Path, pack) -> None:
    path = write(tmp_path, pack(EXAMPLE.read_bytes()))
    assert check_tree(path).root == check_tree(EXAMPLE).root
    found = verify_inclusion(path, lambda height: bitmex_key(NONCE, height, 2))
    assert found.leaves == (3, 5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1294\n", "1_294\n"),
        ("1294\n", "+1294\n"),
        ("1294\n", "1294\r\r\n"),
        ("1294\n", "1294,"),  # two nodes on one line
        ("\nbfa7", ",bfa7"),
        ("bfa7", "bf a7"),
    ],
)
def test_lines_read_together_have_one_spelling(tmp_path: Path, old: str, new: str) -> None:
    text = EXAMPLE.read_text()
    assert text.replace(old, new, 1) != text
    with pytest.raises(ListFormatError, match="canonical"):
        check_tree(write(tmp_path, text.replace(old, new, 1).encode()))


def test_blank_lines_at_the_end_are_nothing_and_in_between_are_refused(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    assert check_tree(write(tmp_path, (text + "\n \r\n" * 9000).encode())).holds
    with pytest.raises(ListFormatError):
        check_tree(write(tmp_path, (text + "\n" * 9000 + "x").encode()))


def test_a_level_too_many_is_refused_before_it_is_read(monkeypatch) -> None:
    """The level below the last one that is allowed would take twice as much as all that is."""
    read = []
    original = bitmex_tree._Tree._read_level

    def counted(tree, rows, line, size):
        read.append(size)
        return original(tree, rows, line, size)

    monkeypatch.setattr(bitmex_tree._Tree, "_read_level", counted)
    monkeypatch.setattr(bitmex_tree, "MAX_LEVELS", 3)
    with pytest.raises(ListFormatError, match="more than 3 levels"):
        check_tree(EXAMPLE)
    assert read == [1, 2, 4]
    monkeypatch.setattr(bitmex_tree, "MAX_LEVELS", 4)
    assert check_tree(EXAMPLE).levels == 4
