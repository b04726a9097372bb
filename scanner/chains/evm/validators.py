"""Validators at a block of the execution chain: what they hold in wei, and whom they pay.

Published staking rows name a validator's key and the height of an *execution* block. Its time says
the slot, and the beacon block of that slot must hold the pinned execution block: no number comes
from the state of another block.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from scanner.chains.evm.balances import fill
from scanner.chains.evm.beacon_api import BeaconNode
from scanner.chains.evm.columns import NATIVE, Column, Reading
from scanner.chains.evm.quorum import read_agreed
from scanner.chains.evm.withdrawals import Search
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import require_operators, winner
from scanner.chains.fleet.settle import canvass
from scanner.chains.interface import SearchProgress, Wanted
from scanner.errors import (
    ConfigError,
    OtherBlockError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.jsontext import own_json
from scanner.model.network import Holding
from scanner.model.validator import FoundValidators, Validator

KEY: Final = 48
"""Bytes of a validator's public key (BLS12-381, compressed)."""

UNKNOWN: Final = bytes(32)
DISPUTED: Final = b"\xff" * 32
"""In place of withdrawal credentials: no such validator, and endpoints that do not agree."""

_GWEI: Final = 10**9
_REMEMBERED: Final = 64  # beacon blocks that an endpoint was found to have


class Validators:
    """The beacon endpoints that stand beside an execution network's own.

    nodes: none where nothing is configured; then nothing can be read. quorum: operators that must
    give the same answer. Safe to use from several threads.
    """

    def __init__(self, network: str, nodes: Sequence[BeaconNode], quorum: int) -> None:
        self._nodes, self._quorum = tuple(nodes), quorum
        self._evidence = Evidence.REPORTED if quorum == 1 else Evidence.AGREED
        self._pool: Pool[BeaconNode] | None = None
        self._why = (
            f"no beacon endpoint is configured for {network}: validators are read over the beacon "
            'API, add an endpoint with protocol = "beacon"'
        )
        self._refused: ConfigError | None = None
        if nodes:
            try:
                beacons = f"beacon endpoints of {network}"
                require_operators(beacons, [node.endpoint for node in nodes], quorum)
                self._pool = Pool(nodes)
            except ConfigError as e:  # accounts can be read all the same
                self._refused, self._why = e, str(e)
        self._name = f"{network}-validators"
        self._blocks: dict[tuple[str, str], BlockRef] = {}

    def require(self) -> None:
        """Raise ConfigError if the endpoints do not have operators enough for the quorum."""
        if self._refused is not None:
            raise self._refused

    def balances(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Balance]:
        """What validators hold after an execution block, one answer a query, in order.

        queries: addresses of format `validator_key`. at: with its time.
        A key that the state does not know holds 0, and the reason says so. Where no endpoint can
        tell, for want of that state or of that block, all are unavailable.
        Raises SourceUnavailableError, ReorgError: asking again may help.
        """
        found: list[Balance | None] = [_cannot(query) for query in queries]
        places = [n for n, balance in enumerate(found) if balance is None]
        if places:
            holding = queries[places[0]].holding
            keys = [queries[n].address.payload for n in places]
            for n, balance in zip(places, self._read(keys, holding, at), strict=True):
                found[n] = balance
        return [b for b in found if b is not None]

    def _read(self, keys: Sequence[bytes], holding: Holding, at: BlockRef) -> Sequence[Balance]:
        if self._pool is None:
            return [unavailable(self._why)] * len(keys)
        told: dict[str, Mapping[bytes, Validator | None]] = {}

        def read(node: BeaconNode, columns: Sequence[Column], at: BlockRef) -> list[Reading]:
            (column,) = columns
            told[node.name] = known = self._ask(node, column.holders, at)
            validators = [known[key] for key in column.holders]
            return [Reading([v.balance * _GWEI if v else 0 for v in validators])]

        try:
            (agreed,) = read_agreed(self._pool, [Column(NATIVE, keys)], at, self._quorum, read)
        except (SourceUnavailableError, ReorgError):
            raise
        except SourceError as e:
            return [unavailable(str(e), *(n.name for n in self._nodes))] * len(keys)
        found: list[Balance | None] = [None] * len(keys)
        fill(found, range(len(keys)), holding, agreed, self._evidence)
        return [describe(b, k, told) for b, k in zip(found, keys, strict=True) if b is not None]

    def credentials(self, keys: Sequence[bytes], at: BlockRef) -> bytes:
        """Withdrawal credentials after an execution block: 32 bytes a key, in order.

        UNKNOWN for a key without a validator, DISPUTED where no answer has a quorum.
        Raises SourceRejectedError where nobody can tell, SourceUnavailableError, ReorgError.
        """
        if self._pool is None:
            raise SourceRejectedError(self._name, self._why)
        votes: dict[bytes, dict[str, bytes]] = {key: {} for key in keys}

        def open_keys() -> list[bytes]:
            return [k for k, v in votes.items() if winner(v.items(), self._quorum) is None]

        def heard(node: BeaconNode, known: Mapping[bytes, Validator | None]) -> bool:
            for key, validator in known.items():
                said = bytes.fromhex(validator.credentials[2:]) if validator else UNKNOWN
                votes[key][node.operator] = said
            return bool(open_keys())

        try:
            if keys:
                canvass(self._pool, lambda n: self._ask(n, open_keys(), at), heard, self._quorum)
        except (SourceUnavailableError, ReorgError, SourceRejectedError):
            raise
        except SourceError as e:
            raise SourceRejectedError(e.endpoint, e.what) from None
        won = (winner(votes[key].items(), self._quorum) for key in keys)
        return b"".join(DISPUTED if credentials is None else credentials[0] for credentials in won)

    def find(
        self, wanted: Wanted, at: BlockRef, progress: SearchProgress | None = None
    ) -> FoundValidators:
        """See ValidatorFinder.find_validators. at: an execution block, with its time.

        Raises SourceRejectedError where no beacon endpoint is configured.
        """
        if self._pool is None:
            raise SourceRejectedError(self._name, self._why)
        search = Search(self._pool, lambda node: self._block_of(node, at), wanted, self._quorum)
        return search.run(progress)

    def _ask(
        self, node: BeaconNode, keys: Sequence[bytes], at: BlockRef
    ) -> dict[bytes, Validator | None]:
        block = self._block_of(node, at)
        found = node.validators(["0x" + key.hex() for key in keys], block)
        return {key: found["0x" + key.hex()] for key in keys}

    def _block_of(self, node: BeaconNode, at: BlockRef) -> BlockRef:
        """The beacon block that holds a pinned execution block, at one endpoint.

        Raises OtherBlockError if the one at its time holds another, SourceUnavailableError if the
        endpoint lags behind.
        """
        known = self._blocks.get((node.name, at.hash))
        if known is not None:
            return known
        if at.time is None:
            raise ValueError("an execution block without its time")
        clock = node.clock()
        slot, rest = divmod(at.time - clock.genesis, clock.seconds_per_slot)
        if slot < 0 or rest:  # before the merge blocks came at any time
            raise OtherBlockError(node.name, max(slot, 0), at.hash, "")
        found = node.header(str(slot))
        if found is None:
            head = node.header("head")
            if head is None or head.slot < slot:
                raise SourceUnavailableError(node.name, f"its chain has not reached slot {slot}")
        seen = node.named_by(found.root) if found else ""
        if found is None or seen != at.hash:
            raise OtherBlockError(node.name, slot, at.hash, seen)
        block = BlockRef(at.network, at.chain, slot, found.root, at.time)
        if len(self._blocks) >= _REMEMBERED:
            self._blocks.clear()
        self._blocks[node.name, at.hash] = block
        return block

    def close(self) -> None:
        """Close all connections."""
        for node in self._nodes:
            node.close()


