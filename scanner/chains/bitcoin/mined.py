"""Reads mined transactions and the coins they spend from a node, by their ids or by who spent."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.chains.bitcoin.core_filters import BLOCKS, activity, relevant_blocks
from scanner.chains.bitcoin.core_long import LongCall
from scanner.chains.bitcoin.core_rpc import RPC_INVALID_ADDRESS_OR_KEY, CoreRpc, RpcFailure
from scanner.chains.bitcoin.spv import is_block
from scanner.chains.bitcoin.transaction import Transaction, parse_transaction, read_unlocking
from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    SourceRejectedError,
    SourceUnavailableError,
    clip,
)
from scanner.model.network import Network
from scanner.model.spend import MinedTransaction, SpentCoin
from scanner.net.words import heard

_TXID = re.compile(r"[0-9a-f]{64}")
_BATCH = 200
_INDEXING = "being indexed"  # what Core says of an unknown transaction until its index is complete


def mined_transaction(rpc: CoreRpc, network: Network, txid: str) -> MinedTransaction | None:
    """Read a transaction of the node's best chain; None if it is unknown or not yet mined.

    Every transaction is parsed here and checked against its id. Needs a node with `-txindex`.
    Raises SourceRejectedError if the node has none or `txid` is none, SourceUnavailableError also
    where its index is not complete: there it does not know what is in the chain.
    """
    if not _TXID.fullmatch(txid):
        raise SourceRejectedError(rpc.name, f"{clip(txid)!r} is not a transaction id")
    info = rpc.chain_info(network)
    answer = rpc.ask("getrawtransaction", [txid, True])
    if isinstance(answer, RpcFailure):
        silent = any(words in answer.message for words in ("-txindex", _INDEXING))
        if answer.code == RPC_INVALID_ADDRESS_OR_KEY and not silent:
            return None
        raise _no_index(rpc, answer)
    if not isinstance(answer, dict) or not answer.get("confirmations"):
        return None
    text = take(rpc.name, answer, str, "hex")
    transaction = _parse(rpc, txid, text)
    block = rpc.block_ref(network, info.chain, take(rpc.name, answer, str, "blockhash"))
    shown = read_unlocking(bytes.fromhex(text))
    coins = _spent(rpc, transaction)  # none for a block reward, which has an input all the same
    spent = tuple(SpentCoin(*coin, *how) for coin, how in zip(coins, shown, strict=False))
    return MinedTransaction(txid, block, spent, transaction.outputs)


def spending_transactions(
    rpc: CoreRpc, scripts: Sequence[bytes], first: int, last: int
) -> dict[bytes, list[str]]:
    """Find what spent from scripts in the blocks from `first` to `last`, both included.

    Returns for each script the ids of the transactions, in the order of the chain, each once.
    Needs a node with `-blockfilterindex`: SourceRejectedError if it has none.
    """
    found: dict[bytes, list[str]] = {script: [] for script in scripts}
    if not found or first > last:
        return found
    descriptors = [f"raw({script.hex()})" for script in found]
    blocks = relevant_blocks(rpc, LongCall(rpc, "scanblocks"), descriptors, (first, last))
    for start in range(0, len(blocks), BLOCKS):
        for event in activity(rpc, blocks[start : start + BLOCKS], descriptors):
            if take(rpc.name, event, str, "type") == "spend":
                script, txid = _spend(rpc, event)
                if script in found and txid not in found[script]:
                    found[script].append(txid)
    return found


def block_nonce(rpc: CoreRpc, network: Network, height: int) -> int:
    """The nonce in the header of the best chain's block at a height.

    Raises HeightNotReachedError above the tip.
    """
    info = rpc.chain_info(network)
    block_hash = rpc.block_hash(height)
    if not block_hash:
        raise HeightNotReachedError(rpc.name, height, info.blocks)
    nonce = take(rpc.name, rpc.call("getblockheader", [block_hash]), int, "nonce")
    if not 0 <= nonce < 2**32:
        raise SourceUnavailableError(rpc.name, "gave a nonce that does not fit a header")
    return nonce


def block_holds(rpc: CoreRpc, transaction: MinedTransaction) -> str:
    """Make sure that the block which a node names holds the transaction, by ids and header.

    Returns the header, in hex. Raises SourceUnavailableError if it does not.
    """
    block_hash = transaction.block.hash
    block = rpc.call("getblock", [block_hash, 1])
    txids = [take(rpc.name, txid, str) for txid in take(rpc.name, block, list, "tx")]
    header = take(rpc.name, rpc.call("getblockheader", [block_hash, False]), str)
    if transaction.txid not in txids or not is_block(header, txids, block_hash):
        raise SourceUnavailableError(
            rpc.name, "shows a block without the transaction that it says is in it"
        )
    return header


def _spend(rpc: CoreRpc, event: object) -> tuple[bytes, str]:
    script = take(rpc.name, event, str, "prevout_spk", "hex")
    try:
        return bytes.fromhex(script), take(rpc.name, event, str, "spend_txid")
    except ValueError:
        raise SourceUnavailableError(rpc.name, "gave a script that is not hex") from None


def _spent(rpc: CoreRpc, transaction: Transaction) -> tuple[tuple[bytes, int], ...]:
    needed = sorted({txid for txid, _ in transaction.inputs})
    earlier: dict[str, Transaction] = {}
    for start in range(0, len(needed), _BATCH):
        part = needed[start : start + _BATCH]
        answers = rpc.batch([("getrawtransaction", [txid, False]) for txid in part])
        for txid, answer in zip(part, answers, strict=True):
            if isinstance(answer, RpcFailure):
                raise _no_index(rpc, answer)
            earlier[txid] = _parse(rpc, txid, take(rpc.name, answer, str))
    try:
        return tuple(earlier[txid].outputs[vout] for txid, vout in transaction.inputs)
    except IndexError:
        raise SourceUnavailableError(
            rpc.name, f"transaction {transaction.txid} spends an output that does not exist"
        ) from None


def _parse(rpc: CoreRpc, txid: str, text: str) -> Transaction:
    try:
        parsed = parse_transaction(bytes.fromhex(text))
    except ValueError as e:
        raise SourceUnavailableError(
            rpc.name, f"gave a transaction that cannot be read ({heard(rpc.name, e)})"
        ) from None
    if parsed.txid != txid:
        raise SourceUnavailableError(rpc.name, f"asked for {txid}, got {parsed.txid}")
    return parsed


def _no_index(rpc: CoreRpc, failure: RpcFailure) -> SourceRejectedError | SourceUnavailableError:
    if _INDEXING in failure.message:
        what = "has not indexed all transactions yet: wait for its index"
        return SourceUnavailableError(rpc.name, what)
    if failure.code == RPC_INVALID_ADDRESS_OR_KEY:
        return SourceRejectedError(rpc.name, "has no transaction index: start it with -txindex")
    error = rpc.error("getrawtransaction", failure)
    return (
        error
        if isinstance(error, SourceUnavailableError)
        else SourceRejectedError(rpc.name, error.what)
    )
