"""A process that tells everything a database has to tell, once: for tests that kill it.

Arguments: the database's URL, the webhook's, how many rules there are. It says "begins" before.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from scanner.alerts.config import AlertConfig, Rule, Webhook
from scanner.alerts.telling import Alerts
from scanner.settings.tables import load_registry
from scanner.store.database.engine import open_store


def many_rules(count: int) -> tuple[Rule, ...]:
    """Rules that are all broken when an address is gone."""
    return tuple(Rule(f"r{n}", "addresses_gone", channels=("ops",)) for n in range(count))


def main(database: str, place: str, count: str) -> None:
    """Tell, by a webhook."""
    now = datetime.now(UTC)
    with open_store(database) as store:
        config = AlertConfig(many_rules(int(count)), {"ops": Webhook("ops", place, timeout=60)})
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        Alerts(store, load_registry(), config, lambda: now).look()


if __name__ == "__main__":
    main(*sys.argv[1:])
