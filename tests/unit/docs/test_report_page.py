"""docs/report.md names every key of the report's twin, in the schema's order."""

import re
from pathlib import Path

from scanner.reports.documents.document import schema

PAGE = Path(__file__).parents[3] / "docs" / "report.md"


def test_every_key_stands_there_in_order():
    rows = re.findall(r"^\| `(\w+)` \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == list(schema()["properties"])
