"""BitMEX's YAML, read as events."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.lists import Reader

from scanner.errors import ListFormatError
from scanner.model.finding import FindingKind

A = "3BMEX12J5prrSBPdU5HD7HtmqULtbffncm"
B = "3BMEXbSSrK2K7cRgqxrtqUWfxowBBrW1BE"
LISTS = (f"address: [{{addr: {A}, balance: 1}}]", f"custodial: [{{addr: {B}, balance: 2}}]")
HEAD = "height: 763269\nchain: main\nclaim: {m: 3, n: 4}\n"


def test_the_published_entry(read_file: Reader, vectors: Path) -> None:
    read = read_file(vectors / "bitmex/reserve_entry_example.yaml")
    assert (read.summary.format, read.summary.variant) == ("bitmex_yaml", "claim 3 of 4")
    (claim,) = read.claims
    assert (claim.address, claim.amount, claim.row_type) == (A, 115392, "sh")
    assert claim.script.startswith("534104220936")
    assert (claim.asset, claim.network, claim.height) == ("BTC", "bitcoin", 0)
    assert claim.address_key == "a91469f3739d82a97c2f3a630b059d0ebde95d8ebbd687"
    assert read.totals[0].amount == 115392
    assert read.findings == []
    assert len(read.summary.notes["keys"].split(",")) == 3


def test_block_style_custody_and_unspendable(read_bytes: Reader) -> None:
    text = f"""{HEAD}total: 60
address:
- addr_type: wsh
  addr: {A}
  script: 'aabb'
  balance: '10'
