"""Takes one chunk: the same function in one process, after a restart, and on a queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import overload

from scanner.chains.interface import AgainReader, BalanceSource
from scanner.errors import (
    AddressFormatError,
    PinReplacedError,
    SourceError,
    SourceUnavailableError,
    UnknownAssetError,
)
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.model.control import ControlResult, since
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Holding, Network
from scanner.model.registry import Registry
from scanner.ownership.interface import ContractCall, KeyQuestion
from scanner.ownership.statement import settle
from scanner.snapshots.asking import ChunkFailedError, Tools, asked, vouched_by_user
from scanner.snapshots.doubts import Doubts
from scanner.snapshots.findings import row_findings
from scanner.snapshots.values import (
    Chunk,
    NumberedClaim,
    RowResult,
)
from scanner.snapshots.view import chain_view, key_question

MOST_PINS = 3
"""Blocks that a chunk is tried at, each in place of one that left the best chain."""

JUDGED_AT_ONCE = 500
"""Claims whose questions to the chain are asked together."""

NO_SOURCE = "no source of balances is configured for {network}"
LEFT_OUT = "{network} was left out (--networks): take a new snapshot to read it"


class _Heeding(Sequence[Claim]):
    """Claims that end in StoppedError when the run is to stop: a row can take a judge a second."""

    def __init__(self, claims: Sequence[Claim], tools: Tools) -> None:
        self._claims, self._go_on = claims, tools.go_on

    def __len__(self) -> int:
        return len(self._claims)

    @overload
    def __getitem__(self, at: int) -> Claim: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Claim]: ...
    def __getitem__(self, at: int | slice) -> Claim | Sequence[Claim]:
        return self._claims[at]

    def __iter__(self) -> Iterator[Claim]:
        for claim in self._claims:
            self._go_on()
            yield claim


_Places = dict[tuple[str, str, int], tuple[Network, Holding]]
"""By asset, network and decimals."""


def take_chunk(
    tools: Tools,
    chunk: Chunk,
    source: BalanceSource | None,
    block: BlockRef | None,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Judge the chunk's claims, read their balances at `block`, store both with the mark `done`.

    source: None where none is configured: then balances are `unavailable` and the verdicts those
    without a chain. block: pinned, None exactly when source is. progress: share done, 0 to 1.
    If the block has left the best chain and nothing read at it is stored, another one is pinned
    and the chunk taken again. Taking a chunk again changes nothing stored. Raises ChunkFailedError
    (the caller records it), StoppedError, StoreError.
    """
    for _ in range(MOST_PINS - 1):
        try:
            return _take_at(tools, chunk, source, block, progress)
        except PinReplacedError:
            plan = chunk.plan
            block = tools.sink.pinned(chunk.snapshot_id, plan.network, plan.height)
        except ChunkFailedError as failure:
            if source is None or block is None or not failure.reorged:
                raise
            gone, block = block, _pin_again(tools, chunk, source, block)
            if block == gone:  # what is stored was read at it
                raise
    try:
        return _take_at(tools, chunk, source, block, progress)
    except PinReplacedError as e:
        raise ChunkFailedError(str(e), retryable=False) from e


def _pin_again(tools: Tools, chunk: Chunk, source: BalanceSource, gone: BlockRef) -> BlockRef:
    """The block to go on with in place of one that left the best chain."""
    height = chunk.plan.height
    # Its own number: the stated one may count something else.
    again = None if height is None else gone.height
    block = vouched_by_user(tools, asked(tools, lambda: source.pin(again)))
    return tools.sink.repin(chunk.snapshot_id, height, gone, block, source.name)


def _take_at(
    tools: Tools,
    chunk: Chunk,
    source: BalanceSource | None,
    block: BlockRef | None,
    progress: Callable[[float], None] | None,
) -> None:
    with tools.at_work:
        claims, doubts = tools.sink.claims(chunk), tools.sink.doubts(chunk)
    doubts = doubts.at(
        chunk.plan.height,
        None if block is None else block.time,
        alone=block is not None and _is_one_word(tools, block),
    )
    call, keys = chain_view(source, block), key_question(source, block)

    def read() -> list[Balance]:
        if source is None or block is None:
            network = chunk.plan.network
            reason = (LEFT_OUT if tools.left_out(network) else NO_SOURCE).format(network=network)
            return [unavailable(reason)] * len(claims)
        return read_balances(tools, claims, source, block, progress)

    controls = asked(tools, lambda: _judge(tools, claims, call, keys, block))
    balances = asked(tools, read)
    with tools.at_work:
        tools.sink.finish_chunk(chunk, _results(claims, controls, balances, doubts), block)


def _is_one_word(tools: Tools, block: BlockRef) -> bool:
    """Whether one foreign endpoint named the block, on the network's own chain."""
    own_chain = block.chain == tools.registry.network(block.network).chain_id
    return own_chain and block.evidence is Evidence.REPORTED


