"""What stands beside the figures of a table and may say something of them: it is asked about.

A note "in thousands" or "US users only" makes what is owed look less than it is, and the ratio
better; a cell 1.234,56 says what the dot of another row parts. The same words are doubted as in
lists of reserves (model/speech.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from scanner.errors import ListFormatError, clip
from scanner.files.comments import COMMENT, Aside
from scanner.liabilities.figure_columns import FigureColumns
from scanner.model.amount import ambiguous_dot, both_readings, shows_comma
from scanner.model.speech import (
    MOST_LETTERS,
    may_be_one_number,
    note_says,
    says_unit,
    speaks,
)

_ALL = re.compile(r"\b(?:of )?all (?:of )?(?:our |the )?(?:users?|customers?|clients?)\b", re.I)
_SOME = re.compile(
    r"\b(?:only|nur|exclud\w*|exclusiv\w*|excl|except\w*|without|not incl\w*|does not|partial\w*"
    r"|parts?|some|subset|most|selected|verified|users?|customers?|clients?|members|retail"
    r"|institution\w*|corporate|vip|region\w*|jurisdiction\w*|entity|entities|subsidiar\w*|branch"
    r"|us|usa|eu|eea|uk|u\.s\.|apac|emea|latam|asia\w*|europe\w*|americas?|american|spot|futures"
    r"|margin|earn|staking|savings|loans?|net|netted|netting|deduct\w*|subtract\w*|minus|less|half"
    r"|halves|sampl\w*|kyc\w*|as per)\b|\bu\.s\.",
    re.IGNORECASE,
)
_SOME_ABROAD = re.compile(
    r"[仅只僅]|不含|除外|不包括|部分|扣除|のみ|だけ|除[くき]|一部|控除|제외|일부|공제|만\b"
    r"|\b(?:только|лишь|кроме|без|част(?:ь|и|ично|ичн\w*)|исключ\w*|за вычетом"
    r"|s[óo]lo|solamente|[úu]nicamente|excepto|exclu\w*|sin|parcial\w*|menos|apenas|somente|exceto"
    r"|sem|seulement|uniquement|sauf|hors|partiel\w*|sans|moins|ohne|außer|ausgenommen|teilweise"
    r"|lediglich|abzüglich|soltanto|esclus\w*|senza|parzial\w*|meno|sadece|yaln\u0131zca|hariç|k\u0131smi)\b",
    re.IGNORECASE,
)
"""The same in the languages whose headers and units are read (model/speech.py)."""
_OF_EVERY_FILE = re.compile(
    r"\b(?:users?|customers?|clients?|members|verified|parts?|half|net of|as per)\b", re.IGNORECASE
)
"""Words of `_SOME` that stand in the names of whole tables: customer_liabilities.csv."""
_MONEY_OR_COUNT = re.compile(
    r"[~\u2248]?(?:[a-z]{3}|[$\u20ac\u00a3\u00a5])? ?\d[\d.,' ]{0,40} ?"
    r"(?:k|m|mn|b|bn|million|billion)? ?(?:(?!wei|sat|sun)[a-z]{3}|[%$\u20ac\u00a3\u00a5])?",
    re.IGNORECASE,
)
"""What columns of money and of users hold: it says nothing of the amount in its own column."""
_PLACE = re.compile(
    r"(?:https?://)?(?:[\w-]{2,63}\.){1,5}[a-z]{2,20}(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE
)
"""An address of the web, or a file's."""
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+|[$\u20ac\u00a3%]")
_NUMBER = re.compile(r"\d[\d.,' \u00a0\u2009\u202f\u2019]{0,80}")


def comma_shown(rows: Iterable[Sequence[str]]) -> bool:
    """Whether any cell of a table holds a number that only the comma as decimal mark explains."""
    return any(
        shows_comma(found[0].rstrip(",.' "))
        for cells in rows
        for cell in cells
        if "," in cell or cell.count(".") > 1
        for found in _NUMBER.finditer(cell[:MOST_LETTERS])
    )


