"""A list of two real signed Ethereum rows, and a chain that holds what it claims."""

from __future__ import annotations

from pathlib import Path

from scanner.demo.chains import ethereum_genesis
from scanner.demo.nodes import Anvil
from support.published_lists import changed, make_list, sample_rows

HEIGHT = 3
BLOCKS = 5
HELD = {
    "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e": 58_959_708_849_230_328,
    "0x16f01cfc16b0b8c3400fb8e5099b0974fcc9fc12": 148_960_774_325_814_037,
}
TOTAL = sum(HELD.values())


def eth_rows() -> list[str]:
    """The sample's two rows that one key each signed, claimed at HEIGHT."""
    return [changed(row, height=str(HEIGHT)) for row in sample_rows()[:2]]


def write_eth_list(path: Path, rows: list[str] | None = None) -> Path:
    """Write a list of these rows, by default the two good ones."""
    path.write_text(make_list(rows or eth_rows()), "utf-8")
    return path


def start_eth_chain(folder: Path, chain_id: int = 1) -> Anvil:
    """An anvil, not started yet, whose genesis holds HELD."""
    return Anvil(folder, genesis=ethereum_genesis(HELD, {}), chain_id=chain_id)


def write_endpoints(path: Path, *urls: str, network: str = "ethereum", more: str = "") -> Path:
    """An endpoint table of nodes "node-1", "node-2"... of one network."""
    protocol = {"ethereum": "ethereum_rpc", "bitcoin": "bitcoin_core"}[network]
    chain = 'chain = "1:dev"\n' if network == "ethereum" else ""
    tables = [
        f'[[endpoint]]\nname = "node-{n}"\nnetwork = "{network}"\nprotocol = "{protocol}"\n'
        f'url = "{url}"\n{chain}{more}\n'
        for n, url in enumerate(urls, 1)
    ]
    path.write_text("\n".join(tables), "utf-8")
    return path
