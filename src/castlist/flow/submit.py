"""Turns a plan into a job: holds the credits, inserts the job, enqueues it. All in the caller's one transaction."""

from dataclasses import dataclass

from castlist.domain.credits import EntryKind
from castlist.domain.ids import new_id
from castlist.flow.plan import Plan
from castlist.flow.references import Kept
from castlist.flow.service import Service
from castlist.store import jobs, ledger, uploads
from castlist.store.database import Tx
from castlist.store.files import content_type
from castlist.store.jobs import Job


@dataclass(frozen=True, slots=True)
class Caller:
    """Who submits: an account, by one of its keys."""

    account_id: str
    key_id: str | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that exists once the transaction commits, and the balance it leaves."""

    job: Job
    balance_millis: int


async def submit(tx: Tx, service: Service, caller: Caller, plan: Plan) -> Submitted:
    """Hold the plan's price, insert its job and enqueue it.

    Raises:
        InsufficientCredits: the account cannot pay for all images; nothing is held and no job exists.
    """
    now_ms = service.clock()
    held = plan.quote.cost_millis
    job = Job(
        id=new_id("job"),
        account_id=caller.account_id,
        key_id=caller.key_id,
        model_type=plan.quote.model_type,
        engine=plan.quote.engine,
        substituted=plan.quote.substituted,
        request=plan.as_json(),
        seed=plan.seed,
        num_images=plan.quote.num_images,
        price_millis=plan.quote.price_millis,
        held_millis=held,
        request_id=caller.request_id,
        created_ms=now_ms,
        expires_ms=now_ms + service.terms.output_ms,
    )
    balance = await ledger.append(tx, job.account_id, EntryKind.HOLD, held, now_ms=now_ms, job_id=job.id)
    await jobs.insert(tx, job)
    for kept in plan.references:
        await record_upload(tx, service, job.account_id, kept)
    await service.queue.enqueue(tx, job.id)
    return Submitted(job, balance)


async def record_upload(tx: Tx, service: Service, account_id: str, kept: Kept) -> int:
    """Record a picture that was taken in as the account's and return until when it is kept, in Unix milliseconds."""
    now_ms = service.clock()
    expires_ms = now_ms + service.terms.upload_ms
    await uploads.add(
        tx, account_id, kept.file, content_type(kept.file), kept.size_bytes, now_ms=now_ms, expires_ms=expires_ms
    )
    return expires_ms
