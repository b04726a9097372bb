"""Links to explorers: of networks that there are, with the address as nothing but an address."""

from __future__ import annotations

import pytest

from scanner.errors import ConfigError
from scanner.settings.explorers import explorer_page, load_explorers
from scanner.settings.tables import load_registry


def test_each_is_of_a_network_that_there_is():
    assert set(load_explorers()) <= set(load_registry().networks)


def test_a_hostile_address_stays_one_part_of_the_path():
    page = explorer_page("bitcoin", "../x?y#z\" onclick='")
    assert page == "https://mempool.space/address/..%2Fx%3Fy%23z%22%20onclick%3D%27"
    assert explorer_page("nowhere", "x") == ""


@pytest.mark.parametrize(
    "page", ["http://x.example/{address}", "javascript:{address}", "https://x"]
)
def test_nothing_but_https_with_one_place(tmp_path, page):
    (tmp_path / "explorers.csv").write_text(f"network,address_page\nbitcoin,{page}\n")
    with pytest.raises(ConfigError):
        load_explorers(tmp_path)
