"""A search names publishers whose names have the text in them."""

from types import SimpleNamespace

import pytest

from scanner.web import overview


@pytest.mark.parametrize(
    ("text", "found"),
    [("KX", ["okx", "my okx"]), ("okx", ["okx", "my okx"]), ("rival", ["Rival"]), (" ", []),
     ("%", []), ("nobody", [])],
)  # fmt: skip
def test_names_are_found_in_any_case_and_beginnings_stand_first(text, found):
    views = [SimpleNamespace(name=name) for name in ("my okx", "Rival", "okx")]
    named = overview.named(SimpleNamespace(publishers=lambda: views), text)
    assert sorted(view.name for view in named) == sorted(found)
    if text == "okx":
        assert [view.name for view in named] == found
