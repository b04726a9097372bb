"""Balances at any height from a snapshot of the whole UTXO set: one pass for a list of any size.

Endpoints of protocol "utxo_snapshot":

    url = "file:///data/utxo-840000.dat?height=840000"       a file the user brings
    url = "http://user:password@127.0.0.1:8332/?snapshots=/data/utxo"
                                                             the user's node, and the folder on its
                                                             disk where it writes snapshots

With a node the block is asked for by the height; with files alone the height of a file is known
from `height=` or from the blocks that Bitcoin Core names itself. Of several nodes the next is asked
where one fails; with a quorum each operator has snapshots of its own. A snapshot of
10 GB stays in its folder for the next time: remove it when it is not needed any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit, urlunsplit

from scanner.chains.bitcoin.coins import Plan, balance_of, plan_queries
from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.bitcoin.several import SeveralNodes
from scanner.chains.bitcoin.utxo_dump import make_dump, read_note, snapshot_path
from scanner.chains.bitcoin.utxo_engines import compiled_available, engine, set_hash
from scanner.chains.bitcoin.utxo_format import CHAIN_MAGIC, Header, compress_script
from scanner.chains.bitcoin.utxo_hash import SetHash
from scanner.chains.bitcoin.utxo_scan import Scan, SnapshotFile
from scanner.chains.fleet.quorum import operator_of
from scanner.chains.interface import Ability, BalanceSource, Reach, ReadPolicy, vouched
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceRejectedError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry

CHUNK = 2_000_000
SMALL = 5_000_000
"""Coins up to which a file is fully checked even without the compiled engine (half a minute)."""

KNOWN_SETS: Final = {
    # (height, hash_serialized_3) of the blocks that Bitcoin Core's assumeutxo table names
    # (src/kernel/chainparams.cpp): reviewed by everybody who builds a node.
    "0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5": (
        840_000,
        "a2a5521b1b5ab65f67818e5e8eccabb7171a517f9e2382208f77687310768f96",
    ),
    "000000000000000000010b17283c3c400507969a9c2afd1dcf2082ec5cca2880": (
        880_000,
        "dbd190983eaf433ef7c15f78a278ae42c00ef52e0fd2a54953782175fbadcea9",
    ),
    "0000000000000000000108970acb9522ffd516eae17acddcb1bd16469194a821": (
        910_000,
        "4daf8a17b4902498c5787966a2b51c613acdab5df5db73f196fa59a4da2f1568",
    ),
    "0000000000000000000147034958af1652b2b91bba607beacc5e72a56f0fb5ee": (
        935_000,
        "e4b90ef9eae834f56c4b64d2d50143cee10ad87994c614d7d04125e2a6025050",
    ),
}
"""Block hash -> height and hash of the set, on bitcoin's main chain."""


@dataclass(frozen=True, slots=True)
class _Brought:
    """A file the user brought, its header, and its height (None if nothing says it)."""

    file: SnapshotFile
    header: Header
    height: int | None