def record_failure(tools: Tools, chunk: Chunk, failure: ChunkFailedError) -> None:
    """Mark a chunk failed, and keep those verdicts that hold whatever the chain says."""
    claims = tools.sink.claims(chunk)
    controls: list[ControlResult | None] = []
    for batch in _batches(claims):
        tools.go_on()
        controls += _verdicts_without_chain(tools, batch, failure.reason)
    judged = [
        RowResult(claim, control, None, row_findings(claim, control, None))
        for claim, control in zip(claims, controls, strict=True)
        if control is not None
    ]
    tools.sink.fail_chunk(chunk, failure.reason, judged)


def _results(
    claims: Sequence[NumberedClaim],
    controls: Sequence[ControlResult],
    balances: Sequence[Balance],
    doubts: Doubts,
) -> list[RowResult]:
    return [
        RowResult(claim, control, balance, row_findings(claim, control, balance, doubts))
        for claim, control, balance in zip(claims, controls, balances, strict=True)
    ]


def _judge(
    tools: Tools,
    claims: Sequence[NumberedClaim],
    call: ContractCall | None,
    keys: KeyQuestion | None,
    block: BlockRef | None,
) -> list[ControlResult]:
    found: list[ControlResult] = []
    for batch in _batches(claims):
        tools.go_on()
        found += _judge_batch(tools, [numbered.claim for numbered in batch], call, keys, block)
    return found


def _judge_batch(
    tools: Tools,
    claims: list[Claim],
    call: ContractCall | None,
    keys: KeyQuestion | None,
    block: BlockRef | None = None,
) -> list[ControlResult]:
    verdicts = list(tools.judge(_Heeding(claims, tools), call, keys))
    if len(verdicts) != len(claims):
        raise ValueError(f"{len(verdicts)} verdicts about {len(claims)} claims")
    if block is not None:
        verdicts = [since(verdict, block.height, block.time) for verdict in verdicts]
    return [settle(v, claim, tools.rule) for v, claim in zip(verdicts, claims, strict=True)]


def _verdicts_without_chain(
    tools: Tools, batch: Sequence[NumberedClaim], reason: str
) -> list[ControlResult | None]:
    """Verdicts that come about without the chain; None where it has something to say.

    It says whether a lock is over, too.

    Not the same as judging with no `call`: that settles for less, and what is stored now is not
    replaced when the source is back.
    """

    def nobody(_to: bytes, _data: bytes) -> bytes:
        raise SourceUnavailableError("chain", reason)

    def no_keys(_address: Address) -> KeyPolicy:
        raise SourceUnavailableError("chain", reason)

    claims = [numbered.claim for numbered in batch]
    found: list[ControlResult | None] = []
    try:
        found += _judge_batch(tools, claims, nobody, no_keys)
    except SourceError:
        for claim in claims:
            try:
                found += _judge_batch(tools, [claim], nobody, no_keys)
            except SourceError:
                found.append(None)
    return [None if verdict is None or verdict.lock else verdict for verdict in found]


def read_balances(
    tools: Tools,
    claims: Sequence[NumberedClaim],
    source: BalanceSource,
    block: BlockRef,
    progress: Callable[[float], None] | None,
    again: bool = False,
) -> list[Balance]:
    """Balances of the claims, in order; those that cannot even be asked for are unavailable.

    again: they were read before, and are compared with that (AgainReader).
    """
    known: _Places = {}
    with tools.at_work:
        asked = [_query(tools.registry, known, numbered.claim) for numbered in claims]
        queries = [q for q in asked if isinstance(q, BalanceQuery)]

    def report(share: float) -> None:
        tools.go_on()
        if progress is not None:
            progress(share)

    read = source.fetch_balances
    if again and isinstance(source, AgainReader):
        read = source.read_again
    answers = read(queries, block, report) if queries else []
    if len(answers) != len(queries):
        what = f"{len(answers)} answers to {len(queries)} questions"
        raise SourceUnavailableError(source.name, what)
    remaining = iter(answers)
    return [q if isinstance(q, Balance) else next(remaining) for q in asked]


def _query(registry: Registry, known: _Places, claim: Claim) -> BalanceQuery | Balance:
    """What to ask a source about a claim, or the answer that it cannot be asked about.

    known: where the holdings of this chunk are, as far as they were looked up.
    """
    key = claim.asset, claim.network, claim.decimals
    try:
        if key not in known:
            known[key] = _place_of(registry, claim)
        network, holding = known[key]
        return BalanceQuery(decode_address(network, claim.address), holding)
    except (AddressFormatError, UnknownAssetError) as e:
        return unavailable(str(e))


def _place_of(registry: Registry, claim: Claim) -> tuple[Network, Holding]:
    network = registry.network(claim.network)
    holding = registry.holding(claim.asset, claim.network)
    if holding.decimals != claim.decimals:
        raise UnknownAssetError(
            claim.asset,
            claim.network,
            f"{claim.asset} on {claim.network} has {holding.decimals} decimals in the tables "
            f"now, but had {claim.decimals} when the list was stored: store the list again",
        )
    return network, holding


def _batches(claims: Sequence[NumberedClaim]) -> list[list[NumberedClaim]]:
    remaining = iter(claims)
    batches = []
    while batch := list(islice(remaining, JUDGED_AT_ONCE)):
        batches.append(batch)
    return batches
