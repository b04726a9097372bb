"""The tables, as the newest migration leaves them. migrations/versions/ is how they come about.

What is keyed by (list, no) is as the publisher wrote it; what is keyed by (snapshot, ...) is what
we found. Results are append-only: triggers refuse UPDATE and DELETE (see append_only.py).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from scanner.store.schema.types import ExactText, Sum, TextList, Uint256, UtcTime

NEWEST = -1
"""In `wanted_height`: no height was stated, the newest block that is final enough is meant."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def serial() -> Column[int]:
    """A key that the database numbers."""
    # SQLite gives ids of its own only to INTEGER PRIMARY KEY; Identity is ignored there.
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column("id", kind, Identity(), primary_key=True)


def snapshot_key() -> Column[int]:
    """A key, or its first part: the snapshot's."""
    return Column("snapshot_id", ForeignKey("snapshot.id"), primary_key=True, autoincrement=False)


def _snapshot_part() -> Column[int]:
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column("snapshot_id", kind, primary_key=True, autoincrement=False)


def _key(of: str, here: list[str], there: list[str]) -> ForeignKeyConstraint:
    # Of the largest tables: on PostgreSQL referred.py stands for it.
    named = [f"{of}.{name}" for name in there]
    return ForeignKeyConstraint(here, named, info={"only": "sqlite"}).ddl_if(dialect="sqlite")


def _list_key() -> Column[int]:
    # Deferred: a list's own row comes last, when its counts are known.
    of = ForeignKey("reserve_list.id", deferrable=True, initially="DEFERRED")
    return Column("list_id", of, primary_key=True, autoincrement=False)


def _number(name: str = "no") -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


publisher = Table(
    "publisher",
    metadata,
    serial(),
    Column("name", ExactText, nullable=False, unique=True),
    # Id of the publisher that this one is merged into: its lists are then that one's.
    Column("same_as", BigInteger().with_variant(Integer, "sqlite")),
)

