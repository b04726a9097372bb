"""Examples that stand at the end of a command's help, most usual first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[str]] = {
    "init": ("scanner init", "scanner init /etc/scanner"),
    "lists": ("scanner lists inspect okx.csv",),
    "verify": ("scanner verify okx.csv", "scanner verify okx.csv --jsonl verdicts.jsonl"),
    "doctor": ("scanner doctor okx.csv", "scanner doctor okx.csv --endpoints mine.toml"),
    "snapshot": (
        "scanner snapshot okx.csv",
        "scanner snapshot okx.csv --endpoints mine.toml --liabilities owed.csv",
        "scanner snapshot wallets.csv --network ethereum --at ethereum=latest",
    ),
    "resume": ("scanner resume latest", "scanner resume 7 --budget 30m"),
    "challenge": ("scanner challenge okx.csv --publisher okx",),
    "totals": ("scanner totals", "scanner totals 7 --exact", "scanner totals --json"),
    "value": ("scanner value", "scanner value 7 --max-age 48"),
    "show": (
        "scanner show --only false",
        "scanner show 7 --only shortfall --only unsigned",
        "scanner show --jsonl findings.jsonl",
    ),
    "diff": ("scanner diff 6 7", "scanner diff 6 --jsonl changes.jsonl"),
    "report": ("scanner report -o report.html", "scanner report 7 --json -o report.json"),
    "report verify": (
        "scanner report verify report.json --list okx.csv",
        "scanner report verify report.json --signature report.json.sig --key auditor.pub",
    ),
    "export": (
        "scanner export totals -o totals.csv",
        "scanner export balances 7 --format parquet -o balances.parquet",
    ),
    "serve": ("scanner serve", "scanner serve --port 8080"),
    "liabilities": (
        "scanner liabilities import owed.csv",
        "scanner liabilities verify sum_proof_data.json.gz",
    ),
    "prices": ("scanner prices import prices.csv", "scanner prices fetch"),
    "validators": ("scanner validators 0x00000000219ab540356cBB839Cbe05303d7705Fa -o list.csv",),
    "verify-message": (
        "scanner verify-message bc1q... 'I am an exchange address' H9x...=",
        "scanner verify-message signed.json --json",
    ),
    "verify-transactions": ("scanner verify-transactions announced.csv",),
    "proofs": ("scanner proofs check okx.proofs.jsonl",),
    "endpoints": ("scanner endpoints check", "scanner endpoints check --networks bitcoin,ethereum"),
    "db": ("scanner db check", "scanner db upgrade"),
    "prune": ("scanner prune --keep 12", "scanner prune --keep 12 --publisher okx --yes"),
    "pruned": ("scanner pruned", "scanner pruned 3 --json"),
    "worker": ("scanner worker --health-port 8081",),
    "status": ("scanner status",),
    "schedule": ("scanner schedule add okx --list okx.csv --cron '0 6 * * *'",),
    "publishers": ("scanner publishers list", "scanner publishers merge okx-june okx"),
    "alerts": ("scanner alerts test --alerts alerts.toml",),
    "demo": ("scanner demo", "scanner demo --folder /tmp/demo"),
}


def epilog(command: str) -> str:
    """Write a command's examples as the end of its help; "" if there are none."""
    lines = EXAMPLES.get(command, ())
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)]) if lines else ""
