"""Finding columns by their names."""

from __future__ import annotations

import pytest

from scanner.errors import ListFormatError
from scanner.lists.columns import FIELDS, find_columns, header_names, normal
from scanner.model.registry import Registry


def test_names_are_compared_without_case_spaces_and_punctuation() -> None:
    header = [" Coin", "redeem script/ public key", " eoa1", "Snapshot Height", "ADDRESS "]
    columns = find_columns(header, "f", 1)
    assert columns.at == {"coin": 0, "script": 1, "owner1": 2, "height": 3, "address": 4}


def test_trailing_empty_columns_do_not_count() -> None:
    columns = find_columns(["address", "coin", "", " "], "f", 1)
    assert (columns.width, columns.ignored) == (2, ())


def test_no_name_means_two_fields() -> None:
    names = [name for names in FIELDS.values() for name in names]
    assert len(names) == len(set(names))
    assert all(normal(name) == name for name in names)


def test_two_columns_of_one_meaning_are_refused_at_their_place() -> None:
    with pytest.raises(ListFormatError, match="two columns mean 'amount'") as caught:
        find_columns(["coin", "amount", "balance"], "f", 7)
    assert (caught.value.line, caught.value.column) == (7, 3)


def test_a_choice_overrules_the_usual_name() -> None:
    columns = find_columns(["amount", "free", "address"], "f", 1, {"amount": "Free"})
    assert (columns.at["amount"], columns.ignored) == (1, ("amount",))


def test_a_choice_of_a_name_that_two_columns_have_is_none() -> None:
    """The first would be taken, and `ignore=` with the same name would drop the other unseen."""
    header = ["network", "address", "network"]
    with pytest.raises(ListFormatError, match="2 columns are called 'Network': give each a") as e:
        find_columns(header, "f", 3, {"network": "Network", "ignore": "network"})
    assert (e.value.line, e.value.column) == (3, 3)
    columns = find_columns(["Amount", "address", "amount"], "f", 1, {"amount": "amount"})
    assert (columns.at["amount"], columns.unknown) == (2, (0,))


@pytest.mark.parametrize(
    ("header", "remedy"),
    [
        ("network,address,network", "give each a name of its own, or use --columns ignore=network"),
        ("coin,address,,coin,address", "two tables stand side by side: put one below the other"),
        ("address,addr,coin", "choose with --columns address=.. and --columns ignore=.."),
    ],
)
def test_the_remedy_for_two_columns_of_one_meaning_works(header: str, remedy: str) -> None:
    with pytest.raises(ListFormatError) as caught:
        find_columns(header.split(","), "f", 1)
    assert remedy in str(caught.value)


def test_unknown_cells_have_no_field() -> None:
    assert header_names(["address", "what", ""]) == {"address"}


@pytest.mark.parametrize(
    "name",
    [
        "Amount µBTC", "Amount μBTC", "Balance（万BTC）", "Balance 万 BTC", "千BTC balance", "balance мBTC",
        "Balance BTC²", "Amount ㎲BTC", "Amount Ⓚ BTC", "Amount (m₿)", "amount_½_BTC", "Balance ㎑",
    ],
)  # fmt: skip
def test_a_letter_of_another_script_is_part_of_a_unit(registry: Registry, name: str) -> None:
    """A millionth or ten thousand of a coin are no coin."""
    columns = find_columns(["network", "address", name], "f", 1, None, registry)
    assert (columns.unknown, columns.wide, columns.coin) == ((2,), (), "")
    assert "amount" not in columns.at


@pytest.mark.parametrize(
    "name", ["Balance（BTC）", "Ｂａｌａｎｃｅ (BTC)", "Balance【BTC】", "amount·BTC"]
)
def test_wide_letters_and_brackets_are_letters_and_brackets(registry: Registry, name: str) -> None:
    columns = find_columns(["coin", "address", name], "f", 1, None, registry)
    assert (columns.at["amount"], columns.coin) == (2, "BTC")
    assert find_columns(["Ａｄｄｒｅｓｓ"], "f", 1).at == {"address": 0}
