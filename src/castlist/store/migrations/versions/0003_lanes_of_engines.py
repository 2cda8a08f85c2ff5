"""What all workers know in common about each engine."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "lanes",
        sa.Column("engine", sa.String(length=80), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("engine", name=op.f("pk_lanes")),
    )
