"""Published lists for the acceptance tests: real rows, and lists spoiled in one way each."""

from __future__ import annotations

from pathlib import Path

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "lists"
SAMPLE = VECTORS / "okx" / "okx_por_example.csv"
AUDITOR = VECTORS / "okx" / "test.csv"
STAKING = VECTORS / "okx" / "okx_por_staking_example.csv"

HEADER = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key, eoa1, eoa2"
)


def sample_rows() -> list[str]:
    """The detail rows of the publisher's sample, as published."""
    text = SAMPLE.read_text("utf-8")
    return [line for line in text.split("\n\n", 1)[1].splitlines()[1:] if line]


def signed_rows() -> list[str]:
    """Rows of the sample that are verified without asking a chain: two ETH, one USDT on TON."""
    rows = sample_rows()
    return [rows[0], rows[1], rows[3]]


def make_list(rows: list[str], end: str = "\n") -> str:
    """A list in the 11-column layout, with a totals block that states nothing."""
    return end.join(["coin,snapshot height,amount", "", HEADER, *rows, ""])


def changed(row: str, **fields: str) -> str:
    """A row with some fields replaced: coin, network, height, address, amount, message."""
    names = ("coin", "network", "height", "address", "amount", "message", "signature1")
    cells = row.split(",")
    for name, text in fields.items():
        cells[names.index(name)] = text
    return ",".join(cells)
