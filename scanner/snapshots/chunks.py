"""Takes one chunk: the same function in one process, after a restart, and on a queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import uniform
from threading import Event, Lock
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.nap import sleep_using_event

from scanner.chains.interface import BalanceSource
from scanner.errors import (
    AddressFormatError,
    PinReplacedError,
    ReorgError,
    ScannerError,
    SourceError,
    SourceUnavailableError,
    StoreError,
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
from scanner.model.statement import StatementRule
from scanner.ownership.interface import ContractCall, KeyQuestion
from scanner.ownership.statement import settle
from scanner.snapshots.findings import row_findings
from scanner.snapshots.interface import (
    Chunk,
    Judge,
    NumberedClaim,
    RowResult,
    SnapshotSink,
)
from scanner.snapshots.view import chain_view, key_question

MOST_PINS = 3
"""Blocks that a chunk is tried at, each in place of one that left the best chain."""

JUDGED_AT_ONCE = 500
"""Claims judged between two looks at whether to stop."""

LONGEST_WAIT = 60.0
"""Seconds at most between two tries, whatever a server asks for."""

NO_SOURCE = "no source of balances is configured for {network}"

T = TypeVar("T")

_Places = dict[tuple[str, str, int], tuple[Network, Holding]]
"""By asset, network and decimals."""


class StoppedError(Exception):
    """The run is to stop. Nothing of the chunk at hand is stored; it is taken again later."""


class ChunkFailedError(Exception):
    """A chunk cannot be taken now.

    retryable: whether its source gave no answer at all. reorged: whether its block is gone.
    """

    def __init__(self, reason: str, *, retryable: bool, reorged: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.retryable, self.reorged = reason, retryable, reorged


@dataclass(frozen=True, slots=True)
class Tools:
    """What taking chunks needs, the same for every chunk of a run.

    rule: what counts as the publisher's claim; verdicts are settled by it. hashes: network -> the
        hash that the user knows its block to have.
    attempts: how often a source is asked before a chunk fails. stop: set to stop soon.
    first_wait: seconds before the second try; then twice as long each time, with jitter.
    at_work: held while rows are made and stored. Threads are for waiting: two that take the
        interpreter's lock from each other at every row are slower than one after the other.
    """

    sink: SnapshotSink
    judge: Judge
    registry: Registry
    attempts: int
    stop: Event
    first_wait: float = 0.5
    rule: StatementRule | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    at_work: Lock = field(default_factory=Lock)

    def go_on(self) -> None:
        """Raise StoppedError if the run is to stop."""
        if self.stop.is_set():
            raise StoppedError


def pin_height(tools: Tools, snapshot_id: int, chunk: Chunk, source: BalanceSource) -> BlockRef:
    """The block a chunk is read at: the stored one, else the source's answer, which is stored.

    Raises ChunkFailedError when the source cannot pin it, StoppedError, StoreError.
    """
    plan = chunk.plan
    stored = tools.sink.pinned(snapshot_id, plan.network, plan.height)
    if stored is not None:
        return stored
    block = _vouched(tools, _asked(tools, lambda: source.pin(plan.height)))
    return tools.sink.pin(snapshot_id, plan.height, block, source.name)


def _vouched(tools: Tools, block: BlockRef) -> BlockRef:
    """A block with the user's word for its hash, where there is one: then it must be that block."""
    wanted = tools.hashes.get(block.network)
    if wanted is None:
        return block
    if block.hash.removeprefix("0x").lower() != wanted.removeprefix("0x").lower():
        reason = (
            f"block {block.height} of {block.network} has the hash {block.hash} at the endpoints, "
            f"and you said that it is {wanted}: they are not on your chain, or the hash is wrong"
        )
        raise ChunkFailedError(reason, retryable=False)
    return replace(block, evidence=Evidence.PROVEN)


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
    block = _vouched(tools, _asked(tools, lambda: source.pin(height)))
    return tools.sink.repin(chunk.snapshot_id, height, gone, block, source.name)


