import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from scanner.web.cache import AnswerCache, answer
from scanner.web.site import _Fresh


def test_an_answer_is_of_one_version_of_the_data():
    cache, made = AnswerCache(), answer(b"body", "text/plain")
    cache.put("1", b"/a", made)
    assert cache.get("1", b"/a") is made
    assert cache.get("2", b"/a") is None
    assert cache.get("1", b"/b") is None


def test_the_least_used_go_first_and_no_more_is_kept_than_allowed():
    cache = AnswerCache(most_bytes=100)
    for name in (b"a", b"b", b"c"):
        cache.put("1", name, answer(name * 40, ""))
        cache.get("1", b"a")
    assert cache.get("1", b"a") is not None
    assert cache.get("1", b"b") is None
    assert cache.get("1", b"c") is not None


def test_what_is_larger_than_all_room_is_not_kept_and_pushes_nothing_out():
    cache = AnswerCache(most_bytes=100)
    cache.put("1", b"small", answer(b"x" * 90, ""))
    cache.put("1", b"large", answer(b"x" * 101, ""))
    assert cache.get("1", b"large") is None
    assert cache.get("1", b"small") is not None


def test_putting_twice_counts_once():
    cache = AnswerCache(most_bytes=100)
    for _ in range(5):
        cache.put("1", b"a", answer(b"x" * 60, ""))
    cache.put("1", b"b", answer(b"x" * 40, ""))
    assert cache.get("1", b"a") is not None


def test_tags_tell_bodies_apart():
    assert answer(b"a", "").tag == answer(b"a", "").tag
    assert answer(b"a", "").tag != answer(b"b", "").tag


def test_what_many_ask_at_once_is_made_once_and_again_when_the_data_changes():
    fresh, made = _Fresh(), []

    def make():
        time.sleep(0.05)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fresh.get("a", 1, make), range(8)))
    assert found == [1] * 8
    assert fresh.get("b", 1, make) == 2


def test_a_failed_making_is_tried_again_by_the_next():
    fresh = _Fresh()

    def fail():
        raise OSError

    with pytest.raises(OSError):
        fresh.get("a", 1, fail)
    assert fresh.get("a", 1, lambda: 5) == 5


def test_what_cannot_be_made_leaves_nothing_behind():
    fresh = _Fresh()

    def fail():
        raise LookupError

    for number in range(100):
        with pytest.raises(LookupError):
            fresh.get("a", number, fail)
    assert not fresh._making
