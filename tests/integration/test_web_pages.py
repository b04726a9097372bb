"""`scanner serve` as a process of its own: pages, API, headers, refusals, hostile text."""

from __future__ import annotations

import json
import re
import socket
from html.parser import HTMLParser

import pytest
from support.command import run_scanner
from support.snapshot_stub import evm_address
from support.web_data import BIDI, HOSTILE, MARKUP, make_database, served

from scanner.reports.tables.jsontext import compact
from scanner.settings.explorers import load_explorers
from scanner.web import schema, schema_difference, schema_value
from scanner.web.cache import answer


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('web') / 'scanner.db'}"
    return url, make_database(url)


@pytest.fixture(scope="module")
def site(database):
    more = ("--workers", "2", "--allow-origin", "https://friend.example")
    with served(database[0], *more) as client:
        yield client


@pytest.fixture(scope="module")
def ids(database):
    return database[1]


PAGES = [
    "/",
    "/snapshots",
    "/snapshots/latest",
    "/snapshots/{old}",
    "/snapshots/{hostile}",
    "/snapshots/{running}",
    "/snapshots/{new}/rows",
    "/snapshots/{new}/rows?kind=surplus&asset=ETH&network=ethereum",
    "/snapshots/{hostile}/rows",
    "/snapshots/{hostile}/rows/1",
    "/snapshots/{new}/rows/5",
    "/snapshots/{hostile}/findings",
    "/snapshots/{hostile}/findings?kind=bad_row",
    "/snapshots/{rival}/shared",
    "/shared",
    "/publishers/1",
    "/publishers/1/assets/ETH",
    "/differences?old={old}&new={new}",
    "/differences?old={old}&new={new}&change=gone",
    "/differences?old={new}&new={running}&change=moved",
    "/search",
    "/search?q=" + evm_address(11),
    "/api",
]
API = {
    "/publishers": schema.Publishers,
    "/publishers/1/assets/ETH": schema.AssetHistory,
    "/snapshots": schema.Snapshots,
    "/snapshots?publisher=1&limit=1": schema.Snapshots,
    "/snapshots/latest": schema.SnapshotAnswer,
    "/snapshots/{hostile}": schema.SnapshotAnswer,
    "/snapshots/{new}/totals": schema.Totals,
    "/snapshots/{running}/totals": schema.Totals,
    "/snapshots/{new}/value": schema_value.SnapshotValue,
    "/snapshots/{new}/ratios": schema_value.Ratios,
    "/snapshots/{new}/rows?limit=200": schema.Rows,
    "/snapshots/{running}/rows?limit=200": schema.Rows,
    "/snapshots/{hostile}/rows": schema.Rows,
    "/snapshots/{hostile}/rows/2": schema.Row,
    "/snapshots/{hostile}/findings": schema.Findings,
    "/snapshots/{rival}/shared": schema.SharedClaims,
    "/differences?old={old}&new={new}": schema_difference.Differences,
    "/differences?old={old}&new={running}&change=gone": schema_difference.Differences,
    "/addresses?q=" + evm_address(11): schema.AddressClaims,
}


