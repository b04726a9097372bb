"""One holder twice in a list, in the spellings that its network has: counted once, and a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main

HASH = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
AELF = "2gaQh4uxg6tzyH1ADLoDxvHA14FMpzEiMqsQ6sDG5iHT8cmjp8"
SPELLINGS = {
    "an account of the XRP Ledger with two tags": ("XRP", "xrpl", (
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "XVPcpSm47b1CZkf5AkKM9a84dQHe3m4sBhsrA4XtnBECTAc",
        "XVPcpSm47b1CZkf5AkKM9a84dQHe3mTrp5rFfTk6ZZZunEr",
    )),
    "an account of Stellar with two ids": ("XLM", "stellar", (
        "GDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRVHUR",
        "MDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUAAAAAAAAAAAAEFPW",
        "MDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUAAAAAAAAAAAAJU4W",
    )),
    "TON, raw, and for bouncing or not": ("TON", "ton", (
        f"0:{HASH}",
        "EQAtcRZCtyawRAFifKn7rDL1yFMPsZA8xNsCJYcXkhpIgYD0",
        "UQAtcRZCtyawRAFifKn7rDL1yFMPsZA8xNsCJYcXkhpIgd0x",
    )),
    "Aptos without leading zeros": ("APT", "aptos", (f"0x0{HASH[1:]}", f"0x{HASH[1:]}")),
    "Sui without 0x, in capitals": ("SUI", "sui", (f"0x{HASH}", HASH.upper())),
    "Filecoin's f410 and 0x": ("FIL", "filecoin", (
        "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy",
        "0xd388ab098ed3e84c0d808776440b48f685198498",
    )),
    "aelf with its coin and chain": ("ELF", "aelf", (f"ELF_{AELF}_AELF", AELF)),
    "Conflux, with its type": ("CFX", "conflux-core", (
        "cfx:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg",
        "CFX:TYPE.USER:AARC9ABYCUE0HHZGYRR53M6CXEDGCCRMMYYBJGH4XG",
    )),
    "Bech32 in capitals": ("BTC", "bitcoin", (
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    )),
}  # fmt: skip


@pytest.mark.parametrize("what", SPELLINGS)
def test_another_spelling_is_not_another_holder(tmp_path: Path, capsys: Any, what: str) -> None:
    coin, network, addresses = SPELLINGS[what]
    rows = "".join(f"{coin},{network},{address},1\n" for address in addresses)
    path = tmp_path / "list.csv"
    path.write_text(f"coin,network,address,amount\n{rows}")
    main.run(["lists", "inspect", str(path)])
    said = capsys.readouterr()
    assert (said.out + said.err).count(f"{coin} on {network}: counted once") == len(addresses) - 1
