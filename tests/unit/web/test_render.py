"""Everything a template shows is escaped, made harmless and cut."""

import pytest

from scanner.web.render import _environment, page


def shown(template, **values):
    return _environment().from_string(template).render(**values)


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("<b>&'\"", "&lt;b&gt;&amp;&#39;&#34;"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb\x1b\x00", "a\\nb\\x1b\\x00"),
        ("\ud800", "\\ud800"),
        ("x" * 3000, "x" * 1999 + "…"),
        ("{{ 1 }}", "{{ 1 }}"),
        ("日本 é", "日本 é"),
    ],
)
def test_text_of_a_list(text, harmless):
    assert shown("{{ t }}", t=text) == harmless
    assert shown('<a title="{{ t }}">', t=text) == f'<a title="{harmless}">'


def test_a_name_that_is_missing_is_a_fault_and_not_an_empty_place():
    with pytest.raises(Exception, match="'words' is undefined"):
        page("trouble.html.j2", {"title": "x", "status": 404})


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ '123456789' | coins(8) }}", "1.23456789"),
        ("{{ '1' | coins(18) }}", "0.000000000000000001"),
        ("{{ '1234567890123456789' | coins(18) }}", "1.23456789…"),
        ("{{ '1234567890123456789' | exact(18) }}", "1.234567890123456789"),
        ("{{ '-5' | signed(0) }}", "\N{MINUS SIGN}5"),
        ("{{ '5' | signed(0) }}", "+5"),
        ("{{ '0' | signed(0) }}", "\N{EN DASH}"),
        ("{{ 'bad_signature' | words }}", "bad signature"),
        ("{{ 1234567 | grouped }}", "1,234,567"),
    ],
)
def test_filters(template, text):
    assert shown(template) == text
