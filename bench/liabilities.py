"""Benchmarks of liability proofs: one JSON object a line.

liabilities.okx_v2: CPU seconds to verify a proof of the production's root circuit (2^19 rows, 28
queries) with numpy; liabilities.okx_v2.plain: without. Against what the publisher states for its
own check that does not take the key from the file: 180 s and 32 GB. liabilities.inclusion: one
user of such a proof. liabilities.okx_v1: one batch of the first zk-STARK. liabilities.okx_v1.memory
is the peak of the command, in MB, over a publication of some MB of batches, against the same over
the first size (other sizes: `bench/liabilities.py 50 200 1000`). liabilities.bitmex: 2^17 leaves,
hashed and added up; against hashlib over the same pairs and nothing else.
liabilities.binance: one batch's Groth16 proof, of 16 under one key. Of those four no publisher
states how long its own check takes.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from base64 import b64decode
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
VECTORS = ROOT / "tests/vectors/liabilities"
STATED = "the publisher's own figure, rebuilding its circuits"
NONE_STATED = "the publisher states none"
LEVELS = 17


def best(work: Callable[[], object], times: int) -> float:
    """CPU seconds of the quickest run: what else the machine does matters less."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def show(name: str, seconds: float, against: str = "", base: float = 0) -> None:
    """Print one result."""
    ratio = round(seconds / base, 4) if base else None
    fields = {"name": name, "value": round(seconds, 4), "unit": "CPU s"}
    print(json.dumps({**fields, "against": against or None, "ratio": ratio}), flush=True)


def okx_v2() -> None:
    """The second zk-STARK, and one user of it."""
    from scanner.liabilities.interface import ProofStatus
    from scanner.liabilities.okx_v2.inclusion import Shape, climb
    from scanner.liabilities.okx_v2.verify import check_document

    folder = VECTORS / "okx_v2/three_levels"
    packed = gzip.decompress((folder / "sum_proof_data.json.gz").read_bytes())

    def verify(plain: bool) -> None:
        found = check_document(json.loads(packed), "proof", plain=plain)
        assert found.status is ProofStatus.ACCEPTED

    verify(plain=False)
    show("liabilities.okx_v2", best(lambda: verify(plain=False), 5), STATED, 180)
    show("liabilities.okx_v2.plain", best(lambda: verify(plain=True), 2), STATED, 180)
    users = sorted((folder / "inclusion").glob("*.json"))
    shape = Shape(1024, 220, (64, 64, 64))
    one = json.loads(users[0].read_text())
    show("liabilities.inclusion", best(lambda: climb(one, shape), 5), NONE_STATED)


def okx_v1() -> None:
    """One batch of the first."""
    from scanner.liabilities.okx_v1.batch import check_proof
    from scanner.liabilities.okx_v1.folder import opened_folder

    with opened_folder(VECTORS / "okx_v1/toy") as folder:
        coins = folder.coins()
        seconds = best(lambda: check_proof(*folder.proof("a0", coins), coins), 5)
        show("liabilities.okx_v1", seconds, NONE_STATED)


def publication(path: Path, size: int) -> int:
    """Write a zip of `size` bytes of batches, each the toy's first; how many there are."""
    toy = VECTORS / "okx_v1/toy/sum_proof_data"
    names = ("sum_proof.json", "sum_values.json")
    batch = {name: gzip.decompress((toy / f"batches/a0/{name}.gz").read_bytes()) for name in names}
    count = -(-size // sum(map(len, batch.values())))
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("config.json", *(f"trunk/{name}" for name in names)):
            archive.writestr(
                f"sum_proof_data/{name}", gzip.decompress((toy / f"{name}.gz").read_bytes())
            )
        for number in range(count):
            for name, data in batch.items():
                archive.writestr(f"sum_proof_data/batches/a{number}/{name}", data)
    return count


def okx_v1_memory(sizes: Sequence[int]) -> None:
    """Peak memory of the whole command over publications of several sizes, in MB."""
    first = 0.0
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sum_proof_data.zip"
            count = publication(path, size * 1_000_000)
            command = [sys.executable, "-m", "scanner.cli", "liabilities", "verify", str(path)]
            done = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert done.stdout is not None
            said = done.stdout.read()
            _, _, used = os.wait4(done.pid, 0)
            # Every batch was checked: only then are they added up, and the toy's trunk is of two.
            assert b"trunk/sum_proof.json/steps" in said, said
        peak = used.ru_maxrss / 1000
        first = first or peak
        fields = {"name": "liabilities.okx_v1.memory", "value": round(peak, 1), "unit": "MB"}
        against = f"{size} MB, {count} batches, {used.ru_utime:.0f} s; against {sizes[0]} MB"
        print(
            json.dumps({**fields, "against": against, "ratio": round(peak / first, 3)}), flush=True
        )


def binance() -> None:
    """Proofs of batches under one key, beyond what reading the key takes."""
    from scanner.liabilities.gate.user import element
    from scanner.liabilities.groth16.key import read_key, read_proof
    from scanner.liabilities.groth16.verify import first_false

    folder = VECTORS / "binance"
    key = read_key((folder / "zkpor2_2.vk").read_bytes(), "key")
    with (folder / "proof.csv").open(newline="") as stream:
        row = next(csv.DictReader(stream))
    data, public = b64decode(row["proof_info"]), (element(row["batch_commitment"], ""),)
    times = 16

    def verify() -> None:
        assert first_false(key, [(read_proof(data, "proof"), public)] * times) is None

    show("liabilities.binance", best(verify, 1) / times, NONE_STATED)


def bitmex() -> None:
    """A whole tree of BitMEX's form."""
    from scanner.liabilities.bitmex_tree import check_tree

    levels = [[(hashlib.sha256(b"%d" % i).digest(), i % 1000) for i in range(2**LEVELS)]]
    hashed = 0.0
    while len(levels[0]) > 1:
        below = [digest + value.to_bytes(8, "little") for digest, value in levels[0]]
        start = time.process_time()
        digests = [
            hashlib.sha256(a + b).digest() for a, b in zip(below[::2], below[1::2], strict=True)
        ]
        hashed += time.process_time() - start
        sums = [a[1] + b[1] for a, b in zip(levels[0][::2], levels[0][1::2], strict=True)]
        levels.insert(0, list(zip(digests, sums, strict=True)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree.csv"
        with path.open("w") as file:
            file.write("block_height:1\n")
            file.writelines(f"{d.hex()},{value}\n" for level in levels for d, value in level)
        assert check_tree(path).holds
        show("liabilities.bitmex", best(lambda: check_tree(path), 3), "hashlib alone", hashed)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        okx_v1_memory([int(size) for size in sys.argv[1:]])
        raise SystemExit
    okx_v2()
    okx_v1()
    okx_v1_memory((5, 50))
    binance()
    bitmex()
