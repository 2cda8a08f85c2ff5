"""A lease says how long it is, so that one from before the clock was set back can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("workers", sa.Column("lease_ms", sa.BigInteger(), server_default="3600000", nullable=False))
