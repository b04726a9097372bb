"""What words beside a row, or in a file's name, may say of amounts, heights and holdings.

Such words are never taken for a unit or a block: they are asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from scanner.errors import clip
from scanner.files.comments import BOX, COMMENT, PAGE, PROMPT, Aside
from scanner.files.unseen import Unseen
from scanner.lists.days import day_in
from scanner.lists.interface import Layout, ReadOptions
from scanner.lists.names import SHARES, normal
from scanner.lists.remedies import mapping
from scanner.lists.total_rows import TOTALS, total_word
from scanner.model import tongues
from scanner.model.speech import (
    BASE_UNITS,
    IN_TITLES,
    MONEY,
    MOST_LETTERS,
    UNIT,
    may_be_one_number,
    note_says,
    says_unit,
    speaks,
)
from scanner.model.understood import Role
from scanner.model.word_set import word_set

_NAME = re.compile(
    rf"(?<![^\W_])(?:{UNIT})(?![^\W_])|(?<![^\W_])(?:block|height)[\W_]{{0,3}}\d{{4,}}",
    re.IGNORECASE,
)
_NO_HOLDING = re.compile(
    r"\b(?:liabilit(?:y|ies)|loans?|debts?|borrow(?:ed|ing)|lent|owed|payables?|closed|inactive"
    r"|retired|disabled|deprecated|decommissioned|archived|migrated|terminated|revoked|sold|pledged|collateral|counterpart(?:y|ies)|test"
    r"|excluded|omitted|stolen|seized|hacked|burn(?:t|ed)?|inaccessible|unspendable|escrow(?:ed)?"
    r"|lost keys?|on behalf of"
    r"|(?:not|no) (?:owned|our|ours|held|holdings?|reserves?)|third part(?:y|ies))\b",
    re.IGNORECASE,
)
_NOT_COUNTED = re.compile(
    r"(?:n['\u2019]t|\bnot)(?: to)?(?: be)? (?:count(?:ed)?|included?|used?|consider(?:ed)?|part of"
    r"|add(?:ed)?|controlled|in (?:the |our )?(?:totals?|sum|reserves?))\b"
    r"|\bno longer\b|\b(?:double|twice|already)[- ]counted\b"
    r"|\bcounted (?:above|below|elsewhere|twice|already|in)\b|\bduplicate[sd]?\b"
    r"|\b(?:ignored?|skipped|removed|emptied|disputed|deduct(?:ed)?)\b"
    r"|\bformerly (?:ours|held|owned)\b|\b(?:sub-?|grand )totals?\b"
    r"|\bexclud(?:es?|ing)\b|\bexcl\b|\btest ?nets?\b",
    re.IGNORECASE,
)
"""Words beside a row which mean that it counts otherwise than the others, or not at all."""
_DATED = re.compile(r"\b(?:as (?:of|at|on)|balance (?:of|at|on))\b", re.IGNORECASE)
_TIMES = re.compile(r"\bx ?1[ ,.]?000|[(['\u2019]000s?\b|\b10 ?(?:\^|\*\*) ?\d", re.IGNORECASE)
_OF_LEDGERS = re.compile(
    r"(?:debit|credit|withdrawal|outflow|inflow|outgoing|incoming|transfer|payment|spent|fee)s?"
    r"|status (?:0|false|no|off)",
    re.IGNORECASE,
)
"""Types and states of what moved, or is no more: not of what is there."""
_COUNTING = word_set(
    "not t longer counted duplicate duplicates duplicated ignore ignored skipped removed emptied "
    "disputed deduct deducted formerly subtotal subtotals total totals exclude excludes excluding "
    "excl testnet testnets nets net as balance"
)
"""Words that are in whatever `_NOT_COUNTED` and `_DATED` find."""
_LIABILITIES = frozenset({"liability", "liabilities"})
_SIGNS = frozenset("$%\u20ac\u00a3")
_CHUNK = re.compile(r"[^\W_]+|[$%\u20ac\u00a3]")
_LETTERS = re.compile(r"\d*([^\W\d_]+)\d*")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_OF_MONEY = (MONEY - {"try"}) | {"dollar", "dollars", "euro", "euros", "fiat", "money"}
_SCALE = re.compile(rf"{UNIT}|hundreds?|cents?|\d+s", re.IGNORECASE)
_NAMES_OF_WALLETS = word_set(
    "k block blocks bloc bloque height heights hauteur altura h\u00f6he blockh\u00f6he unit units "
    "drop drops sun raw atomic nano micro milli scale scaled times try mn bn decimals divide "
    "divided multiply smallest satoshi sat wei thousand hundred tens dozens octa planck mist duff "
    "duffs koinu lovelace"
)
"""Words of titles that are in honest names of wallets, too: "Ledger Nano", "Thousand Oaks"."""
_BESIDE = (IN_TITLES | SHARES | {"%", "fiat"}) - _NAMES_OF_WALLETS
_NOT_HELD = (
    word_set(
        "liability liabilities loan loans debt debts borrow borrowed borrowing lent owed payable "
        "payables closed inactive retired disabled deprecated decommissioned archived migrated "
        "terminated revoked sold pledged collateral counterparty counterparties test not no third "
        "excluded omitted stolen seized hacked burn burnt burned inaccessible unspendable escrow "
        "escrowed lost on"
    )
    | tongues.NOT_HELD
)
"""Words that begin what `_NO_HOLDING` finds: a text without one needs no closer look."""
_PARTS_OF_SHEETS = {
    BOX: "a text box of a sheet",
    PAGE: "a header or footer of a sheet's pages",
    PROMPT: "what a cell says when it is filled in",
}
_IN_PROSE = frozenset(BASE_UNITS) - word_set("raw sun drop drops mist planck octa duff atomic")
"""Words that no text about a list holds unless amounts are in them."""
_BLOCK = re.compile(r"\b(?:block|height)\b", re.IGNORECASE)
_NOTED = word_set(
    "in as are unit block blockheight blocknumber blockno height half part en em a de des di da do "
    "dalam w als unidad unite"
)
"""The same of what `_NOTE` finds; "%" is one, too."""
_ITS_WORDS = re.compile(r"[^\W_]+|[$%\u20ac\u00a3]")


def is_no_holding(row_type: str) -> bool:
    """Whether a row's type or status may say that it is nothing that is held."""
    shown = row_type[:MOST_LETTERS]
    found = _NO_HOLDING.search(shown) or _NOT_COUNTED.search(shown)
    found = found or _OF_LEDGERS.fullmatch(shown.strip())
    return found is not None or bool(tongues.not_held_in(shown))


