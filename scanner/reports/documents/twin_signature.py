"""A signature over a report's twin, as OpenSSH makes and checks it: `ssh-keygen -Y sign`.

No cryptography of our own: every auditor has the program, keys of any kind that it knows will do
(also those on a hardware token), and what it says is what counts. The namespace keeps a signature
that somebody made over the same bytes for another purpose from passing for one over a report.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from scanner.errors import InputError
from scanner.reports.documents.twin_checks import Check, CheckState

NAMESPACE = "reserve-scanner-report"
PROGRAM = "ssh-keygen"
MOST_BYTES = 1 << 20
SECONDS = 60

_KEY = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+(?: .*)?", re.ASCII)
_GOOD = re.compile(r'^Good ".*" signature for .* with (\S+) key (SHA256:[A-Za-z0-9+/]{43})$')
_ARMOUR = b"-----BEGIN SSH SIGNATURE-----"
_ALONE = "signer"
"""Whom a public key is of, where its file names nobody."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that holds. by: whose it is in the file of allowed signers, "" of a bare key.

    key: kind and fingerprint as OpenSSH writes them. sha256: of the twin that is signed, in hex.
    """

    by: str
    key: str
    sha256: str


def check_signature(
    data: bytes, sha256: str, signature: Path, key: Path
) -> tuple[Check, Signature | None]:
    """Check a detached signature over a twin's bytes.

    key: a public key (`id_ed25519.pub`), or a file of allowed signers as ssh-keygen(1) describes
    it. Raises InputError for files that are not there, or are neither.
    """
    signed, keys = _small(signature), _small(key)
    program = shutil.which(PROGRAM)
    if program is None:
        what = f"{PROGRAM} is not here: install OpenSSH's client, and check again"
        return Check("signature", CheckState.NOT_CHECKED, what), None
    if _ARMOUR not in signed:
        remedy = f"'{PROGRAM} -Y sign -f KEY -n {NAMESPACE} REPORT' makes one"
        raise InputError(f"{signature.name}: holds no OpenSSH signature: {remedy}")
    with TemporaryDirectory(prefix="scanner-") as folder:
        sig, allowed = Path(folder, "signature"), Path(folder, "allowed")
        sig.write_bytes(signed)
        alone = _allowed(keys, key.name)
        allowed.write_bytes(keys if alone is None else alone)
        by = _ALONE if alone is not None else _principal(program, sig, allowed)
        if not by:
            what = f"no signer of {key.name} made it for a report"
            return Check("signature", CheckState.FALSE, what), None
        how = ["-Y", "verify", "-f", str(allowed), "-I", by, "-n", NAMESPACE, "-s", str(sig)]
        done = _run(program, how, data)
    found = _GOOD.match(done.stdout.decode("utf-8", "replace").strip())
    if done.returncode or found is None:
        said = done.stderr.decode("utf-8", "replace").replace(str(sig), signature.name)
        why = said.replace(str(allowed), key.name).strip().splitlines()[:1]
        what = f"it is not one of {key.name} over this report" + "".join(f" ({w})" for w in why)
        return Check("signature", CheckState.FALSE, what), None
    named = "" if alone is not None or set(by) & set("*?") else by
    good = Signature(named, f"{found[1]} {found[2]}", sha256)
    whose = f"{named}, " if named else ""
    what = f"made by {whose}{good.key}, over these bytes"
    if alone is None and not named:
        what += f"; {key.name} allows the key for any name that matches {by}: it names nobody"
    return Check("signature", CheckState.HOLDS, what), good


def _small(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as e:
        raise InputError(f"{path}: {e.strerror or 'cannot be read'}") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{path.name}: more than {MOST_BYTES:,} bytes: no key or signature")
    return data


def _allowed(keys: bytes, name: str) -> bytes | None:
    """A file of public keys as one of allowed signers; None where it is one of these already.

    Raises InputError for a private key, and for what holds no key.
    """
    if b"PRIVATE KEY" in keys:
        raise InputError(
            f"{name}: a private key: give the public one, and keep this one to yourself"
        )
    lines = [line.strip() for line in keys.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise InputError(f"{name}: holds no key")
    if not _KEY.fullmatch(lines[0]):
        return None
    bare = [line for line in lines if _KEY.fullmatch(line)]
    return "".join(f'{_ALONE} namespaces="{NAMESPACE}" {line}\n' for line in bare).encode()


def _principal(program: str, sig: Path, allowed: Path) -> str:
    """Who of the allowed signers made a signature; "" if nobody did."""
    done = _run(program, ["-Y", "find-principals", "-s", str(sig), "-f", str(allowed)], b"")
    first = done.stdout.decode("utf-8", "replace").strip().splitlines()[:1]
    return "" if done.returncode or not first or first[0].startswith("-") else first[0]


def _run(program: str, arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run it on bytes. Raises InputError where it does not end."""
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    try:
        return subprocess.run(
            [program, *arguments], input=data, capture_output=True, timeout=SECONDS, env=env,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError(f"{PROGRAM} did not end after {SECONDS} seconds") from None
