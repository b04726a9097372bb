"""A snapshot in an outage: nothing that is shown of it says 0, or that something fell."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from io import StringIO

import jsonschema
import pytest
from support.command import run_scanner
from support.snapshot_stub import StubSource, eth_claim, good_judge, stored
from support.web_data import BLOCK_0, served

from scanner.alerts import rules
from scanner.alerts.config import Rule
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Balance, Evidence, unavailable
from scanner.model.finding import FindingKind
from scanner.prices.interface import make_price
from scanner.reports.documents.document import report_document, schema
from scanner.reports.documents.html import report_page
from scanner.reports.figures.difference import compare_totals
from scanner.reports.figures.difference_text import print_changes, print_short
from scanner.reports.figures.groups import (
    group_lines,
    group_objects,
    group_totals,
    group_view,
)
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.snapshots.tally import AssetTotal
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.reading.history import asset_history
from scanner.store.reading.prices import add_prices
from scanner.store.writing.runs import create_snapshot, set_liabilities
from scanner.store.writing.sink import StoreSink

MONTH = 30 * 86_400
HELD = {"ETH": 4 * 10**18, "USDT": 5_000_000, "USDC": 7_000_000}
ZERO = re.compile(r"(?<![\d.,:<-])0(?:\.0+)?(?![\d.,:-])")
FALL = re.compile(
    r"fell|less than owed|owes more|less is verified|-100|-4(?:\.0+)?\b(?!\d)|-4,?000|-99\."
)


class Dark(StubSource):
    """Answers for the assets that it is told, and for no others."""

    def __init__(self, *answered: str) -> None:
        super().__init__()
        self.answered = answered

    def fetch_balances(self, queries, at, progress=None):
        return [
            Balance(HELD[q.holding.asset], Evidence.REPORTED, ("node",))
            if q.holding.asset in self.answered
            else unavailable("down")
            for q in queries
        ]


def taken(store, height, source, assets):
    claims = [
        eth_claim(n, amount=HELD[a], height=height, asset=a, signatures=("s",))
        for n, a in enumerate(assets, 1)
    ]
    made = create_snapshot(store, stored(store, claims, "okx").list_id, SnapshotPolicy())
    take_snapshot(StoreSink(store), made, {"ethereum": source}, good_judge, load_registry())
    owed = Liability("ETH", 10**19, 18, LiabilityEvidence.PUBLISHED, "f", "2023-12-14")
    set_liabilities(store, made, [owed])
    return made


@pytest.fixture(scope="module", params=["one asset", "all assets"])
def outage(request, tmp_path_factory):
    """The database, the snapshot before, the one in the outage, and what still answered then."""
    url = f"sqlite:///{tmp_path_factory.mktemp('outage') / 'scanner.db'}"
    answered = ("USDT",) if request.param == "one asset" else ()
    with open_store(url, create=True) as store:
        before = taken(store, 0, Dark(*HELD), ("ETH", "USDT", "USDC"))
        now = taken(store, MONTH, Dark(*answered), ("ETH", "USDT", "USDC"))
        add_prices(
            store,
            [
                make_price(asset, BLOCK_0.fromtimestamp(seconds, BLOCK_0.tzinfo), "csv: x", text)
                for asset, text in (("ETH", "1000"), ("USDT", "1"), ("USDC", "1"))
                for seconds in (BLOCK_0.timestamp(), BLOCK_0.timestamp() + MONTH)
            ],
        )
    return url, before, now, answered


def command(outage, *words):
    return run_scanner(["--database", outage[0], *map(str, words)])


def zeros(known, path=""):
    """Places of JSON that are 0 or negative, where an amount of what is held stands."""
    if isinstance(known, dict):
        names = known.items()
    elif isinstance(known, list):
        names = enumerate(known)
    else:
        bare = str(known).lstrip("-").replace(".", "").strip("0") == "" and known not in (None, "")
        word = re.search(
            r"verified|proven|agreed|reported|latest_only|shortfall|surplus|ratio", path
        )
        fell = isinstance(known, str) and known.startswith("-")
        return [(path, known)] if word and (bare or fell) and isinstance(known, str) else []
    return [found for name, value in names for found in zeros(value, f"{path}/{name}")]


def of_eth(known):
    """The parts of JSON that are about ether, which nobody answered."""
    if isinstance(known, dict):
        if known.get("asset", known.get("group")) == "ETH":
            return [known]
        return [part for value in known.values() for part in of_eth(value)]
    return [part for value in known for part in of_eth(value)] if isinstance(known, list) else []


def line_of(text: str, asset: str = "ETH") -> str:
    return next(line for line in text.splitlines() if line.split()[:1] == [asset])


def test_totals(outage):
    now = outage[2]
    for form in ([], ["--exact"]):
        line = line_of(command(outage, "totals", now, *form).out.decode())
        assert "not read" in line
        assert not FALL.search(line), line
        assert not ZERO.search(line), line
    (eth,) = of_eth(command(outage, "totals", now, "--json").object["assets"])
    assert (eth["verified"], eth["reserve_ratio"], zeros(eth)) == (None, None, [])
    csv = command(outage, "totals", now, "--format", "csv").out.decode()
    row = next(line for line in csv.splitlines() if ",ETH," in line)
    assert row.split(",")[5:11] == [""] * 6, row


@pytest.mark.parametrize("own", [None, 3])
def test_groups(own):
    """Of USDC nobody answers; of USDC.e somebody does, or nobody."""
    totals = [
        AssetTotal("USDC", 6, 7, 0, {}, 0, 1, 0, 0),
        AssetTotal("USDC.e", 6, 3, own or 0, {}, 0, int(own is None), 0, 0),
    ]
    registry = load_registry()
    groups = group_totals(totals, registry, load_publishers().known("okx"))
    (known,) = group_objects(groups)
    members = [member["verified"] for member in known["members"]]
    assert (known["verified"], members) == (None if own is None else "3", [None, own and "3"])
    (shown,) = group_view([known])
    assert shown["verified"] == ("not read" if own is None else "<0.01")
    lines = list(group_lines(groups))
    assert lines[0].endswith(": not read" if own is None else ": at least <0.01 verified")
    assert lines[1].startswith("  USDC: not read, ")


def test_what_is_worked_out_of_what_was_not_read_is_no_dash(outage):
    """A dash stands for 0 in these columns: not verified, shortfall, surplus."""
    url, _, now, _ = outage
    with open_store(url) as store:
        report = report_page(report_document(store, now))
    with served(url) as client:
        page = client.get(f"/snapshots/{now}").text
    for text in (report, page):
        row = next(part for part in text.split("<tr>") if "not read" in part and "ETH" in part)
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row.split("</tr>")[0])
        assert [re.sub(r"<[^>]*>", "", cell) for cell in cells[3:6]] == ["not known"] * 3


def test_value(outage):
    _, _, now, answered = outage
    known = command(outage, "value", now, "--json").object
    assert known["priced"] is False
    assert known["verified_usd"] == ("5.00" if answered else None)
    assert known["against"]["month"]["verified_by_usd"] is None
    assert known["against"]["month"]["verified_by_percent"] is None
    assert not zeros(of_eth(known))
    done = command(outage, "value", now, "--exact")
    text = (done.out + done.err.encode()).decode()
    assert "not read" in line_of(text)
    short = line_of(command(outage, "value", now).out.decode())
    assert not FALL.search(short)
    assert not ZERO.search(short)
    assert not FALL.search(text), text
    assert not ZERO.search(line_of(text)), text
    assert re.search(r"no source returned a balance of .*ETH", text)
    csv = command(outage, "value", now, "--format", "csv").out.decode()
    assert not FALL.search(csv)


def test_differences(outage):
    url, before, now, _ = outage
    with open_store(url) as store:
        changes = compare_totals(queries.totals(store, before), queries.totals(store, now))
    (eth,) = [c for c in changes if c.asset == "ETH"]
    assert (eth.verified_by, eth.to_json()["verified_by"], eth.claimed_by) == (None, None, 0)
    shown = StringIO()
    print_changes(changes, "changes", shown)
    line = line_of(shown.getvalue())
    assert "not read" in line
    assert "not listed" not in line
    assert not FALL.search(line)
    shown = StringIO()
    print_short(changes, "changes", shown)
    line = line_of(shown.getvalue())
    assert "not read" in line
    assert not FALL.search(line)
    with served(url) as client:
        page = client.get(f"/differences?old={before}&new={now}")
    assert page.status_code == 200
    row = page.text.split('<th scope="row">ETH</th>')[1].split("</tr>")[0]
    assert "not read" in row
    assert "\N{MINUS SIGN}" not in row
    assert "-" not in re.sub(r"<[^>]*>", "", row)


def test_alerts(outage):
    url, before, now, answered = outage
    wanted = [Rule("v", "verified_fell", Decimal(1)), Rule("b", "reserves_below_liabilities")]
    with open_store(url) as store:
        events = {e.subject: e for e in rules.events(store, load_registry(), now, wanted)}
    assert set(events) == {"ETH", "USDC"} | ({"USDT"} - set(answered))
    eth = events["ETH"]
    assert eth.reason == (
        "verified ETH is not known: no source returned a balance; 4.0000 were verified before"
    )
    assert (eth.facts["verified"], eth.facts["fell_percent"]) == (None, None)
    assert eth.facts["compared_with"] == before


def test_findings_ratios_and_history(outage):
    url, _, now, _ = outage
    with open_store(url) as store:
        counts = queries.finding_counts(store, now)
        point = asset_history(store, 1, "ETH")[0]
        (eth,) = [t for t in queries.totals(store, now).assets if t.asset == "ETH"]
    assert not counts.get(FindingKind.RESERVES_MAYBE_BELOW)
    assert point.snapshot == now
    assert (point.total.verified, point.total.reserve_ratio) == (None, None)
    assert (eth.verified, eth.reserve_ratio) == (None, None)


def test_the_report_and_its_twin(outage):
    url, _, now, _ = outage
    with open_store(url) as store:
        document = json.loads(json.dumps(report_document(store, now)))
        page = report_page(document)
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert not [z for part in of_eth(document["totals"]) for z in zeros(part)]
    assert not FALL.search(re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)), page
    assert "ETH: not read" in page
    assert "ETH: verified 0" not in page


def test_the_pages(outage):
    url, _, now, _ = outage
    with served(url) as client:
        for path in (f"/snapshots/{now}", "/", "/publishers/1", "/publishers/1/assets/ETH"):
            page = client.get(path)
            assert page.status_code == 200, path
            assert "verified 0" not in page.text, path
            assert "owes more" not in page.text, path