def says_beside_rows(text: str, *, numbers: bool = False) -> bool:
    """Whether a title, a comment or a fact around rows may say something of them: that they are
    not held, or what `speaks` finds. A title of reserves and liabilities says neither.

    numbers: as of `speaks`.
    """
    if speaks(text, numbers=numbers):
        return True
    held = {found[0].lower() for found in _NO_HOLDING.finditer(text[:MOST_LETTERS])} - {"test"}
    if tongues.not_held_in(text[:MOST_LETTERS]):
        return True
    return bool(held - _LIABILITIES if "reserve" in text.lower() else held)


def label_says(text: str) -> bool:
    """Whether a label may say that the row is not held, or is money, a share, a unit or a scale.

    And that it is not counted, or of another day, or a total; and what any note may say.
    """
    shown = text[:MOST_LETTERS]
    told = _ITS_WORDS.findall(shown.casefold())
    if not _BESIDE.isdisjoint(told):
        return True
    if not _COUNTING.isdisjoint(told) and (
        _NOT_COUNTED.search(shown) or (_DATED.search(shown) and day_in(shown))
    ):
        return True
    if not TOTALS.isdisjoint(told) and total_word(shown):
        return True
    if ("000" in shown or "10" in shown) and _TIMES.search(shown):
        return True
    if not _NOT_HELD.isdisjoint(told) and is_no_holding(shown):
        return True
    if not shown.isascii() and (tongues.not_held_in(shown) or tongues.note_measures(shown)):
        return True
    return not _NOTED.isdisjoint(told) and note_says(shown)


