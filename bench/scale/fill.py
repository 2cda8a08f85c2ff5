"""Fills a database with the history of an installation: the same traffic for as long as it takes. Called by `growth`.

Everything is made by the database itself, so that a million jobs take about a minute. The mix: a fourth of the jobs is
one account's, the others are spread over many; one job in ten failed and gave its credits back; images are as many as
`IMAGES`, those that have expired are swept; uploads, idempotency keys, webhooks and rows of the queue are those that an
installation which sweeps still has. The statements are understood by SQLite and PostgreSQL alike.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
APART_MS = 15_500
"""Between two jobs: a million in half a year."""
IMAGES = 2
PRICE_MILLIS = 1000
ACCOUNTS = 200
KEYS = 2
"""Keys of every account."""
AT_ONCE = 100_000
START_MILLIS = 10_000_000_000
"""What every account was granted; enough for all its jobs."""
TURN = IMAGES * 100
HELD = IMAGES * PRICE_MILLIS


@dataclass(frozen=True, slots=True)
class History:
    """What to fill in.

    Args:
        rows: jobs.
        now_ms: when the last one came.
        account_id, key_id: whose a fourth of the jobs is; the account has been granted `START_MILLIS` and no more.
        request: what a job's request looks like, JSON.
    """

    rows: int
    now_ms: int
    account_id: str
    key_id: str
    request: str


Execute = Callable[[str], object]


def fill(url: str, history: History) -> None:
    """Fill a database that has the schema, the queue's too, and the account."""
    with _door(url) as (execute, queue):
        for statement in _others(history):
            execute(statement)
        for first in range(0, history.rows, AT_ONCE):
            numbers = _numbers(history, first, min(first + AT_ONCE, history.rows) - 1)
            for statement in (_jobs(history), _entries(), _images(history), *_traces(history, queue)):
                insert, select, what = statement.partition("SELECT")
                execute(f"{insert} {numbers} {select}{what}")


def job_id(number: int) -> str:
    """Return the id of the job of a number; every fourth one is the account's."""
    return f"job_{number * 2654435761 % 4294967296 + 1000000000}000000000000"


