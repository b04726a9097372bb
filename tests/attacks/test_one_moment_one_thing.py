"""The same coins at two moments, on two networks, or under two names: counted once or told."""

from __future__ import annotations

import pytest
from support.attack_lab import (
    MESSAGE,
    WEI,
    account_of,
    evm_endpoint,
    key,
    sign_evm,
    write_rows,
    write_table,
)
from support.real_wallets import FIRST, Wallets, in_mapping, raw

from scanner.chains.assembly import assemble
from scanner.lists.reconcile import ListAudit
from scanner.model.addresses.keccak import keccak256
from scanner.model.claim import Claim
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

START = 1_790_000_000
MONTH = 30 * 86_400
USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
TOKEN = assemble(f"""
    0 CALLDATALOAD {1 << 224} SWAP1 DIV 0x313ce567 EQ @decimals JUMPI
    0 SLOAD 0 MSTORE 32 0 RETURN
    decimals: 6 0 MSTORE 32 0 RETURN
""")


@pytest.fixture
def moved(anvil_factory):
    """500 ETH on the first chain; a month later on the second, and sold for USDC on the first."""
    holder = account_of(key(5))
    first = anvil_factory(arguments=["--timestamp", str(START)])
    second = anvil_factory(chain_id=8453, arguments=["--timestamp", str(START)])
    first.rpc("anvil_setCode", USDC, "0x" + TOKEN.hex())
    first.rpc("anvil_setBalance", holder, hex(500 * WEI))
    first.rpc("anvil_mine", "0x3")
    first.rpc("anvil_setBalance", holder, "0x0")
    bought = "0x" + (1_500_000 * 10**6).to_bytes(32).hex()
    first.rpc("anvil_setStorageAt", USDC, "0x" + "00" * 32, bought)
    for node in (first, second):
        node.rpc("evm_setNextBlockTimestamp", START + MONTH)
    second.rpc("anvil_setBalance", holder, hex(500 * WEI))
    for node in (first, second):
        node.rpc("anvil_mine", "0x3")
    return first, second


def row(coin, network, height, amount):
    fields = {"coin": coin, "network": network, "height": height, "amount": amount}
    return fields | {"address": account_of(key(5)), "signature1": sign_evm(key(5))}


def taken(scanner, tmp_path, rows, nodes, *more):
    write_rows(tmp_path / "list.csv", rows)
    write_table(tmp_path / "ends.toml", evm_endpoint(nodes[0]), evm_endpoint(nodes[1], "base"))
    said = "--statement", MESSAGE
    return scanner("snapshot", "list.csv", "--endpoints", "ends.toml", *said, *more)


def verified(scanner):
    """Asset -> what is verified, and what was found and is not, in the newest snapshot."""
    assets = scanner("totals", "--json").object["assets"]
    return {a["asset"]: (int(a["verified"]), int(a["unverified"])) for a in assets}


def exported(scanner, what):
    return scanner("export", what, "1", "--format", "jsonl").objects


def test_coins_that_moved_to_another_network(scanner, tmp_path, moved):
    rows = [row("ETH", "ETH", 2, "500"), row("ETH", "BASE", 2, "500")]
    done = taken(scanner, tmp_path, rows, moved)
    assert done.status == 1
    assert "mixed_times" in done.err
    assert "1 mixed times" in done.text, "the totals do not call such a sum good"
    assert verified(scanner) == {"ETH": (500 * WEI, 500 * WEI)}, "each coin is counted once"
    rows_said = [r["verified"] for r in exported(scanner, "ownership")]
    assert rows_said == [False, True], "nor is the row called so"
    page = scanner("report", "1", "--json", "-o", "-").object
    assert (page["rows"]["verified"], page["rows"]["verified_once"]) == (1, 1)
    assert [r["network"] for r in page["largest_verified"]] == ["base"]
    assert scanner("db", "check").status == 0
    allowed = taken(scanner, tmp_path, rows, moved, "--spread", "40d")
    assert allowed.status == 0, allowed.err
    assert "mixed_times" not in allowed.err
    assert "mixed times" not in allowed.text
    assert verified(scanner) == {"ETH": (1_000 * WEI, 0)}, "as the user wants it"