def no_holding_in(name: str, *, units: bool = True) -> list[str]:
    """The words in a name that may say that what bears it is no holding in coins.

    What is not held, money and shares; and with `units` units and scales. name: of a key, file or
    sheet, in any spelling: words are told apart by their case, too. A word with digits in it is
    none: it may be a hash.
    """
    found: list[str] = []
    plain: list[str] = []
    for chunk in _CHUNK.findall(name[-MOST_LETTERS:]):
        letters = _LETTERS.fullmatch(chunk)
        parts = _PARTS.findall(letters[1]) if letters else [chunk]
        for part in (chunk.lower(), *map(str.lower, parts)):
            told = part in _OF_MONEY or part in SHARES or part in _SIGNS
            if (told or (units and _SCALE.fullmatch(part))) and part not in found:
                found.append(part)
        plain += map(str.lower, parts)
    words = " ".join(plain)
    shown = f"{name[-MOST_LETTERS:]} {words}"
    held = [m[0] for m in _NO_HOLDING.finditer(words)] + tongues.not_held_in(shown)
    if units and not name.isascii():
        held += tongues.measures_in(shown)
    return found + [word for word in dict.fromkeys(held) if word != "test"]


def beside(text: str) -> str:
    """What is said of words beside a row that may say something of it."""
    reason = f"{clip(text)!r} next to the row may describe its amount, block or holder"
    return f"{reason}: if not, use --columns ignore=.. with the column's name"


def parted_number(amount: str, label: str) -> str:
    """Why an amount is doubted that has a label of digits behind it; "" if it is not.

    `1,500` without quotes is two cells: where a column of free words comes next, no cell is too
    many, and 1 would be read.
    """
    if not may_be_one_number(amount, label):
        return ""
    return (
        f"{clip(amount.strip())!r} with {clip(label.strip())!r} in the next column may be one "
        "number, split by a comma without quotes: if not, use --columns ignore=.. with that "
        "column's name"
    )


def mixed_units(amount: str) -> str:
    """What is said where decimals stand beside amounts of which some have a fraction."""
    return (
        f"{clip(amount)!r}: with the decimals next to them whole numbers are base units, but "
        "others have a fraction, which base units cannot have: use --unit coin if all are in "
        "coins"
    )


def account_for_name(layout: Layout, options: ReadOptions) -> None:
    """Declare a file's or sheet's name that may say something of the rows.

    A unit, a scale or a block only where nothing in the file itself does: the unit, and the height
    of each row. That they are no holdings, or money or shares, in any case.
    """
    ignored = {normal(name) for name in options.columns.get("ignore", "").split(",")} - {""}
    for word in no_holding_in(options.file, units=False):
        part = f"the file's name: {word!r}"
        if word in ignored or normal(word) in ignored:
            layout.accounting.needless(part, "as you asked", options.file)
            continue
        remedy = "it may mean that the rows are not holdings of coins: leave it out, or use "
        layout.accounting.unknown(part, remedy + mapping("ignore", word), options.file)
    name = options.file[-MOST_LETTERS:]
    found = _NAME.search(name)
    words = [found[0]] if found else [] if name.isascii() else tongues.measures_in(name)
    if not words:
        return
    word = words[0]
    height = word[0] in "bBhH" and word[-1].isdigit()
    part, text = f"the file's name: {word!r}", options.file
    if normal(word) in ignored:
        layout.accounting.needless(part, "as you asked", text)
    elif height and not heights_in(layout):
        number = "".join(filter(str.isdigit, word))
        remedy = f"use --at NETWORK={number} if it is their block"
        layout.accounting.unknown(part, f"{remedy}, and {mapping('ignore', word)}", text)
    elif not height and layout.unit:
        remedy = f"use --unit coin or --unit base, or {mapping('ignore', word)}"
        layout.accounting.unknown(part, remedy, text)