@contextlib.contextmanager
def _door(url: str) -> Iterator[tuple[Execute, str]]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        connection = sqlite3.connect(Path(parsed.database or ""), isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = off")
            connection.execute("BEGIN")
            yield connection.execute, "workflow_status"
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return
    import psycopg

    with psycopg.connect(url, autocommit=True) as connected:
        connected.execute("SET session_replication_role = replica")  # what refers to what is right by its making
        yield lambda statement: connected.execute(statement.encode()), "dbos.workflow_status"
        connected.execute("VACUUM ANALYZE")  # as it does by itself, in time


def _others(history: History) -> list[str]:
    """Make the other accounts with their grants, and everybody's keys."""
    created = history.now_ms - (history.rows + 1) * APART_MS
    span = f"WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n WHERE a < {ACCOUNTS - 1})"
    return [
        f"INSERT INTO accounts (id, name, created_ms) {span} SELECT 'acc_' || a, 'account ' || a, {created} FROM n",
        "INSERT INTO entries (account_id, sequence, kind, amount_millis, change_millis, balance_millis, note, "
        f"created_ms) {span} SELECT 'acc_' || a, 1, 'grant', {START_MILLIS}, {START_MILLIS}, {START_MILLIS}, '', "
        f"{created} FROM n",
        "INSERT INTO api_keys (id, account_id, name, digest, hint, scopes, created_ms) "
        f"{span}, k(b) AS (SELECT 0 UNION ALL SELECT b + 1 FROM k WHERE b < {KEYS - 1}) "
        "SELECT 'key_' || a || '_' || b, 'acc_' || a, 'key ' || b, 'digest of ' || a || ' ' || b, 'abcd', '[]', "
        f"{created} FROM n, k",
    ]


def _numbers(history: History, first: int, last: int) -> str:
    """Number the jobs: `i` of all, `k` of its account, with what follows from these."""
    oldest = history.now_ms - history.rows * APART_MS
    return f"""WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}),
    whose AS (SELECT i, CAST(i AS BIGINT) * 2654435761 % 4294967296 + 1000000000 AS h,
        CASE WHEN i % 4 = 0 THEN 0 ELSE 1 + (i - i / 4 - 1) % {ACCOUNTS - 1} END AS a,
        CASE WHEN i % 4 = 0 THEN i / 4 ELSE (i - i / 4 - 1) / {ACCOUNTS - 1} END AS k,
        {oldest} + CAST(i AS BIGINT) * {APART_MS} AS came FROM n),
    r AS (SELECT i, h, k, came, 'job_' || h || '000000000000' AS job, came + 9000 AS began, came + 12000 AS ended,
        CASE WHEN a = 0 THEN '{history.account_id}' ELSE 'acc_' || a END AS account,
        CASE WHEN a = 0 THEN '{history.key_id}' ELSE 'key_' || a || '_' || k % {KEYS} END AS api_key,
        k % 10 = 9 AS failed, {START_MILLIS} - CAST(k - k / 10 AS BIGINT) * {HELD} AS before FROM whose)"""


def _jobs(history: History) -> str:
    request = history.request.replace("'", "''")
    return f"""INSERT INTO jobs (id, account_id, key_id, model_type, engine, substituted, request, seed, num_images,
        price_millis, held_millis, captured_millis, released_millis, status, attempt, worker_id, fraction, error_code,
        error_message, request_id, clock, finish, created_ms, started_ms, finished_ms, expires_ms)
    SELECT job, account, api_key, 'consistent-characters', 'toy', FALSE, '{request}', h, {IMAGES}, {PRICE_MILLIS},
        {HELD}, CASE WHEN failed THEN 0 ELSE {HELD} END, CASE WHEN failed THEN {HELD} ELSE 0 END,
        CASE WHEN failed THEN 'failed' ELSE 'completed' END, 1, 'w1-gone', 1.0,
        CASE WHEN failed THEN 'engine_failed' END, CASE WHEN failed THEN 'The engine failed.' END, 'req_' || h,
        CAST(i AS BIGINT) * {TURN}, CAST(i + 1 AS BIGINT) * {TURN}, came, began, ended, ended + {DAY_MS} FROM r"""


def _entries() -> str:
    columns = "(account_id, sequence, kind, amount_millis, change_millis, balance_millis, job_id, note, created_ms)"
    return f"""INSERT INTO entries {columns}
    SELECT account, 2 + 2 * k, 'hold', {HELD}, -{HELD}, before - {HELD}, job, '', came FROM r
    UNION ALL SELECT account, 3 + 2 * k, CASE WHEN failed THEN 'release' ELSE 'capture' END, {HELD},
        CASE WHEN failed THEN {HELD} ELSE 0 END, CASE WHEN failed THEN before ELSE before - {HELD} END, job, '', ended
    FROM r"""


def _images(history: History) -> str:
    named = f"h || substr('{'0' * 64}', 1, 53) || p"
    places = " UNION ALL ".join(f"SELECT {place} AS p" for place in range(IMAGES))
    return f"""INSERT INTO images (job_id, position, pose, seed, engine, model, file, content_type, width_px, height_px,
        size_bytes, sha256, identity, attempts, seconds, notes, mark, code, message, created_ms, swept_ms)
    SELECT job, p, 'front', h + p, 'toy', 'toy-1', CASE WHEN NOT failed THEN {named} || '.png' END, 'image/png', 1024,
        1024, 1400000, {named}, '{{"score": 0.81, "kind": "face", "verdict": "same"}}', 1, 0.9, '[]', '0123456789',
        CASE WHEN failed THEN 'engine_failed' END, CASE WHEN failed THEN 'The engine failed.' END, ended,
        CASE WHEN NOT failed AND ended + {DAY_MS} <= {history.now_ms} THEN ended + {DAY_MS} END
    FROM r, ({places}) AS places"""


def _traces(history: History, queue: str) -> list[str]:
    """What is kept of jobs for a while only: see `flow.sweep` and the worker."""
    now_ms = history.now_ms
    return [
        f"""INSERT INTO uploads (id, account_id, file, content_type, size_bytes, created_ms, expires_ms)
        SELECT 'upl_' || h, account, h || substr('{"f" * 64}', 1, 54) || '.png', 'image/png', 900000, came,
            came + {DAY_MS} FROM r WHERE i % 5 = 0 AND came + {DAY_MS} > {now_ms}""",
        f"""INSERT INTO idempotency_keys (account_id, key, body_digest, job_id, created_ms)
        SELECT account, 'key of ' || i, 'digest', job, came FROM r WHERE i % 3 = 0 AND came + {DAY_MS} > {now_ms}""",
        f"""INSERT INTO deliveries (id, job_id, account_id, url, state, tries, next_ms, created_ms)
        SELECT 'msg_' || h, job, account, 'https://example.com/hook', 'delivered', 1, ended, ended FROM r
        WHERE i % 3 = 0 AND ended + 30 * CAST({DAY_MS} AS BIGINT) > {now_ms}""",
        f"""INSERT INTO delivery_tries (delivery_id, number, at_ms, http_status)
        SELECT 'msg_' || h, 1, ended, 200 FROM r
        WHERE i % 3 = 0 AND ended + 30 * CAST({DAY_MS} AS BIGINT) > {now_ms}""",
        f"""INSERT INTO {queue} (workflow_uuid, status, name, executor_id, created_at, updated_at, application_version,
            recovery_attempts, queue_name, priority, serialization, started_at_epoch_ms, completed_at)
        SELECT job, 'SUCCESS', 'run_job', 'w1-gone', came, ended, '1', 1, 'jobs', 100001, 'portable_json', began, ended
        FROM r WHERE ended + {HOUR_MS} > {now_ms}""",
    ]
