"""docs/findings.md explains every kind of finding with its true weight."""

import re
from pathlib import Path

from scanner.model.finding import WEIGHTS

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"


def test_every_kind_stands_there_with_its_weight():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == {kind.value: weight.value for kind, weight in WEIGHTS.items()}