def account_for_prose(layout: Layout, options: ReadOptions, name: str, text: str) -> None:
    """Declare a file of words beside the tables of an archive, such as its README.

    A line in it may give the unit of amounts; or a block, where the rows state none. name: the
    file's. text: its start.
    """
    ignored = {normal(word) for word in options.columns.get("ignore", "").split(",")}
    heights = any(heights_in(layout))
    part, said = f"table {name!r}", ""
    for line in text.split("\n"):
        plain = line.replace("%", " ")[:MOST_LETTERS]
        words = _ITS_WORDS.findall(plain.casefold())
        if not _IN_PROSE.isdisjoint(words) or (
            note_says(plain) and not (heights and _of_block(plain))
        ):
            said = line.strip()
            break
    if not said or normal(name) in ignored:
        why = "as you asked" if said else "such files contain no rows"
        layout.accounting.needless(part, why, said)
        return
    remedy = (
        "it may give the unit or block of amounts: use --unit coin or --unit base, or --at, and"
    )
    layout.accounting.unknown(part, f"{remedy} {mapping('ignore', name)}", said)


def _of_block(text: str) -> bool:
    """Whether what a text says of rows is their block alone."""
    return not says_unit(text) and _BLOCK.search(text) is not None


def account_for_asides(layout: Layout, options: ReadOptions, asides: Iterable[Aside]) -> None:
    """Declare words in no cell that may say what labels or titles may: a unit, money, nothing held.

    Once for each kind of place.
    """
    ignored = {normal(name) for name in options.columns.get("ignore", "").split(",")}
    told: set[str] = set()
    for where, text in asides:
        if where in told or not (label_says(text) if where == COMMENT else says_beside_rows(text)):
            continue
        told.add(where)
        part = "a comment on a cell" if where == COMMENT else _PARTS_OF_SHEETS[where]
        if normal(where) in ignored:
            layout.accounting.needless(part, "as you asked", text)
        else:
            remedy = "use --unit coin or --unit base if it is of units, and "
            layout.accounting.unknown(part, remedy + mapping("ignore", where), text)


def account_for_unseen(layout: Layout, options: ReadOptions, sheet: str, unseen: Unseen) -> None:
    """Declare what a sheet hides and is read all the same. sheet: its name, "" if it is alone.

    It may have been hidden because it is no part of the list.
    """
    ignored = {normal(name) for name in options.columns.get("ignore", "").split(",")}
    of = f" of sheet {sheet!r}" if sheet else ""
    hidden = f"sheet {sheet!r}" if sheet else "the sheet"
    for what, part, rows in (
        ("hidden sheets", f"{hidden}, which is hidden,", [] if unseen.hidden else None),
        ("hidden rows", f"hidden rows{of}", unseen.rows or None),
        ("hidden columns", f"hidden columns{of}", list(map(_letters, unseen.columns)) or None),
        ("struck-out cells", f"struck-out cells{of}", unseen.struck or None),
    ):
        if rows is None:
            continue
        kind = "column" if what == "hidden columns" else "row"
        example = f"{kind} " + ", ".join(map(str, rows)) if rows else ""
        if normal(what) in ignored:
            layout.accounting.needless(part, "read as if shown, as you asked", example)
        else:
            remedy = "its rows were read as if they were shown: if they count, use "
            layout.accounting.unknown(
                part, f"{remedy}{mapping('ignore', what)}; if not, delete them", example
            )


def _letters(column: int) -> str:
    """What a spreadsheet calls a column: 0 is A, 26 is AA."""
    more, last = divmod(column, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)


def heights_in(layout: Layout) -> list[str]:
    """Examples of the heights that rows of a file state, "" where the first ones are blank."""
    return [
        account.example
        for account in layout.accounting.accounts()
        if account.role is Role.USED and account.meaning.startswith("height")
    ]
