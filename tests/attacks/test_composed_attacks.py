"""2,000 lists of honest rows and attacks: never more is verified than is true, and never less."""

from __future__ import annotations

from collections import Counter
from random import Random

from support.composed_lists import NODES, REGISTRY, Composed, Nodes, compose, verified

from scanner.model.balance import Evidence
from scanner.reports.figures.groups import group_totals
from scanner.settings.publishers import load_publishers
from scanner.snapshots.tally import AssetTotal

LISTS = 2_000
WORDS = (Evidence.PROVEN, Evidence.AGREED, Evidence.REPORTED)
PUBLISHER = load_publishers().known("binance")


def test_verified_is_the_truth_of_every_composed_list():
    random = Random(13)
    seen: Counter[str] = Counter()
    for number in range(LISTS):
        made, nodes = compose(random), random.choice(NODES)
        pin, calls = random.choice(WORDS), random.choice(WORDS)
        totals, found = verified(made, pin, calls, nodes)
        for total in totals.values():
            compare(f"list {number}, {nodes.outcome}", made, total, nodes)
            weakest = max(WORDS.index(pin), WORDS.index(nodes.evidence))
            assert not any(total.by_evidence[e] for e in WORDS[:weakest]), "above its weakest link"
        groups(totals)
        assert made.false <= found, f"list {number}: {made.false - found} is not told"
        seen["rows"] += len(made.claims)
        seen["attacked"] += made.attacked
        seen[nodes.outcome] += 1
        seen["late"] += made.late
        seen["other moments"] += len({c.height // 900_000 for c in made.claims}) > 1
    assert seen["rows"] > 4 * LISTS
    assert LISTS / 2 < seen["attacked"] < LISTS, "honest lists are among them"
    assert min(seen.values()) > LISTS / 50, seen


def compare(where: str, made: Composed, total: AssetTotal, nodes: Nodes) -> None:
    """What is verified of one asset, against what may be."""
    truth = made.truth[total.asset]
    if nodes.outcome == "nothing":
        assert not total.verified, f"{where}: {total.asset}, of which endpoints say two things"
    elif nodes.outcome == "one word":
        better = total.by_evidence[Evidence.PROVEN], total.by_evidence[Evidence.AGREED]
        assert not any(better), f"{where}: {total.asset} by one word is more than reported"
    else:
        assert total.verified <= truth, f"{where}: {total.asset} of nobody's is verified"
        assert total.verified == truth, f"{where}: honest {total.asset} is lost"


def groups(totals: dict[str, AssetTotal]) -> None:
    """Together with what others owe in a coin's name, but for what the publisher owes itself."""
    for group in group_totals(list(totals.values()), REGISTRY, PUBLISHER):
        wanted = sum(
            (total.verified or 0) * 10 ** (group.decimals - total.decimals)
            for total in totals.values()
            if REGISTRY.group(total.asset) == group.group and total.asset not in PUBLISHER.tokens
        )
        assert (group.verified or 0) == wanted, group.group
