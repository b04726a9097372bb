"""Where mined payments are looked up: a node with Bitcoin Core's RPC, or an Esplora server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.bitcoin.esplora import EsploraServer
from scanner.chains.bitcoin.mined import (
    block_holds,
    block_nonce,
    mined_transaction,
    spending_transactions,
)
from scanner.chains.bitcoin.spv import WORK, has_work
from scanner.chains.bitcoin.transaction import Transaction, parse_transaction, read_unlocking
from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    SourceRejectedError,
    SourceUnavailableError,
    clip,
)
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.spend import MinedTransaction, SpentCoin
from scanner.net.words import heard

Spends = dict[bytes, list[str]]
"""Script -> ids of the transactions that spent from it, in the order of the chain, each once."""

_TXID = re.compile(r"[0-9a-f]{64}")


class PaymentSource(Protocol):
    """One endpoint that payments are looked up at. Every method raises SourceError."""

    endpoint: Endpoint
    evidence: Evidence
    """What its word is worth: `proven` for the user's own node, else `reported`."""

    def tip(self) -> int:
        """Height of the newest block, once the endpoint is known to be on the right chain."""
        ...

    def mined(self, txid: str) -> MinedTransaction | None:
        """A transaction of the best chain; None if it is unknown or not yet mined."""
        ...

    def spends(self, scripts: Sequence[bytes], first: int, last: int) -> Spends:
        """What spent from the scripts in the blocks from `first` to `last`, both included."""
        ...

    def nonce(self, height: int) -> int:
        """The nonce of a block's header, 0 to 2^32 - 1."""
        ...

    def block_hash(self, height: int) -> str:
        """Hash of the best chain's block at a height; "" above the tip."""
        ...

    def prove(self, transaction: MinedTransaction, script: bytes) -> bool:
        """Whether its block was shown to hold it: by the ids in it, which make its header.

        That it spends the coins of a script is looked up in the bytes that made them.
        False on networks whose headers are not known here, and where a server shows no blocks.
        Raises SourceUnavailableError if what is shown contradicts what was said.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class NodePayments:
    """A node with `-txindex`, and for `spends` with `-blockfilterindex`. A PaymentSource."""

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        self.endpoint = endpoint
        self.evidence = Evidence.PROVEN if endpoint.own else Evidence.REPORTED
        self._rpc, self._network = CoreRpc(endpoint), network

    def tip(self) -> int:
        """See PaymentSource."""
        return self._rpc.chain_info(self._network).blocks

    def mined(self, txid: str) -> MinedTransaction | None:
        """See PaymentSource."""
        return mined_transaction(self._rpc, self._network, txid)

    def spends(self, scripts: Sequence[bytes], first: int, last: int) -> Spends:
        """See PaymentSource."""
        return spending_transactions(self._rpc, scripts, first, last)

    def nonce(self, height: int) -> int:
        """See PaymentSource."""
        return block_nonce(self._rpc, self._network, height)

    def block_hash(self, height: int) -> str:
        """See PaymentSource."""
        return self._rpc.block_hash(height)

    def prove(self, transaction: MinedTransaction, script: bytes) -> bool:
        """See PaymentSource. Its coins were looked up when it was read."""
        if self._network.name not in WORK:
            return False
        return _is_worked_for(block_holds(self._rpc, transaction), transaction)

    def close(self) -> None:
        """See PaymentSource."""
        self._rpc.close()


class EsploraPayments:
    """An Esplora server. A PaymentSource.

    What a transaction makes and spends is read from its bytes, which must hash to its id; which
    scripts the spent coins had is the server's word until `prove`, and that the block is on the
    chain, and what witnesses hold, stays so.
    Source: /tx/:txid, /tx/:txid/hex, /scripthash/:h/txs, /block/:hash, /block/:hash/header and
    /block/:hash/txids of Esplora's HTTP API.
    """

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        self.endpoint = endpoint
        self.evidence = Evidence.REPORTED
        self._name, self._network = endpoint.name, network
        self._server = EsploraServer(endpoint)
        self._chain = endpoint.chain or network.chain_id
        self._checked = self._trusted = False

    def tip(self) -> int:
        """See PaymentSource. Raises SourceRejectedError."""
        if not self._checked:
            height, block_hash = chain_marker(self._network.name, self._chain) or (0, "")
            if block_hash and self._server.block_hash(height) != block_hash:
                raise SourceRejectedError(
                    self._name,
                    f"is not on {self._network.name} {self._chain}: another block {height}",
                )
            self._checked = True
        return self._server.tip()

    def mined(self, txid: str) -> MinedTransaction | None:
        """See PaymentSource. Raises SourceRejectedError and SourceUnavailableError."""
        if not _TXID.fullmatch(txid):
            raise SourceRejectedError(self._name, f"{clip(txid)!r} is not a transaction id")
        self.tip()
        about = self._server.find(f"tx/{txid}")
        if about is None:
            self._know_newest()
            return None
        if not take(self._name, about, bool, "status", "confirmed"):
            return None
        raw = self._raw(txid)
        parsed = self._parse(txid, raw)
        spent = [
            SpentCoin(*self._coin(place, entry), *how)
            for place, entry, how in zip(
                parsed.inputs,
                take(self._name, about, list, "vin"),
                read_unlocking(raw),
                strict=False,
            )
        ]
        if len(spent) != len(parsed.inputs):
            raise self._broken("leaves out what a transaction spends")
        return MinedTransaction(txid, self._block(about), tuple(spent), parsed.outputs)

    def spends(self, scripts: Sequence[bytes], first: int, last: int) -> Spends:
        """See PaymentSource."""
        found = {script: self._spends_of(script, first, last) for script in scripts}
        if not all(found.values()):
            self._know_newest()
        return found

    def nonce(self, height: int) -> int:
        """See PaymentSource. Raises HeightNotReachedError and SourceUnavailableError."""
        tip = self.tip()
        block_hash = self._server.block_hash(height)
        if not block_hash:
            raise HeightNotReachedError(self._name, height, tip)
        block = self._server.get(f"block/{block_hash}").json()
        nonce = take(self._name, block, int, "nonce")
        if not 0 <= nonce < 2**32:
            raise self._broken("gave a nonce that does not fit a header")
        return nonce

    def block_hash(self, height: int) -> str:
        """See PaymentSource."""
        return self._server.block_hash(height)

    def prove(self, transaction: MinedTransaction, script: bytes) -> bool:
        """See PaymentSource. Raises SourceUnavailableError."""
        parsed = self._parse(transaction.txid, self._raw(transaction.txid))
        for (txid, place), coin in zip(parsed.inputs, transaction.inputs, strict=True):
            if coin.script == script:
                made = self._parse(txid, self._raw(txid)).outputs
                if place >= len(made) or made[place] != (coin.script, coin.amount):
                    raise self._broken("reports another coin than the one that was made")
        if self._network.name not in WORK:
            return False
        txids = self._server.txids(transaction.block.hash)
        if txids is not None and transaction.txid not in txids:
            raise self._broken("shows a block without the transaction that it says is in it")
        if txids is None:
            return False
        return _is_worked_for(self._server.header(transaction.block.hash), transaction)

    def close(self) -> None:
        """See PaymentSource."""
        self._server.close()

    def _know_newest(self) -> None:
        """Make sure, once, that it knows what is in its own newest block, before it is believed
        that it does not know something else. Raises SourceRejectedError.
        """
        if self._trusted or self._network.name not in WORK:
            return
        height = self._server.tip()
        txids = self._server.txids(self._server.block_hash(height))
        if txids is None or self._server.find(f"tx/{txids[0]}") is None:
            what = f"does not show what is in its own block {height}: its silence is not trusted"
            raise SourceRejectedError(self._name, what)
        self._trusted = True

    def _spends_of(self, script: bytes, first: int, last: int) -> list[str]:
        found: list[str] = []
        # The script hash here is not reversed, unlike Electrum's.
        place = f"scripthash/{hashlib.sha256(script).hexdigest()}"
        for tx in self._server.newest_first(place):
            if isinstance(tx, str):
                raise SourceRejectedError(self._name, f"{tx}: name the transaction (txid)")
            height = take(self._name, tx, int, "status", "block_height")
            if height < first:
                break
            if height <= last and any(
                not take(self._name, entry, bool, "is_coinbase")
                and take(self._name, entry, str, "prevout", "scriptpubkey") == script.hex()
                for entry in take(self._name, tx, list, "vin")
            ):
                found.append(take(self._name, tx, str, "txid"))
        return found[::-1]

    def _coin(self, place: tuple[str, int], entry: object) -> tuple[bytes, int]:
        """Script and amount of a spent coin; the server must mean the one in the bytes."""
        if place != (take(self._name, entry, str, "txid"), take(self._name, entry, int, "vout")):
            raise self._broken("reports another coin than the transaction spends")
        try:
            script = bytes.fromhex(take(self._name, entry, str, "prevout", "scriptpubkey"))
        except ValueError:
            raise self._broken("gave a script that is not hex") from None
        return script, take(self._name, entry, int, "prevout", "value")

    def _block(self, about: object) -> BlockRef:
        height = take(self._name, about, int, "status", "block_height")
        block_hash = take(self._name, about, str, "status", "block_hash")
        if self._server.block_hash(height) != block_hash:
            raise SourceUnavailableError(
                self._name, f"block {heard(self._name, block_hash)} was replaced"
            )
        time = take(self._name, about, int, "status", "block_time")
        return BlockRef(self._network.name, self._chain, height, block_hash, time)

    def _raw(self, txid: str) -> bytes:
        try:
            return bytes.fromhex(self._server.get(f"tx/{txid}/hex").text().strip())
        except ValueError:
            raise self._broken("gave a transaction that is not hex") from None

    def _parse(self, txid: str, raw: bytes) -> Transaction:
        try:
            parsed = parse_transaction(raw)
        except ValueError as e:
            raise self._broken(
                f"gave a transaction that cannot be read ({heard(self._name, e)})"
            ) from None
        if parsed.txid != txid:
            raise self._broken(f"asked for {txid}, got {parsed.txid}")
        return parsed

    def _broken(self, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(self._name, what)


def _is_worked_for(header: str, transaction: MinedTransaction) -> bool:
    """Whether a block cost what blocks do: else whoever names it may have made it himself."""
    block = transaction.block
    return has_work(header, block.network, block.chain, block.height)


PAYMENT_SOURCES: Mapping[str, Callable[[Endpoint, Network], PaymentSource]] = {
    "bitcoin_core": NodePayments,
    "bitcoin_filters": NodePayments,
    "esplora": EsploraPayments,
}
"""Protocol -> how its endpoints are opened, best first."""
