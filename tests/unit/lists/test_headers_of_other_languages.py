"""Headers in the languages in which exchanges publish are read; what is not known is asked about."""

from __future__ import annotations

import json

import pytest
from support.lists import Reader

from scanner.lists.abroad import NEEDLESS_ABROAD
from scanner.lists.names import BY_NAME, normal
from scanner.model.finding import FindingKind

B, C = "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s", "34xp4vRoCGJym3xR7yCVPFHoCNxv4Twseo"
HEADERS = [
    "网络,币种,地址,数量,区块高度,备注", "公鏈,幣種,錢包地址,餘額,區塊高度,備註", "ネットワーク,通貨,アドレス,残高,ブロック高,備考",
    "네트워크,코인,지갑 주소,수량,블록 높이,비고", "Сеть,Монета,Адрес,Количество,Высота блока,Примечание",
    "Red,Moneda,Dirección,Cantidad,Bloque,Nota", "Rede,Moeda,Endereço,Quantidade,Bloco,Descrição",
    "Réseau,Monnaie,Adresse,Montant,Hauteur,Étiquette", "Netzwerk,Währung,Adresse,Bestand,Blockhöhe,Bemerkung",
    "Rete,Moneta,Indirizzo,Importo,Blocco,Etichetta", "Ağ,Varlık,Adres,Miktar,Blok yüksekliği,Etiket",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_a_header(read_bytes: Reader, header: str) -> None:
    names = header.split(",")
    values = ["bitcoin", "BTC", B, "1.5", "840000", "cold"]
    known = [name for name in names if name not in ("公鏈", "Blocco")]
    places = [names.index(name) for name in known]
    rows = [known, [values[at] for at in places]]
    read = read_bytes(
        "\n".join(map(",".join, rows)) + "\n", network="" if "公鏈" not in names else "bitcoin"
    )
    claim = read.claims[0]
    assert (claim.asset, claim.network, claim.amount) == ("BTC", "bitcoin", 150_000_000)
    assert claim.height in (840_000, None)
    assert not [f for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


def test_of_a_document_and_with_a_unit(read_bytes: Reader) -> None:
    read = read_bytes(json.dumps([{"网络": "bitcoin", "币种": "BTC", "地址": B, "数量": "1.5"}]))
    assert [claim.amount for claim in read.claims] == [150_000_000]
    read = read_bytes(f"网络,地址,余额（BTC）\nbitcoin,{B},1.5\n")
    assert [claim.amount for claim in read.claims] == [150_000_000]
    read = read_bytes(f"网络,币种,地址,余额（万枚）\nbitcoin,BTC,{B},1.5\n")
    assert [claim.amount for claim in read.claims] == [None]
    assert FindingKind.NOT_UNDERSTOOD in [f.kind for f in read.findings]


def test_a_name_may_be_the_coins_and_days_are_of_the_amount(read_bytes: Reader) -> None:
    read = read_bytes(f"网络,名称,地址,数量\nethereum,Tether,{B},1.5\n")
    assert not read.claims
    text = "网络,币种,地址,数量,日期\nbitcoin,BTC,{},1,2025-12-31\nbitcoin,BTC,{},1,2026-06-30\n"
    kinds = [f.kind for f in read_bytes(text.format(B, C)).findings]
    assert FindingKind.ROWS_DOUBTED in kinds


def test_no_name_is_a_field_and_needless() -> None:
    needless = frozenset().union(*NEEDLESS_ABROAD.values())
    assert not BY_NAME.keys() & needless
    assert all(normal(name) == name for name in needless)
