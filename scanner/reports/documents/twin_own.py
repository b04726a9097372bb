"""Whether a report leaves out of its ratios what its publisher issues itself, and nothing else.

Who issues a coin is in the tables of this program and in the user's own, and in no report: where
they say otherwise than the report, that is not false, but nothing bears it out.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.reports.documents.twin import Json
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry


def counted_otherwise(document: Json) -> list[str]:
    """What is counted, or left out, otherwise than the tables here have it: clauses, each once."""
    return list(dict.fromkeys(_otherwise(document)))


def _otherwise(document: Json) -> Iterator[str]:
    publisher = load_publishers().known(document["snapshot"]["publisher"])
    registry = load_registry()

    def own(asset: str) -> bool:
        issuer = registry.issuer(asset)
        return asset in publisher.tokens or (issuer is not None and issuer.name == publisher.name)

    held = {a["asset"] for a in document["totals"]["assets"] if int(a["verified"] or 0)}
    for proof in document["aggregate_ratios"]:
        left = set(proof["left_out"])
        for asset in sorted(left ^ {asset for asset in held if own(asset)}):
            yield _said(asset, counted=asset not in left)
    for group in document.get("groups", ()):
        for member in group["members"]:
            asset, known = member["asset"], registry.issuer(member["asset"]) is not None
            if member["counted"] != (known and not own(asset)):
                yield _said(asset, counted=member["counted"])


def _said(asset: str, *, counted: bool) -> str:
    if counted:
        return (
            f"it counts {asset}, which its publisher issues itself, or of which no issuer is known"
        )
    return f"it leaves {asset} out, which its publisher does not issue"
