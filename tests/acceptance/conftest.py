"""Runs the installed `scanner` command as its users do: a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Scanner, scanner_in
from support.eth_list import BLOCKS, start_eth_chain, write_endpoints, write_eth_list


@pytest.fixture
def scanner(tmp_path: Path) -> Scanner:
    """Run `scanner ARGUMENTS` in a folder of its own, with a data folder of its own."""

    return scanner_in(tmp_path)


@pytest.fixture(scope="session")
def chain(node_programs, tmp_path_factory):
    with start_eth_chain(tmp_path_factory.mktemp("chain")) as node:
        node.rpc("anvil_mine", hex(BLOCKS))
        yield node


@pytest.fixture
def endpoints(chain, tmp_path) -> Path:
    return write_endpoints(tmp_path / "endpoints.toml", chain.url)


@pytest.fixture
def taken(scanner, endpoints, tmp_path):
    """A snapshot of the good list in the default database."""
    write_eth_list(tmp_path / "list.csv")
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints)
    assert done.status == 0, done.err
    return done
