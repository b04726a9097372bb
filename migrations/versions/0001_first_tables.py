"""The first tables.

Why: everything starts here. Nothing came before, so nothing older has to go on working.

Types are spelled out here as they were, so that later changes of the program leave this migration
alone: amounts are NUMERIC on PostgreSQL and zero-padded TEXT on SQLite, whose numbers lose digits.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "publisher",
    "reserve_list",
    "claim",
    "unreadable_row",
    "declared_total",
    "list_finding",
    "snapshot",
    "pinned_block",
    "chunk",
    "control_result",
    "balance",
    "finding",
    "subtotal",
    "total",
    "liability",
    "price",
)
APPEND_ONLY = (
    "reserve_list",
    "claim",
    "unreadable_row",
    "declared_total",
    "list_finding",
    "pinned_block",
    "control_result",
    "balance",
    "finding",
    "subtotal",
    "total",
    "liability",
)


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _time() -> sa.types.TypeEngine[object]:
    return sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def _natural(digits: int) -> sa.types.TypeEngine[object]:
    return sa.Numeric(digits, 0).with_variant(sa.Text(), "sqlite")


def _of_list(table: str) -> sa.ForeignKeyConstraint:
    # Deferred: a list's own row comes last, when its counts are known.
    name = op.f(f"fk_{table}_list_id_reserve_list")
    return sa.ForeignKeyConstraint(
        ["list_id"], ["reserve_list.id"], name, deferrable=True, initially="DEFERRED"
    )


def _of_snapshot(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_snapshot_id_snapshot")
    return sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"], name)


def upgrade() -> None:
    _published()
    _claims()
    _published_rest()
    _published_findings()
    _plans()
    _results()
    _sums()
    _beside()
    for statement in append_only.create_statements(op.get_bind().dialect.name, APPEND_ONLY):
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    for statement in append_only.drop_statements(op.get_bind().dialect.name, APPEND_ONLY):
        op.execute(statement)
    for table in reversed(TABLES):
        op.drop_table(table)


def _published() -> None:
    op.create_table(
        "publisher",
        sa.Column("id", _id(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publisher")),
        sa.UniqueConstraint("name", name=op.f("uq_publisher_name")),
    )
    op.create_table(
        "reserve_list",
        sa.Column("id", _id(), sa.Identity(), nullable=False),
        sa.Column("publisher_id", _id(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("data_rows", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("imported", _time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publisher.id"], name=op.f("fk_reserve_list_publisher_id_publisher")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserve_list")),
        sa.UniqueConstraint(
            "publisher_id",
            "sha256",
            "content",
            name=op.f("uq_reserve_list_publisher_id_sha256_content"),
        ),
    )


def _claims() -> None:
    op.create_table(
        "claim",
        sa.Column("list_id", _id(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("coin", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("amount", _natural(78), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("signatures", sa.Text(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("owners", sa.Text(), nullable=False),
        sa.Column("row_type", sa.Text(), nullable=False),
        sa.Column("duplicate", sa.Boolean(), nullable=False),
        _of_list("claim"),
        sa.PrimaryKeyConstraint("list_id", "no", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_list_id_network_no"), "claim", ["list_id", "network", "no"])


def _published_rest() -> None:
    op.create_table(
        "unreadable_row",
        sa.Column("list_id", _id(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _of_list("unreadable_row"),
        sa.PrimaryKeyConstraint("list_id", "no", name=op.f("pk_unreadable_row")),
    )
    op.create_table(
        "declared_total",
        sa.Column("list_id", _id(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("coin", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("amount", _natural(120), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("is_group", sa.Boolean(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _of_list("declared_total"),
        sa.PrimaryKeyConstraint("list_id", "no", name=op.f("pk_declared_total")),
    )


def _published_findings() -> None:
    op.create_table(
        "list_finding",
        sa.Column("list_id", _id(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        _of_list("list_finding"),
        sa.PrimaryKeyConstraint("list_id", "no", name=op.f("pk_list_finding")),
    )


def _plans() -> None:
    op.create_table(
        "snapshot",
        sa.Column("id", _id(), sa.Identity(), nullable=False),
        sa.Column("list_id", _id(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", _time(), nullable=False),
        sa.Column("started", _time(), nullable=True),
        sa.Column("finished", _time(), nullable=True),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("chain_head", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["reserve_list.id"], name=op.f("fk_snapshot_list_id_reserve_list")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "pinned_block",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("wanted_height", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        _of_snapshot("pinned_block"),
        sa.PrimaryKeyConstraint(
            "snapshot_id", "network", "wanted_height", name=op.f("pk_pinned_block")
        ),
    )
    op.create_table(
        "chunk",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("wanted_height", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        _of_snapshot("chunk"),
        sa.PrimaryKeyConstraint("snapshot_id", "no", name=op.f("pk_chunk")),
    )


def _results() -> None:
    op.create_table(
        "control_result",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("claim_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("binding", sa.Text(), nullable=False),
        sa.Column("freshness", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _of_snapshot("control_result"),
        sa.PrimaryKeyConstraint("snapshot_id", "claim_no", name=op.f("pk_control_result")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "balance",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("claim_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chunk_no", sa.Integer(), nullable=False),
        sa.Column("amount", _natural(78), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(amount IS NULL) = (evidence = 'unavailable')",
            name=op.f("ck_balance_failed_is_not_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id", "chunk_no"],
            ["chunk.snapshot_id", "chunk.no"],
            name=op.f("fk_balance_snapshot_id_chunk_no_chunk"),
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "claim_no", name=op.f("pk_balance")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "finding",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("claim_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _of_snapshot("finding"),
        sa.PrimaryKeyConstraint("snapshot_id", "claim_no", "kind", name=op.f("pk_finding")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_finding_snapshot_id_kind_claim_no"), "finding", ["snapshot_id", "kind", "claim_no"]
    )


def _sums() -> None:
    op.create_table(
        "subtotal",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("chunk_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proof", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("claimed", _natural(120), nullable=False),
        sa.Column("found", _natural(120), nullable=False),
        sa.Column("shortfall", _natural(120), nullable=False),
        sa.Column("surplus", _natural(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id", "chunk_no"],
            ["chunk.snapshot_id", "chunk.no"],
            name=op.f("fk_subtotal_snapshot_id_chunk_no_chunk"),
        ),
        sa.PrimaryKeyConstraint(
            "snapshot_id",
            "chunk_no",
            "asset",
            "decimals",
            "proof",
            "evidence",
            name=op.f("pk_subtotal"),
        ),
    )
    op.create_table(
        "total",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("claimed", _natural(120), nullable=False),
        sa.Column("proven", _natural(120), nullable=False),
        sa.Column("agreed", _natural(120), nullable=False),
        sa.Column("reported", _natural(120), nullable=False),
        sa.Column("latest_only", _natural(120), nullable=False),
        sa.Column("unverified", _natural(120), nullable=False),
        sa.Column("unavailable_rows", sa.Integer(), nullable=False),
        sa.Column("shortfall", _natural(120), nullable=False),
        sa.Column("surplus", _natural(120), nullable=False),
        _of_snapshot("total"),
        sa.PrimaryKeyConstraint("snapshot_id", "asset", name=op.f("pk_total")),
    )


def _beside() -> None:
    op.create_table(
        "liability",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", _natural(120), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        _of_snapshot("liability"),
        sa.PrimaryKeyConstraint("snapshot_id", "asset", name=op.f("pk_liability")),
    )
    op.create_table(
        "price",
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("asset", "currency", "at", "source", name=op.f("pk_price")),
    )