def test_coins_that_were_sold_on_the_same_network(scanner, tmp_path, moved):
    rows = [row("ETH", "ETH", 2, "500"), row("USDC", "ETH", 5, "1500000")]
    done = taken(scanner, tmp_path, rows, moved)
    assert done.status == 1
    assert "mixed_heights" in done.err
    assert done.text.count("mixed heights") == 2, "of both assets"
    assert "mixed_times" in done.err
    assert verified(scanner) == {"ETH": (0, 500 * WEI), "USDC": (1_500_000 * 10**6, 0)}


@pytest.mark.parametrize("later", [4, 9])
def test_coins_that_moved_within_the_hour(scanner, tmp_path, anvil_factory, later):
    """The same 500 ETH in one account at block 2 and in another one some blocks later."""
    node = anvil_factory(arguments=["--timestamp", str(START)])
    first, second = account_of(key(5)), account_of(key(6))
    node.rpc("anvil_setBalance", first, hex(500 * WEI))
    node.rpc("anvil_mine", "0x3")
    node.rpc("anvil_setBalance", first, "0x0")
    node.rpc("anvil_setBalance", second, hex(500 * WEI))
    node.rpc("anvil_mine", hex(later))
    rows = [row("ETH", "ETH", 2, "500"), row("ETH", "ETH", later, "500")]
    rows[1] |= {"address": second, "signature1": sign_evm(key(6))}
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,1000\n")
    write_rows(tmp_path / "list.csv", rows)
    write_table(tmp_path / "ends.toml", evm_endpoint(node))
    said = "--endpoints", "ends.toml", "--statement", MESSAGE, "--liabilities", "owed.csv"
    done = scanner("snapshot", "list.csv", *said)
    assert done.status == 1
    assert "only rows of one block can be verified" in done.err
    assert verified(scanner) == {"ETH": (500 * WEI, 500 * WEI)}, "each coin is counted once"
    (total,) = scanner("totals", "--json").object["assets"]
    assert total["reserve_ratio"] == "0.500000"
    assert [r["verified"] for r in exported(scanner, "ownership")] == [False, True]
    page = scanner("report", "1", "--json", "-o", "-").object
    assert [r["row"] for r in page["largest_verified"]] == [3]
    assert scanner("db", "check").status == 0
    one = scanner("snapshot", "list.csv", *said, "--at", f"ethereum={later}")
    assert "mixed_heights" not in one.err
    assert verified(scanner) == {"ETH": (500 * WEI, 0)}, "at one block it is what there is"


def owed_as_of(scanner, tmp_path, rows, nodes, coin, as_of):
    """The coin's ratio and the findings about what is owed, as much as the rows have of it."""
    amount = sum(int(r["amount"]) for r in rows)
    (tmp_path / "owed.csv").write_text(f"asset,amount,as_of\n{coin},{amount},{as_of}\n")
    done = taken(scanner, tmp_path, rows, nodes, "--liabilities", "owed.csv")
    assert done.status in (0, 3), done.err
    (asset,) = scanner("totals", "--json").object["assets"]
    told = {f["kind"] for f in scanner("export", "findings", "--format", "jsonl").objects}
    return asset["reserve_ratio"], {kind for kind in told if kind.startswith("liabilities_")}


def test_a_height_that_was_compared_with_no_network_is_no_date(scanner, tmp_path, moved):
    """USDC owed "as of block 1", held a month later: the height of nobody knows which network."""
    rows = [row("USDC", "ETH", 5, "1500000")]
    for as_of in ("block 1", "block 5"):
        found = owed_as_of(scanner, tmp_path, rows, moved, "USDC", as_of)
        assert found == ("1.000000", {"liabilities_undated"})
    for as_of in ("2026-01-01", "1 January 2026", "Q4 2023", "FY2023", "1703980800"):
        long_ago = owed_as_of(scanner, tmp_path, rows, moved, "USDC", as_of)
        assert long_ago == (None, {"liabilities_of_another_day"}), as_of


