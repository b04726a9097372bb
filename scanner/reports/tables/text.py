"""Makes text from hostile files harmless: on a terminal, in a spreadsheet, in a message.

Published lists hold whatever their author put there. Escape sequences can rewrite what a terminal
shows, bidirectional marks can swap what a reader sees, and a cell that starts with `=` is a program
to a spreadsheet. URLs may hold keys.
"""

from __future__ import annotations

import re
import unicodedata

_FORMULA_START = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_HARMLESS = re.compile(r"(?:[0-9A-Za-z][ -~]*)?", re.ASCII)
_URL = re.compile(r"\b([a-z][a-z0-9+.-]{1,30})://([^\s'\"<>]+)", re.IGNORECASE)
_SECRET_SCHEMES = frozenset({"http", "https", "ws", "wss", "tcp", "ssl"})
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    r"""Show control, format, surrogate and unassigned characters as escapes: ESC becomes `\x1b`.

    The result is one line and can be written to any terminal. Letters of any script stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(c) for c in text)


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")


def defuse(text: str) -> str:
    """Make a CSV cell that no spreadsheet takes for a formula, reversibly.

    A cell whose first character besides apostrophes and spaces starts a formula gets one
    apostrophe in front; plain numbers, also negative ones, stay as they are. Control characters
    are escaped as by `printable`. `refuse` undoes the apostrophe.
    """
    if _HARMLESS.fullmatch(text):  # nearly every cell there is
        return text
    shown = printable(text)
    return "'" + shown if _is_formula(shown) else shown


def refuse(cell: str) -> str:
    """Undo the apostrophe of `defuse`, for reading our own exports back."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(text: str) -> bool:
    start = text.lstrip("' ")[:1]
    return start in _FORMULA_START and start != "" and _PLAIN_NUMBER.fullmatch(text) is None


def harmless(text: str) -> str:
    """`printable` and `redacted` together: what a log or a terminal may have of any message."""
    return printable(redacted(text))


def redacted(text: str) -> str:
    """Take URLs that may hold a key out of a message.

    Web addresses go altogether (endpoints have names); of a database URL the password goes.
    """
    return _URL.sub(_without_secret, text)


def _without_secret(match: re.Match[str]) -> str:
    scheme, rest = match[1].lower(), match[2]
    if scheme in _SECRET_SCHEMES:
        return f"({scheme} address left out)"
    account, at, place = rest.rpartition("@")
    if not at:
        return match[0]
    return f"{scheme}://{account.split(':')[0]}:***@{place}" if ":" in account else match[0]
