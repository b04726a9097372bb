"""Reads one mined transaction, and the coins it spends, from a node."""

from __future__ import annotations

import re

from scanner.chains.bitcoin.core_rpc import RPC_INVALID_ADDRESS_OR_KEY, CoreRpc, RpcFailure
from scanner.chains.bitcoin.transaction import Transaction, parse_transaction
from scanner.chains.shape import take
from scanner.errors import SourceRejectedError, SourceUnavailableError, clip
from scanner.model.network import Network
from scanner.model.spend import MinedTransaction

_TXID = re.compile(r"[0-9a-f]{64}")
_BATCH = 200


def mined_transaction(rpc: CoreRpc, network: Network, txid: str) -> MinedTransaction | None:
    """Read a transaction of the node's best chain; None if it is unknown or not yet mined.

    Every transaction is parsed here and checked against its id. Needs a node with `-txindex`.
    Raises SourceRejectedError if the node has none or `txid` is none, SourceUnavailableError.
    """
    if not _TXID.fullmatch(txid):
        raise SourceRejectedError(rpc.name, f"{clip(txid)!r} is not a transaction id")
    info = rpc.chain_info(network)
    answer = rpc.ask("getrawtransaction", [txid, True])
    if isinstance(answer, RpcFailure):
        if answer.code == RPC_INVALID_ADDRESS_OR_KEY and "-txindex" not in answer.message:
            return None
        raise _no_index(rpc, answer)
    if not isinstance(answer, dict) or not answer.get("confirmations"):
        return None
    transaction = _parse(rpc, txid, take(rpc.name, answer, str, "hex"))
    block = rpc.block_ref(network, info.chain, take(rpc.name, answer, str, "blockhash"))
    return MinedTransaction(txid, block, _spent(rpc, transaction), transaction.outputs)


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
            rpc.name, f"gave a transaction that cannot be read ({clip(str(e))})"
        ) from None
    if parsed.txid != txid:
        raise SourceUnavailableError(rpc.name, f"asked for {txid}, got {parsed.txid}")
    return parsed


def _no_index(rpc: CoreRpc, failure: RpcFailure) -> SourceRejectedError | SourceUnavailableError:
    if failure.code == RPC_INVALID_ADDRESS_OR_KEY:
        return SourceRejectedError(rpc.name, "has no transaction index: start it with -txindex")
    error = rpc.error("getrawtransaction", failure)
    return (
        error
        if isinstance(error, SourceUnavailableError)
        else SourceRejectedError(rpc.name, error.what)
    )