class UtxoSnapshot:
    """Reads one snapshot file per block: the first endpoint's, if that is a node, or a file's.

    Evidence: `proven` if the file's own hash was computed in the pass and equals what the user's
    own node said when it wrote it, or what Bitcoin Core's table says; else `reported`. The hash is
    computed when the policy asks for proof, when the compiled engine is there, or when the file is
    small; a hash that differs is an error, and no number is given. No canary is looked for: a set
    that lacks one has another hash, and one that nothing confirms is said to be so. Raises
    ConfigError.
    """

    def __init__(self, network: Network, endpoints: Sequence[Endpoint], *, proof: bool) -> None:
        first = endpoints[0]
        own = _is_file(first) or first.own
        self.name = first.name
        self.network = network.name
        self.ability = Ability(
            Reach.ANY, Evidence.PROVEN if own else Evidence.REPORTED, chunk_size=CHUNK
        )
        self._row = network
        self._proof = proof
        self._own = own
        self._chain = first.chain or network.chain_id
        self._magic = CHAIN_MAGIC.get((network.name, self._chain))
        if self._magic is None:
            raise ConfigError(
                f"endpoint {self.name}: no UTXO snapshots are known for "
                f"{network.name} on chain {self._chain!r}"
            )
        self._rpc: CoreRpc | None = None
        self._folder: Path | None = None
        if not _is_file(first):
            self._rpc, self._folder = _node(first)
        self._files = [e for e in endpoints if _is_file(e)]
        self._opened: list[_Brought] | None = None
        self._lock = threading.Lock()

    def pin(self, height: int | None) -> BlockRef:
        """Find the block of a height. None: the newest file's, or the tip where a node can dump.

        Raises HeightPrunedError when there is no file of that height and none can be made.
        """
        if self._rpc is None:
            return self._pin_by_files(height)
        info = self._rpc.chain_info(self._row)
        if height is None and self._folder is None:
            height = max((self._height_of(b, self._rpc) for b in self._brought()), default=None)
        height = info.blocks if height is None else height
        if height > info.blocks:
            raise HeightNotReachedError(self.name, height, info.blocks)
        at = self._rpc.block_ref(self._row, info.chain, self._rpc.block_hash(height))
        if self._folder is None and self._brought_file(at) is None:
            raise HeightPrunedError(self.name, height, "no snapshot file is of that block")
        if height < info.pruned_below and self._ready_file(at) is None:
            raise HeightPrunedError(
                self.name, height, f"the node is pruned below {info.pruned_below}"
            )
        return at

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at. Files alone do not know times: SourceRejectedError.

        Raises SourceRejectedError.
        """
        if self._rpc is None:
            raise SourceRejectedError(self.name, "snapshot files have no times: give a height")
        return self._rpc.height_at(self._row, time)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """Match all queries in one pass over the block's snapshot; see BalanceSource."""
        plan = plan_queries(queries, self.network)
        if not plan.wanted:
            return plan.finished()
        with self._lock:  # one dump, one pass: a second one would only be slower
            file, expected = self._file(at)
            return self._read(plan, at, file, expected, progress)

    def close(self) -> None:
        """Close the connections."""
        if self._rpc is not None:
            self._rpc.close()

    def _read(
        self,
        plan: Plan,
        at: BlockRef,
        file: SnapshotFile,
        expected: str,
        progress: Callable[[float], None] | None,
    ) -> list[Balance]:
        header = self._checked(file)
        if header.base_hash != at.hash:
            raise ReorgError(self.name, at.height, at.hash, header.base_hash)
        check = self._proof or compiled_available() or header.coins <= SMALL
        hasher = set_hash() if check else None
        stored = {compress_script(script): script for script in plan.wanted}
        scan = file.scan(stored.keys(), engine(), progress, hasher)
        self._check_heights(scan, at)
        evidence, caution = Evidence.REPORTED, "the snapshot file's hash was not computed"
        if hasher is not None:
            evidence, caution = self._compare(at, hasher, expected)
        for compressed, script in stored.items():
            coins = scan.coins.get(compressed, ())
            balance = balance_of(coins, at.height, self._row.decimals, evidence, file.name)
            if caution:
                reason = "; ".join(part for part in (balance.reason, caution) if part)
                balance = balance._replace(reason=reason)
            plan.fill(script, balance)
        return plan.finished()

    def _compare(self, at: BlockRef, hasher: SetHash, expected: str) -> tuple[Evidence, str]:
        """Judge the file by its computed hash. Returns the evidence and a caution."""
        computed = hasher.result()
        if expected and computed != expected:
            raise SourceRejectedError(
                self.name,
                f"its snapshot file is not the UTXO set of block {at.height}: its hash is "
                f"{computed}, it should be {expected}; make it again",
            )
        if expected:
            return Evidence.PROVEN, ""
        if hasher.newest != at.height:
            raise SourceRejectedError(
                self.name,
                f"its snapshot file has coins up to block {hasher.newest}, "
                f"so it is not of block {at.height}",
            )
        return Evidence.REPORTED, f"nothing confirms the snapshot's hash {computed}"

    def _check_heights(self, scan: Scan, at: BlockRef) -> None:
        newest = max((c.height for coins in scan.coins.values() for c in coins), default=0)
        if newest > at.height:
            raise SourceRejectedError(
                self.name, f"its snapshot file holds a coin of block {newest}, after {at.height}"
            )

    def _checked(self, file: SnapshotFile) -> Header:
        header = file.header()
        if header.magic != self._magic:
            raise SourceRejectedError(
                file.name,
                f"its snapshot file is of another network (magic {header.magic.hex()}), "
                f"not of {self.network} {self._chain}",
            )
        return header

    def _file(self, at: BlockRef) -> tuple[SnapshotFile, str]:
        """Find or make the block's file. Returns it and the hash it should have, "" if unknown."""
        ready = self._ready_file(at)
        if ready is not None:
            return ready
        if self._rpc is None or self._folder is None:
            raise HeightPrunedError(self.name, at.height, "no snapshot file is of that block")
        path = snapshot_path(self._folder, at)
        dump = make_dump(self._rpc, path, at)
        return SnapshotFile(self.name, path), dump.set_hash if self._own else ""

    def _ready_file(self, at: BlockRef) -> tuple[SnapshotFile, str] | None:
        known = KNOWN_SETS.get(at.hash, (0, ""))[1]
        brought = self._brought_file(at)
        if brought is not None:
            return brought, known or (self._noted(brought.path, at) if self._own else "")
        if self._folder is not None:
            path = snapshot_path(self._folder, at)
            noted = self._noted(path, at)
            if noted and path.is_file():
                return SnapshotFile(self.name, path), known or (noted if self._own else "")
        return None

    def _noted(self, path: Path, at: BlockRef) -> str:
        """The hash the node stated for this file; only a file in the node's own folder has one."""
        if self._folder is None or path.parent != self._folder:
            return ""
        note = read_note(path)
        return note.set_hash if note is not None and note.base_hash == at.hash else ""

    def _brought_file(self, at: BlockRef) -> SnapshotFile | None:
        return next((b.file for b in self._brought() if b.header.base_hash == at.hash), None)

    def _brought(self) -> list[_Brought]:
        if self._opened is None:
            opened = []
            for endpoint in self._files:
                path, height = _path(endpoint)
                file = SnapshotFile(endpoint.name, path)
                header = self._checked(file)
                known = KNOWN_SETS.get(header.base_hash)
                opened.append(_Brought(file, header, known[0] if known else height))
            self._opened = opened
        return self._opened

    def _height_of(self, brought: _Brought, rpc: CoreRpc) -> int:
        return rpc.block_ref(self._row, self._chain, brought.header.base_hash).height

    def _pin_by_files(self, height: int | None) -> BlockRef:
        brought = self._brought()
        if height is None:
            unknown = next((b for b in brought if b.height is None), None)
            if unknown is not None:
                raise ConfigError(
                    f"endpoint {unknown.file.name}: a snapshot file does not say its height; "
                    "add ?height=N to its URL, or an endpoint for your node"
                )
            height = max(b.height for b in brought if b.height is not None)
        for one in brought:
            if one.height == height or (one.height is None and len(brought) == 1):
                at = BlockRef(self.network, self._chain, height, one.header.base_hash)
                return vouched(at, own=at.hash in KNOWN_SETS)
        raise HeightPrunedError(self.name, height, "no snapshot file is of that block")


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> BalanceSource:
    """Make the source from all endpoints: files, and the nodes that dump or know the blocks.

    Where one word is enough, all files stand beside each node. With a quorum an operator's do
    beside its own: two nodes that read one file say what that file says. Raises ConfigError where
    there are fewer operators than that.
    """
    groups = [list(endpoints)]
    if policy.quorum > 1:
        operators = dict.fromkeys(map(operator_of, endpoints))
        groups = [[e for e in endpoints if operator_of(e) == who] for who in operators]
    seats = sorted((seat for group in groups for seat in _seats(group)), key=lambda s: not s[0].own)
    proof = policy.proof or policy.quorum > 1
    made = [(seat[0], UtxoSnapshot(network, seat, proof=proof)) for seat in seats]
    if len(made) == 1 and policy.quorum == 1:
        return made[0][1]
    return SeveralNodes(network, made, policy)


