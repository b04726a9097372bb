"""2,000 lists of honest rows and attacks: never more is verified than is true, and never less."""

from __future__ import annotations

from random import Random

from support.composed_lists import compose, verified

from scanner.model.balance import Evidence

LISTS = 2_000
WORDS = (Evidence.PROVEN, Evidence.AGREED, Evidence.REPORTED)


def test_verified_is_the_truth_of_every_composed_list():
    random = Random(13)
    rows = attacked = 0
    for number in range(LISTS):
        made = compose(random)
        pin, calls = random.choice(WORDS), random.choice(WORDS)
        totals, found = verified(made, pin, calls)
        for asset, total in totals.items():
            truth = made.truth[asset]
            assert total.verified <= truth, f"list {number}: {asset} of nobody's is verified"
            assert total.verified == truth, f"list {number}: honest {asset} is lost"
            weaker = sum(total.by_evidence[e] for e in WORDS[WORDS.index(pin) + 1 :])
            stronger = sum(total.by_evidence[e] for e in WORDS[: WORDS.index(pin)])
            assert stronger == 0, f"list {number}: better than the word for its block"
            assert weaker == 0 or calls is not Evidence.PROVEN
        assert made.false <= found, f"list {number}: {made.false - found} is not told"
        rows += len(made.claims)
        attacked += bool(made.false) or sum(made.truth.values()) < sum(
            c.amount for c in made.claims
        )
    assert rows > 4 * LISTS
    assert LISTS / 2 < attacked < LISTS, "honest lists are among them"
