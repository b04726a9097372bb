"""Benchmarks of `scanner verify`: one JSON object a line.

verify.evm, verify.bitcoin: rows/s of the whole command, from the file on disk to one JSON object
a row, every key another; against a bare loop of libsecp256k1 on the same cores in the same run,
which turns 64-byte signatures into 65-byte keys and does nothing else. Both recover as many keys,
so take about as long, are measured in turns, and the best of each counts: a neighbour on the
machine disturbs both alike. Python keeps its bytecode, as it does of an installed package: the
first turn of all makes it.
verify.file: seconds for the 211 MB list;
verify.file.memory: megabytes of all its processes together at their peak (shared pages counted
once each); verify.file.rows: its rows/s against the same loop.

    python bench/ownership.py [--rows N]      N: rows of the long list, 650,000 by default
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench/data")]

from coincurve._libsecp256k1 import ffi, lib  # noqa: E402
from okx_file import EVM, HEADER, Coin, Signed, _evm, _line, _p2wsh, okx_file  # noqa: E402

from scanner.ownership.parallel import cores  # noqa: E402

ROWS = 650_000
EVM_ROWS, BITCOIN_ROWS = 200_000, 80_000
TURNS = 3
DISTINCT = 4_000
"""Signatures that differ in a bare loop: more than the processor's nearest cache holds."""


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=ROWS)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        evm, bitcoin, long = place / "evm.csv", place / "bitcoin.csv", place / "long.csv"
        _write(evm, ((EVM[0], s) for s in islice(_evm(1), EVM_ROWS)))
        _write(bitcoin, islice(_p2wsh(1), BITCOIN_ROWS))
        _compare("verify.evm", evm, EVM_ROWS, EVM_ROWS)
        _compare("verify.bitcoin", bitcoin, BITCOIN_ROWS, 2 * BITCOIN_ROWS)
        long.symlink_to(okx_file(place, wanted.rows))
        _long(long, wanted.rows)


def _write(path: Path, rows: Iterator[tuple[Coin, Signed]]) -> None:
    """Write rows of one coin in OKX's layout, with the totals block that the layout begins with.

    Each is of one coin and a quarter: whole numbers and large ones would be doubted, row by row.
    """
    with path.open("w", encoding="ascii") as file:
        file.write(f"coin,snapshot height,amount\n\n{HEADER}\n")
        for coin, signed in rows:
            file.write(_line(coin, signed, 5 * 10**coin.decimals // 4) + "\n")


def _compare(name: str, path: Path, rows: int, signatures: int) -> None:
    """Measure the command and the bare loop in turns."""
    best = bare = 0.0
    for _ in range(TURNS):
        seconds, _ = _verify(path, rows, look_at_memory=False)
        best = max(best, rows / seconds)
        bare = max(bare, _bare_rate(signatures // cores()) * rows / signatures)
    against = f"bare libsecp256k1 recover loop on {cores()} cores ({round(bare)} rows/s)"
    _show(name, round(best), "rows/s", against, best / bare)


def _long(path: Path, rows: int) -> None:
    """Measure the long list once: time, rows/s, memory."""
    seconds, megabytes = _verify(path, rows, look_at_memory=True)
    size = path.stat().st_size / 1e6
    against = f"30 s for 211 MB; this is {size:.0f} MB"
    _show("verify.file", round(seconds, 1), "s", against, seconds / (30 * size / 211))
    _show("verify.file.rows", round(rows / seconds), "rows/s", "", None)
    _show("verify.file.memory", megabytes, "MB", "300 MB", megabytes / 300)


def _verify(path: Path, rows: int, look_at_memory: bool) -> tuple[float, int]:
    """Run the command. Returns seconds and peak megabytes; every row must have been verified.

    look_at_memory: ten times a second, which takes the command a hundredth of its time.
    """
    out = path.with_suffix(".jsonl")
    command = [sys.executable, "-m", "scanner.cli", "verify", str(path), "--jsonl", str(out)]
    command += ["--publisher", "okx"]
    settings = {**os.environ, "PYTHONPYCACHEPREFIX": str(path.parent / "bytecode")}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = 0
    while look_at_memory and process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(0.1)
    _, said = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"verify left with {process.returncode}: {said[-500:]}")
    with out.open("rb") as file:
        proofs = sum(b'"binding":"derived"' in line for line in file)
    out.unlink()
    if proofs != rows:
        raise SystemExit(f"verify proved {proofs} of {rows} rows")
    return seconds, peak


def _memory(process: int) -> int:
    """Megabytes of a process and its children; pages they share are counted once (Linux: PSS)."""
    total, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
            for task in Path(f"/proc/{number}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
        total += next(int(x.split()[1]) for x in rollup.splitlines() if x.startswith("Pss:"))
    return total // 1024


def _bare_rate(each: int) -> float:
    """Recoveries a second of all cores together, in loops that do nothing else.

    each: how many recoveries one process makes.
    """
    with multiprocessing.get_context("spawn").Pool(cores()) as pool:
        return sum(pool.starmap(_bare_loop, [(n, each) for n in range(cores())], chunksize=1))


def _bare_loop(number: int, recoveries: int) -> float:
    """One process: from r, s and recovery id to the key's bytes; recoveries a second."""
    from coincurve import PrivateKey

    digest = bytes(range(32))
    signed = [
        PrivateKey((n + 1 + 10_000 * number).to_bytes(32, "big")).sign_recoverable(
            digest, hasher=None
        )
        for n in range(DISTINCT)
    ]
    pairs = [(made[:64], made[64]) for made in signed]
    context, key = lib.secp256k1_context_static, ffi.new("secp256k1_pubkey *")
    signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
    out, size = ffi.new("unsigned char[65]"), ffi.new("size_t *", 65)
    parse = lib.secp256k1_ecdsa_recoverable_signature_parse_compact
    recover, serialize = lib.secp256k1_ecdsa_recover, lib.secp256k1_ec_pubkey_serialize
    turns = max(1, recoveries // DISTINCT)
    start = time.perf_counter()
    for _ in range(turns):
        for compact, recovery_id in pairs:
            parse(context, signature, compact, recovery_id)
            recover(context, key, signature, digest)
            serialize(context, out, size, key, lib.SECP256K1_EC_UNCOMPRESSED)
    return turns * DISTINCT / (time.perf_counter() - start)


def _show(name: str, value: float, unit: str, against: str, ratio: float | None) -> None:
    """Print one result."""
    rounded = None if ratio is None else round(ratio, 2)
    line = {"name": name, "value": value, "unit": unit, "against": against, "ratio": rounded}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