def test_a_height_of_one_of_several_networks_is_a_date(scanner, tmp_path, moved):
    """Ether on two networks whose heights differ: either height is right, and no other."""
    for node, blocks in zip(moved, ("0x1", "0xc8"), strict=True):
        node.rpc("anvil_setBalance", account_of(key(5)), hex(500 * WEI))
        node.rpc("anvil_mine", blocks)
    rows = [row("ETH", "ETH", 7, "500"), row("ETH", "BASE", 200, "500")]
    for as_of in ("block 7", "block 200"):
        assert owed_as_of(scanner, tmp_path, rows, moved, "ETH", as_of) == ("1.000000", set())
    other = owed_as_of(scanner, tmp_path, rows, moved, "ETH", "block 9000")
    assert other == (None, {"liabilities_of_another_day"})


def claim(row, asset, network, address, decimals=18):
    return Claim(row, asset, asset, network, address, address, decimals, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("ETH", "ethereum", 18), ("BETH", "ethereum-beacon", 9)),
        (("BETH", "ethereum-beacon", 9), ("ETH", "ethereum", 18)),
        (("APT", "aptos", 8), ("APT-FA", "aptos", 8)),
    ],
)
def test_one_state_under_two_names(first, second):
    audit = ListAudit(load_registry())
    told = []
    for number, (asset, network, decimals) in enumerate((first, second), 1):
        told.append(audit.observe(claim(number, asset, network, "0x" + "ab" * 48, decimals)))
    assert told == [False, True]
    assert audit.duplicates == 1


def test_two_states_of_one_address_are_two():
    audit = ListAudit(load_registry())
    for number, asset in enumerate(("ETH", "USDC", "USDT"), 1):
        assert not audit.observe(claim(number, asset, "ethereum", "0x" + "ab" * 20))
    assert not audit.observe(claim(4, "ETH", "base", "0x" + "ab" * 20))


def test_one_actor_under_its_address_and_its_number(scanner, tmp_path, anvil_factory):
    """Filecoin: 0xff and an actor's number is the actor itself. The node has its state at both."""
    wallets = Wallets(anvil_factory(chain_id=314))
    node, owner = wallets.node, account_of(key(1))
    safe = wallets.safe([owner])
    number = "0xff" + "00" * 11 + (123_456).to_bytes(8).hex()
    node.rpc("anvil_setCode", number, node.rpc("eth_getCode", safe, "latest"))
    slots = [n.to_bytes(32) for n in range(6)]
    slots += [in_mapping(FIRST, 2), in_mapping(raw(owner), 2)]
    slots += [keccak256(b"guard_manager.guard.address")]
    slots += [keccak256(b"fallback_manager.handler.address")]
    for slot in slots:
        word = node.rpc("eth_getStorageAt", safe, "0x" + slot.hex(), "latest")
        wallets.write(number, slot, int(word, 16))
    for account in (safe, number):
        wallets.give(account, 1_000)
    node.rpc("anvil_mine", "0x3")
    at = {"coin": "FIL", "network": "filecoin", "height": int(node.rpc("eth_blockNumber"), 16)}
    at |= {"amount": "1000", "signature1": sign_evm(key(1)), "owner1": owner}
    write_table(tmp_path / "ends.toml", evm_endpoint(node, "filecoin"))
    for second in (number, "f0123456"):
        write_rows(tmp_path / "list.csv", [at | {"address": a} for a in (safe, second)])
        scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", MESSAGE)
        assert verified(scanner) == {"FIL": (1_000 * WEI, 1_000 * WEI)}, "the Safe's own row"
        told = scanner("export", "ownership", "latest", "--format", "jsonl", "-o", "-").objects
        assert [row["control"] for row in told] == ["controls", "unsupported"]
        assert "publish the f1, f3 or f410 address" in told[1]["reason"]
