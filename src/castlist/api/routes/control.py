"""What an owner may do to a job after it was submitted: cancel it, follow it live, have its webhook sent again."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from castlist.api.answers import JobAnswer, ReplayAnswer
from castlist.api.auth import MayRead, MayRun
from castlist.api.context import ApiOf, BaseUrl
from castlist.api.errors import documented
from castlist.api.present import Presenter
from castlist.api.routes.jobs import JobId, owned
from castlist.domain.errors import Conflict, Forbidden, InvalidApiKey, JobNotFound, ServerError
from castlist.flow.cancel import cancel
from castlist.flow.service import Service
from castlist.store import deliveries

router = APIRouter(tags=["jobs"])
LOOK_SECONDS = 0.25
"""Seconds between two looks at a job that is followed."""
EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "One event; `data` is JSON.",
    "properties": {
        "event": {"type": "string", "enum": ["state", "progress", "image", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
SILENCE_SECONDS = 15.0
"""After so much silence a comment is sent, so that no proxy closes the stream."""


@router.post(
    "/jobs/{jobId}/cancel",
    operation_id="cancelJob",
    summary="Stop a job",
    response_model_exclude_unset=True,
    responses=documented(InvalidApiKey, Forbidden, JobNotFound, Conflict, ServerError),
)
async def cancel_job(jobId: JobId, caller: MayRun, api: ApiOf, base_url: BaseUrl) -> JobAnswer:
    """End a job at once as failed, with the code `canceled`. Images it has are delivered, other credits come back."""
    service = api.service
    async with service.database.write() as tx:
        await cancel(tx, service, jobId, caller.account_id)
        job, images = await owned(tx, jobId, caller.account_id)
    return Presenter(base_url, service.secret).job(job, images)


@router.post(
    "/jobs/{jobId}/webhook/replay",
    status_code=202,
    operation_id="replayWebhook",
    summary="Send a job's webhook again",
    responses=documented(InvalidApiKey, Forbidden, JobNotFound, Conflict, ServerError),
)
async def replay(jobId: JobId, caller: MayRun, api: ApiOf) -> ReplayAnswer:
    """Send the finished job to its `webhook_url` once more, under a new `webhook-id`."""
    service = api.service
    async with service.database.write() as tx:
        job, _ = await owned(tx, jobId, caller.account_id)
        url = job.request["webhook_url"]
        if url is None:
            raise Conflict("The job was submitted without a webhook_url.")
        if not job.status.terminal:
            raise Conflict(f"The job has not ended yet: it is {job.status}.")
        message = await deliveries.add(tx, job.id, job.account_id, url, now_ms=service.clock())
    return ReplayAnswer(job_id=job.id, webhook_id=message)


@router.get(
    "/jobs/{jobId}/events",
    operation_id="followJob",
    summary="Follow a job live",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `state`, `progress`, `image` as they come, `end` with the whole job.",
            "content": {"text/event-stream": {"schema": EVENT_SCHEMA}},
        },
        **documented(InvalidApiKey, Forbidden, JobNotFound, ServerError),
    },
)
async def events(jobId: JobId, caller: MayRead, api: ApiOf, base_url: BaseUrl) -> StreamingResponse:
    """Stream what happens to a job until it ends. A stream that is opened again begins with all images so far."""
    service = api.service
    async with service.database.read() as tx:
        await owned(tx, jobId, caller.account_id)
    stream = _events(service, Presenter(base_url, service.secret), jobId, caller.account_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(service: Service, presenter: Presenter, job_id: str, account_id: str) -> AsyncGenerator[str]:
    state, fraction, sent, silent = "", -1.0, set[int](), 0.0
    while True:
        async with service.database.read() as tx:
            job, images = await owned(tx, job_id, account_id)
        news: list[str] = []
        answer = presenter.job(job, images)
        if job.status != state:
            state = job.status
            news.append(_event("state", {"status": state}))
        for image in images:
            if image.position not in sent:
                sent.add(image.position)
                news.append(_event("image", {"index": image.position, **presenter.image(job, image)}))
        if answer.progress is not None and answer.progress.fraction != fraction:
            fraction = answer.progress.fraction
            news.append(_event("progress", answer.progress.model_dump(by_alias=True)))
        if job.status.terminal:
            news.append(_event("end", answer.model_dump(mode="json", by_alias=True, exclude_unset=True)))
        silent = 0.0 if news else silent + LOOK_SECONDS
        if silent >= SILENCE_SECONDS:
            news, silent = [": still here\n\n"], 0.0
        for text in news:
            yield text
        if job.status.terminal:
            return
        await asyncio.sleep(LOOK_SECONDS)


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
