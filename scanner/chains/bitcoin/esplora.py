"""Balances from Esplora servers (Blockstream's, mempool.space's, one's own) over HTTP.

Source: Esplora's published HTTP API (API.md of Blockstream's esplora): /address/:a,
/address/:a/txs, /address/:a/txs/chain/:last_seen, /block-height/:h, /block/:hash,
/block/:hash/header, /block/:hash/txids, /tx/:txid/hex, /blocks/tip/hash and /blocks/tip/height.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from scanner.chains.bitcoin.coins import MAX_COIN
from scanner.chains.bitcoin.index_source import Wanted, coins
from scanner.chains.bitcoin.paid import LAST, ORDERED, holders_of
from scanner.chains.bitcoin.spv import is_block
from scanner.chains.bitcoin.transaction import Transaction, parse_transaction
from scanner.chains.fleet.interface import Answer, Holder, Refusal
from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.net.http import Reply, Transport
from scanner.net.words import heard

CHUNK = 500
BATCH = 10
"""Addresses between two looks at the tip: what is read must belong to one state of the chain."""

MAX_PAGES = 400
"""Pages of 25 transactions read back from the tip for one address."""

FULL_PAGE = 10
"""Transactions of the smallest full page (mempool's electrs; Blockstream's has 25)."""

_HASH = re.compile(r"[0-9a-f]{64}")


class EsploraServer:
    """One Esplora server. An IndexServer."""

    batch = BATCH
    workers = 4

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._name = endpoint.name
        self._http = Transport(endpoint)

    def tip(self) -> int:
        """See IndexServer. Raises SourceUnavailableError."""
        text = self.get("blocks/tip/height").text().strip()
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise self._broken(f"the tip's height is {heard(self._name, text)}")
        return int(text)

    def block_hash(self, height: int) -> str:
        """See IndexServer."""
        reply = self._http.get(f"block-height/{height}")
        if reply.status == 404:
            return ""
        reply.raise_for_status()
        return self._hash(reply)

    def block_time(self, at: BlockRef) -> int | None:
        """See IndexServer. Raises SourceUnavailableError."""
        block = self.get(f"block/{at.hash}").json()
        if take(self._name, block, int, "height") != at.height:
            raise self._broken(f"its block {at.hash} says another height")
        return take(self._name, block, int, "timestamp")

    def read(self, wanted: Sequence[Wanted], at: BlockRef) -> list[Answer]:
        """Read balances now, and take back what happened after the block.

        Sums and transactions come in several answers, so the tip must be the same before and
        after; a moving tip is tried again. Raises SourceUnavailableError.
        """
        for _ in range(3):
            before = self._hash(self.get("blocks/tip/hash"))
            readings = [self._one(w, at) for w in wanted]
            if self._hash(self.get("blocks/tip/hash")) == before:
                return readings
        raise SourceUnavailableError(self._name, "its tip keeps moving while it is read", 5.0)

    def holders(self, at: BlockRef) -> list[Holder]:
        """See IndexServer. The block's ids are checked against its header, and the bytes by them.

        Raises SourceUnavailableError.
        """
        txids = self.txids(at.hash)
        if txids is None:
            return []
        first = len(txids) - LAST if self.endpoint.network in ORDERED else len(txids)
        coinbase, *last = (self._mined(t) for t in [txids[0], *txids[max(1, first) :]])
        return holders_of(self.endpoint.network, coinbase, last)

    def header(self, block_hash: str) -> str:
        """A block's header, in hex. Raises SourceUnavailableError."""
        reply = self._http.get(f"block/{block_hash}/header")
        reply.raise_for_status()
        return reply.text().strip()

    def txids(self, block_hash: str) -> list[str] | None:
        """The ids of a block's transactions, checked against its header; None if it shows none.

        Raises SourceUnavailableError.
        """
        texts = [self._http.get(f"block/{block_hash}/{what}") for what in ("header", "txids")]
        if any(reply.status in (400, 404, 501) for reply in texts):
            return None
        for reply in texts:
            reply.raise_for_status()
        txids = [take(self._name, t, str) for t in take(self._name, texts[1].json(), list)]
        if not all(_HASH.fullmatch(t) for t in txids) or not is_block(
            texts[0].text().strip(), txids, block_hash
        ):
            raise self._broken("the transactions of the block do not make its header")
        return txids

    def _mined(self, txid: str) -> Transaction:
        try:
            found = parse_transaction(bytes.fromhex(self.get(f"tx/{txid}/hex").text().strip()))
        except ValueError as e:
            words = heard(self._name, e)
            raise self._broken(f"transaction {txid} cannot be read ({words})") from None
        if found.txid != txid:
            raise self._broken(f"asked for transaction {txid}, got {found.txid}")
        return found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _one(self, wanted: Wanted, at: BlockRef) -> Answer:
        # The script hash here is not reversed, unlike Electrum's.
        place = (
            f"address/{wanted.text}"
            if wanted.text
            else f"scripthash/{hashlib.sha256(wanted.script).hexdigest()}"
        )
        reply = self._http.get(place)
        if reply.status == 400:  # also what busy addresses get: a refusal, and no number
            return Refusal(self._refused(reply))
        reply.raise_for_status()
        stats = reply.json()
        now = self._sum(stats, "chain_stats")
        pending = self._sum(stats, "mempool_stats", signed=True)
        count = take(self._name, stats, int, "chain_stats", "tx_count")
        kind, _, asked = place.partition("/")
        if take(self._name, stats, str, kind) != asked:
            raise self._broken("it answers for another address than the one asked for")
        detail: dict[str, object] = {"transactions": count}
        if pending:
            detail["unconfirmed"] = str(pending)
        if count == 0:
            return self._reading(now, detail)
        later = self._later(place, wanted.script.hex(), at.height, count)
        if isinstance(later, str):
            return Refusal(later)
        return self._reading(now - later, detail)

    def _later(self, place: str, script: str, height: int, count: int) -> int | str:
        """What the address gained (or lost) in blocks above `height`; a text if that is refused."""
        change, seen = 0, 0
        for tx in self.newest_first(place, count):
            if isinstance(tx, str):
                return tx
            gained = self._change(tx, script)  # also of the one that ends it: that it is its own
            if take(self._name, tx, int, "status", "block_height") <= height:
                return change
            change += gained
            seen += 1
        if seen != count:  # all are above the height, so all must have been seen
            raise self._broken(f"it lists {seen} of the {count} transactions of an address")
        return change

    def newest_first(self, place: str, count: int | None = None) -> Iterator[object]:
        """Confirmed transactions of an address, page by page; a text when a page is refused.

        count: how many there are, where that is known: a page too short to be a full one, with what
        is unconfirmed on it, is the last one, and with it all of them must have been there.
        Raises SourceUnavailableError.
        """
        path, seen, last_height = f"{place}/txs", set[str](), MAX_COIN
        for _ in range(MAX_PAGES):
            reply = self._http.get(path)
            if reply.status == 400:
                yield self._refused(reply)
                return
            reply.raise_for_status()
            page = take(self._name, reply.json(), list)
            confirmed = [tx for tx in page if take(self._name, tx, bool, "status", "confirmed")]
            if not confirmed:
                return
            for tx in confirmed:  # all of the page, before any of it is used
                txid = take(self._name, tx, str, "txid")
                block = take(self._name, tx, int, "status", "block_height")
                if txid in seen or not 0 <= block <= last_height:
                    raise self._broken("it lists transactions twice or out of order")
                seen.add(txid)
                last_height = block
            if count is not None and len(page) < FULL_PAGE and len(seen) != count:
                what = f"it lists {len(seen)} of the {count} transactions of an address"
                raise self._broken(what)
            yield from confirmed
            path = f"{place}/txs/chain/{take(self._name, confirmed[-1], str, 'txid')}"
        yield f"more than {MAX_PAGES} pages of transactions after the block"

    def _change(self, tx: object, script: str) -> int:
        """What a transaction gave a script (or took). What goes in, comes out or is its fee."""
        change, made, spent, own, minted = 0, 0, 0, False, False
        for output in take(self._name, tx, list, "vout"):
            amount = self._amount(output, "value")
            made += amount
            if take(self._name, output, str, "scriptpubkey") == script:
                change, own = change + amount, True
        for coin in take(self._name, tx, list, "vin"):
            if take(self._name, coin, bool, "is_coinbase"):
                minted = True
                continue
            amount = self._amount(coin, "prevout", "value")
            spent += amount
            if take(self._name, coin, str, "prevout", "scriptpubkey") == script:
                change, own = change - amount, True
        if not own:
            raise self._broken("it lists a transaction that is not of the address")
        if not minted and spent - made != self._amount(tx, "fee"):
            raise self._broken("a transaction's sums do not fit its fee")
        return change

    def _sum(self, stats: object, which: str, signed: bool = False) -> int:
        funded = self._amount(stats, which, "funded_txo_sum", limit=2**80)
        spent = self._amount(stats, which, "spent_txo_sum", limit=2**80)
        if funded < spent and not signed:
            raise self._broken("an address spent more than it got")
        return funded - spent

    def _amount(self, value: object, *path: str, limit: int = MAX_COIN) -> int:
        amount = take(self._name, value, int, *path)
        if not 0 <= amount <= limit:
            raise self._broken(f"{'.'.join(path)} is {heard(self._name, amount)}")
        return amount

    def _reading(self, amount: int, detail: dict[str, object]) -> Answer:
        if amount < 0:
            raise self._broken("the transactions of an address do not fit its sums")
        return coins(amount, detail)

    def find(self, path: str) -> object | None:
        """Ask for a path that need not be there; None if it is not. Raises SourceError."""
        reply = self._http.get(path)
        if reply.status == 404:
            return None
        reply.raise_for_status()
        return reply.json()

    def get(self, path: str) -> Reply:
        """Ask for a path that must be there. Raises SourceError."""
        reply = self._http.get(path)
        reply.raise_for_status()
        return reply

    def _hash(self, reply: Reply) -> str:
        text = reply.text().strip()
        if not _HASH.fullmatch(text):
            raise self._broken(f"a block hash is {heard(self._name, text)}")
        return text

    def _refused(self, reply: Reply) -> str:
        self._http.heard(reply.text().strip())
        return "refused (HTTP 400: too many transactions for it, or no address it knows)"

    def _broken(self, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(self._name, f"gave an invalid answer: {what}")
