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
        ("{{ '1234567890123456789' | exact(18) }}", "1.234567890123456789"),
        ("{{ '-5' | signed(0, 'USDT') }}", "\N{MINUS SIGN}5.00"),
        ("{{ '5' | signed(0, 'SOL') }}", "+5.0000"),
        ("{{ '0' | signed(0, 'SOL') }}", "\N{EN DASH}"),
        (
            "{{ '123456789012' | amount(8, 'BTC') }}",
            '<span title="1,234.56789012">1,234.56789012</span>',
        ),
        (
            "{{ '15' | amount(18, 'ETH') }}",
            '<span title="0.000000000000000015">&lt;0.0001</span>',
        ),  # never a number cut with a mark
        ("{{ none | amount(8, 'BTC', 'not stated') }}", '<span class="note">not stated</span>'),
        ("{{ 'bad_signature' | words }}", "bad signature"),
        ("{{ 1234567 | grouped }}", "1,234,567"),
    ],
)
def test_filters(template, text):
    assert shown(template) == text
