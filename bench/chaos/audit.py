"""The independent audit: reads the tables with its own SQL and says what is lost, doubled or stuck."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

GIVEN_UP_AFTER = 5
"""Claims, as documented: a job that loses its worker oftener fails as `worker_lost`."""
Ask = Callable[[str], list[tuple[Any, ...]]]

JOBS = (
    "SELECT id, status, num_images, price_millis, held_millis, captured_millis, released_millis, attempt, error_code"
    " FROM jobs"
)
ENTRIES = (
    "SELECT account_id, sequence, kind, amount_millis, change_millis, balance_millis, job_id"
    " FROM entries ORDER BY account_id, sequence"
)
IMAGES = "SELECT job_id, position, file, sha256 FROM images"
KEYS = "SELECT key, job_id FROM idempotency_keys"


@dataclass(frozen=True, slots=True)
class Books:
    """What an installation's database says."""

    jobs: list[tuple[Any, ...]]
    entries: list[tuple[Any, ...]]
    images: list[tuple[Any, ...]]
    keys: dict[str, str]

    @property
    def open(self) -> int:
        """How many jobs have not ended."""
        return sum(job[1] not in ("completed", "failed") for job in self.jobs)


def ask(url: str, question: str) -> list[tuple[Any, ...]]:
    """Ask a database one question, over a connection of its own."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection:
            return connection.execute(question).fetchall()
    import psycopg

    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute(question).fetchall()  # pyright: ignore[reportArgumentType, reportCallIssue]


def read(url: str) -> Books:
    """Read everything that the audit needs."""
    return Books(ask(url, JOBS), ask(url, ENTRIES), ask(url, IMAGES), dict(ask(url, KEYS)))  # type: ignore[arg-type]


def faults(books: Books, accepted: dict[str, str], file_of: Callable[[str], bytes | None]) -> list[str]:
    """Return what is wrong, in words; nothing is a sound installation.

    Args:
        accepted: by idempotency key, the job that the client was told it has.
        file_of: gives the bytes of a stored picture, None when it is not there.
    """
    return [*_jobs(books, accepted), *_money(books), *_pictures(books, file_of)]


def _jobs(books: Books, accepted: dict[str, str]) -> list[str]:
    found: list[str] = []
    there = {job[0] for job in books.jobs}
    for key, job_id in accepted.items():
        if job_id not in there:
            found.append(f"lost: the client was told of {job_id}, which is not there")
        if books.keys.get(key) != job_id:
            found.append(f"doubled: the key {key} stands for {books.keys.get(key)}, the client was told {job_id}")
    if len(set(books.keys.values())) != len(books.keys):
        found.append("doubled: two keys stand for one job")
    if there != set(books.keys.values()):
        found.append(f"doubled: {len(there)} jobs for {len(books.keys)} keys")
    for job_id, status, *_, claims, code in books.jobs:
        if status == "failed" and not (code == "worker_lost" and claims > GIVEN_UP_AFTER) and code != "canceled":
            found.append(f"failed for nothing: {job_id} after {claims} claims, {code}")
    return found + [f"stuck: {job[0]} is {job[1]}" for job in books.jobs if job[1] not in ("completed", "failed")]


def _money(books: Books) -> list[str]:
    found: list[str] = []
    of_job: dict[str, dict[str, list[int]]] = {}
    last: dict[str, tuple[int, int]] = {}
    for account, sequence, kind, amount, change, balance, job_id in books.entries:
        number, before = last.get(account, (0, 0))
        if sequence != number + 1:
            found.append(f"money: {account} has entry {sequence} after {number}")
        if balance != before + change or balance < 0:
            found.append(f"money: {account} has {balance} after {before} and {change}")
        last[account] = (sequence, balance)
        if job_id is not None:
            of_job.setdefault(job_id, {}).setdefault(kind, []).append(amount)
    for job_id, status, wanted, price, held, captured, released, *_ in books.jobs:
        moved = of_job.pop(job_id, {})
        delivered = sum(image[0] == job_id and image[2] is not None for image in books.images)
        if any(len(amounts) > 1 for amounts in moved.values()):
            found.append(f"charged twice: {job_id}: {moved}")
        if moved.get("hold", []) != [held] or held != wanted * price:
            found.append(f"money: {job_id} holds {moved.get('hold')} for {wanted} images at {price}")
        if status in ("completed", "failed"):
            if sum(moved.get("capture", [0])) != captured or sum(moved.get("release", [0])) != released:
                found.append(f"money: {job_id} says {captured} and {released}, the ledger {moved}")
            if captured != delivered * price or captured + released != held:
                found.append(
                    f"money: {job_id} delivered {delivered} at {price} for {captured}, {released} back of {held}"
                )
    return found + [f"money: entries of {job_id}, which is not there" for job_id in of_job]


def _pictures(books: Books, file_of: Callable[[str], bytes | None]) -> list[str]:
    found: list[str] = []
    for job_id, position, file, sha256 in books.images:
        data = file_of(file) if file is not None else None
        if file is not None and (data is None or hashlib.sha256(data).hexdigest() != sha256):
            found.append(f"picture: {job_id} image {position} is {'gone' if data is None else 'another'}")
    return found