class Page(HTMLParser):
    """What a browser would make of it: tags, attributes, text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


EXPLORERS = [page.split("{")[0] for page in load_explorers().values()]
"""The only links to elsewhere: where people look an address up."""


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_safe_and_labelled(site, ids, path):
    answer = site.get(path.format(**vars(ids)))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert not {"script", "style", "iframe", "object", "base"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on"), (name, value)
        assert name != "style", value
        if name in ("href", "src", "action"):
            assert value.startswith(("/", "?", "#", *EXPLORERS)), value
            assert not value.startswith("//")
    # Nothing of a list is drawn as it came: no markup, no control, no mark that turns text round.
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", answer.text
    )
    assert page.tags.count("h1") == 1
    assert page.tags.count("table") == answer.text.count("<thead>")


@pytest.mark.parametrize(("path", "shape"), API.items())
def test_every_answer_has_the_shape_that_openapi_promises(site, ids, path, shape):
    answer = site.get("/api/v1" + path.format(**vars(ids)))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    # A lone surrogate is JSON, and exactly what the list said; pydantic takes none.
    plain = json.dumps(answer.json(), ensure_ascii=False).encode("utf-8", "replace")
    shape.model_validate_json(plain)
    assert answer.content.isascii()


def test_openapi_describes_every_address_and_no_more(site):
    described = site.get("/openapi.json").json()
    assert set(described["paths"]) >= {"/api/v1/publishers", "/api/v1/snapshots/{snapshot}/rows"}
    assert all(path.startswith("/api/v1/") for path in described["paths"])
    for operations in described["paths"].values():
        assert set(operations) == {"get"}
        assert "422" not in operations["get"]["responses"]
        assert "400" in operations["get"]["responses"]
        assert operations["get"]["description"]


def test_totals_are_the_object_of_the_command(site, ids, database):
    for snapshot in (ids.old, ids.new, ids.running, ids.hostile):
        done = run_scanner(["totals", snapshot, "--json", "--database", database[0]])
        assert site.get(f"/api/v1/snapshots/{snapshot}/totals").json() == done.object


def test_hostile_text_comes_whole_through_the_api_and_harmless_on_pages(site, ids):
    rows = site.get(f"/api/v1/snapshots/{ids.hostile}/rows").content
    found = [row["address"] for row in json.loads(rows)["rows"]]
    assert found == list(HOSTILE)
    text = site.get(f"/snapshots/{ids.hostile}/rows").text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in text
    assert "safe\\u202egnp.exe" in text
    assert "esc\\x1b[2Jnul\\x00" in text
    assert "{{ 7*7 }}" in text
    assert "x" * 1999 + "…" in text
    assert "x" * 2001 not in text


def test_a_running_snapshot_says_incomplete_and_is_no_error(site, ids):
    for path in (
        f"/snapshots/{ids.running}",
        f"/snapshots/{ids.running}/rows",
        f"/differences?old={ids.old}&new={ids.running}",
        "/",
    ):
        answer = site.get(path)
        assert answer.status_code == 200
        assert "INCOMPLETE" in Page(answer.text).text
    answer = site.get(f"/api/v1/snapshots/{ids.running}").json()
    assert (answer["status"], answer["complete"], answer["seal"]) == ("incomplete", False, "")
    text = Page(site.get(f"/snapshots/{ids.running}").text).text
    assert "2 of 7 parts are read" in text
    assert re.search(r"parts are read; by amount [A-Z]+ \d+\.\d\d %", text)
    assert "40 rows" in text
    row = site.get(f"/api/v1/snapshots/{ids.running}/rows/55").json()
    assert (row["control"], row["balance"], row["reason"]) == (None, None, "not read yet")


def test_one_address_of_two_publishers_is_told_loudly(site):
    text = Page(site.get("/search", params={"q": evm_address(11)}).text).text
    assert "okx and rival both claim this address" in text
    text = Page(site.get("/search", params={"q": evm_address(20)}).text).text
    assert "Claimed by okx only" in text


@pytest.mark.parametrize(
    "asked",
    ["", " ", "nobody's", MARKUP, BIDI, "%", "\x00", "0x", "?", "-1", "' OR 1=1 --", "é" * 300, "x" * 3000,
     "\U0001f600", "bc1q" + "q" * 80, "../../etc/passwd", "{{7*7}}"],
)  # fmt: skip
def test_a_search_for_anything_is_answered(site, asked):
    answer = site.get("/search", params={"q": asked})
    # Only HOSTILE texts are claimed by a list; of these two are asked for here.
    if asked in HOSTILE:
        assert "Claimed by" in Page(answer.text).text
    elif asked.strip():
        assert "No list in this database claims that address" in Page(answer.text).text
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/snapshots/99", 404, "There is no snapshot '99' in this database."),
        ("/snapshots/0x1", 404, "There is no snapshot '0x1' in this database."),
        ("/snapshots/1/rows/99999", 404, "The list of snapshot 1 has no claim number 99999."),
        ("/snapshots/1/rows/abc", 400, "'no' is not valid"),
        ("/snapshots/1/rows?kind=nonsense", 400, "no kind of finding 'nonsense'"),
        ("/snapshots/1/rows?asset=DOGE", 404, "No row of this list is in that asset."),
        ("/snapshots/1/rows?network=%00", 404, "No row of this list is on that network."),
        ("/snapshots/1/rows?after=-1", 400, "'after' is not valid"),
        ("/snapshots/1/findings?after=x", 400, "'after' is the key of a finding"),
        ("/search?q=a&after=x", 400, "'after' is the 'next' of an answer"),
        ("/publishers/99/assets/ETH", 404, "There is no publisher 99 in this database."),
        ("/publishers/1/assets/%00", 404, "No complete snapshot of this publisher has that asset."),
        ("/differences?old=1&new=3", 409, "only snapshots of one publisher can be compared"),
        ("/differences?old=1&new=2&change=all", 400, "'change' is not valid"),
        ("/differences", 400, "'old' is not valid"),
        ("/nothing", 404, "There is no such page."),
    ],
)
def test_what_goes_wrong_is_said_in_plain_words(site, path, status, words):
    answer = site.get(path)
    assert answer.status_code == status
    assert words in Page(answer.text).text
    assert answer.headers["cache-control"] == "no-store"
    if path != "/nothing" and not path.startswith("/search"):
        answer = site.get("/api/v1" + path)
        assert answer.status_code == status
        schema.ErrorAnswer.model_validate_json(answer.content)
        assert words in answer.json()["error"]["message"]


def test_etags(site, ids):
    path = f"/api/v1/snapshots/{ids.new}/totals"
    first = site.get(path)
    again = site.get(path, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "default-src 'none'" in again.headers["content-security-policy"]
    other = site.get(path, headers={"if-none-match": '"other"'})
    assert other.content == first.content
    # The tag says what the bytes are, so every process gives the same.
    assert answer(first.content, "").tag == first.headers["etag"]


def test_head_is_get_without_a_body(site):
    head, get = site.head("/snapshots"), site.get("/snapshots")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["etag"] == get.headers["etag"]


def test_security_headers_are_on_everything(site):
    for path in (
        "/",
        "/nothing",
        "/api/v1/publishers",
        "/api/v1/nothing",
        "/static/web.css",
        "/healthz",
    ):
        headers = site.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_cors_is_for_named_origins_and_the_api_only(site):
    def allowed(path, origin):
        return site.get(path, headers={"origin": origin}).headers.get("access-control-allow-origin")

    friend, foe = "https://friend.example", "https://foe.example"
    assert allowed("/api/v1/publishers", friend) == friend
    assert allowed("/api/v1/publishers", foe) is None
    assert allowed("/", friend) is None
    assert site.get("/api/v1/publishers").headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8077", "127.0.0.1.evil.example", "[::1", "", "localhost:x"],
)
def test_a_name_that_somebody_else_points_here_is_refused(site, host):
    for path in ("/", "/api/v1/publishers", "/static/web.css", "/openapi.json"):
        answer = site.get(path, headers={"host": host})
        assert answer.status_code in (400, 421), path
        assert b"okx" not in answer.content


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1234", "127.0.0.1", "[::1]:8077", "LOCALHOST"]
)
def test_names_of_this_machine_are_answered(site, host):
    assert site.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"]
)
def test_nothing_but_reading(site, method):
    for path in ("/", "/api/v1/publishers"):
        answer = site.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"


def test_bodies_and_long_addresses_are_refused(site):
    assert site.request("GET", "/", content=b"x").status_code == 413
    assert site.get("/search?q=" + "x" * 5000).status_code == 414
    assert site.get("/", headers={"x-long": "x" * 60_000}).status_code == 431
    assert site.get("/").status_code == 200


def test_probes(site):
    for path in ("/healthz", "/readyz"):
        answer = site.get(path, headers={"host": "10.0.0.7:8077"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


def test_not_ready_when_the_schema_is_another_programs(tmp_path):
    from sqlalchemy import text

    from scanner.store.database.engine import connect

    url = f"sqlite:///{tmp_path / 'old.db'}"
    make_database(url)
    with served(url) as client:
        assert client.get("/readyz").status_code == 200
        with connect(url) as store, store.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


def test_a_change_is_seen_at_once(tmp_path):
    from support.snapshot_stub import StubSource
    from support.taking import planned, take
    from support.web_data import SIGNED, eth_claim

    from scanner.store.database.engine import open_store

    url = f"sqlite:///{tmp_path / 'changing.db'}"
    make_database(url)
    with served(url) as client, open_store(url) as store:
        before = client.get("/snapshots/latest")
        snapshot = planned(store, [eth_claim(n, **SIGNED) for n in range(3)])
        during = client.get("/snapshots/latest")
        take(store, snapshot, StubSource())
        after = client.get("/snapshots/latest")
    assert len({a.headers["etag"] for a in (before, during, after)}) == 3
    assert "INCOMPLETE" in during.text
    assert "INCOMPLETE" not in after.text
    assert f"Snapshot {snapshot}" in after.text


def test_it_cannot_run_without_a_database_or_on_a_taken_port(tmp_path, database):
    def serve(*arguments):
        done = run_scanner(["serve", *arguments])
        assert done.status == 2
        assert len(done.lines) == 1
        return done.err

    assert "there is no database" in serve("--database", f"sqlite:///{tmp_path / 'none.db'}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = serve("--database", database[0], "--port", port)
        assert f"cannot listen on 127.0.0.1:{port}: the port is already in use" in words


def test_it_never_changes_the_database(database, site, ids):
    from pathlib import Path

    file = Path(database[0].removeprefix("sqlite:///"))
    before = file.read_bytes()
    for path in PAGES:
        site.get(path.format(**vars(ids)))
    assert file.read_bytes() == before


def test_json_of_the_api_is_the_json_of_the_reports(site, ids):
    body = site.get(f"/api/v1/snapshots/{ids.new}").content
    assert compact(json.loads(body)) == body
