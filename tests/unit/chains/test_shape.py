"""Values of strangers' answers: of the type that is asked for, or refused with their place."""

import pytest

from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ({"a": {"b": 1}}, str, "a.b is not str"),
        ({"a": {}}, int, "a.b is missing"),
        ({"a": {"b": True}}, int, "a.b is not int"),
        ({"a": {"b": "x\ud800"}}, str, "a.b is no text"),
    ],
)
def test_what_is_not_as_asked_for_is_named(value: object, kind: type, words: str) -> None:
    with pytest.raises(SourceUnavailableError, match=words):
        take("e", value, kind, "a", "b")


def test_text_of_any_letters_is_text() -> None:
    assert take("e", {"a": "é\U0001f600"}, str, "a") == "é\U0001f600"