def one_meaning(file: str, line: int, cells: Sequence[str], places: Sequence[int | None]) -> None:
    """Refuse a number whose dot may part thousands: read as decimals, less would be owed."""
    for at in places:
        text = cells[at].strip() if at is not None and at < len(cells) else ""
        number = text.removesuffix("%")
        if at is not None and ambiguous_dot(number):
            raise ListFormatError(file, f"{clip(text)!r}: {both_readings(number)}", line, at + 1)


def ask_about_notes(
    file: str, line: int, cells: Sequence[str], columns: FigureColumns, settled: Collection[str]
) -> None:
    """Refuse a row whose note may say a unit, a scale or whose the amount is.

    settled: "unit", "scope": what the user says of the whole table, so no note need say it; nor
    where the row's own column of it does.
    Raises ListFormatError (line, column).
    """
    own = {n: at for n, at in (("unit", columns.unit), ("scope", columns.scope)) if at is not None}
    settled = {*settled, *(n for n, at in own.items() if at < len(cells) and cells[at].strip())}
    for at in (*columns.words, *columns.beside, *filter(None, (columns.as_of,))):
        text = cells[at].strip() if at < len(cells) else ""
        reason = ""
        if at == columns.amount + 1 and at in columns.words:
            reason = _split(cells[columns.amount].strip(), text)
        if reason := reason or _asked(text, at, columns, settled):
            raise ListFormatError(file, f"{reason}; if not, leave the words out", line, at + 1)


def _split(amount: str, text: str) -> str:
    parts = may_be_one_number(amount, text)
    return f"{clip(amount)!r} and {clip(text)!r} may be one number, split by a comma" * parts


def _asked(text: str, at: int, columns: FigureColumns, settled: Collection[str]) -> str:
    """What a cell that is no figure may say of one: what to ask; "" if it says nothing."""
    shown = text[:MOST_LETTERS]
    if at in columns.words:
        says, some = note_says(text) or speaks(text, numbers=True), _ALL.sub("", shown)
    elif at == columns.as_of:
        says, some = says_unit(text), shown
    elif _MONEY_OR_COUNT.fullmatch(text) or _PLACE.fullmatch(text):
        return ""
    else:
        says, some = note_says(text) or speaks(text), _OF_EVERY_FILE.sub("", shown)
    if says and "unit" not in settled:
        return f"{clip(text)!r} may give the unit of the amount: use --in UNIT if it does"
    if "scope" not in settled and _some_only(some):
        return f"{clip(text)!r} may mean that it is of some users only: use --of WHOM if so"
    return ""


def _some_only(text: str) -> bool:
    return _SOME.search(text) is not None or _SOME_ABROAD.search(text) is not None


def ask_about_names(
    file: str, names: str, asides: Iterable[Aside], columns: FigureColumns, settled: Collection[str]
) -> None:
    """Refuse a table whose name, or words in none of its cells, may say a unit or whose it is.

    names: of the file, and of the sheet or member that is read. settled: as of `ask_about_notes`; a
    column of units or of scopes settles it as well. Raises ListFormatError.
    """
    own = {"unit": columns.unit, "scope": columns.scope}
    open_ = {name for name, at in own.items() if at is None} - {*settled}
    words = " ".join(_PIECES.findall(names[-MOST_LETTERS:]))
    said = _OF_EVERY_FILE.sub("", words)
    if "unit" in open_ and (says_unit(words) or note_says(words)):
        _ask(file, f"the name {clip(names, 60)!r}", "unit", "rename the file")
    if "scope" in open_ and _some_only(said):
        _ask(file, f"the name {clip(names, 60)!r}", "scope", "rename the file")
    for where, text in asides:
        aside = f"the {where} {clip(text, 60)!r}" + " on a cell" * (where == COMMENT)
        if "unit" in open_ and (note_says(text) or speaks(text)):
            _ask(file, aside, "unit", f"delete the {where}")
        if "scope" in open_ and _some_only(_ALL.sub("", text[:MOST_LETTERS])):
            _ask(file, aside, "scope", f"delete the {where}")


def _ask(file: str, what: str, about: str, otherwise: str) -> None:
    may = {
        "unit": "may give the unit of the amounts: use --in UNIT if it does",
        "scope": "may mean that they are of some users only: use --of WHOM if so",
    }
    raise ListFormatError(file, f"{what} {may[about]}; if not, {otherwise}")
