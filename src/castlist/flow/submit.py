"""Turns a plan into a job: holds the credits, inserts the job, enqueues it. All in the caller's one transaction."""

from dataclasses import dataclass, field

from castlist.domain.credits import EntryKind
from castlist.domain.errors import IdempotencyMismatch
from castlist.domain.fairness import Share, turn
from castlist.domain.ids import new_id
from castlist.flow.plan import Plan
from castlist.flow.quotas import check_job, check_picture
from castlist.flow.references import Kept
from castlist.flow.service import Service
from castlist.store import idempotency, jobs, ledger, quotas, turns, uploads
from castlist.store.database import Tx
from castlist.store.jobs import Job
from castlist.store.quotas import Quota


@dataclass(frozen=True, slots=True)
class Caller:
    """Who submits: an account, by one of its keys."""

    account_id: str
    key_id: str | None
    request_id: str | None = None
    base_url: str = ""
    """Address under which the caller reaches the service: what a webhook's body links to."""
    share: Share = field(default_factory=Share)
    """The key's part of the workers."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """An Idempotency-Key and the digest of the body it came with."""

    key: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that exists once the transaction commits, and the balance it leaves."""

    job: Job
    balance_millis: int


async def earlier(tx: Tx, caller: Caller, stamp: Stamp) -> Job | None:
    """Return the job that a repeated Idempotency-Key stands for, or None when the key is fresh.

    Raises:
        IdempotencyMismatch: the key was used with another body.
    """
    used = await idempotency.find(tx, caller.account_id, stamp.key)
    if used is None:
        return None
    if used.body_digest != stamp.body_digest:
        raise IdempotencyMismatch
    return await jobs.get(tx, used.job_id)


async def submit(tx: Tx, service: Service, caller: Caller, plan: Plan, stamp: Stamp | None = None) -> Submitted:
    """Hold the plan's price, insert its job and enqueue it; with a repeated stamp, return the job that is there.

    Raises:
        InsufficientCredits: the account cannot pay for all images; nothing is held and no job exists.
        RateLimitExceeded: it goes beyond the account's quota; nothing is held and no job exists.
        IdempotencyMismatch: the stamp's key was used with another body.
    """
    now_ms = service.clock()
    quota = await quotas.lock(tx, caller.account_id)
    if stamp is not None and (before := await earlier(tx, caller, stamp)) is not None:
        return Submitted(before, await ledger.balance_millis(tx, caller.account_id))
    held = plan.quote.cost_millis
    await check_job(tx, quota, caller.account_id, plan.quote.num_images, held, now_ms=now_ms)
    pool = service.pools.of(plan.quote.engine, plan.quote.model_type)
    clocks = await turns.read(tx, pool, caller.key_id)
    place = turn(clocks.clock, clocks.last_finish, plan.quote.num_images, caller.share)
    job = Job(
        id=new_id("job"),
        account_id=caller.account_id,
        key_id=caller.key_id,
        model_type=plan.quote.model_type,
        engine=plan.quote.engine,
        substituted=plan.quote.substituted,
        request={**plan.as_json(), "base_url": caller.base_url, **service.tracer.carrier()},
        seed=plan.seed,
        num_images=plan.quote.num_images,
        price_millis=plan.quote.price_millis,
        held_millis=held,
        request_id=caller.request_id,
        pool=pool,
        clock=place.clock,
        finish=place.finish,
        created_ms=now_ms,
        expires_ms=now_ms + service.terms.output_ms,
    )
    balance = await ledger.append(tx, job.account_id, EntryKind.HOLD, held, now_ms=now_ms, job_id=job.id, locked=True)
    await jobs.insert(tx, job)
    if stamp is not None:
        used = idempotency.Used(stamp.body_digest, job.id)
        await idempotency.remember(tx, job.account_id, stamp.key, used, now_ms=now_ms)
    for kept in plan.references:
        await record_upload(tx, service, job.account_id, kept, quota)
    await service.queue.enqueue(tx, job.id, place.order, pool)
    return Submitted(job, balance)


async def record_upload(tx: Tx, service: Service, account_id: str, kept: Kept, quota: Quota) -> int:
    """Record a picture that was taken in as the account's and return until when it is kept, in Unix milliseconds.

    Raises:
        RateLimitExceeded: the account has no room for it.
    """
    now_ms = service.clock()
    expires_ms = now_ms + service.terms.upload_ms
    for file, original in ((kept.file, kept.original), (kept.original, None)):
        if file is not None:
            size = kept.size_bytes
            await check_picture(tx, quota, account_id, file, size, now_ms=now_ms)
            await uploads.keep(tx, account_id, file, size, now_ms=now_ms, expires_ms=expires_ms, original=original)
    return expires_ms
