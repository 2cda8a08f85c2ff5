"""The tables, the same in SQLite and PostgreSQL. Times are Unix milliseconds, money thousandths of a credit.

Read by the other modules of `store` and by the migrations; nobody else. A test compares the states with `domain.jobs`.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from castlist.domain.credits import EntryKind
from castlist.domain.jobs import JobStatus
from castlist.domain.pools import DEFAULT_POOL

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, values: type[EntryKind] | type[JobStatus]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


# Written out, because a database uses a partial index only for a query that says the very same.
UNKNOWN_LEASE_MS = 3_600_000
"""The length of a lease of whom nothing says it, a worker of an earlier release: so long that it is believed."""
BEGUN = text("attempt > 0")
UNSWEPT = text("file IS NOT NULL AND swept_ms IS NULL")
OPEN = text(f"status IN ({', '.join(repr(str(status)) for status in JobStatus if not status.terminal)})")

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    # Quotas; null is none.
    Column("most_open_jobs", Integer),
    Column("most_images_a_day", Integer),
    Column("most_millis_a_day", BigInteger),
    Column("most_upload_bytes", BigInteger),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # HMAC-SHA-256 of the key; the key itself is nowhere
    Column("hint", String(8), nullable=False),  # its last characters, so that people can tell keys apart
    Column("scopes", JSON, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
    Column("last_used_ms", BigInteger),
    Column("rate_a_minute", Integer),  # requests; null is the installation's, 0 is no limit
    Column("weight", Integer, nullable=False, default=1, server_default="1"),
    Column("priority", String(10), nullable=False, default="normal", server_default="normal"),
)

# When a key's whole minute will be there again: one number is all that its rate limit has to remember (domain.rates).
# PostgreSQL only, where it is unlogged: no request waits for a disk, and a crash of the database
# forgives what was used.
rates = Table(
    "rates",
    metadata,
    Column("key_id", String(40), primary_key=True),
    Column("full_us", BigInteger, nullable=False),
    Column("allowed", Boolean, nullable=False),
)

# Append-only. `balance_millis` is the account's balance after the entry: the sum of all changes up to here, kept beside
# them so that reading it costs one row and the database itself refuses to let it fall below zero. Two writers that
# would both append after the same entry collide on the primary key.
entries = Table(
    "entries",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("amount_millis", BigInteger, nullable=False),
    Column("change_millis", BigInteger, nullable=False),
    Column("balance_millis", BigInteger, nullable=False),
    Column("job_id", String(40)),
    Column("note", Text, nullable=False, default=""),
    Column("created_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "sequence"),
    UniqueConstraint("job_id", "kind"),
    CheckConstraint(_one_of("kind", EntryKind), name="kind"),
    CheckConstraint("balance_millis >= 0", name="balance_not_negative"),
    CheckConstraint("kind = 'adjust' OR amount_millis >= 0", name="amount_not_negative"),
    CheckConstraint(
        "change_millis = CASE kind WHEN 'hold' THEN -amount_millis WHEN 'capture' THEN 0 ELSE amount_millis END",
        name="change_follows_kind",
    ),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("key_id", String(40)),
    Column("model_type", String(80), nullable=False),
    Column("engine", String(80), nullable=False),
    Column("substituted", Boolean, nullable=False),
    Column("request", JSON, nullable=False),  # as planned: references are names of stored files
    Column("seed", BigInteger, nullable=False),
    Column("num_images", Integer, nullable=False),
    Column("price_millis", BigInteger, nullable=False),
    Column("held_millis", BigInteger, nullable=False),
    Column("captured_millis", BigInteger),
    Column("released_millis", BigInteger),
    Column("status", String(12), nullable=False),  # arrows: see domain.jobs
    Column(
        "attempt", Integer, nullable=False, default=0
    ),  # claims so far; the claim with the highest number holds the job
    Column(
        "put_down", Integer, nullable=False, default=0, server_default="0"
    ),  # claims given back by workers that stop
    Column("worker_id", String(60)),
    Column("fraction", Float, nullable=False, default=0.0),
    Column("error_code", String(40)),
    Column("error_message", Text),
    Column("request_id", String(80)),
    Column("pool", String(40), nullable=False, default=DEFAULT_POOL, server_default=DEFAULT_POOL),
    Column("clock", BigInteger, nullable=False, default=0, server_default="0"),  # these two: see domain.fairness
    Column("finish", BigInteger, nullable=False, default=0, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger),
    Column("finished_ms", BigInteger),
    Column("expires_ms", BigInteger, nullable=False),
    CheckConstraint(_one_of("status", JobStatus), name="status"),
    CheckConstraint(
        "status IN ('pending', 'processing') OR captured_millis + released_millis = held_millis", name="hold_is_settled"
    ),
    CheckConstraint("status IN ('pending', 'processing') OR finished_ms IS NOT NULL", name="end_has_time"),
    Index("ix_jobs_account_newest", "account_id", "created_ms", "id"),
    Index("ix_jobs_status", "status", "created_ms"),
    Index("ix_jobs_expires", "expires_ms"),
    Index("ix_jobs_clock", "pool", "clock", sqlite_where=BEGUN, postgresql_where=BEGUN),
    Index("ix_jobs_open", "account_id", "created_ms", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_jobs_newest", "created_ms", "id"),
    Index("ix_jobs_key_finish", "key_id", "pool", "finish"),
)

# One row an image, written when the image lands or is given up: a job that starts again keeps what it has.
images = Table(
    "images",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("pose", String(40), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("engine", String(80), nullable=False),
    Column("model", String(120), nullable=False, default=""),
    Column("file", String(80)),  # null when the image was not made; then code and message say why
    Column("content_type", String(40)),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("size_bytes", BigInteger),
    Column("sha256", String(64)),
    Column("identity", JSON),
    Column("attempts", Integer, nullable=False, default=1),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("notes", JSON, nullable=False),
    Column("prompt", Text),  # the words a hosted engine was given
    Column("mark", String(12)),  # the number in its watermark and credentials
    Column("code", String(40)),
    Column("message", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("swept_ms", BigInteger),  # when the expired file was removed
    PrimaryKeyConstraint("job_id", "position"),
    CheckConstraint("(file IS NULL) <> (code IS NULL)", name="made_or_not"),
    Index("ix_images_file", "file"),
    Index("ix_images_unswept", "job_id", sqlite_where=UNSWEPT, postgresql_where=UNSWEPT),
)

# Where a hosted service works on an image: saved before waiting, so that the next worker asks again instead of paying
# again. A retake has another seed. Gone when the job ends.
remotes = Table(
    "remotes",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("remote", Text, nullable=False),
    PrimaryKeyConstraint("job_id", "position", "seed"),
)

# What all workers know in common about an engine: its breaker, who is at it, when it may be asked. See domain.lanes.
lanes = Table(
    "lanes",
    metadata,
    Column("engine", String(80), primary_key=True),
    Column("lane", Text, nullable=False),
)

# What accounts state about the people in their pictures, append-only: the latest counts. See domain.consent.
consents = Table(
    "consents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("version", String(20), nullable=False),
    Column("stated", Boolean, nullable=False),  # false withdraws
    Column("key_id", String(40)),  # null when an operator recorded it
    Column("request_id", String(80)),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_consents_latest", "account_id", "created_ms"),
)

# Every file that came in or was fetched: uploads, data URIs, pictures behind URLs.
uploads = Table(
    "uploads",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("file", String(80), nullable=False, index=True),
    Column("original", String(80)),  # the file as it came, if it had content credentials; a row of its own keeps it
    Column("content_type", String(40), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

# The outbox: inserted by the transaction that ends a job, so that no end goes untold. One row a message.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),  # the webhook-id, the same for every try
    Column("job_id", ForeignKey("jobs.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("next_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    CheckConstraint("state IN ('due', 'delivered', 'given_up')", name="state"),
    Index("ix_deliveries_due", "state", "next_ms"),
)

# Every try of every delivery.
delivery_tries = Table(
    "delivery_tries",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("http_status", Integer),
    Column("problem", Text),
    PrimaryKeyConstraint("delivery_id", "number"),
)

# Versions of an account's signing secret; the secrets themselves are derived. A retired one signs along until its time.
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("retires_ms", BigInteger),
    PrimaryKeyConstraint("account_id", "version"),
)

# Which job an Idempotency-Key stands for. Inserted with the job, so a refused request does not use the key up.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("key", String(255), nullable=False),
    Column("body_digest", String(64), nullable=False),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("created_ms", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("account_id", "key"),
)

# What all processes count, added up: one row a series, never one an event. See domain.metrics.
meters = Table(
    "meters",
    metadata,
    Column("name", String(60), nullable=False),
    Column("labels", String(400), nullable=False),
    Column("value", Float, nullable=False),
    PrimaryKeyConstraint("name", "labels"),
)

# A worker proves that it lives by renewing its lease; whoever sees an expired one hands its jobs back.
workers = Table(
    "workers",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("pool", String(40), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("lease_until_ms", BigInteger, nullable=False),
    Column("lease_ms", BigInteger, nullable=False, default=UNKNOWN_LEASE_MS, server_default=str(UNKNOWN_LEASE_MS)),
)

# What every process of the installation must have in common, as the first one found it: see store.installation.
installation = Table(
    "installation",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)
