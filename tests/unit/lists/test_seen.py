"""The table of keys seen: right about every key, and small."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.lists.seen import SeenKeys


@given(st.lists(st.text(max_size=3) | st.sampled_from(["\ud800", "\0", ""]), max_size=300))
def test_agrees_with_a_dict(keys: list[str]) -> None:
    seen, known = SeenKeys(), dict[str, int]()
    for row, key in enumerate(keys):
        assert seen.first_row(key, row) == known.get(key)
        known.setdefault(key, row)
    assert len(seen) == len(known)


def test_grows_without_forgetting() -> None:
    seen = SeenKeys()
    keys = [str(n) for n in range(20_000)]
    assert all(seen.first_row(key, row) is None for row, key in enumerate(keys, 1))
    assert all(seen.first_row(key, 99) == row for row, key in enumerate(keys, 1))


def test_keys_of_one_row_are_told_apart() -> None:
    seen = SeenKeys()
    assert [seen.first_row(key, 7) for key in ("a", "b", "a", "a")] == [None, None, 7, 7]
