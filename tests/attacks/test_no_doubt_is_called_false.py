"""Where a result is "found false" nothing stands under it that is only doubted, whatever its kind.

Every kind of finding that is a doubt x the twin, its page, the terminal, the web page and the feed.
"""

from __future__ import annotations

import io

import pytest
from sqlalchemy import insert
from support.command import run_scanner
from support.mixed_snapshot import take
from support.web_data import served

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.documents.twin_answer import with_doubts_apart, wrong_answer
from scanner.reports.figures.outcome import print_outcome
from scanner.reports.tables.jsontext import pretty
from scanner.store.database.engine import open_store
from scanner.store.reading.about_snapshot import ABOUT_SNAPSHOT
from scanner.store.schema import tables as t
from scanner.store.writing.runs import set_liabilities

MAYBE, MISSING = FindingKind.RESERVES_MAYBE_BELOW, FindingKind.RESERVES_MISSING
STORED = [
    kind for kind in FindingKind if WEIGHTS[kind] is Weight.UNSHOWN and kind not in ABOUT_SNAPSHOT
]
DOUBTS = [*STORED, MAYBE, MISSING]
OWED = 10**76
"""More than is held, in base units."""


def owed(asset, decimals):
    return Liability(asset, OWED, decimals, LiabilityEvidence.PUBLISHED, "owed.csv", "", {})


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A snapshot with something false, and one doubt of every kind."""
    where = f"sqlite:///{tmp_path_factory.mktemp('doubts') / 'x.db'}"
    with open_store(where, create=True) as store:
        made = take(store)
        values = [
            {"snapshot_id": made, "claim_no": 0, "kind": k.value, "reason": f"doubt {k.value}"}
            for k in STORED
        ]
        set_liabilities(store, made, [owed("ETH", 18), owed("BTC", 8)])
        with store.write() as connection:
            # What is sealed takes no more: here every kind is wanted, whatever would lead to it.
            connection.exec_driver_sql("DROP TRIGGER finding_sealed_insert")
            connection.execute(insert(t.finding), values)
    return where


@pytest.fixture(scope="module")
def document(url):
    with open_store(url) as store:
        return report_document(store, 1)


@pytest.fixture(scope="module")
def short(document):
    """What is known of too little, without the why."""
    (found,) = [f for f in document["findings"] if f["kind"] == MAYBE.value]
    return found["examples"][0]["reason"].partition(";")[0]


@pytest.fixture(scope="module")
def pages(url, document):
    with served(url) as site:
        web, feed = site.get("/snapshots/1").text, site.get("/feed").text
    return {"report": report_page(document), "web": web, "feed": feed}


def box(page, name):
    return page.split(f'id="{name}"')[1].split("</section>")[0]


def test_every_doubt_is_there(document):
    kinds = {f["kind"] for f in document["findings"] if f["weight"] == "unshown"}
    assert kinds >= {kind.value for kind in DOUBTS}


def test_the_twin_has_doubts_of_their_own(document, short):
    answer = document["answer"]
    assert answer["status"] == "false"
    assert answer["doubts"] == [f"{short}."]
    assert short not in answer["sentence"]
    assert not [words for words in wrong_answer(document) if "doubts" in words or "makes" in words]


@pytest.mark.parametrize("doubts", [[], ["All is well."], ["All is well."] * 2])
def test_other_doubts_than_its_findings_are_noticed(document, doubts):
    changed = {**document, "answer": {**document["answer"], "doubts": doubts}}
    assert "its doubts are not those of its findings" in list(wrong_answer(changed))


def test_reports_of_older_programs_are_taken_and_shown_with_the_doubt_apart(document, short):
    answer = {k: v for k, v in document["answer"].items() if k != "doubts"}
    answer["sentence"] = f"{short}. {answer['sentence']}"
    old = {**document, "answer": answer}
    assert list(wrong_answer(old)) == list(wrong_answer(document))
    assert with_doubts_apart(old) == document
    assert short not in box(report_page(with_doubts_apart(old)), "h-answer")


@pytest.mark.parametrize("kind", DOUBTS)
@pytest.mark.parametrize("place", ["report", "web"])
def test_no_doubt_stands_in_the_box_of_what_is_false(pages, short, place, kind):
    words = kind.value.replace("_", " ")
    assert "Found false" in box(pages[place], "h-answer")
    assert f"{words} (" not in box(pages[place], "h-answer")
    assert short not in box(pages[place], "h-answer")
    assert f"{words} (" in box(pages[place], "h-doubted")
    assert f"{short}." in box(pages[place], "h-doubted")


@pytest.mark.parametrize("kind", DOUBTS)
def test_a_feed_that_says_found_false_names_no_doubt(pages, short, kind):
    assert "found false" in pages["feed"]
    assert kind.value.replace("_", " ") not in pages["feed"]
    assert short not in pages["feed"]


def test_the_terminal_calls_it_not_verified(url, short):
    out = io.StringIO()
    with open_store(url) as store:
        print_outcome(store, 1, out)
    lines = [line for line in out.getvalue().splitlines() if line.endswith(f"{short}.")]
    assert lines == [f"not verified: {short}."]
    for kind in DOUBTS:
        assert f"not verified: {kind.value}, " in out.getvalue()


@pytest.mark.parametrize("old", [False, True])
def test_a_report_that_is_checked_says_what_it_doubts_by_itself(document, short, tmp_path, old):
    answer = dict(document["answer"])
    if old:
        del answer["doubts"]
        answer["sentence"] = f"{short}. {answer['sentence']}"
    path = tmp_path / "report.json"
    path.write_bytes(pretty({**document, "answer": answer}))
    said = run_scanner(["report", "verify", path]).out.decode().splitlines()[1:3]
    assert said[0] == f"It says: FOUND FALSE: {document['answer']['sentence']}"
    assert said[1] == f"It says: NOT VERIFIED: {short}."
