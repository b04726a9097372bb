"""What is not proven says why, in words for the publisher: what to do, and nothing of the inside."""

from __future__ import annotations

import random
import re

import pytest
from support.bitcoin_signing import BITCOIN
from support.scheme_evidence import utxo_rows
from support.signed_rows import Signed, altered, signed_rows

from scanner.model.claim import Claim
from scanner.model.control import Binding, Control
from scanner.ownership.judge import judge
from scanner.ownership.unsupported import REASONS
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = signed_rows()
TO_DO = re.compile(
    r"\b(compare|publish|take a snapshot|[Ss]ign again|use a|sign a shorter|sign a plain|move|"
    r"hold it|use BIP-322|must be read|"
    r"only a transaction can|lists what can be signed)\b"
)
INSIDE = re.compile(r"\w+(Error|Exception)\b|Traceback|unpack|NoneType|object at|\bself\b|__|\n")


def ids(row: Signed) -> str:
    return f"{row.scheme}: {row.label}"


@pytest.mark.parametrize("row", [r for r in ROWS if not r.bound], ids=ids)
def test_asserted_says_what_would_show_it(row: Signed) -> None:
    result = judge(row.claim, REGISTRY)
    assert result.binding is Binding.ASSERTED
    assert TO_DO.search(result.reason), result.reason


@pytest.mark.parametrize("form", sorted(REASONS))
def test_formats_without_a_scheme_say_what_would_help(form: str) -> None:
    assert TO_DO.search(REASONS[form])


@pytest.mark.parametrize("row", [r for r in ROWS if r.claim.script], ids=ids)
def test_a_row_without_its_key_or_script_says_that_it_is_missing(row: Signed) -> None:
    result = judge(altered(row, script=""), REGISTRY)
    if result.control is Control.UNSUPPORTED:
        assert TO_DO.search(result.reason), result.reason
    elif result.control is Control.MALFORMED:
        assert "needs its public key" in result.reason
    else:  # the address holds the key, or the signature alone decides
        assert result.control in (Control.CONTROLS, Control.MISMATCH)


def _damaged(draw: random.Random, row: Claim, rows: list[Claim]) -> Claim:
    other = draw.choice(rows)
    cut = draw.randrange(1, 60)
    changes: list[dict[str, object]] = [
        {"network": draw.choice(sorted(REGISTRY.networks))},
        {"address": other.address},
        {"address": row.address[:cut]},
        {"address": draw.choice(":.-_ \0é=x") * draw.randrange(1, 5)},
        {"address": row.address.upper()},
        {"signatures": other.signatures},
        {"signatures": tuple(s[:cut] for s in row.signatures)},
        {"signatures": (row.signatures[0],)},
        {"script": other.script},
        {"script": row.script[:cut]},
        {"owners": other.owners},
        {"message": ""},
    ]
    return row._replace(**draw.choice(changes))  # type: ignore[arg-type]


def test_no_reason_shows_the_inside_or_is_missing() -> None:
    draw = random.Random(3)
    rows = [*(row.claim for row in ROWS), *utxo_rows(BITCOIN)]
    seen = set()
    for row in rows:
        for _ in range(250):
            changed = _damaged(draw, row, rows)
            result = judge(changed, REGISTRY)
            if result.shows_control:
                continue
            assert result.reason, changed
            assert not INSIDE.search(result.reason), (result.reason, changed)
            if result.control is Control.UNSUPPORTED:
                inconclusive = result.reason.startswith("inconclusive")
                assert inconclusive or TO_DO.search(result.reason), result.reason
            seen.add((result.control, result.scheme))
    assert len(seen) > 20
