"""Statement rules for tests whose lists sign texts that no table of publishers knows."""

from __future__ import annotations

from dataclasses import replace

from scanner.model.statement import StatementRule
from scanner.snapshots.interface import SnapshotPolicy


def accepting(*texts: str, publisher: str = "test") -> StatementRule:
    """A rule by which exactly these texts are the publisher's claim."""
    return StatementRule(publisher, known=texts)


def stated(policy: SnapshotPolicy | None, *texts: str) -> SnapshotPolicy:
    """The policy, with these texts as the publisher's claim."""
    return replace(policy or SnapshotPolicy(), statement=accepting(*texts))
