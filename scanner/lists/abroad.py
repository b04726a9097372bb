"""Names of columns in other languages than English, as `normal` writes them.

With and without the accents that people leave out. What a table does not name is not understood,
as everywhere, so a few languages here make no other list worse.
"""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model.word_set import word_set

FIELDS_ABROAD: Mapping[str, frozenset[str]] = {
    "coin": word_set(
        "币种 幣種 代币 代幣 资产 資產 币名 通貨 コイン 暗号資産 코인 자산 가상자산 монета валюта актив токен moneda "
        "activo criptomoneda moeda ativo criptomoeda criptoativo monnaie actif cryptomonnaie währung "
        "waehrung kryptowährung moneta valuta varlık varlik kriptopara waluta"
    ),
    "network": word_set(
        "网络 網絡 網路 链 公链 区块链 區塊鏈 ネットワーク チェーン 네트워크 체인 블록체인 сеть блокчейн мережа red "
        "rede réseau reseau chaîne netzwerk rete ağ zincir sieć siec jaringan"
    ),
    "address": word_set(
        "地址 钱包地址 錢包地址 アドレス ウォレットアドレス 주소 지갑주소 адрес адрескошелька адреса dirección direccion "
        "direcciones endereço endereco adresse walletadresse indirizzo adres cüzdanadresi alamat"
    ),
    "amount": word_set(
        "数量 數量 余额 餘額 持仓 持倉 残高 수량 잔액 보유량 количество баланс остаток кількість cantidad saldo "
        "quantidade quantité quantite montant solde menge betrag bestand guthaben bakiye miktar importo "
        "quantità quantita ilość ilosc jumlahkoin"
    ),
    "height": word_set(
        "区块高度 區塊高度 高度 ブロック高 블록높이 высота высотаблока bloque alturadelbloque bloco alturadobloco "
        "blockhöhe blockhoehe hauteurdebloc hauteur altura blokyüksekliği"
    ),
    "message": word_set(
        "消息 訊息 签名消息 簽名訊息 メッセージ 메시지 сообщение mensaje mensagem nachricht mesaj"
    ),
    "signature1": word_set(
        "签名 簽名 署名 서명 подпись підпис firma assinatura imza podpis signatur"
    ),
}
"""Our field names, and the names that mean them."""

NEEDLESS_ABROAD: Mapping[str, frozenset[str]] = {
    "a label": word_set(
        "备注 備註 标签 標籤 名称 名稱 用途 備考 ラベル 비고 이름 примечание метка название примітка etiqueta nota notas "
        "nombre nome descripción descripcion descrição descricao etichetta étiquette etiket açıklama "
        "bezeichnung notiz bemerkung remarque"
    ),
    "a number of the row": word_set(
        "序号 序號 编号 編號 番号 번호 номер número numero nummer numéro sırano"
    ),
    "a date, which does not name a block": word_set(
        "日期 时间 時間 日付 日時 날짜 일시 дата fecha tarih datum"
    ),
}
"""Parts that no claim is in: why, and their names."""
