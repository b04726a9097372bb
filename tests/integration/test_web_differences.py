"""The page of changes between two snapshots: which of them is the earlier one."""

from __future__ import annotations

from support.alerting import signed, snapshot
from support.web_data import served

from scanner.store.database.engine import open_store


def test_snapshots_the_wrong_way_round_are_named(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with open_store(url, create=True) as store:
        for rows in ((1, 2), (1,)):
            snapshot(store, signed(*rows))
    words = "is the earlier of the two"
    with served(url) as client:
        assert words not in client.get("/differences?old=1&new=2").text
        back = client.get("/differences?old=2&new=1").text
    assert f"Snapshot 1 {words}" in back
    assert 'href="/differences?old=1&amp;new=2"' in back
