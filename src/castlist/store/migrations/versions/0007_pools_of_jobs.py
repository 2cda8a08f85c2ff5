"""Every pool has a virtual clock of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("pool", sa.String(length=40), server_default="default", nullable=False))
    op.drop_index("ix_jobs_clock", "jobs")
    op.drop_index("ix_jobs_key_finish", "jobs")
    begun = sa.text("attempt > 0")
    op.create_index("ix_jobs_clock", "jobs", ["pool", "clock"], sqlite_where=begun, postgresql_where=begun)
    op.create_index("ix_jobs_key_finish", "jobs", ["key_id", "pool", "finish"])
