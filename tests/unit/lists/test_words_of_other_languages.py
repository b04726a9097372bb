"""A title, note, label or name in another language may say a unit, a scale or that nothing is held."""

from __future__ import annotations

import json

import pytest
from support.lists import Read, Reader

from scanner.lists.spoken import label_says, no_holding_in
from scanner.model.finding import FindingKind
from scanner.model.speech import note_says, speaks
from scanner.model.tongues import unread

B = "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s"
TABLE = f"network,coin,address,amount\nbitcoin,BTC,{B},1.5\n"
TITLES = [
    "单位：万", "單位：聰", "数量（万枚）", "数量单位（亿）", "金额（美元）", "区块高度 八百四十万", "単位：千", "サトシ",
    "단위: 천", "수량 (백만)", "블록 높이", "Суммы в тыс.", "в тысячах", "Суммы в сатоши", "в млн", "единица: сатоши",
    "тисяч", "valores em milhares", "em milhões", "importes en miles", "en millones", "Unidades", "bloque",
    "montants en milliers", "unités", "in migliaia", "in milioni", "tutar: bin adet", "milyon", "Birim",
    "in duizenden", "w tysiącach", "dalam ribuan juta", "đơn vị: triệu", "Einheit", "amounts x1000", "10^8", "10⁸",
    "value * 1000", "1:1000", "Balances in octas", "in lovelace", "in planck", "in MIST", "in nanotons",
    "in tinybars", "microAlgos", "in koinu", "duffs", "zatoshis", "e8s", "بالآلاف", "หน่วย", "באלפים", "हज़ार में",
]  # fmt: skip
NOTHING_HELD = [
    "负债明细", "客户借贷", "已关闭", "抵押", "ローン", "부채", "대출", "Обязательства", "Займы клиентов", "закрыт", "Заём",
    "passivos", "Dívidas", "empréstimos", "Deudas", "préstamo", "cerrada", "dettes", "emprunts", "passività",
    "Verbindlichkeiten", "Kredite", "Borçlar", "Yükümlülükler", "leningen", "zobowiązania", "pożyczki", "utang",
]  # fmt: skip
SILENT = [
    "冷钱包 3", "币安储备金证明 2026-11", "万向区块链", "热钱包", "质押钱包", "コールドウォレット", "콜드 지갑", "인천 지갑",
    "Холодный кошелек 7", "Блокчейн", "Резервы биржи", "Carteira fria", "Billetera fría", "Portefeuille à froid",
    "Soğuk cüzdan", "Kaltes Wallet", "Sıcak cüzdan 2", "Portfel zimny", "Chłodny portfel", "ÉTHER", "μ-Wallet",
]  # fmt: skip


def asked(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


@pytest.mark.parametrize("title", TITLES + NOTHING_HELD)
def test_a_title_is_asked_about(read_bytes: Reader, title: str) -> None:
    read = read_bytes(f"{title}\n{TABLE}")
    assert len(read.claims) == 1
    assert "line 1, before the header" in asked(read)[0]
    assert not asked(read_bytes(f"{title}\n{TABLE}", columns={"ignore": title}))


@pytest.mark.parametrize("title", SILENT)
def test_a_title_that_says_nothing_is_one(read_bytes: Reader, title: str) -> None:
    assert not asked(read_bytes(f"{title}\n{TABLE}"))
    assert not label_says(title)
    assert not unread(title)


@pytest.mark.parametrize("text", NOTHING_HELD)
def test_labels_types_and_names_that_say_nothing_is_held(read_bytes: Reader, text: str) -> None:
    assert label_says(text)
    assert no_holding_in(text)
    row = {"coin": "BTC", "network": "bitcoin", "address": B, "amount": "1.5", "type": text}
    assert text in asked(read_bytes(json.dumps([row])))[0]
    named = read_bytes(TABLE, name=f"{text}.csv")
    assert "may mean that the rows are not holdings" in asked(named)[0]


@pytest.mark.parametrize("text", ["单位:聪", "в тысячах", "en miles", "em milhões", "단위: 천"])
def test_notes_and_labels_that_give_a_unit(text: str) -> None:
    assert note_says(text)
    assert label_says(text)


@pytest.mark.parametrize("text", ["Miles' wallet", "Bin 7", "Unidad 4", "Mist wallet", "2**x"])
def test_names_of_people_and_places_are_no_units_in_a_label(text: str) -> None:
    assert not label_says(text)


def test_a_name_of_a_file_that_gives_a_unit(read_bytes: Reader) -> None:
    read = read_bytes(TABLE, name="储备_单位聪.csv")
    assert "use --unit coin or --unit base" in asked(read)[0]


@pytest.mark.parametrize("unit", ["octas", "lovelace", "MIST", "nanotons", "tinybars", "planck"])
def test_base_units_of_other_coins_are_read_as_such(read_bytes: Reader, unit: str) -> None:
    coins = {"octas": "APT aptos", "lovelace": "ADA cardano", "MIST": "SUI sui"}
    coins |= {"nanotons": "TON ton", "tinybars": "HBAR hedera", "planck": "DOT polkadot"}
    coin, network = coins[unit].split()
    header = f"coin,network,address,balance ({unit})"
    claim = read_bytes(f"{header}\n{coin},{network},x,1500000000\n").claims[0]
    assert (claim.asset, claim.amount) == (coin, 1_500_000_000)
    wrong = read_bytes(f"{header}\nETH,ethereum,x,1500000000\n")
    assert wrong.claims[0].amount is None


def test_signs_of_scales_are_told_from_other_signs() -> None:
    assert not speaks("Proof of reserves *")
    assert not speaks("Version 2 - wallets 1:1")
    assert speaks("all x 10^3")
