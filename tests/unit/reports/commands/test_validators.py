"""What a search for validators found, in words, JSON and as a list; statuses are hostile text."""

from __future__ import annotations

import io
import json

from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.validator import Difference, FoundValidators, Validator, payees
from scanner.reports.commands.validators import (
    SHOWN,
    ValidatorReport,
    compare,
    group_by_payee,
    notes,
    print_report,
    report_record,
    write_list,
)
from scanner.reports.tables.jsontext import pretty
from scanner.settings.tables import load_registry

ETHEREUM = load_registry().network("ethereum")
AT = BlockRef("ethereum", "1", 20, "0x" + "22" * 32, 1_700_000_000)
ONE, TWO = "0x" + "11" * 20, "0x" + "22" * 20
PAYEES = payees([ONE, TWO], "ethereum")
ESCAPE = "\x1b[2J=cmd()"


def key(n: int) -> str:
    return "0x8" + f"{n:095x}"


def validator(n: int, address: str = ONE, status: str = "active_ongoing") -> Validator:
    return Validator(
        n, key(n), 32 * 10**9 + n, status, "0x02" + "00" * 11 + address[2:], n % 2 == 1
    )


def report(*validators: Validator, listed: frozenset[str] | None = None, **more) -> ValidatorReport:
    found = FoundValidators(validators, 100, Evidence.REPORTED, ("b0",), **more)
    groups = group_by_payee(PAYEES, validators)
    compared = None if listed is None else compare(PAYEES, found, listed, 0)
    return ValidatorReport(ETHEREUM, AT, found, groups, compared)


def printed(made: ValidatorReport) -> str:
    out = io.StringIO()
    print_report(made, out)
    return out.getvalue()


def test_gwei_are_exact_ether_and_wei():
    made = report(validator(0), validator(1), validator(2, TWO))
    rows = [line.split() for line in printed(made).splitlines() if line.startswith(" 0x")]
    assert [row[:4] for row in rows] == [
        [ONE, "2", "64.000000001", "1"],
        [TWO, "1", "32.000000002", "0"],
    ]
    out = io.BytesIO()
    assert write_list(out, made) == 3
    lines = out.getvalue().decode().splitlines()
    assert lines[2].split(",")[:5] == ["ethereum", "ETH", "20", key(1), "32.000000001"]
    record = report_record(made)
    assert [p["balance_gwei"] for p in record["payees"]] == ["64000000001", "32000000002"]
    assert record["block_time"] == "2023-11-14T22:13:20+00:00"


def test_an_endpoints_words_cannot_rewrite_the_terminal_or_a_spreadsheet():
    made = report(validator(0, status=ESCAPE), validator(1, status="=1+1"))
    assert "\x1b" not in printed(made)
    assert b"\x1b" not in pretty(report_record(made))
    out = io.BytesIO()
    write_list(out, made)
    assert b"\x1b" not in out.getvalue()
    assert out.getvalue().splitlines()[2].endswith(b",'=1+1")


def test_none_is_said_only_where_nothing_is_in_doubt():
    assert notes(report(validator(0))) == [f"{TWO}: no validator pays it; all 100 were checked"]
    doubt = Difference(7, {"b0": validator(7, TWO), "b1": None}, settled=False)
    lines = notes(report(validator(0), differences=(doubt,), unsettled=1))
    assert lines[0].startswith(f"validator 7: b0 says {key(7)} holds 32.000000007 ether")
    assert lines[0].endswith("b1 says there is none")
    assert len(lines) == 2
    assert "without a quorum on any answer: 1;" in lines[1]


def test_outvoted_operators_are_named():
    said = {"b0": validator(7), "b1": validator(7), "b2": None}
    lines = notes(report(validator(7), differences=(Difference(7, said, settled=True),)))
    assert any(x.startswith("validator 7: b0 says 0x8") and x.endswith("is used") for x in lines)


def test_a_list_is_compared_both_ways():
    found = (validator(0), validator(1), validator(2, "0x" + "33" * 20))
    made = report(*found, listed=frozenset({key(0), key(2), key(9)}))
    told = report_record(made)["list"]
    assert json.loads(pretty(told)) == {
        "listed": 3,
        "unlisted": [key(1)],
        "pays_somebody_else": [
            {
                "index": 2,
                "key": key(2),
                "balance_gwei": "32000000002",
                "status": "active_ongoing",
                "withdrawal_credentials": "0x02" + "00" * 11 + "33" * 20,
                "slashed": False,
            }
        ],
        "no_such_validator": [key(9)],
        "unreadable_rows": 0,
    }
    assert made.compared.differs
    assert not report(validator(0), listed=frozenset({key(0)})).compared.differs


def test_what_the_chain_does_not_know_is_not_told_while_operators_differ():
    made = report(validator(0), listed=frozenset({key(0), key(9)}), unsettled=1)
    assert report_record(made)["list"]["no_such_validator"] is None
    assert notes(made)[-1].endswith("? unknown")


def test_people_are_told_some_and_how_many_more():
    made = report(*(validator(n) for n in range(SHOWN + 5)), listed=frozenset())
    lines = notes(made)
    assert sum(line.startswith("not in the list: ") for line in lines) == SHOWN
    assert "... and 5 more (--json has them)" in lines
    assert len(report_record(made)["list"]["unlisted"]) == SHOWN + 5
