"""Rows of another unit, header or network than they are read as accuse nobody: not read is not false."""

from __future__ import annotations

import json

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

GWEI = 10**9
HEADER = "coin,network,height,address,amount,message,signature"
TEXT = MESSAGE.replace(",", "")


@pytest.fixture
def chain(anvil_factory, tmp_path):
    node = anvil_factory()
    node.rpc("anvil_setBalance", account_of(key(1)), hex(5 * WEI))
    node.rpc("anvil_setBalance", account_of(key(2)), hex(7500 * GWEI))
    node.rpc("anvil_mine", "0x3")
    write_table(tmp_path / "ends.toml", evm_endpoint(node))
    return node


def row(number, amount):
    signer = key(number)
    return f"ETH,ETH,2,{account_of(signer)},{amount},{TEXT},{sign_evm(signer, TEXT)}\n"


def as_object(number, amount):
    names = HEADER.split(",")
    return dict(zip(names, row(number, amount).strip().split(","), strict=True))


def of_days(*rows):
    """Rows of two days without heights, the second of which the chain holds less than."""
    days = ("2025-12-31", "2026-06-30")
    return [
        {**as_object(*row), "height": ""} | {"date": day}
        for row, day in zip(rows, days, strict=True)
    ]


CASES = {
    "days.json": json.dumps(
        {row.pop("date"): {"wallets": [row]} for row in of_days((1, 5), (2, 7500))}
    ),
    "days.csv": f"date,{HEADER}\n"
    + "".join(f"{r.pop('date')},{','.join(r.values())}\n" for r in of_days((1, 5), (2, 7500))),
    "unit.json": json.dumps({"unit": "gwei", "wallets": [as_object(2, "7500")]}),
    "units.csv": f"{HEADER}\n{row(1, 5)},,,,gwei,,\n{row(2, 7500)}",
    "header.csv": f"{HEADER}\n{row(1, 5)}{HEADER.replace('amount', 'amount (gwei)')}\n{row(2, 7500)}",
    "title.csv": f"all amounts in gwei\n{HEADER}\n{row(2, 7500)}",
    "beside.csv": f"{HEADER},note\n{row(2, 7500).strip()},in gwei\n",
}


def kinds_of(scanner):
    found = scanner("export", "findings", "--format", "jsonl").objects
    return {finding["kind"]: finding["weight"] for finding in found}


@pytest.mark.node
@pytest.mark.parametrize("name", CASES)
def test_an_amount_in_a_unit_that_was_not_understood_is_not_called_false(
    scanner, tmp_path, chain, name
):
    (tmp_path / name).write_text(CASES[name])
    done = scanner("snapshot", name, "--endpoints", "ends.toml", "--statement", TEXT)
    assert done.status == 3, done.text + done.err
    kinds = kinds_of(scanner)
    assert kinds["maybe_shortfall"] == "unshown"
    assert "false" not in kinds.values(), kinds


@pytest.mark.node
def test_less_than_a_plain_amount_is_false_whatever_else_is_not_understood(
    scanner, tmp_path, chain
):
    (tmp_path / "list.csv").write_text(f"{HEADER},Tranche\n{row(1, 6).strip()},B-2\n")
    done = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", TEXT)
    assert done.status == 1, done.text + done.err
    assert kinds_of(scanner)["shortfall"] == "false"


@pytest.mark.node
def test_a_blank_network_below_another_one_is_asked_about(scanner, tmp_path, anvil_factory):
    """As below a merged cell: on Ethereum, where ETH is at home, the address holds nothing."""
    arbitrum, ethereum = anvil_factory(chain_id=42161), anvil_factory()
    for node in (arbitrum, ethereum):
        node.rpc("anvil_setBalance", account_of(key(1)), hex(5 * WEI * (node is arbitrum)))
        node.rpc("anvil_mine", "0x3")
    ends = evm_endpoint(arbitrum, "arbitrum"), evm_endpoint(ethereum)
    write_table(tmp_path / "ends.toml", *ends)
    first, second = account_of(key(1)), account_of(key(2))
    arbitrum.rpc("anvil_setBalance", second, hex(7 * WEI))
    arbitrum.rpc("anvil_mine", "0x1")
    rows = [
        {"network": "ARBITRUM", "address": first, "amount": "5", "signature1": sign_evm(key(1))},
        {"network": "", "address": second, "amount": "7", "signature1": sign_evm(key(2))},
    ]
    write_rows(tmp_path / "list.csv", [{"coin": "ETH", **row} for row in rows])
    done = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", MESSAGE)
    assert done.status == 3, done.text + done.err
    assert "false" not in kinds_of(scanner).values()
    assert "with --network" in scanner("lists", "inspect", "list.csv").text