def _take_at(
    tools: Tools,
    chunk: Chunk,
    source: BalanceSource | None,
    block: BlockRef | None,
    progress: Callable[[float], None] | None,
) -> None:
    with tools.at_work:
        claims = tools.sink.claims(chunk)
    call, keys = chain_view(source, block), key_question(source, block)

    def read() -> list[Balance]:
        if source is None or block is None:
            reason = NO_SOURCE.format(network=chunk.plan.network)
            return [unavailable(reason)] * len(claims)
        return _read(tools, claims, source, block, progress)

    controls = _asked(tools, lambda: _judge(tools, claims, call, keys, block))
    balances = _asked(tools, read)
    with tools.at_work:
        tools.sink.finish_chunk(chunk, _results(claims, controls, balances), block)


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
) -> list[RowResult]:
    return [
        RowResult(claim, control, balance, row_findings(claim, control, balance))
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
    verdicts = list(tools.judge(claims, call, keys))
    if len(verdicts) != len(claims):
        raise ValueError(f"{len(verdicts)} verdicts about {len(claims)} claims")
    if block is not None:
        verdicts = [since(verdict, block.height, block.time) for verdict in verdicts]
    return [settle(v, claim, tools.rule) for v, claim in zip(verdicts, claims, strict=True)]


def _verdicts_without_chain(
    tools: Tools, batch: Sequence[NumberedClaim], reason: str
) -> list[ControlResult | None]:
    """Verdicts that come about without asking the chain; None where it would have to be asked.

    Not the same as judging with no `call`: that settles for less, and what is stored now is not
    replaced when the source is back.
    """

    def nobody(_to: bytes, _data: bytes) -> bytes:
        raise SourceUnavailableError("chain", reason)

    def no_keys(_address: Address) -> KeyPolicy:
        raise SourceUnavailableError("chain", reason)

    claims = [numbered.claim for numbered in batch]
    try:
        return list(_judge_batch(tools, claims, nobody, no_keys))
    except SourceError:
        pass
    found: list[ControlResult | None] = []
    for claim in claims:
        try:
            found += _judge_batch(tools, [claim], nobody, no_keys)
        except SourceError:
            found.append(None)
    return found


def _read(
    tools: Tools,
    claims: Sequence[NumberedClaim],
    source: BalanceSource,
    block: BlockRef,
    progress: Callable[[float], None] | None,
) -> list[Balance]:
    """Balances of the claims, in order; those that cannot even be asked for are unavailable."""
    known: _Places = {}
    with tools.at_work:
        asked = [_query(tools.registry, known, numbered.claim) for numbered in claims]
        queries = [q for q in asked if isinstance(q, BalanceQuery)]

    def report(share: float) -> None:
        tools.go_on()
        if progress is not None:
            progress(share)

    answers = source.fetch_balances(queries, block, report) if queries else []
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
            f"{claim.asset} on {claim.network} has {holding.decimals} decimals in the tables now "
            f"and had {claim.decimals} when the list was stored: store the list again",
        )
    return network, holding


def _asked(tools: Tools, work: Callable[[], T]) -> T:
    """Do work that asks a source, again where asking again may help.

    Raises ChunkFailedError in place of whatever goes wrong, but for the database and a stop.
    """
    retrying = Retrying(
        stop=stop_after_attempt(tools.attempts),
        wait=lambda state: _wait(tools, state.attempt_number, _failure(state.outcome)),
        retry=retry_if_exception_type(SourceUnavailableError),
        before=lambda _state: tools.go_on(),
        sleep=sleep_using_event(tools.stop),
        reraise=True,
    )
    try:
        return retrying(work)
    except (StoreError, StoppedError):
        raise
    except SourceUnavailableError as e:
        raise ChunkFailedError(str(e), retryable=True) from e
    except ScannerError as e:
        reorged = isinstance(e, ReorgError)
        raise ChunkFailedError(str(e), retryable=False, reorged=reorged) from e
    except Exception as e:
        # A bug met by one hostile row must not end a run of hours, nor pass for a result. Only
        # its kind and place are told: texts of libraries may hold an endpoint's URL.
        raise ChunkFailedError(f"internal error: {_place(e)}", retryable=False) from e


def _wait(tools: Tools, attempt: int, failure: BaseException | None) -> float:
    seconds: float = tools.first_wait * 2 ** (attempt - 1) * uniform(0.75, 1.25)  # noqa: S311 - jitter
    asked = failure.retry_after if isinstance(failure, SourceUnavailableError) else None
    return min(max(seconds, asked or 0.0), LONGEST_WAIT)


def _failure(outcome: object) -> BaseException | None:
    exception = getattr(outcome, "exception", None)
    found = exception() if callable(exception) else None
    return found if isinstance(found, BaseException) else None


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    module = trace.tb_frame.f_globals.get("__name__", "?")
    return f"{type(error).__name__} in {module}, line {trace.tb_lineno}"


def _batches(claims: Sequence[NumberedClaim]) -> list[list[NumberedClaim]]:
    remaining = iter(claims)
    batches = []
    while batch := list(islice(remaining, JUDGED_AT_ONCE)):
        batches.append(batch)
    return batches
