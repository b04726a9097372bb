"""Balances from Blockbook servers (Trezor's and others'): Dogecoin, Dash, Zcash and others.

Source: Blockbook's published API, version 2 (docs/api.md of trezor/blockbook): /api/v2,
/api/v2/block-index/:height, /api/v2/block/:hash, /api/v2/address/:address with details=basic
and details=txs&from=:height.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from scanner.chains.bitcoin.coins import MAX_COIN
from scanner.chains.bitcoin.index_source import Wanted, coins
from scanner.chains.fleet.interface import Answer, Holder, Refusal
from scanner.chains.shape import take
from scanner.errors import AddressFormatError, SourceUnavailableError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.net.http import Reply, Transport
from scanner.net.words import heard

CHUNK = 500
BATCH = 10
PAGE = 500
MAX_PAGES = 40
HOLDERS = 2
"""Transactions of a block, besides its reward, of which a payee is asked for."""

_HASH = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"\d{1,30}", re.ASCII)


class BlockbookServer:
    """One Blockbook server. An IndexServer. The endpoint's URL is the one above /api."""

    batch = BATCH
    workers = 2

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        self.endpoint = endpoint
        self._name, self._network = endpoint.name, network
        self._http = Transport(endpoint)

    def tip(self) -> int:
        """See IndexServer. Raises SourceUnavailableError while the server is not in sync."""
        status = self._json("api/v2")
        if not take(self._name, status, bool, "blockbook", "inSync"):
            raise SourceUnavailableError(self._name, "is not in sync with its node: wait")
        return take(self._name, status, int, "blockbook", "bestHeight")

    def block_hash(self, height: int) -> str:
        """See IndexServer. Raises SourceUnavailableError."""
        reply = self._http.get(f"api/v2/block-index/{height}")
        if reply.status in (400, 404) and height > self.tip():
            return ""
        reply.raise_for_status()
        text = take(self._name, reply.json(), str, "blockHash")
        if text and not _HASH.fullmatch(text):
            raise self._broken(f"a block hash is {heard(self._name, text)}")
        return text

    def block_time(self, at: BlockRef) -> int | None:
        """See IndexServer. Raises SourceUnavailableError."""
        block = self._json(f"api/v2/block/{at.hash}")
        if take(self._name, block, int, "height") != at.height:
            raise self._broken(f"its block {at.hash} says another height")
        return take(self._name, block, int, "time")

    def read(self, wanted: Sequence[Wanted], at: BlockRef) -> list[Answer]:
        """Read balances now and take back what happened after the block, as Esplora's.

        Raises SourceUnavailableError.
        """
        for _ in range(3):
            before = self.block_hash(self.tip())
            readings = [self._one(w, at) for w in wanted]
            if self.block_hash(self.tip()) == before:
                return readings
        raise SourceUnavailableError(self._name, "its tip keeps moving while it is read", 5.0)

    def holders(self, at: BlockRef) -> list[Holder]:
        """See IndexServer. Of whom the block says that it pays them, by the server's own word.

        Raises SourceUnavailableError.
        """
        block = take(self._name, self._json(f"api/v2/block/{at.hash}"), dict)
        if take(self._name, block, str, "hash") != at.hash:
            raise self._broken("it shows another block than the one asked for")
        if "txs" not in block:
            return []
        listed = take(self._name, block, list, "txs")
        # Of several pages one is seen: what is not may spend what is, but never the reward.
        rest = listed[1:] if block.get("totalPages") == 1 else []
        spenders = {name for tx in rest for part in self._parts(tx, "vin") for name in part[0]}
        # Who pays many at once pays people; who pays one or two is more often a busy exchange.
        paid = sorted((self._parts(tx, "vout") for tx in rest), key=len, reverse=True)
        kept = ([p for p in parts if not spenders & {*p[0]}] for parts in paid)
        found = list(islice((h for parts in kept for h in self._holder(parts)), HOLDERS))
        return found + [h for tx in listed[:1] for h in self._holder(self._parts(tx, "vout"))]

    def _parts(self, tx: object, side: str) -> list[tuple[list[str], int]]:
        """Whom each output (or input) of a transaction is of, nobody included, and its amount.

        A shielded transaction of Zcash may have no side at all.
        """
        parts = []
        for part in take(self._name, take(self._name, tx, dict).get(side) or [], list):
            told = take(self._name, part, dict)
            names = take(self._name, told.get("addresses") or [], list)
            alone = told.get("isAddress") is True and len(names) == 1
            amount = self._number(take(self._name, told.get("value", "0"), str))
            parts.append(([str(name) for name in names], amount if alone else 0))
        return parts

    def _holder(self, paid: Sequence[tuple[list[str], int]]) -> list[Holder]:
        """The first of some outputs that is of an address of this network."""
        for names, amount in paid:
            if amount:
                with suppress(AddressFormatError):
                    return [Holder(decode_address(self._network, names[0]), amount)]
        return []

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _one(self, wanted: Wanted, at: BlockRef) -> Answer:
        if not wanted.text:
            return Refusal("has no address to ask for")
        place = f"api/v2/address/{wanted.text}"
        reply = self._http.get(f"{place}?details=basic")
        if reply.status == 400:
            return Refusal(self._refused(reply))
        reply.raise_for_status()
        about = reply.json()
        address = take(self._name, about, str, "address")
        if not self._is(address, wanted):
            raise self._broken("it answers for another address than the one asked for")
        now = self._number(take(self._name, about, str, "balance"))
        count = take(self._name, about, int, "txs")
        detail: dict[str, object] = {"transactions": count}
        pending = take(self._name, about, int, "unconfirmedTxs")
        if pending:
            detail["unconfirmed_transactions"] = pending
        if count:
            later = self._later(place, address, wanted.script.hex(), at.height)
            if isinstance(later, str):
                return Refusal(later)
            now -= later
        if now < 0:
            raise self._broken("the transactions of an address do not fit its balance")
        return coins(now, detail)

    def _is(self, echoed: str, wanted: Wanted) -> bool:
        """Whether an answer is about the script that was asked for, in any spelling of it."""
        if echoed == wanted.text:
            return True
        try:
            return script_pubkey(decode_address(self._network, echoed)) == wanted.script
        except (AddressFormatError, ValueError):
            return False

    def _later(self, place: str, address: str, script: str, height: int) -> int | str:
        """What the address gained (or lost) in blocks above `height`; a text if it is too much."""
        change, seen = 0, set[str]()
        for tx in self._pages(place, address, height + 1):
            if tx is None:
                return f"more than {MAX_PAGES * PAGE:,} transactions after the block"
            txid, block = (
                take(self._name, tx, str, "txid"),
                take(self._name, tx, int, "blockHeight"),
            )
            if txid in seen:
                raise self._broken("it lists a transaction twice")
            seen.add(txid)
            if block <= 0:  # in the mempool: not part of the confirmed balance
                if take(self._name, tx, int, "confirmations"):
                    raise self._broken("a confirmed transaction has no block")
                continue
            if block <= height:
                raise self._broken(f"asked for blocks from {height + 1}, got block {block}")
            change += self._change(tx, address, script)
        return change

    def _pages(self, place: str, address: str, first: int) -> Iterator[object | None]:
        """Transactions from a height on; None at the end if there are more than can be read."""
        for page in range(1, MAX_PAGES + 1):
            answer = self._json(f"{place}?details=txs&pageSize={PAGE}&page={page}&from={first}")
            told = take(self._name, answer, dict)
            transactions = told.get("transactions")
            if take(self._name, told, str, "address") != address:
                raise self._broken("a page is of another address than the one asked for")
            if "txids" in told:  # it answered with less than was asked for
                raise self._broken("it gives ids in place of transactions")
            yield from take(self._name, [] if transactions is None else transactions, list)
            if take(self._name, answer, int, "totalPages") <= page:
                return
        yield None

    def _change(self, tx: object, address: str, script: str) -> int:
        """What a transaction gave an address (or took).

        Its own is what Blockbook counts in its balance: outputs of its script, and parts that it
        alone is named for and that are said to be an address. A bare multisig is listed with the
        addresses of its keys and is none of theirs. The parts of each side add up.
        """
        change, own = 0, False
        for side, sign, said in (("vout", 1, "value"), ("vin", -1, "valueIn")):
            total = 0
            for part in take(self._name, tx, list, side):
                told = take(self._name, part, dict)
                amount = self._number(take(self._name, told.get("value", "0"), str))
                total += amount
                owners = take(self._name, told.get("addresses") or [], list)
                named = told.get("isAddress") is True and owners == [address]
                if named or (sign > 0 and told.get("hex") == script):
                    change, own = change + sign * amount, True
            if total != self._number(take(self._name, tx, str, said)):
                raise self._broken("the parts of a transaction do not add up")
        if not own:
            raise self._broken("it lists a transaction that is not of the address")
        return change

    def _number(self, text: str) -> int:
        if not _DIGITS.fullmatch(text):
            raise self._broken(f"an amount is {heard(self._name, text)}")
        value = int(text)
        if value > MAX_COIN:
            raise self._broken(f"an amount is {heard(self._name, text)}")
        return value

    def _json(self, path: str) -> object:
        reply = self._http.get(path)
        reply.raise_for_status()
        return reply.json()

    def _refused(self, reply: Reply) -> str:
        self._http.heard(reply.text().strip())
        return "refused (HTTP 400: too many transactions for it, or no address it knows)"

    def _broken(self, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(self._name, f"gave an invalid answer: {what}")
