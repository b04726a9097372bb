"""Words of other languages that may say something of figures beside them: units, scales, blocks.

The same that `scanner.model.speech` looks for in English and German, in the languages in which
exchanges publish. As there, a word is never taken for what it says: it is asked about. A text in
letters of none of these languages is not read at all.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from scanner.model.word_set import word_set

MEASURES = word_set(
    "miles millar millares millon millones unidad unidades bloque dolar dolares porcentaje "
    "porcentajes milhar milhares milhao milhoes bilhao bilhoes unidade unidades bloco reais "
    "percentagem porcentagem millier milliers milliard unite unites pourcentage migliaia milione "
    "milioni miliardo miliardi unita blocco percentuale duizend duizenden miljoen miljoenen "
    "miljard eenheid eenheden hoogte bin milyon milyar birim birimi blok yukseklik yuksekligi lira "
    "yuzde tys tysiac tysiace tysiacach tysiecy milion miliony milionow jednostka jednostki "
    "jednostkach wysokosc ribu juta miliar satuan nghin trieu einheit einheiten prozent anteil"
)
"""Units, scales, money, shares and blocks, without accents: in Spanish, Portuguese, French,
Italian, Dutch, Turkish, Polish, Indonesian, Vietnamese and German."""

NOT_HELD = word_set(
    "pasivo pasivos deuda deudas prestamo prestamos cerrado cerrada cerrados cerradas vendido "
    "vendida vendidos vendidas passivo passivos divida dividas emprestimo emprestimos fechado "
    "fechada fechados fechadas passif passifs dette dettes emprunt emprunts vendu vendue passivita "
    "debiti prestito prestiti chiuso chiusa lening leningen schuld schulden verplichting "
    "verplichtingen yukumluluk yukumlulukler borc borclar kredi krediler kapali zobowiazanie "
    "zobowiazania dlug dlugi pozyczka pozyczki utang pinjaman verbindlichkeit verbindlichkeiten "
    "darlehen kredit kredite geschlossen verkauft verpfandet"
)
"""What is owed, lent, sold or closed, without accents, in the same languages."""

_BEFORE = "in|en|em|a|as|de|des|di|da|do|dalam|w|als|unit|unidad|unite"
_AFTER_A_WORD = re.compile(rf"\b(?:{_BEFORE}):? (?:{'|'.join(sorted(MEASURES))})\b")
_CYRILLIC = re.compile(  # as `_plain` leaves them: и for й, е for ё
    r"\b(?:тыс|тысяч\w*|тисяч\w*|млн|миллион\w*|мільион\w*|млрд|миллиард\w*|мільярд\w*|единиц\w*"
    r"|одиниц\w*|сатоши|сатоші|долл|доллар\w*|долар\w*|руб|рубл\w*|евро|гривн\w*|тенге|блок|блока"
    r"|блоке|блоков|высот\w*|висот\w*|процент\w*|відсот\w*|доля|доли)\b"
)
_SCALE = "[百千十]*[万萬亿億千]"
_OF_COUNT = "枚|个|個|元|美|円|圆|圓|聪|聰|份|(?=[^\\w]|_|$)"
_EAST = re.compile(
    rf"单位|單位|単位|단위|聪|聰|サトシ|사토시|{_SCALE}(?:{_OF_COUNT})|百万|百萬"
    r"|(?<![가-힣])(?:천만|백만|[천만억])(?=원|개|[^\w]|$)"
    "|美元|美金|人民币|人民幣|ドル|日元|日円|달러|원화|欧元|歐元|港元|港币|港幣|韩元|韓元"
    "|百分比|占比|比例|割合|비율|퍼센트|区块高|區塊高|块高|塊高|高度|ブロック高|ブロック番号"
    "|블록 ?높이|블록 ?번호|블록 ?[:#]?\\d"
)
_CYRILLIC_NOT_HELD = re.compile(
    r"\b(?:обязательств\w*|зобов.?язан\w*|долг|долга|долги|долгов|борг|борги|заем\w*|заим\w*"
    r"|позик\w*|кредит\w*|закрыт\w*|закрит\w*|залог\w*|застав\w*|продан\w*|неактивн\w*)\b"
)
_EAST_NOT_HELD = re.compile(
    "负债|負債|债务|債務|欠款|借款|贷款|貸款|借贷|借貸|借入|贷出|貸付|抵押|担保|擔保|已关闭|已關閉|已停用|停用"
    "|已售|已卖出|ローン|閉鎖|부채|채무|대출|대여|담보|폐쇄|매각"
)
_READ = frozenset({"LATIN", "CYRILLIC", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
"""Letters that some language of these tables is written in; Greek ones are signs of coins."""
_MARKS = word_set(
    "FULLWIDTH HALFWIDTH MODIFIER MICRO FEMININE MASCULINE IDEOGRAPHIC SUPERSCRIPT SUBSCRIPT "
    "KATAKANA-HIRAGANA SCRIPT DOUBLE-STRUCK MATHEMATICAL"
)
"""First words of the names of letters that belong to no writing of their own."""
_ACCENTS = re.compile("[\u0300-\u036f]+")
_CYRILLIC_STARTS = word_set(
    "тыс тис млн мил млр еди оди сат дол руб евр гри тен бло выс вис про від обя зоб бор зае заи "
    "поз кре зак зал зас нео неа"
)
"""How each word of the patterns begins: a text without one needs no closer look."""
_EAST_LETTERS = frozenset(
    "单單単단聪聰サ사万萬亿億千百천백만억美人ドル日달원欧歐港韩韓占比割비퍼区區块塊高ブ블负負债債务務欠借贷貸抵担擔"
    "已停ロ閉부채대담폐매"
)
_TOKEN = re.compile(r"[^\W\d_]+")


def measures_in(text: str) -> list[str]:
    """Words that may give a unit, a scale, money, a share or a block. The caller limits the text.

    As they stand there, without accents and in lower case.
    """
    plain, words = _taken_apart(text)
    found = [word for word in words if word in MEASURES]
    if not plain.isascii():
        if not _CYRILLIC_STARTS.isdisjoint(word[:3] for word in words):
            found += _CYRILLIC.findall(plain)
        if not _EAST_LETTERS.isdisjoint(plain):
            found += [m[0] for m in _EAST.finditer(plain)]
    return found


def not_held_in(text: str) -> list[str]:
    """Words that may mean that nothing is held. The caller limits the text."""
    plain, words = _taken_apart(text)
    found = [word for word in words if word in NOT_HELD]
    if not plain.isascii():
        if not _CYRILLIC_STARTS.isdisjoint(word[:3] for word in words):
            found += _CYRILLIC_NOT_HELD.findall(plain)
        if not _EAST_LETTERS.isdisjoint(plain):
            found += _EAST_NOT_HELD.findall(plain)
    return found


def note_measures(text: str) -> bool:
    """Whether a note beside a row may give a unit, a scale or a block: `in` must stand before a
    Latin word, for it may be somebody's name."""
    found = measures_in(text)
    if not found:
        return False
    return not all(map(str.isascii, found)) or bool(_AFTER_A_WORD.search(_taken_apart(text)[0]))


def unread(text: str) -> bool:
    """Whether a text has letters of a writing that no table here is written in."""
    return not text.isascii() and any(_is_unread(c) for c in text)


@cache
def _is_unread(letter: str) -> bool:
    if not letter.isalpha():
        return False
    first = unicodedata.name(letter, "").partition(" ")[0]
    return first not in _READ and first not in _MARKS


@lru_cache(maxsize=64)
def _taken_apart(text: str) -> tuple[str, list[str]]:
    """A text without accents, and its words: the same one is asked about more than once."""
    plain = _plain(text)
    return plain, _TOKEN.findall(plain)


def _plain(text: str) -> str:
    """A text in lower case and without accents over Latin letters."""
    if text.isascii():
        return text.lower()
    folded = text.casefold().replace("\u0131", "i").replace("\u0142", "l")
    apart = unicodedata.normalize("NFKD", folded)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart))
