"""What is found of a snapshot after it was complete is on the pages of servers that run already."""

from __future__ import annotations

from support.alerting import snapshot
from support.snapshot_stub import eth_claim
from support.taking import SIGNED

from scanner.model.balance import Balance, Evidence
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import RowResult
from scanner.store.database.engine import open_store
from scanner.store.writing.sink import StoreSink
from scanner.web import answers
from scanner.web.site import Site


def test_rows_that_are_false_by_a_second_reading_are_counted(store):
    now = snapshot(store, [eth_claim(n, **SIGNED) for n in range(3)])
    place = store.engine.url.render_as_string(hide_password=False)
    with open_store(place, read_only=True) as other:
        site = Site(other, load_registry())
        assert answers.snapshot(site, str(now))["status"] == "verified"
        sink = StoreSink(store)
        (chunk,) = sink.chunks(now)
        again = [
            RowResult(c, None, Balance(c.claim.amount + c.no - 1, Evidence.REPORTED, ("node",)))
            for c in sink.claims(chunk)
        ]
        sink.finish_chunk(chunk, again)
        found = answers.snapshot(site, str(now))
        assert found["status"] == "false"
        assert "2 rows are false" in found["sentence"]
        site.version.close()