@pytest.mark.node
@pytest.mark.parametrize("last", ["address,foo", ",,,,gwei,,", "coin,network,amount,address"])
def test_words_below_a_row_do_not_take_back_what_it_claims(scanner, tmp_path, chain, last):
    """Whoever claims too much cannot make it a question by a line at the end."""
    (tmp_path / "list.csv").write_text(f"{HEADER}\n{row(1, 6)}{last}\n")
    scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", TEXT)
    assert kinds_of(scanner)["shortfall"] == "false"


@pytest.mark.node
def test_a_note_beside_one_row_takes_nothing_back_of_another(scanner, tmp_path, chain):
    plain = [f",{row(n, 0)}" for n in range(3, 43)]
    rows = [f",{row(1, 6)}", *plain, f"wei,{row(2, 7500)}"]
    (tmp_path / "list.csv").write_text("".join([f",{HEADER}\n", *rows]))
    done = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", TEXT)
    kinds = kinds_of(scanner)
    assert (kinds["shortfall"], kinds["maybe_shortfall"]) == ("false", "unshown"), done.err


@pytest.mark.node
def test_rows_beyond_those_that_are_told_one_by_one_are_doubted_too(scanner, tmp_path, chain):
    rows = "".join(f"{row(n, 7500).strip()},in gwei\n" for n in range(2, 1_012))
    (tmp_path / "list.csv").write_text(f"{HEADER},note\n{rows}")
    done = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", TEXT)
    assert "shortfall" not in kinds_of(scanner), done.err
    assert "maybe_shortfall" in scanner("totals").text.replace(" ", "_")


@pytest.mark.node
@pytest.mark.parametrize("place", ["arb1:{}", "https://arbiscan.io/address/{}"])
def test_an_address_that_names_another_network_is_not_called_false(scanner, tmp_path, chain, place):
    """The coins are where the prefix says; on Ethereum the same account holds less."""
    names, said = zip(*as_object(1, "7500").items(), strict=True)
    cells = [c for n, c in zip(names, said, strict=True) if n not in {"network", "height"}]
    header = ",".join(n for n in names if n not in {"network", "height"})
    line = ",".join(cells).replace(account_of(key(1)), place.format(account_of(key(1))))
    (tmp_path / "list.csv").write_text(f"{header}\n{line}\n")
    done = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", TEXT)
    assert done.status == 3, done.text + done.err
    assert "false" not in kinds_of(scanner).values()


@pytest.mark.node
def test_a_row_whose_owner_is_said_to_be_another_is_asked_about(scanner, tmp_path, chain):
    (tmp_path / "list.csv").write_text(f"{HEADER},owner\n{row(1, 5).strip()},not ours\n")
    done = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--statement", TEXT)
    assert done.status == 3, done.text + done.err
    assert kinds_of(scanner)["not_understood"] == "unshown"


def undated(said: str, name: str = "list.csv") -> tuple[str, str]:
    names = HEADER.replace("height,", "")
    return name, f"{said}{names}\n{row(1, 6).replace(',2,', ',', 1)}"


@pytest.mark.node
@pytest.mark.parametrize(
    ("name", "text"),
    [undated("Reserves as of 1 January 2020\n"), undated("", "por-2020-01-01.csv")],
)
def test_a_list_of_another_day_that_names_no_block_is_not_called_false(
    scanner, tmp_path, chain, name, text
):
    """It was right when it was made; read years later, an address holds less."""
    (tmp_path / name).write_text(text)
    done = scanner("snapshot", name, "--endpoints", "ends.toml", "--statement", TEXT)
    assert done.status == 3, done.text + done.err
    kinds = kinds_of(scanner)
    assert (kinds["maybe_shortfall"], kinds["list_dated"]) == ("unshown", "note")
    assert "false" not in kinds.values()


@pytest.mark.node
def test_a_list_of_no_day_is_of_the_day_that_it_is_read(scanner, tmp_path, chain):
    name, text = undated("")
    (tmp_path / name).write_text(text)
    done = scanner("snapshot", name, "--endpoints", "ends.toml", "--statement", TEXT)
    assert done.status == 1, done.text + done.err
    assert kinds_of(scanner) == {"shortfall": "false"}
