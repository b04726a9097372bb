"""docs/networks.md is what scripts/write-networks-page makes of the code, and that is complete."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scanner.chains.about import ABOUT, evidence_of, heights_of
from scanner.chains.table import BESIDE, READERS, SOURCES
from scanner.settings.endpoints import load_endpoints
from scanner.settings.tables import load_registry

ROOT = Path(__file__).parents[3]
REGISTRY = load_registry()


def test_the_page_is_that_of_the_code():
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "write-networks-page", "--stdout"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    assert "| tron | `tron_http`" in made.stdout
    page = (ROOT / "docs" / "networks.md").read_text("utf-8")
    assert page == made.stdout, "run scripts/write-networks-page"


def test_every_source_has_its_row_with_heights_and_evidence():
    beside = set(BESIDE.values()) - {"beacon"}
    assert set(ABOUT) == set(SOURCES) - beside, "a row for each in scanner/chains/about.py"
    for protocol in ABOUT:
        assert heights_of(protocol)
        assert evidence_of(protocol)
    for protocol in READERS:  # their readers say so themselves
        assert ABOUT[protocol].heights is ABOUT[protocol].evidence is None


def test_every_protocol_of_the_tables_is_a_source():
    named = {p for n in REGISTRY.networks.values() for p in n.sources}
    assert named == set(SOURCES)


def test_public_endpoints_speak_what_their_network_is_read_by():
    for network, group in load_endpoints(None, REGISTRY, {}).items():
        for endpoint in group:
            assert endpoint.protocol in REGISTRY.network(network).sources
            assert endpoint.rate > 0, f"{endpoint.name} needs a rate in config/endpoints.toml"
            assert endpoint.operator, f"{endpoint.name} needs an operator in config/endpoints.toml"
