"""Renders templates: every text escaped, nothing that could mislead a reader shown raw."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path

import jinja2
from jinja2 import Environment
from markupsafe import Markup

from scanner.errors import clip
from scanner.model.amount import counted
from scanner.reports.documents.compiled import CompiledTemplates
from scanner.reports.documents.shown import read_span
from scanner.reports.figures.amounts import (
    MOST_IN_A_LINE,
    NOT_KNOWN,
    NOT_READ,
    fits,
    reading_coins,
    whole_coins,
)
from scanner.reports.figures.other_chains import FEW_NETWORKS, WORTHLESS
from scanner.reports.tables.text import printable

FOLDER = Path(__file__).parent
REPORT = FOLDER.parent / "reports" / "documents" / "templates"
"""The report's own templates: tables that both show are made by one."""
MOST_TEXT = 2_000
"""Characters of one value that a page shows; the API gives all of it."""


def page(template: str, values: Mapping[str, object]) -> bytes:
    """Render a template of this room. Raises what Jinja raises for a name that is missing."""
    text = _environment().get_template(template).render({"asked": "", "newest_head": "", **values})
    return text.encode("utf-8")


@cache
def style() -> bytes:
    """The one style sheet: the report's, and what only these pages need."""
    return (REPORT / "report.css").read_bytes() + (FOLDER / "static" / "web.css").read_bytes()


@cache
def style_version() -> str:
    """Changes with the style sheet, so that browsers may keep it for ever."""
    return blake2b(style(), digest_size=8).hexdigest()


@cache
def icon() -> bytes:
    """The icon, SVG."""
    return (FOLDER / "static" / "icon.svg").read_bytes()


class _Environment(Environment):
    """Looks names up in dicts first, which is what nearly all values here are.

    Jinja tries attributes first: an exception for each cell of a table.
    """

    def getattr(self, obj: object, attribute: str) -> object:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def _environment() -> Environment:
    environment = _Environment(
        loader=jinja2.FileSystemLoader([FOLDER / "templates", REPORT]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=CompiledTemplates(FOLDER),
    )
    environment.globals["style_version"] = style_version()
    environment.globals |= {"worthless_words": WORTHLESS, "few_chains": FEW_NETWORKS}
    environment.filters["words"] = _words
    environment.filters["grouped"] = _grouped
    environment.filters["amount"] = _amount
    environment.filters["exact"] = _exact
    environment.filters["signed"] = _signed
    environment.filters["fits"] = fits
    environment.filters["counted"] = counted
    environment.filters["in_short"] = _in_short
    environment.filters["block_span"] = read_span
    environment.filters["or_dash"] = _or_dash
    return environment


def _shown(value: object) -> object:
    # Markup is a str of its own type: it was made by us and is left alone.
    return printable(clip(value, MOST_TEXT)) if type(value) is str else value


def _words(name: object) -> str:
    """bad_signature -> bad signature."""
    return str(name).replace("_", " ")


def _grouped(number: int) -> str:
    return f"{number:,}"


def _amount(amount: str | None, decimals: int, asset: str, otherwise: str = NOT_READ) -> Markup:
    """An amount for a table: the decimals of its asset, every digit on pointing at it.

    otherwise: what stands where there is no amount.
    """
    if amount is None:
        return Markup('<span class="note">{}</span>').format(otherwise)
    number = int(amount)
    read, exact = reading_coins(number, decimals, asset), whole_coins(number, decimals)
    # Digits, commas, dots and "<": nothing else to escape. In Python, for there are many.
    read = read.replace("<", "&lt;")
    shown = read if len(read) <= MOST_IN_A_LINE else f'<span class="long">{read}</span>'
    return Markup(f'<span title="{exact}">{shown}</span>')  # noqa: S704


def _in_short(dollars: str) -> Markup:
    """Dollars for a column of them: no cents from a thousand on, a power of ten if absurdly many.

    Every digit on pointing at it.
    """
    whole = dollars.partition(".")[0]
    digits = whole.replace(",", "")
    if len(whole) > MOST_IN_A_LINE:
        short = f"{digits[0]}.{digits[1:3]}e{len(digits) - 1}"
    else:
        short = whole if len(digits) > 3 else dollars
    return Markup('<span title="{}">{}</span>').format(dollars, short)


def _or_dash(amount: str | None, decimals: int, asset: str) -> Markup:
    """An amount that says something only where it is not 0; one that nobody knows is no 0."""
    if amount is None:
        return Markup(NOT_KNOWN)  # noqa: S704 - our own words
    return _amount(amount, decimals, asset) if int(amount or 0) else Markup("\N{EN DASH}")


def _exact(amount: str, decimals: int) -> str:
    """Base units as whole coins, every digit."""
    return whole_coins(int(amount), decimals)


def _signed(amount: str, decimals: int, asset: str) -> str:
    """A change: with its sign, a dash for none."""
    number = int(amount)
    if not number:
        return "\N{EN DASH}"
    sign = "+" if number > 0 else "\N{MINUS SIGN}"
    return sign + reading_coins(abs(number), decimals, asset)
