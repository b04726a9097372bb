"""Makes lists of random headers, nestings, units and spellings from a known table of claims."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any, NamedTuple

from scanner.model.amount import format_amount


class Known(NamedTuple):
    """What the file claims in truth. amount: base units, None if it states none."""

    asset: str
    network: str
    address: str
    decimals: int
    amount: int | None


TABLE = (
    Known("BTC", "bitcoin", "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw", 8, 150_000_000),
    Known(
        "BTC",
        "bitcoin",
        "bc1qxmaqqg9az39uj8pxf6qckqhu2awquhlg24zg4897mv6wnj8aw97svxgu3r",
        8,
        12_345_678_901,
    ),
    Known(
        "ETH",
        "ethereum",
        "0x28C6c06298d514Db089934071355E5743bf21d60",
        18,
        10_250_000_000_000_000_000,
    ),
    Known(
        "ETH",
        "ethereum",
        "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549",
        18,
        1_000_000_000_000_000_001,
    ),
    Known("USDT", "ethereum", "0x28C6c06298d514Db089934071355E5743bf21d60", 6, 20_000_500_000),
    Known("USDT", "tron", "TANw85nUHLFhNoH73p8yPnjh4gZ6axJrwx", 6, 1_234_567_890_000),
    Known("LTC", "litecoin", "LKKHMBjCU89fyFNgSRprDoD8Jb25N8uWvd", 8, 4_200_000_000),
)

HEADERS = {
    "coin": ["Asset", "coin", "Token Symbol", "currency", "Asset Name", "Ticker"],
    "network": ["Network", "chain", "Blockchain"],
    "address": ["Address", "wallet", "Wallet Address", "addr", "HolderAddress"],
    "amount": ["Amount", "balance", "Qty", "Holdings"],
}
NEAR = ["claim", "Value", "Asset ID", "Coin type?", "Klasse", "pubkey hash", "Snapshot", "Sum"]
"""Names that are in no table: what stands under them must not be passed over."""
NOISE = ["Label", "Note", "#", "Balance (USD)", "date", "Remark 2", "Tranche", "risk"]
CONTRACTS = {
    ("USDT", "ethereum"): "0xdAC17F958D2ee523a2206206994597C13D831ec7",
    ("USDT", "tron"): "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
}
FULL = {"BTC": "Bitcoin", "ETH": "Ether", "USDT": "Tether USDt", "LTC": "Litecoin"}


class Made(NamedTuple):
    """A list as somebody would publish it. name: of its file. known: what it claims in truth."""

    name: str
    data: bytes
    known: tuple[Known, ...]


def make_list(seed: int) -> Made:
    """The list of a seed."""
    rnd = random.Random(seed)
    count = rnd.randint(1, len(TABLE))
    known = tuple(rnd.sample(TABLE, count))
    if rnd.random() < 0.35:
        known = tuple(k for k in known if k.network == known[0].network)
    made = rnd.choice(
        [_table, _table, _table, _wide, _json_rows, _json_rows, _json_keys, _json_wallets]
    )
    return made(rnd, known)


def _spelled(rnd: random.Random, known: Known, base: bool) -> str:
    """An amount in one of the ways people write it."""
    if base:
        return str(known.amount)
    plain = format_amount(known.amount, known.decimals)
    whole, _, rest = plain.partition(".")
    way = rnd.randrange(8)
    if way == 0:
        return f"{int(whole):,}" + (f".{rest}" if rest else "")
    if way == 1 and rest:
        return f"{whole},{rest}"
    if way == 2:
        return f"{int(whole):,}".replace(",", ".") + (f",{rest}" if rest else "")
    if way == 3:
        return f"{known.amount}E-{known.decimals}"
    if way == 4:
        return plain + ("0" if rest else ".0")
    return plain


def _address(rnd: random.Random, known: Known) -> str:
    way = rnd.randrange(12)
    if way == 0:
        return f'="{known.address}"'
    if way == 1 and known.network == "bitcoin":
        return "bitcoin:" + known.address
    if way == 2 and known.network == "ethereum":
        return known.address.lower()
    if way == 3 and known.network == "ethereum":
        return "eth:" + known.address
    return known.address


def _coin(rnd: random.Random, known: Known) -> str:
    return FULL[known.asset] if rnd.random() < 0.2 else known.asset


def _name(rnd: random.Random, field: str) -> str:
    return rnd.choice(NEAR) if rnd.random() < 0.12 else rnd.choice(HEADERS[field])


def _columns(
    rnd: random.Random, known: tuple[Known, ...]
) -> tuple[dict[str, list[str]], tuple[Known, ...]]:
    """Named columns, in any order, and what they claim."""
    base = rnd.random() < 0.3
    said = rnd.random() < 0.5
    columns: dict[str, list[str]] = {}
    coin, contract = rnd.random() < 0.85, rnd.random() < 0.3
    if not coin and not contract:  # such a list names wallets: it holds the networks' own coins
        known = tuple(k for k in known if k.asset != "USDT") or TABLE[:1]
    if coin:
        columns[_name(rnd, "coin")] = [_coin(rnd, k) for k in known]
    if contract:
        columns[rnd.choice(["Token Address", "contract"])] = [
            CONTRACTS.get((k.asset, k.network), "") for k in known
        ]
    if rnd.random() < 0.9:
        columns[_name(rnd, "network")] = [k.network for k in known]
    columns[_name(rnd, "address")] = [_address(rnd, k) for k in known]
    amount = _name(rnd, "amount")
    if base and said:
        amount = rnd.choice(["wei", "satoshi", "amount (base units)", "Balance (raw)"])
    elif base and rnd.random() < 0.4:
        columns["Decimals"] = [str(k.decimals) for k in known]
    stated = rnd.random() < 0.93
    if stated:
        columns[amount] = [_spelled(rnd, k, base) for k in known]
    for noise in rnd.sample(NOISE, rnd.choice([0, 0, 1, 2])):
        columns[noise] = [rnd.choice(["", "1", "x", "2026-11-01"]) for _ in known]
    names = list(columns)
    rnd.shuffle(names)
    claimed = known if stated else tuple(k._replace(amount=None) for k in known)
    return {name: columns[name] for name in names}, claimed


def _written(rnd: random.Random, rows: list[list[str]], known: tuple[Known, ...]) -> Made:
    text = io.StringIO(newline="")
    delimiter = rnd.choice(",,,;\t|")
    if rnd.random() < 0.1:
        text.write(f"sep={delimiter}\n")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=rnd.choice(["\n", "\r\n"]))
    titles = ["Proof of reserves", "All amounts in satoshi", "2026-11-01", "USDT", "Block height 5"]
    for title in rnd.sample(titles, rnd.choice([0, 0, 0, 1, 2])):
        writer.writerow([title, *[""] * (len(rows[0]) - 1)])
    writer.writerows(rows)
    encoding = rnd.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"])
    name = rnd.choice(["list.csv", "list.csv", "usdt.csv", "btc wallets.csv"])
    return Made(name, text.getvalue().encode(encoding), known)


def _table(rnd: random.Random, known: tuple[Known, ...]) -> Made:
    columns, known = _columns(rnd, known)
    return _written(rnd, [list(columns), *map(list, zip(*columns.values(), strict=True))], known)


def _wide(rnd: random.Random, known: tuple[Known, ...]) -> Made:
    known = tuple(k for k in known if k.network == known[0].network)
    coins = sorted({k.asset for k in known})
    header = [
        "Chain",
        "Address",
        *(rnd.choice([c, f"{c} balance", f"Balance ({c})"]) for c in coins),
    ]
    rows = [
        [k.network, k.address, *(_spelled(rnd, k, False) if c == k.asset else "" for c in coins)]
        for k in known
    ]
    return _written(rnd, [header, *rows], known)


def _row(rnd: random.Random, known: Known, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if "coin" not in skip:
        row[_name(rnd, "coin")] = _coin(rnd, known)
    if "network" not in skip:
        row[_name(rnd, "network")] = known.network
    row[_name(rnd, "address")] = known.address
    amount = format_amount(known.amount, known.decimals)
    if rnd.random() < 0.2:
        row["balance"] = {"value": amount} if rnd.random() < 0.5 else {"amount": amount}
    elif rnd.random() < 0.2:
        row[rnd.choice(["wei", "balance"])] = str(known.amount)
    else:
        row[_name(rnd, "amount")] = amount
    if rnd.random() < 0.2:
        row[rnd.choice(NOISE)] = rnd.choice(["x", 1, None])
    return row


def _document(rnd: random.Random, document: Any, known: tuple[Known, ...]) -> Made:
    if rnd.random() < 0.2 and isinstance(document, dict):
        document = {rnd.choice(["version", "generated", "blocks", "total"]): "5", **document}
    return Made("list.json", json.dumps(document, indent=rnd.choice([None, 1])).encode(), known)


def _json_rows(rnd: random.Random, known: tuple[Known, ...]) -> Made:
    rows: list[Any] = [_row(rnd, k) for k in known]
    if rnd.random() < 0.3:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        return Made("list.jsonl", lines.encode(), known)
    if rnd.random() < 0.3:
        return _document(rnd, {"wallets": {f"w{i}": row for i, row in enumerate(rows)}}, known)
    if rnd.random() < 0.3:
        cut = rnd.randint(0, len(rows))
        return _document(rnd, {"hot": rows[:cut], rnd.choice(["cold", "GBPX"]): rows[cut:]}, known)
    return _document(rnd, rnd.choice([rows, {"data": {"list": rows}}]), known)


def _json_keys(rnd: random.Random, known: tuple[Known, ...]) -> Made:
    """Coin, network or address as keys."""
    document: dict[str, Any] = {}
    way = rnd.randrange(3)
    for k in known:
        if way == 0:
            below = document.setdefault(k.asset, {}).setdefault(k.network, [])
            below.append(_row(rnd, k, ("coin", "network")))
        elif way == 1:
            document.setdefault(k.asset, []).append(_row(rnd, k, ("coin",)))
        else:
            below = document.setdefault(k.network, {}).setdefault(k.asset, {})
            below[k.address] = format_amount(k.amount, k.decimals)
    return _document(rnd, document, known)


def _json_wallets(rnd: random.Random, known: tuple[Known, ...]) -> Made:
    """One object an address, with what it holds of several coins."""
    wallets: dict[tuple[str, str], list[Known]] = {}
    for k in known:
        wallets.setdefault((k.network, k.address), []).append(k)
    rows = []
    way = rnd.randrange(3)
    for (network, address), held in wallets.items():
        amounts = {k.asset: format_amount(k.amount, k.decimals) for k in held}
        if way == 0:
            parts: Any = {"balances": amounts}
        elif way == 1:
            names = rnd.choice([("symbol", "amount"), ("asset", "balance"), ("what", "amount")])
            parts = {"balances": [dict(zip(names, pair, strict=True)) for pair in amounts.items()]}
        else:
            parts = amounts
        rows.append({"network": network, "address": address, **parts})
    return _document(rnd, {"wallets": rows}, known)
