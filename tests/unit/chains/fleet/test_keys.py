"""Which keys an account has: so many operators say the same, and a lone liar is outvoted."""

from dataclasses import dataclass

import pytest

from scanner.chains.fleet.keys import agreed
from scanner.chains.fleet.pool import Pool
from scanner.errors import SourceRejectedError
from scanner.model.balance import Evidence
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single


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
