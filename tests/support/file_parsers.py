"""Every reader of files, with good files of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from scanner.liabilities.load import load_liabilities
from scanner.liabilities.proofs import check_proof
from scanner.lists.open import open_list
from scanner.ownership.bitcoin.announcements import read_announcements
from scanner.prices.csv_file import read_prices
from scanner.prices.feeds import load_feeds
from scanner.settings.endpoints import load_endpoints
from scanner.settings.tables import load_registry
from scanner.settings.wallets import load_wallets
from support.recorded import VECTORS

REGISTRY = load_registry()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LISTS = VECTORS / "lists"
LIABILITIES = VECTORS / "liabilities"
LIST_FILES = {
    "okx_csv": ["okx/okx_por_example.csv", "okx/por_7_columns.csv"],
    "bybit_csv": [],
    "bitmex_yaml": ["bitmex/reserve_entry_example.yaml"],
    "signed_message": ["foreign/f5_signed_message.txt"],
    "jsonl": [],
    "json": ["foreign/a4_balances_list.json", "foreign/a8_height_on_parent.json"],
    "csv": ["foreign/a7_height_header.csv", "foreign/a5_wide.csv", "foreign/d10_book.xlsx"],
    "text": ["foreign/g2_wrong_network.txt"],
}
"""Reader -> examples; of those without a file the text stands in WRITTEN."""
WRITTEN = {
    "bybit_csv": b"digitalAsset,network,address,signedMessage,signedMessage2,message,publicKey,"
    b"owner1,owner2\nBTC,BTC,1FWQiwK27EnGXb6BiBMRLJvunJQZZPMcGd,AA==,,m,,,\n",
    "jsonl": b'{"coin":"BTC","address":"1FWQiwK27EnGXb6BiBMRLJvunJQZZPMcGd","amount":1}\n' * 2,
}
OTHERS = {
    "figures": (lambda p: load_liabilities(p, REGISTRY), [b"asset,amount\nETH,10\nBTC,1.5\n"]),
    "trees": (
        lambda p: load_liabilities(p, REGISTRY),
        [(LIABILITIES / n).read_bytes() for n in
         ("bitmex/liabilities_100.csv", "bitmex/river_420.csv", "okx/full-liabilities-merkle-tree.txt")],
    ),
    "proofs": (
        check_proof,
        [(LIABILITIES / n).read_bytes() for n in
         ("gate/user_config.json", "others/mexc_merkle_proof.json", "okx/merkle_proof_file.json",
          "okx_v2/small_tree/user_0_inclusion_proof.json")],
    ),
    "prices": (
        lambda p: read_prices(p, REGISTRY, NOW),
        [b"asset,price_usd,at,source\nBTC,90000.5,2026-11-20T00:00:00Z,Kraken\n"],
    ),
    "price feeds": (
        lambda p: load_feeds(REGISTRY, p), [b"asset,network,address,description,heartbeat\n"],
    ),
    "endpoints": (
        lambda p: load_endpoints(p, REGISTRY, {}),
        [b'[[endpoint]]\nname = "n"\nnetwork = "bitcoin"\nprotocol = "esplora"\n'
         b'url = "http://127.0.0.1:1/api"\n'],
    ),
    "wallets": (load_wallets, [b"network,code_hash,name\n"]),
    "announcements": (
        lambda p: list(read_announcements(p, REGISTRY)), [b"network,address,txid\nbitcoin,x,y\n"],
    ),
}  # fmt: skip


def list_samples(name: str) -> list[bytes]:
    """Good files of a reader of lists."""
    return [(LISTS / file).read_bytes() for file in LIST_FILES[name]] or [WRITTEN[name]]


def read_list(place: Path, name: str | None) -> None:
    """Read a list to its end. name: of the reader, None to find it."""
    with open_list(place, REGISTRY, format=name) as file:
        for _ in file:
            pass
        file.summary()
