"""A publication of any size is read batch by batch: memory stays that of one."""

from __future__ import annotations

import gzip
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from support.okx_first import V1

from scanner.errors import ListFormatError
from scanner.liabilities.okx_v1.verify import check_folder
from scanner.liabilities.proofs import check_proof

TOY = V1 / "toy/sum_proof_data"


def of_batches(path: Path, count: int) -> Path:
    """A zip of the toy's trunk, and of its first batch under `count` names."""
    names = ("sum_proof.json", "sum_values.json")
    once = {name: gzip.decompress((TOY / f"batches/a0/{name}.gz").read_bytes()) for name in names}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("config.json", *(f"trunk/{name}" for name in names)):
            data = gzip.decompress((TOY / f"{name}.gz").read_bytes())
            archive.writestr(f"sum_proof_data/{name}", data)
        for number in range(count):
            for name, data in once.items():
                archive.writestr(f"sum_proof_data/batches/a{number}/{name}", data)
    return path


def peak(path: Path) -> int:
    tracemalloc.start()
    try:
        try:
            place = check_folder(path).place
        except ListFormatError as e:
            place = str(e)
        assert "trunk/" in place  # every batch holds; the trunk is of two others
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_five_times_as_many_batches_take_no_more_memory(tmp_path):
    few = peak(of_batches(tmp_path / "few.zip", 2))
    many = peak(of_batches(tmp_path / "many.zip", 10))
    assert many < few + 300_000


@pytest.mark.parametrize("head", [b'{"proof":[', b'{"mtree_root":"'])
def test_a_document_of_a_thousand_million_bytes_is_refused_after_eight(tmp_path, head):
    """A file with a hole in it: no disk is written, and no more than the limit is read."""
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(10**9)
    tracemalloc.start()
    try:
        with pytest.raises(ListFormatError, match="larger than"):
            check_proof(path)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