def _seats(endpoints: Sequence[Endpoint]) -> list[list[Endpoint]]:
    """What is read together: each node with the files, or these alone."""
    files = [e for e in endpoints if _is_file(e)]
    return [[e, *files] for e in endpoints if not _is_file(e)] or [files]


def _is_file(endpoint: Endpoint) -> bool:
    return urlsplit(endpoint.url).scheme == "file"


def _node(endpoint: Endpoint) -> tuple[CoreRpc, Path | None]:
    """Split `snapshots=FOLDER` off a node's URL."""
    parts = urlsplit(endpoint.url)
    query = parse_qs(parts.query, keep_blank_values=True)
    folders = query.pop("snapshots", [])
    url = urlunsplit(parts._replace(query=urlencode(query, doseq=True)))
    folder = Path(folders[0]) if folders else None
    if folder is not None and not folder.is_absolute():
        raise ConfigError(f"endpoint {endpoint.name}: snapshots= must be an absolute path")
    return CoreRpc(replace(endpoint, url=url)), folder


def _path(endpoint: Endpoint) -> tuple[Path, int | None]:
    parts = urlsplit(endpoint.url)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise ConfigError(
            f"endpoint {endpoint.name}: a snapshot file is named as file:///absolute/path"
        )
    height = parse_qs(parts.query).get("height", [""])[0]
    if height and not (height.isascii() and height.isdigit() and len(height) < 10):
        raise ConfigError(f"endpoint {endpoint.name}: height= must be a block height")
    return path, int(height) if height else None
