"""Rate limits and shares of keys, quotas of accounts, turns of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for name, kind in (
        ("most_open_jobs", sa.Integer()),
        ("most_images_a_day", sa.Integer()),
        ("most_millis_a_day", sa.BigInteger()),
        ("most_upload_bytes", sa.BigInteger()),
    ):
        op.add_column("accounts", sa.Column(name, kind, nullable=True))
    op.add_column("api_keys", sa.Column("rate_a_minute", sa.Integer(), nullable=True))
    op.add_column("api_keys", sa.Column("weight", sa.Integer(), server_default="1", nullable=False))
    op.add_column("api_keys", sa.Column("priority", sa.String(length=10), server_default="normal", nullable=False))
    op.create_table(
        "rates",
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("full_us", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_rates")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE rates SET UNLOGGED")
    op.add_column("jobs", sa.Column("clock", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("finish", sa.BigInteger(), server_default="0", nullable=False))
    begun = sa.text("attempt > 0")
    op.create_index("ix_jobs_clock", "jobs", ["clock"], sqlite_where=begun, postgresql_where=begun)
    still_open = sa.text("status IN ('pending', 'processing')")
    op.create_index("ix_jobs_open", "jobs", ["account_id"], sqlite_where=still_open, postgresql_where=still_open)
    unswept = sa.text("file IS NOT NULL AND swept_ms IS NULL")
    op.create_index("ix_images_unswept", "images", ["job_id"], sqlite_where=unswept, postgresql_where=unswept)
    op.create_index("ix_jobs_key_finish", "jobs", ["key_id", "finish"])
