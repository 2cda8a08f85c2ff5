"""Sends what is in the outbox: sign, send, record the try, set the next time. A dead receiver delays no other.

Called by the worker every second or so; safe to call by several at once.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from castlist.flow import tracing
from castlist.flow.service import Service
from castlist.net.post import Posted, post
from castlist.store import deliveries, jobs
from castlist.store.deliveries import Delivery, Try
from castlist.store.jobs import Image, Job
from castlist.webhooks import schedule, signing
from castlist.webhooks.schedule import Next

HOLD_MS = 60_000
"""For how long a sender has a message to itself: longer than any answer may take."""

Present = Callable[[Job, Sequence[Image]], dict[str, Any]]
"""Turns a job into the body that GET /jobs/{jobId} gives."""


async def deliver_due(service: Service, present: Present) -> int:
    """Send every message that is due, each to its own receiver at the same time, and return how many there were."""
    async with service.database.write() as tx:
        due = await deliveries.take_due(tx, now_ms=service.clock(), hold_ms=HOLD_MS)
    await asyncio.gather(*(_deliver(service, present, delivery) for delivery in due))
    return len(due)


async def _deliver(service: Service, present: Present, delivery: Delivery) -> None:
    at_ms = service.clock()
    async with service.database.read() as tx:
        job = await jobs.get(tx, delivery.job_id)
        images = (await jobs.images_of(tx, [delivery.job_id]))[delivery.job_id]
        versions = await deliveries.secret_versions(tx, delivery.account_id, now_ms=at_ms)
    if job is None:
        return
    body = json.dumps(present(job, images), ensure_ascii=False).encode()
    secrets = [signing.secret_of(service.secret, delivery.account_id, version) for version in versions]
    headers = signing.headers(delivery.id, at_ms // 1000, body, secrets)
    parent = job.request.get(tracing.HEADER)
    with (
        structlog.contextvars.bound_contextvars(job_id=job.id, request_id=job.request_id),
        service.tracer.span("webhook", parent=parent, job_id=job.id, tries=delivery.tries + 1) as span,
    ):
        posted = await post(delivery.url, body, {**headers, **service.tracer.carrier()}, service.fetch_policy)
        span.note(status=posted.status or 0)
        await _record(service, delivery, posted, at_ms)


async def _record(service: Service, delivery: Delivery, posted: Posted, at_ms: int) -> None:
    number = delivery.tries + 1
    verdict = schedule.judge(number, posted.status)
    state = "due" if verdict.next is Next.WAIT else verdict.next.value
    result = Try(number, at_ms, posted.status, posted.problem)
    async with service.database.write() as tx:
        await deliveries.record(tx, delivery, result, state=state, next_ms=service.clock() + verdict.wait_ms)
    service.meter.count("webhook_tries_total", outcome=verdict.next.value)
    if verdict.next is Next.DELIVERED:
        service.meter.observe("webhook_lag_seconds", (service.clock() - delivery.created_ms) / 1000)
    structlog.get_logger().info(
        f"webhook {verdict.next.value}", message=delivery.id, tries=number, status=posted.status
    )
