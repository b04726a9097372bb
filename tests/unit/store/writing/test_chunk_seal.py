import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.claim import Claim
from scanner.snapshots.columns import ResultColumns, by_column
from scanner.snapshots.interface import NumberedClaim
from scanner.store.writing.chunk_seal import ChunkSeal

VERDICT = (
    *("controls", "derived", "static", "evm_message", 1, ("0xab", "0xcd"), "", "proven"),
    *("stated", "table"),
)
BALANCE = (2**256 - 1, "reported", ("node-a", "node-b"), "", '{"read_at": 5}')


def numbered(no=7, asset="ETH", key="0xé", amount=5, *, duplicate=False):
    claim = Claim(no, asset, asset, "ethereum", key, key, 18, amount)
    return NumberedClaim(no, claim, duplicate)


def digest(*rows):
    seal = ChunkSeal()
    seal.add(rows)
    return seal.digest()


def digest_by_column(*rows):
    """As `digest`, of verdicts and balances that are whole."""
    numbered = [row[0] for row in rows]
    claims = [of.claim for of in numbered]
    fields = ("asset", "network", "address_key", "decimals", "amount")
    columns = [[getattr(claim, name) for claim in claims] for name in fields]
    numbers = [of.no for of in numbered]
    duplicates = [of.duplicate for of in numbered]
    seal = ChunkSeal()
    seal.add_columns(
        ResultColumns(numbers, duplicates, *columns, (), ()),
        by_column([row[1] for row in rows], len(VERDICT)),
        by_column([row[2] for row in rows], len(BALANCE)),
        [row[3] for row in rows],
    )
    return seal.digest()


def line(row, verdict, balance, told):
    """A row's line as the docstring of ChunkSeal has it, by another writer of JSON."""
    no, claim, duplicate = row
    amounts = [None if amount is None else str(amount) for amount in (claim.amount, balance[0])]
    record = [no, duplicate, claim.asset, claim.network, claim.address_key, claim.decimals]
    record += [amounts[0], verdict, [amounts[1], *balance[1:]], sorted(told)]
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def test_the_digest_is_the_one_that_chunks_have_been_sealed_with():
    unseen = (None, "unavailable", (), "no answer", "")
    told = [("b", "second"), ("a", "first")]
    rows = (
        (numbered(), VERDICT, BALANCE, ()),
        (numbered(8, amount=None, duplicate=True), VERDICT, unseen, told),
    )
    sealed = "ebd9240d33ed3fef211a892306a96a99334a5c99105a671174ab7e1fcd53511b"
    assert digest(*rows) == digest_by_column(*rows) == sealed


@pytest.mark.parametrize("last", [None, 0, 6])
def test_digits_that_stand_on_both_sides_are_sealed_on_both(last):
    found = (5, 2**256 - 1, last)
    rows = [(numbered(n, amount=a), VERDICT, (a, *BALANCE[1:]), ()) for n, a in enumerate(found)]
    lines = b"".join(line(*row) for row in rows)
    assert digest_by_column(*rows) == digest(*rows) == sha256(lines).hexdigest()
    less = [*rows[:-1], (rows[-1][0], VERDICT, (7, *BALANCE[1:]), ())]
    assert digest_by_column(*less) == digest(*less) != digest(*rows)


TEXTS = st.text(st.characters() | st.sampled_from('\x00\n"\\\ud800é'), max_size=4)
AMOUNTS = st.none() | st.integers(0, 2**256 - 1)
ROWS = st.tuples(
    st.builds(numbered, st.integers(1, 10**9), TEXTS, TEXTS, AMOUNTS, duplicate=st.booleans()),
    st.builds(lambda reason: (*VERDICT[:6], reason, *VERDICT[7:]), TEXTS),
    st.tuples(AMOUNTS, TEXTS, st.lists(TEXTS, max_size=2).map(tuple), TEXTS, TEXTS),
    st.lists(st.tuples(TEXTS, TEXTS), max_size=3),
)


@given(st.lists(ROWS, max_size=4), st.integers(0, 4))
def test_the_digest_is_of_lines_of_json_however_rows_are_added(rows, cut):
    expected = sha256(b"".join(line(*row) for row in rows)).hexdigest()
    seal = ChunkSeal()
    seal.add(rows[:cut])
    seal.add(iter(rows[cut:]))
    assert seal.digest() == digest(*rows) == digest_by_column(*rows) == expected


@pytest.mark.parametrize(
    ("evidence", "statement", "kept"),
    [
        ("", "not_asked", VERDICT[:7]),
        ("proven", "not_asked", VERDICT[:8]),
        ("", "stated", (*VERDICT[:7], *VERDICT[8:])),
    ],
)
def test_what_an_older_program_did_not_record_is_not_sealed(evidence, statement, kept):
    verdict = (*VERDICT[:7], evidence, statement, VERDICT[9])
    row = numbered()
    expected = sha256(line(row, kept, BALANCE, ())).hexdigest()
    assert digest((row, verdict, BALANCE, ())) == expected
    assert digest_by_column((row, verdict, BALANCE, ())) == expected
