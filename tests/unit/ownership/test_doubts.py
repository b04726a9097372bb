"""A doubt is a type: what a reason says is not shown stands in no row that counts as verified."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from support.bitcoin_signing import BITCOIN
from support.scheme_evidence import utxo_rows
from support.signed_rows import Signed, signed_rows

import scanner.ownership
from scanner.chains.fleet.interface import KeyReader
from scanner.chains.table import READERS, reader_class
from scanner.ownership.changeable import CHANGEABLE_KINDS
from scanner.ownership.judge import judge
from scanner.ownership.key_policy import NOT_ASKED
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = signed_rows()
DOUBT = re.compile(
    r"not shown|is not verified|does not show|do not show|not checked|could not be checked|could not be asked|only the chain can say|"
    r"not proven|cannot say|nothing shows|may accept|is unknown|not known|not decided|perhaps|compare",
    re.IGNORECASE,
)
ALLOWED = (
    NOT_ASKED,  # offline only: `verify` counts such rows beside its sentence
    "whether they exist and are unspent is not verified",  # of other outputs than the row's own
)


def is_doubtful(reason: str) -> bool:
    """Whether a reason says that something about the row's own power to spend is open."""
    for words in ALLOWED:
        reason = reason.replace(words, "")
    return DOUBT.search(reason) is not None


def ids(row: Signed) -> str:
    return f"{row.scheme}: {row.label}"


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_no_row_that_shows_control_has_a_reason_that_doubts_it(row: Signed) -> None:
    result = judge(row.claim, REGISTRY)
    assert not (result.shows_control and is_doubtful(result.reason)), result.reason


def test_no_bitcoin_row_either() -> None:
    told = [judge(row, REGISTRY) for row in utxo_rows(BITCOIN)]
    assert sum(r.shows_control for r in told) >= 10
    assert [r.reason for r in told if r.shows_control and is_doubtful(r.reason)] == []


def _written() -> dict[str, set[str]]:
    """Every text in the room that doubts, by the file it stands in: docstrings are not told."""
    found: dict[str, set[str]] = {}
    room = Path(scanner.ownership.__file__).parent
    for path in sorted(room.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            text = getattr(node, "value", "") if is_text else ""
            if text and id(node) not in docs and DOUBT.search(text):
                found.setdefault(path.relative_to(room).as_posix(), set()).add(text)
    return found


HOW: dict[str, str] = {
    "whether they exist and are unspent is not verified": "allowed: of other outputs than the row's own",
    "it is not known who can satisfy it": "unsupported",
    "the network's message header is not known": "unsupported",
    "whether it is the account's key is not verified": "asserted",
    "who will be able to spend from it is not shown": "asserted",
    "is not one that is known, and may accept anybody": "asserted",
    "whether the account uses it is not verified": "asserted",
    "whether it may use the named account is not verified": "asserted",
    "only the chain can say whether the account was given to it": "asserted",
    "which only the chain can say": "mismatch",
    "chain can say whether they are its owners": "unsupported",
    "only the chain can say whether it is good": "mismatch",
    "and may accept or name anybody": "asserted",
    "whether its owners signed is not verified": "asserted",
    "agree on: whether they can spend is not verified": "asserted",
    "submitted yet: whether its owners can spend is not verified": "asserted",
    "act for those who signed is not decided": "unsupported",
    "how many must sign only the chain can say": "unsupported",
    "so how many must sign is not known": "unsupported",
    "the chain could not be asked": "as offline, where it did not show control",
    "current keys could not be checked": "asserted",
    "of a certain age, which is not checked here": "asserted",
    "current keys were not checked": "allowed: offline, and counted",
    "not known that only its keys can spend": "unsupported",
    "whether they may use the account is not verified": "asserted",
    "as one of its leaves is not shown": "unsupported",
    "nothing shows that this is a claim": "not stated",
    "there), and nothing shows that this is": "not stated",
    "nothing shows that the address belongs": "asserted",
    "whether it may sign for it (regular key": "asserted",
}
"""Every doubt that the room can tell, and what keeps it out of the verified rows. A new one is put
here once a test of its scheme shows that."""


def test_every_doubt_that_is_written_down_is_known() -> None:
    written = [text for texts in _written().values() for text in texts]
    assert [text for text in written if sum(known in text for known in HOW) != 1] == []
    assert [known for known in HOW if not any(known in text for text in written)] == []


def test_where_keys_can_change_the_chain_can_be_asked() -> None:
    """So that in a snapshot no such row stays verified by its address alone."""
    silent = {
        (network.kind, protocol)
        for network in REGISTRY.networks.values()
        if network.kind in CHANGEABLE_KINDS
        for protocol in network.sources
        if not hasattr(reader_class(READERS[protocol]), KeyReader.key_policy.__name__)
    }
    assert silent == set()
