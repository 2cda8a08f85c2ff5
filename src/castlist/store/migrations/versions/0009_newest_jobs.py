"""The newest jobs of all, and an account's open ones in order, are found without a walk through the others."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

OPEN = sa.text("status IN ('pending', 'processing')")


def upgrade() -> None:
    op.drop_index("ix_jobs_open", "jobs")
    columns = ["account_id", "created_ms", "id"]
    op.create_index("ix_jobs_open", "jobs", columns, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_jobs_newest", "jobs", ["created_ms", "id"])
