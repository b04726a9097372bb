"""Amounts of announced transactions are told in coins, also where nothing was found."""

from __future__ import annotations

import pytest

from scanner.model.addresses.table import decode_address
from scanner.ownership.bitcoin.announcements import read_announcements
from scanner.ownership.bitcoin.by_transaction import judge_absence
from scanner.reports.commands.transactions import announcement_object
from scanner.settings.tables import load_registry
from scanner.snapshots.announced import JudgedAnnouncement

REGISTRY = load_registry()
ADDRESS = "1GNn7ynxZHAf86frp4ggf16SrMXwxtev59"
DIGEST = "ab" * 32


def announced(tmp_path, *cells):
    head = "network,address,kind,txid,amount,digest,after,until"
    (tmp_path / "said.csv").write_text(f"{head}\n{','.join(cells)}\n")
    (row,) = read_announcements(tmp_path / "said.csv", REGISTRY)
    return row


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("send_to_self", "", "0.000208", "", "114", "117"),
         "no transaction sends 0.000208 BTC back to the address after block 114, and the last "
         "allowed block was 117"),
        (("send_to_self", "11" * 32, "0.000208", "", "114", ""),
         f"transaction {'11' * 32} is not mined after block 114 up to block 120"),
        (("commitment", "", "", DIGEST, "114", ""),
         f"no transaction of the address holds the digest {DIGEST} after block 114 up to block 120"),
    ],
)  # fmt: skip
def test_what_was_not_done_is_named(tmp_path, cells, words):
    row = announced(tmp_path, "bitcoin", ADDRESS, *cells)
    assert judge_absence(row, 120).reason == words


def test_amounts_have_the_decimals_and_the_coin_of_their_network(tmp_path):
    row = announced(
        tmp_path,
        "DOGE",
        "D597kHXGdkwkryF9oGhz9Bp1ypTpD1u99Z",
        "send_to_self",
        "",
        "2.5",
        "",
        "1",
        "",
    )
    assert decode_address(REGISTRY.network("DOGE"), row.address.text) == row.address
    assert "no transaction sends 2.5 DOGE back" in judge_absence(row, 9).reason
    found = announcement_object(JudgedAnnouncement(row, judge_absence(row, 9)))
    assert (found["amount"], found["decimals"]) == ("250000000", 8)