- {{addr_type: unspendable, addr: {B}, balance: 20}}
custodial:
- {{addr_type: deposit, addr: bc1q2qqqt87kh33s0er58akh7v9cwjgd83z5smh9rp, balance: 30}}
"""
    read = read_bytes(text)
    assert [(c.row, c.row_type, c.amount) for c in read.claims] == [
        (6, "wsh", 10),
        (10, "unspendable", 20),
        (12, "custodial deposit", 30),
    ]
    assert all(c.height == 763269 for c in read.claims)
    (told,) = read.findings  # the format does not count such coins as reserves
    assert (told.kind, told.row) == (FindingKind.NOT_UNDERSTOOD, 10)
    assert "'unspendable'" in told.reason


def test_a_wrong_total_and_an_address_in_two_lists(read_bytes: Reader) -> None:
    text = f"{HEAD}total: 31\naddress: [{{addr: {A}, balance: 10}}]\n"
    text += f"custodial: [{{addr: {A}, balance: 20}}]\n"
    assert [f.kind for f in read_bytes(text).findings] == [
        FindingKind.TOTAL_DIFFERS,
        FindingKind.DUPLICATE,
    ]


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        (f"{{addr: {A}, balance: '-1'}}", FindingKind.NEGATIVE_AMOUNT, "negative"),
        ("{balance: 1}", FindingKind.BAD_ROW, "no address"),
        (f"{{addr: {A}, balance: [1]}}", FindingKind.BAD_ROW, "not a single value"),
        (f"{{addr: {{x: [{A}]}}, balance: 1}}", FindingKind.BAD_ROW, "not a single value"),
        (f"{A}", FindingKind.BAD_ROW, "not a mapping"),
        (f"[{A}, [1]]", FindingKind.BAD_ROW, "not a mapping"),
        ("{}", FindingKind.BAD_ROW, "no address"),
        (f"{{addr: {A}, balance: 0100}}", FindingKind.BAD_ROW, "base 8"),
    ],
)
def test_a_bad_row_is_a_finding(
    read_bytes: Reader, row: str, kind: FindingKind, words: str
) -> None:
    read = read_bytes(f"{HEAD}address:\n- {row}\n- {{addr: {B}, balance: 1}}\n")
    assert [(u.row, u.kind) for u in read.unreadable] == [(5, kind)]
    assert words in read.unreadable[0].reason
    assert [c.row for c in read.claims] == [6]


@pytest.mark.parametrize(
    ("balance", "words"),
    [("balance: 1.5", "base units"), ("balance: 1e400", "larger"), ("script: ''", "empty")],
)
def test_an_amount_that_cannot_be_read(read_bytes: Reader, balance: str, words: str) -> None:
    read = read_bytes(f"{HEAD}address:\n- {{addr: {A}, {balance}}}\n- {{addr: {B}, balance: 1}}\n")
    assert [claim.amount for claim in read.claims] == [None, 1]
    ((row, kind, reason),) = [told for told in read.told if told[0]]
    assert (row, kind) == (5, FindingKind.BAD_AMOUNT)
    assert words in reason


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"{HEAD}address:\n- {{addr: {A}, balance: 1\nx: y\n", 6, "not YAML"),
        (f"{HEAD}address: {A}\n", 4, "must be a list"),
        (f"{HEAD}address:\n- &a {{addr: {A}, balance: 1}}\n- *a\n", 6, "alias"),
        (f"{HEAD}address:\n- {{addr: {A}, addr: {B}, balance: 1}}\n", 5, "twice"),
        (f"{HEAD}height: 5\naddress: []\n", 4, "twice"),
        (f"{HEAD}? [a]\n: b\n", 4, "single value"),
        ("height: 1\nclaim: 1\naddress: []\n", 3, "no chain"),
        (f"chain: main\nclaim: 1\naddress: [{{addr: {A}, balance: 1}}]\nheight: 5\n", 4, "first"),
        ("chain: main\ntotal: 1\naddress: []\nheight: 5\ncustodial: []\n", 4, "'height' comes"),
        ("height: 5\nclaim: 1\ncustodial:\nchain: main\naddress: []\nchain: x\n", 6, "twice"),
        ("chain: main\nclaim: 1\nheight: [850, 000]\naddress: []\n", 3, "single value"),
        ("chain: main\nclaim: 1\nheight: 0750000\naddress: []\n", 3, "base 8"),
        (f"{HEAD}total: 0100\naddress: []\n", 4, "base 8"),
        ("chain: [main]\nclaim: 1\nheight: 5\naddress: []\n", 1, "single value"),
        ("chain: main\nclaim: 1\nheight: 5\ntotal: {x: 1}\naddress: []\n", 4, "single value"),
        ("height: 1\nchain: regtest\nclaim: 1\naddress: []\n", 2, "'regtest'"),
    ],
)
def test_what_cannot_be_read_on_names_its_place(
    read_bytes: Reader, text: str, line: int, words: str
) -> None:
    with pytest.raises(ListFormatError, match=words) as caught:
        read_bytes(text)
    assert caught.value.line == line


@given(
    st.permutations(["height: 763269", "chain: main", "claim: {m: 3, n: 4}", "total: 3", *LISTS])
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_in_any_order_rows_have_their_height_or_the_file_is_refused(
    read_bytes: Reader, parts: list[str]
) -> None:
    first = min(map(parts.index, LISTS))
    before = {part.partition(":")[0] for part in parts[:first]}
    text = "\n".join(parts) + "\n"
    if not {"height", "chain"} <= before:
        with pytest.raises(ListFormatError, match=r"put it first|no chain before"):
            read_bytes(text, format="bitmex_yaml")
        return
    read = read_bytes(text, format="bitmex_yaml")
    assert [claim.height for claim in read.claims] == [763269, 763269]
    assert ([line.amount for line in read.totals], read.findings) == ([3], [])


def test_another_network_may_be_said(read_bytes: Reader) -> None:
    text = f"height: 1\nchain: regtest\nclaim: 1\naddress: [{{addr: {A}, balance: 1}}]\n"
    assert read_bytes(text, network="bitcoin").claims[0].network == "bitcoin"


def test_a_value_without_end_is_not_held_in_memory(read_bytes: Reader) -> None:
    with pytest.raises(ListFormatError, match="single value is longer"):
        read_bytes(f"{HEAD}x: '" + "y" * 12_000_000)


def test_rows_come_while_the_file_is_read(registry: object, tmp_path: Path) -> None:
    from scanner.lists.open import open_list

    path = tmp_path / "big.yaml"
    with path.open("w") as out:
        out.write(HEAD + "address:\n")
        for n in range(20_000):
            out.write(f"- {{addr: a{n}, balance: {n}, script: '{'00' * 100}'}}\n")
    with open_list(path, registry) as rows:  # type: ignore[arg-type]
        iterator = iter(rows)
        next(iterator)
        done, whole = rows.progress()
        assert done < whole / 3
        assert sum(1 for _ in iterator) == 19_999
        assert rows.progress() == (whole, whole)


def test_a_second_document_is_refused(read_bytes: Reader) -> None:
    list_ = f"{HEAD}address:\n- {{addr: {A}, balance: 1}}\n"
    with pytest.raises(ListFormatError, match="a second YAML document"):
        read_bytes(f"{list_}---\n{list_}")


def test_rows_under_another_key_are_not_understood(read_bytes: Reader) -> None:
    more = f"addresses:\n- {{addr: {B}, balance: 1}}\n" + f"- {{addr: {B}}}\n" * 2000
    read = read_bytes(f"{HEAD}address:\n- {{addr: {A}, balance: 1, share: 5}}\n{more}")
    told = [f.reason for f in read.findings if f.kind is FindingKind.NOT_UNDERSTOOD]
    assert [reason.partition(",")[0] for reason in told] == [
        "key 'address[].share'",
        "key 'addresses'",
    ]
    assert B in told[1]
    known = read_bytes(
        f"{HEAD}address:\n- {{addr: {A}, balance: 1, share: 5}}\n{more}",
        columns={"ignore": "share,addresses"},
        format="bitmex_yaml",
    )
    assert not [f for f in known.findings if f.kind is FindingKind.NOT_UNDERSTOOD]
