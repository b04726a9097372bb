"""Keeps checked proofs in a file, so that anybody can check them again later, without a network.

One file of JSON lines for each block, named after network, height and hash:

    {"type": "header", "network", "chain", "height", "hash", "rlp"}
    {"type": "node", "rlp"}                            trie nodes, each once, found by their hash
    {"type": "account", "address", "balance"}          what was read: wei in decimal
    {"type": "token", "token", "code_hash", "kind", "slot", "mask"}
    {"type": "balance", "token", "holder", "amount", "raw"}

Nothing in it has to be believed but the block's hash: `check_archive` walks from the header's
state root to every value. A line that a crash left unfinished is cut off when writing goes on.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from scanner.chains.evm import trie
from scanner.chains.evm.header import ProvenHeader, read_header
from scanner.chains.evm.slots import SlotRule
from scanner.errors import ListFormatError
from scanner.model.addresses.keccak import keccak256
from scanner.model.block import BlockRef

Record = dict[str, object]
MAX_LINE: Final = 100_000
"""Bytes of the longest line: a contract's account proof is far shorter."""
_BLOCK: Final = 65_536


class ArchiveWriter:
    """Appends to the archive of one block. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, at: BlockRef, header: ProvenHeader) -> None:
        self.path = archive_path(folder, at)
        self._written: set[bytes] = set()
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._head: Record = {
            **{"type": "header", "network": at.network, "chain": at.chain},
            **{"height": at.height, "hash": at.hash, "rlp": header.raw.hex()},
        }

    def write(self, nodes: Mapping[bytes, bytes], records: Sequence[Record]) -> None:
        """Append records, and those nodes (by hash) that this writer has not written yet."""
        with self._lock:
            new = [name for name in nodes if name not in self._written]
            self._written.update(new)
        fresh: list[Record] = [{"type": "node", "rlp": nodes[name].hex()} for name in new]
        self._append([*fresh, *records])

    def _append(self, records: Sequence[Record]) -> None:
        lines = b"".join(orjson.dumps(r) + b"\n" for r in records)
        with self._lock, self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _cut_unfinished(file):
                lines = orjson.dumps(self._head) + b"\n" + lines
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())


def _cut_unfinished(file: BinaryIO) -> int:
    """Cut off what follows the last line end; returns the size that is left."""
    size = file.seek(0, os.SEEK_END)
    while size:
        start = max(0, size - _BLOCK)
        file.seek(start)
        end = file.read(size - start).rfind(b"\n")
        if end >= 0:
            size = start + end + 1
            break
        size = start
    file.truncate(size)
    return size


def archive_path(folder: Path, at: BlockRef) -> Path:
    """The file for the proofs of one block."""
    return folder / f"{at.network}-{at.height}-{at.hash.removeprefix('0x')[:8]}.proofs.jsonl"


@dataclass(slots=True)
class Checked:
    """What an archive proves. balances: (token hex or "", holder hex) -> base units.

    The block's hash is computed from the header in the file: compare it with one you trust.
    """

    network: str
    chain: str
    height: int
    hash: str
    balances: dict[tuple[str, str], int] = field(default_factory=dict)


def check_archive(path: Path) -> Checked:
    """Check every value of an archive from its header down. No network, nothing on trust.

    Raises ListFormatError naming the line where something does not hold.
    """
    nodes: dict[bytes, bytes] = {}
    for number, record in _records(path):
        if record.get("type") == "node":
            try:
                raw = bytes.fromhex(str(record.get("rlp")))
            except ValueError:
                raise ListFormatError(path.name, "a node that is not hex", number) from None
            nodes[keccak256(raw)] = raw
    checker = _Checker(path.name, trie.Archive(nodes))
    for number, record in _records(path):
        try:
            checker.take(record)
        except (KeyError, ValueError, TypeError) as e:
            raise ListFormatError(path.name, f"does not hold: {e}", number) from None
    if checker.found is None:
        raise ListFormatError(path.name, "has no block header", 1)
    return checker.found


class _Checker:
    """Takes the records of an archive in their order."""

    def __init__(self, file: str, nodes: trie.Archive) -> None:
        self.file, self.nodes = file, nodes
        self.found: Checked | None = None
        self._root = b""
        self._tokens: dict[str, tuple[bytes, SlotRule]] = {}

    def take(self, record: Record) -> None:
        kind = record["type"]
        if kind == "node":
            return
        if kind == "header":
            self._header(record)
            return
        if self.found is None:
            raise ValueError("a record before the header")
        if kind == "account":
            address = _bytes(record["address"], 20)
            amount = trie.account(self._root, address, self.nodes).balance
            self._keep("", address, amount, record["balance"])
        elif kind == "token":
            self._token(record)
        elif kind == "balance":
            self._balance(record)
        else:
            raise ValueError(f"a record of unknown type {kind!r}")

    def _header(self, record: Record) -> None:
        header = read_header(bytes.fromhex(str(record["rlp"])))
        name = "0x" + header.hash.hex()
        if self.found is not None or name != record["hash"] or header.number != record["height"]:
            raise ValueError("the header is not the one of this block")
        self._root = header.state_root
        self.found = Checked(str(record["network"]), str(record["chain"]), header.number, name)

    def _token(self, record: Record) -> None:
        token = _bytes(record["token"], 20)
        account = trie.account(self._root, token, self.nodes)
        if account.code_hash.hex() != record["code_hash"]:
            raise ValueError("the token has other code")
        rule = SlotRule(
            str(record["kind"]), bytes.fromhex(str(record["slot"])), int(str(record["mask"]), 16)
        )
        self._tokens[token.hex()] = account.storage_root, rule

    def _balance(self, record: Record) -> None:
        token, holder = _bytes(record["token"], 20), _bytes(record["holder"], 20)
        root, rule = self._tokens[token.hex()]
        raw = trie.storage(root, rule.key(holder), self.nodes)
        if hex(raw) != record["raw"]:
            raise ValueError("the slot holds another value")
        self._keep(token.hex(), holder, raw & rule.mask, record["amount"])

    def _keep(self, token: str, holder: bytes, amount: int, said: object) -> None:
        if str(amount) != said:
            raise ValueError(f"it says {said}, the proof says {amount}")
        if self.found is not None:
            self.found.balances[token, holder.hex()] = amount


def _bytes(value: object, size: int) -> bytes:
    raw = bytes.fromhex(str(value))
    if len(raw) != size:
        raise ValueError(f"not {size} bytes")
    return raw


def _records(path: Path) -> Iterator[tuple[int, Record]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
                try:
                    record = orjson.loads(line)
                except orjson.JSONDecodeError:
                    raise ListFormatError(path.name, "not a line of JSON", number) from None
                if not isinstance(record, dict):
                    raise ListFormatError(path.name, "not a JSON object", number)
                yield number, record
    except OSError as e:
        raise ListFormatError(path.name, f"cannot be read: {e.strerror}") from None
