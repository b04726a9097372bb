"""Lines of totals among the rows of a table: "Total", "合计", "Итого" where an address would stand.

Such a line is no claim: what it adds up would be counted twice. It is compared with the rows.
"""

from __future__ import annotations

import re

from scanner.model.registry import Registry
from scanner.model.word_set import word_set

TOTALS = word_set(
    "total totals sum subtotal subtotals grandtotal overall totalbalance totalamount balancetotal "
    "totalreserves 合计 总计 总额 小计 合計 總計 總額 小計 総計 "
    "합계 총계 총액 소계 итого всего итог сумма разом усього suma "
    "sumas totalgeneral totalgeral soma somme soustotal gesamt gesamtsumme summe zwischensumme "
    "insgesamt totale subtotale somma totaal toplam geneltoplam aratoplam razem łącznie lacznie "
    "jumlah tổng tổngcộng"
)
"""What a line of totals is called, as `normal` writes it: in the languages of lists."""

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 80


def total_word(text: str) -> str:
    """The name of a line of totals in a cell, such as "Total (BTC):"; "" if it has none.

    One word of the table with at most one other beside it, which may be a coin.
    """
    if len(text) > _LONGEST or not text.strip():
        return ""
    words = [word.lower() for word in _WORD.findall(text)]
    alone = "".join(words) in TOTALS
    named = len(words) == 2 and (words[0] in TOTALS or words[1] in TOTALS)
    return text.strip() if alone or named else ""


def coin_of_total(text: str, registry: Registry) -> str:
    """The coin that the name of a line of totals says, such as "Total ETH"; "" if it says none."""
    others = [word for word in _WORD.findall(text) if word.lower() not in TOTALS]
    return others[0] if len(others) == 1 and registry.names_coin(others[0]) else ""
