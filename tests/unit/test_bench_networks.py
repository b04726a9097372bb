"""The benchmark of networks measures each one that is read."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from scanner.settings.tables import load_registry

PATH = Path(__file__).parents[2] / "bench/networks.py"


def test_each_network_that_is_read_is_measured() -> None:
    spec = importlib.util.spec_from_file_location("bench_networks", PATH)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    measured = {*bench.makers(), *bench.small_makers(), *bench.coin_makers(), "ethereum-beacon"}
    read = {row.name for row in load_registry().networks.values() if row.sources}
    unmeasured = read - measured
    assert unmeasured == bench.OWN_NODES | bench.RELAY, "bench/networks.py has to make addresses"
    assert measured <= read
