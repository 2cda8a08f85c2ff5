"""Claims that stopping workers gave back are counted, so that they do not count against the job."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("put_down", sa.Integer(), server_default="0", nullable=False))