def describe(
    balance: Balance, key: bytes, told: Mapping[str, Mapping[bytes, Validator | None]]
) -> Balance:
    """Add to a balance what the state says about its validator.

    told: endpoint -> key -> what it said. Only those count whose answer the balance is.
    """
    if balance.amount is None:
        return balance
    validators = {told[name][key] for name in balance.sources if key in told.get(name, {})}
    if len(validators) != 1:
        return caution(balance, "the endpoints differ on its status or withdrawal credentials")
    (validator,) = validators
    if validator is None:
        return caution(balance, "the chain has no validator with this key at this slot")
    detail: dict[str, object] = own_json(balance.detail) if balance.detail else {}
    detail |= {"status": validator.status, "withdrawal_credentials": validator.credentials}
    if validator.status != "active_ongoing":
        balance = caution(balance, f"the validator's status is {validator.status}")
    if validator.slashed:
        detail["slashed"] = True
        balance = caution(balance, "it is slashed: penalties are taken until it is paid out")
    return balance._replace(detail=json.dumps(detail))


def caution(balance: Balance, words: str) -> Balance:
    """Add a caution to a good answer."""
    return balance._replace(reason=f"{balance.reason}; {words}" if balance.reason else words)


def _cannot(query: BalanceQuery) -> Balance | None:
    """Why a query cannot be asked about a validator; None if it can."""
    if len(query.address.payload) != KEY:
        return unavailable("a validator's key has 48 bytes")
    if not query.holding.is_native:
        return unavailable("validators hold the network's own coin only")
    if query.holding.decimals != 18:
        return unavailable(f"validators hold wei: 18 decimals, not {query.holding.decimals}")
    return None