reserve_list = Table(
    "reserve_list",
    metadata,
    serial(),
    Column("publisher_id", ForeignKey("publisher.id"), nullable=False),
    Column("sha256", Text, nullable=False),  # of the file's bytes
    Column("content", Text, nullable=False),  # sha256 of the rows as they were read
    Column("name", ExactText, nullable=False),
    Column("format", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("data_rows", Integer, nullable=False),
    Column("claims", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("notes", ExactText, nullable=False),  # JSON object
    Column("imported", UtcTime, nullable=False),
    UniqueConstraint("publisher_id", "sha256", "content"),
)

claim = Table(
    "claim",
    metadata,
    _list_key(),
    _number(),
    Column("row", Integer, nullable=False),
    Column("coin", ExactText, nullable=False),
    Column("asset", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("address", ExactText, nullable=False),
    Column("address_key", ExactText, nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("amount", Uint256),
    Column("height", BigInteger),
    Column("message", ExactText, nullable=False),
    Column("signatures", TextList, nullable=False),
    Column("script", ExactText, nullable=False),
    Column("owners", TextList, nullable=False),
    Column("row_type", ExactText, nullable=False),
    Column("duplicate", Boolean, nullable=False),  # repeats an earlier claim: not counted
)
Index(None, claim.c.list_id, claim.c.network, claim.c.no)
Index(None, claim.c.list_id, claim.c.asset, claim.c.network, claim.c.no)
Index(None, claim.c.address_key, claim.c.list_id, claim.c.no)

unreadable_row = Table(
    "unreadable_row",
    metadata,
    _list_key(),
    _number(),
    Column("row", Integer, nullable=False),
    Column("column", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", ExactText, nullable=False),
    Column("text", ExactText, nullable=False),
)

declared_total = Table(
    "declared_total",
    metadata,
    _list_key(),
    _number(),
    Column("row", Integer, nullable=False),
    Column("coin", ExactText, nullable=False),
    Column("asset", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("amount", Sum),
    Column("height", BigInteger),
    Column("is_group", Boolean, nullable=False),
    Column("places", Integer),
    Column("reason", ExactText, nullable=False),
)

list_finding = Table(
    "list_finding",
    metadata,
    _list_key(),
    _number(),
    Column("kind", Text, nullable=False),
    Column("reason", ExactText, nullable=False),
    Column("row", Integer),
    Column("asset", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("address", ExactText, nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    serial(),
    Column("list_id", ForeignKey("reserve_list.id"), nullable=False),
    Column("policy", Text, nullable=False),  # JSON object
    Column("state", Text, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("started", UtcTime),
    Column("finished", UtcTime),
    Column("program", Text, nullable=False),
    Column("chain_head", Text, nullable=False, server_default=""),
    Column("texts", ExactText, nullable=False, server_default=""),  # JSON: what its list signs
)
Index(None, snapshot.c.list_id, snapshot.c.id)

pinned_block = Table(
    "pinned_block",
    metadata,
    snapshot_key(),
    Column("network", Text, primary_key=True),
    Column("wanted_height", BigInteger, primary_key=True, autoincrement=False),
    Column("chain", ExactText, nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("hash", ExactText, nullable=False),
    Column("time", BigInteger),
    Column("source", Text, nullable=False),
    Column("evidence", Text),  # who named it; NULL: not recorded, by an older program
)

chunk = Table(
    "chunk",
    metadata,
    snapshot_key(),
    _number(),
    Column("network", Text, nullable=False),
    Column("wanted_height", BigInteger, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("claims", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", ExactText, nullable=False),
    Column("digest", Text, nullable=False, server_default=""),  # of its rows, once it is done
    Column("read_until", BigInteger),  # of newest states: the latest; NULL: read at its block
)

control_result = Table(
    "control_result",
    metadata,
    _snapshot_part(),
    _number("claim_no"),
    Column("control", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("freshness", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("required", Integer, nullable=False),
    Column("signed_by", TextList, nullable=False),
    Column("reason", ExactText, nullable=False),
    Column("evidence", Text, nullable=False, server_default=""),  # "": not recorded
    Column("statement", Text, nullable=False, server_default="not_asked"),
    Column("stated_by", Text, nullable=False, server_default=""),
    _key("snapshot", ["snapshot_id"], ["id"]),
    sqlite_with_rowid=False,
)

balance = Table(
    "balance",
    metadata,
    _snapshot_part(),
    _number("claim_no"),
    Column("chunk_no", Integer, nullable=False),
    Column("amount", Uint256),
    Column("evidence", Text, nullable=False),
    Column("sources", TextList, nullable=False),
    Column("reason", ExactText, nullable=False),
    Column("detail", ExactText, nullable=False),
    # The verdict, with the columns of control_result; NULL where it stands there (verdicts.py).
    Column("control", Text),
    Column("binding", Text),
    Column("freshness", Text),
    Column("scheme", Text),
    Column("required", Integer),
    Column("signed_by", TextList),
    Column("control_reason", ExactText),
    Column("control_evidence", Text),
    Column("statement", Text),
    Column("stated_by", Text),
    CheckConstraint("(amount IS NULL) = (evidence = 'unavailable')", name="failed_is_not_zero"),
    _key("chunk", ["snapshot_id", "chunk_no"], ["snapshot_id", "no"]),
    sqlite_with_rowid=False,
)

finding = Table(
    "finding",
    metadata,
    _snapshot_part(),
    _number("claim_no"),
    Column("kind", Text, primary_key=True),
    Column("reason", ExactText, nullable=False),
    _key("snapshot", ["snapshot_id"], ["id"]),
    sqlite_with_rowid=False,
)
Index(None, finding.c.snapshot_id, finding.c.kind, finding.c.claim_no)

subtotal = Table(
    "subtotal",
    metadata,
    _snapshot_part(),
    _number("chunk_no"),
    Column("asset", Text, primary_key=True),
    Column("decimals", Integer, primary_key=True, autoincrement=False),
    Column("proof", Boolean, primary_key=True, autoincrement=False),
    Column("evidence", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("claimed", Sum, nullable=False),
    Column("found", Sum, nullable=False),
    Column("shortfall", Sum, nullable=False),
    Column("surplus", Sum, nullable=False),
    ForeignKeyConstraint(["snapshot_id", "chunk_no"], ["chunk.snapshot_id", "chunk.no"]),
)

total = Table(
    "total",
    metadata,
    snapshot_key(),
    Column("asset", Text, primary_key=True),
    Column("decimals", Integer, nullable=False),
    Column("claimed", Sum, nullable=False),
    Column("proven", Sum, nullable=False),
    Column("agreed", Sum, nullable=False),
    Column("reported", Sum, nullable=False),
    Column("latest_only", Sum, nullable=False),
    Column("unverified", Sum, nullable=False),
    Column("unavailable_rows", Integer, nullable=False),
    Column("shortfall", Sum, nullable=False),
    Column("surplus", Sum, nullable=False),
)

liability = Table(
    "liability",
    metadata,
    snapshot_key(),
    Column("asset", Text, primary_key=True),
    Column("amount", Sum, nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("source", ExactText, nullable=False),
    Column("as_of", ExactText, nullable=False),
    Column("detail", ExactText, nullable=False),  # JSON object
)

liability_proof = Table(
    "liability_proof",
    metadata,
    snapshot_key(),
    Column("sha256", Text, primary_key=True),  # of the document as it was given, unpacked
    Column("format", Text, nullable=False),
    Column("name", ExactText, nullable=False),
    Column("status", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("net", Sum, nullable=False),
    Column("unit_usd", Text, nullable=False),  # US dollars of one unit of net; "" unknown
    Column("root", Text, nullable=False),
    Column("pin", Text, nullable=False),  # SHA-256 of the key that was pinned; "" if none was
    Column("key_data", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),  # packed with zlib
    Column("published_ratio", Text, nullable=False, server_default=""),  # the publisher's word
)

price = Table(
    "price",
    metadata,
    Column("asset", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("at", UtcTime, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("value", Text, nullable=False),  # exact decimal text of one whole coin
)

schedule = Table(
    "schedule",
    metadata,
    serial(),
    Column("name", ExactText, nullable=False, unique=True),
    Column("publisher", ExactText, nullable=False),
    Column("location", ExactText, nullable=False),  # path or URL of the list
    Column("cron", Text, nullable=False),
    Column("options", ExactText, nullable=False),  # JSON object
    Column("created", UtcTime, nullable=False),
    Column("etag", ExactText, nullable=False, server_default=""),  # of the list last fetched
    Column("modified", ExactText, nullable=False, server_default=""),
)

schedule_run = Table(
    "schedule_run",
    metadata,
    Column(
        "schedule_id",
        ForeignKey("schedule.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("tick", UtcTime, primary_key=True),  # the moment of its cron expression
    Column("state", Text, nullable=False),
    Column("claimed", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("list_id", ForeignKey("reserve_list.id")),
    Column("snapshot_id", ForeignKey("snapshot.id")),
    Column("error", ExactText, nullable=False),
)
