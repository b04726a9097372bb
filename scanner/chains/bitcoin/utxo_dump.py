"""Has a node write the UTXO set of one block into a file: `dumptxoutset`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scanner.chains.bitcoin.core_rpc import RPC_INVALID_PARAMETER, CoreRpc, RpcFailure
from scanner.chains.shape import take
from scanner.errors import ReorgError, SourceRejectedError, SourceUnavailableError
from scanner.model.block import BlockRef
from scanner.model.jsontext import own_json

DUMP_SECONDS = 12 * 3600.0
"""Going back 10,000 blocks takes a quarter to half an hour; going back years takes hours."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What the node said about the file it wrote. set_hash: hash_serialized_3 of the set."""

    base_hash: str
    base_height: int
    coins: int
    set_hash: str


def snapshot_path(folder: Path, at: BlockRef) -> Path:
    """Where the snapshot of a block lies: one file for each block, kept for the next time."""
    return folder / f"utxo-{at.chain}-{at.height}-{at.hash[-16:]}.dat"


def read_note(path: Path) -> Dump | None:
    """What the node said when it wrote this file; None if nothing was noted."""
    try:
        said = own_json(_note(path).read_bytes())
        dump = Dump(
            str(said["base_hash"]),
            int(said["base_height"]),
            int(said["coins"]),
            str(said["set_hash"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dump


def make_dump(rpc: CoreRpc, path: Path, at: BlockRef) -> Dump:
    """Have the node write the set of a block, and keep what it says about it beside the file.

    path: on the node's own disk; the node's user writes it, and this program must be able to
    read it. Bitcoin Core 28 to 31 take blocks off their chain and put them back, with the network
    off meanwhile; Bitcoin Knots, and Core's master since, work on a copy. All take the same
    parameters.
    Raises ReorgError if the node wrote another block's set, SourceRejectedError if it cannot
    (pruned, too old, no right to write there).
    """
    answer = rpc.ask(
        "dumptxoutset", [str(path), "rollback", {"rollback": at.hash}], timeout=DUMP_SECONDS
    )
    if isinstance(answer, RpcFailure):
        raise _refusal(rpc, path, at, answer)
    dump = Dump(
        base_hash=take(rpc.name, answer, str, "base_hash"),
        base_height=take(rpc.name, answer, int, "base_height"),
        coins=take(rpc.name, answer, int, "coins_written"),
        set_hash=take(rpc.name, answer, str, "txoutset_hash"),
    )
    if dump.base_hash != at.hash:
        raise ReorgError(rpc.name, at.height, at.hash, dump.base_hash)
    try:
        _note(path).write_text(json.dumps(asdict(dump)), encoding="ascii")
    except OSError as e:
        raise SourceRejectedError(
            rpc.name, f"the folder of its snapshots cannot be written to ({e.strerror})"
        ) from None
    return dump


def _refusal(
    rpc: CoreRpc, path: Path, at: BlockRef, failure: RpcFailure
) -> SourceRejectedError | SourceUnavailableError:
    words = failure.message
    if failure.code == RPC_INVALID_PARAMETER and "already exists" in words:
        return SourceRejectedError(
            rpc.name,
            f"there is an unknown snapshot file {path.name}: wait if a dump is running, or else "
            "remove the file",
        )
    if "pruned" in words.lower():
        return SourceRejectedError(
            rpc.name, f"is pruned and cannot go back to block {at.height}: use an unpruned node"
        )
    error = rpc.error("dumptxoutset", failure)
    if isinstance(error, SourceUnavailableError):
        return error
    return SourceRejectedError(
        rpc.name, f"{error.what}; its user must be able to write to the snapshots folder"
    )


def _note(path: Path) -> Path:
    return path.with_name(path.name + ".json")
