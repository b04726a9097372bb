"""Keys and signatures as the real ssh-keygen makes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from support.missing import cannot


def made_key(folder: Path, name: str = "auditor") -> Path:
    """A new key without a passphrase; its public half is beside it."""
    if shutil.which("ssh-keygen") is None:
        cannot("ssh-keygen is missing")
    key = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@example", "-f", key],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return key


def sign(report: Path, key: Path, namespace: str = "reserve-scanner-report") -> Path:
    """A detached signature over a file, beside it."""
    made = report.with_name(report.name + ".sig")
    made.unlink(missing_ok=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", namespace, report],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return made
