"""Stored rows to values and back; the one place that knows which column is which field."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import Row

from scanner.errors import clip
from scanner.model.balance import Balance, Evidence
from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult, Freshness
from scanner.model.jsontext import own_json
from scanner.model.statement import ListTexts, SignedText, StatedBy, Statement, StatementRule
from scanner.ownership.signed_texts import SignedTexts
from scanner.snapshots.columns import Columns
from scanner.snapshots.values import (
    ONE_MOMENT,
    Chunk,
    ChunkPlan,
    ChunkState,
    NumberedClaim,
    Origin,
    SnapshotPolicy,
)
from scanner.store.schema import tables as t
from scanner.store.schema.verdicts import stored_verdict

CLAIM_COLUMNS = (
    *(t.claim.c.no, t.claim.c.duplicate, t.claim.c.row, t.claim.c.coin, t.claim.c.asset),
    *(t.claim.c.network, t.claim.c.address, t.claim.c.address_key, t.claim.c.decimals),
    *(t.claim.c.amount, t.claim.c.height, t.claim.c.message, t.claim.c.signatures),
    *(t.claim.c.script, t.claim.c.owners, t.claim.c.row_type),
)
CONTROL_COLUMNS = tuple(stored_verdict())
"""Of a query that joins balance and control_result."""
BALANCE_COLUMNS = (
    *(t.balance.c.amount, t.balance.c.evidence, t.balance.c.sources),
    *(t.balance.c.reason, t.balance.c.detail),
)

MOST_TEXTS = 20
"""Texts that are kept with a snapshot, the most signed first."""
LONGEST_TEXT = 500
"""Characters that are kept of each."""


T = TypeVar("T")
_CONTROLS = {c.value: c for c in Control}
_BINDINGS = {b.value: b for b in Binding}
_FRESHNESS = {f.value: f for f in Freshness}
_STATEMENTS = {s.value: s for s in Statement}
_STATED_BY = {s.value: s for s in StatedBy}
_EVIDENCE = {e.value: e for e in Evidence}
# The plain text of each word: `.value` costs a call, and drivers are slow with subclasses of str.
_WORDS = (Control, Binding, Freshness, Evidence, Statement, StatedBy)
_TEXT = {word: word.value for words in _WORDS for word in words}


def to_wanted(height: int | None) -> int:
    """What `wanted_height` holds for a height."""
    return t.NEWEST if height is None else height


def from_wanted(stored: int) -> int | None:
    """The height that `wanted_height` means."""
    return None if stored == t.NEWEST else stored


def read_claim(values: tuple[Any, ...]) -> NumberedClaim:
    """A claim from the values of CLAIM_COLUMNS."""
    return NumberedClaim(values[0], Claim._make(values[2:]), values[1])


def read_control(values: tuple[Any, ...]) -> ControlResult | None:
    """A verdict from the values of CONTROL_COLUMNS; None where an outer join found none."""
    if values[0] is None:
        return None
    control, binding, freshness, scheme, required, signed_by, reason, *more = values
    evidence, statement, stated_by = more
    bound = _BINDINGS[binding]
    # Not recorded by older programs, which asked the chain for nothing but `on_chain`.
    said_by = Evidence.REPORTED if bound is Binding.ON_CHAIN else Evidence.PROVEN
    return ControlResult(
        *(_CONTROLS[control], bound, _FRESHNESS[freshness], scheme, required, signed_by, reason),
        *(_EVIDENCE.get(evidence, said_by), _STATEMENTS[statement], _STATED_BY[stated_by]),
    )


def control_columns(fields: Columns) -> list[Sequence[Any]]:
    """The values of CONTROL_COLUMNS for verdicts, by column. fields: of ControlResult, as well."""
    control, binding, freshness, scheme, required, signed_by, reason, *more = fields
    evidence, statement, stated_by, _ = more
    return [
        *(_texts(control), _texts(binding), _texts(freshness), scheme, required, signed_by),
        *(reason, _texts(evidence), _texts(statement), _texts(stated_by)),
    ]


def read_balance(values: tuple[Any, ...]) -> Balance | None:
    """A balance from the values of BALANCE_COLUMNS; None where an outer join found none."""
    amount, evidence, sources, reason, detail = values
    if evidence is None:
        return None
    return Balance(amount, _EVIDENCE[evidence], sources, reason, detail)


def balance_columns(fields: Columns) -> list[Sequence[Any]]:
    """The values of BALANCE_COLUMNS for balances, by column. fields: of Balance, as well."""
    amount, evidence, sources, reason, detail = fields
    return [amount, _texts(evidence), sources, reason, detail]


def _texts(words: Sequence[Any]) -> list[str]:
    if words and words.count(words[0]) == len(words):  # as most words of a chunk are
        return [_TEXT[words[0]]] * len(words)
    return [_TEXT[word] for word in words]


def read_block(row: Row[Any]) -> BlockRef:
    """A pinned block from a row of pinned_block."""
    said_by = None if row.evidence is None else _EVIDENCE[row.evidence]
    return BlockRef(row.network, row.chain, row.height, row.hash, row.time, said_by)


def read_chunk(row: Row[Any]) -> Chunk:
    """A chunk from a row of chunk."""
    height = from_wanted(row.wanted_height)
    plan = ChunkPlan(row.network, height, row.first, row.last, row.claims)
    return Chunk(row.snapshot_id, row.no, plan, ChunkState(row.state), row.attempts, row.error)


def chunk_values(snapshot_id: int, no: int, plan: ChunkPlan) -> tuple[Any, ...]:
    """The values of a new row of chunk."""
    return (
        *(snapshot_id, no, plan.network, to_wanted(plan.height), plan.first, plan.last),
        *(plan.claims, ChunkState.PLANNED.value, 0, "", "", None),
    )


def dump_policy(policy: SnapshotPolicy) -> str:
    """A policy as the JSON text that is stored."""
    stored: dict[str, Any] = {
        "at": dict(policy.at),
        "attempts": policy.attempts,
        "chunk_sizes": dict(policy.chunk_sizes),
    }
    if policy.statement is not None:
        stored["statement"] = asdict(policy.statement)
    if policy.origin is not None:
        stored["origin"] = asdict(policy.origin)
    if policy.hashes:
        stored["hashes"] = dict(policy.hashes)
    if policy.spread != ONE_MOMENT:
        stored["spread"] = policy.spread
    if policy.one_moment:
        stored["one_moment"] = True
    if policy.one_height:
        stored["one_height"] = True
    read: dict[str, Any] = {"quorum": policy.quorum, "proof": policy.proof}
    networks = None if policy.networks is None else sorted(policy.networks)
    if policy.queued:
        stored["queue"] = {"networks": networks, **read}
    elif policy.quorum > 1 or policy.proof or networks is not None:
        stored["read"] = read if networks is None else {"networks": networks, **read}
    return json.dumps(stored, sort_keys=True)


def load_policy(text: str) -> SnapshotPolicy:
    """The policy of a stored JSON text."""
    stored = own_json(text)
    queue = stored.get("queue", {})
    read = queue or stored.get("read", {})
    networks = read.get("networks")
    return SnapshotPolicy(
        stored["at"],
        stored["chunk_sizes"],
        stored["attempts"],
        queued="queue" in stored,
        networks=None if networks is None else frozenset(networks),
        quorum=read.get("quorum", 1),
        proof=read.get("proof", False),
        statement=_made(StatementRule, stored.get("statement")),
        origin=_made(Origin, stored.get("origin")),
        hashes=stored.get("hashes", {}),
        spread=stored.get("spread", ONE_MOMENT),
        one_moment=stored.get("one_moment", False),
        one_height=stored.get("one_height", False),
    )


def _made(kind: Callable[..., T], stored: dict[str, Any] | None) -> T | None:
    """A stored value of parts; lists come back as the tuples they were."""
    if stored is None:
        return None
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})


def dump_texts(texts: SignedTexts) -> str:
    """What a list signs as the JSON text that is stored: the most signed texts, and counts."""
    shown = [[clip(s.text, LONGEST_TEXT), s.rows, s.first] for s in texts.most_signed[:MOST_TEXTS]]
    more = len(texts.most_signed) - len(shown)
    stored = {"rows": texts.rows, "texts": shown, "more": more, "uncounted": texts.uncounted}
    return json.dumps(stored)


def load_texts(stored: str) -> ListTexts | None:
    """What a list signs, of a stored JSON text; None where it was not kept."""
    if not stored:
        return None
    said = own_json(stored)
    texts = tuple(SignedText(*text) for text in said["texts"])
    return ListTexts(texts, said["rows"], said["more"], said["uncounted"])
