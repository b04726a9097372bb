"""Which keys an account has: so many operators say the same, and a lone liar is outvoted."""

from dataclasses import dataclass

import pytest

from scanner.chains.fleet.keys import agreed
from scanner.chains.fleet.pool import Pool
from scanner.errors import SourceRejectedError
from scanner.model.balance import Evidence
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted, single


@dataclass
class Node:
    """says: a letter for a key, "0" for no key, "?" for an account of which it cannot be said."""

    name: str
    operator: str
    says: str
    chain_id: str = "1"
    own: bool = False
    asked: int = 0

    def check(self) -> None: ...

    def hash_at(self, height: int) -> str:
        return "00"

    def policy(self) -> KeyPolicy:
        self.asked += 1
        if self.says == "!":
            raise SourceRejectedError(self.name, "refuses")
        if self.says == "?":
            return KeyPolicy((), 7, disputed="a contract")
        way = single("key", PolicyKey(KeyKind.ED25519, self.says.encode() * 32))
        return KeyPolicy(() if self.says == "0" else (way,), 7)


@pytest.mark.parametrize(
    ("said", "quorum", "expected", "note"),
    [
        ("a", 1, "a", ""),
        ("ab", 1, "a", ""),
        ("aab", 2, "a", ""),
        ("aba", 2, "a", "n1 named other keys instead"),
        ("baa", 2, "a", "n0 named other keys instead"),
        ("bacaa", 3, "a", "n0 and n2 named other keys instead"),
        ("ab", 2, "n0 and n1 name different keys", ""),
        ("abc", 2, "n0 and n1 name different keys", ""),
        ("ab!", 2, "n0 and n1 name different keys", ""),
        ("0a0", 2, "0", "n1 named other keys instead"),
        ("?0?", 2, "a contract", "n1 named other keys instead"),
        ("0?", 2, "n0 and n1 name different keys", ""),
    ],
)
def test_whose_word_counts(said, quorum, expected, note):
    nodes = [Node(f"n{n}", f"o{n}", who) for n, who in enumerate(said)]
    found = agreed(Pool(nodes, sleep=lambda _: None), Node.policy, quorum)
    assert found.note == note
    if found.disputed:
        assert found.disputed.startswith(expected)
        return
    assert found.ways == Node("", "", expected).policy().ways
    assert found.evidence is (Evidence.AGREED if quorum > 1 else Evidence.REPORTED)
    most = len(said) if note else quorum
    assert sum(node.asked for node in nodes) <= most, "more were asked than there is a need for"


def test_one_operator_has_one_voice():
    nodes = [Node("n0", "x", "a"), Node("n1", "x", "a"), Node("n2", "y", "b")]
    found = agreed(Pool(nodes, sleep=lambda _: None), Node.policy, 2)
    assert "name different keys" in found.disputed


def key_of(letter: bytes) -> PolicyKey:
    return PolicyKey(KeyKind.ED25519, letter * 32)


def way(*members: Weighted, name: str = "signers") -> Way:
    return Way(name, members, 2)


ONE, TWO, TWICE = Weighted(key_of(b"a")), Weighted(key_of(b"b")), Weighted(key_of(b"b"), 2)
INSIDE = Weighted(way(TWO, ONE, name="inside"))
SAME = [
    ((way(ONE, TWO),), (way(TWO, ONE),)),
    ((way(ONE, TWO), way(TWICE)), (way(TWICE), way(TWO, ONE))),
    ((way(ONE, INSIDE),), (way(Weighted(way(ONE, TWO, name="inside")), ONE),)),
]
OTHER = [
    ((way(ONE, TWO),), (way(ONE, TWICE),)),
    ((way(ONE, TWO),), (way(ONE, TWO, TWO),)),
    ((way(ONE, TWO),), (way(ONE, TWO, name="other"),)),
    ((way(ONE, TWO),), (way(ONE, TWO), way(ONE, TWO))),
    ((way(ONE, TWO),), (way(Weighted(key_of(b"a"), hides=True), TWO),)),
]


@pytest.mark.parametrize(
    ("first", "second", "same"), [(*p, True) for p in SAME] + [(*p, False) for p in OTHER]
)
def test_the_order_in_which_an_operator_lists_them_is_no_difference(first, second, same):
    said = {"n0": KeyPolicy(first, 7), "n1": KeyPolicy(second, 7)}
    nodes = [Node(name, name, "") for name in said]
    pool = Pool(nodes, sleep=lambda _: None)
    found = agreed(pool, lambda node: said[node.name], 2)
    assert bool(found.disputed) is not same
    assert found.ways in ((first, second) if same else ((),))
