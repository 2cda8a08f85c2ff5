"""What an owner may do to a job after it was submitted: cancel it, follow it live, have its webhook sent again."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse

from castlist.api import events
from castlist.api.answers import JobAnswer, ReplayAnswer
from castlist.api.auth import MayRead, MayRun
from castlist.api.context import ApiOf, BaseUrl
from castlist.api.errors import documented
from castlist.api.events import Telling
from castlist.api.follow import Follower, Seen
from castlist.api.present import Presenter
from castlist.api.routes.jobs import JobId, owned
from castlist.domain.errors import Conflict, Forbidden, InvalidApiKey, InvalidRequest, JobNotFound, ServerError
from castlist.flow import tally
from castlist.flow.cancel import cancel
from castlist.store import deliveries

router = APIRouter(tags=["jobs"])
LastEventId = Annotated[
    str | None,
    Header(max_length=100, description="Id of the last event received; browsers send it by themselves."),
]
EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "One event; `data` is JSON.",
    "properties": {
        "event": {"type": "string", "enum": ["state", "progress", "image", "end"]},
        "id": {"type": "string"},
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
    tally.ended(service.meter, job)
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
        204: {"description": "`Last-Event-ID` says that the end was told already: there is nothing to come back for."},
        **documented(InvalidRequest, InvalidApiKey, Forbidden, JobNotFound, ServerError),
    },
)
async def follow(
    jobId: JobId, caller: MayRead, api: ApiOf, base_url: BaseUrl, last_event_id: LastEventId = None
) -> Response:
    """Stream what happens to a job until it ends. Opened again with `Last-Event-ID`, a stream goes on where it was."""
    async with api.service.database.read() as tx:
        job, images = await owned(tx, jobId, caller.account_id)
    if last_event_id == events.END and job.status.terminal:
        return Response(status_code=204)
    telling = Telling(Presenter(base_url, api.service.secret), last_event_id)
    stream = _stream(api.follower, telling, Seen(job, images))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(follower: Follower, telling: Telling, now: Seen) -> AsyncGenerator[str]:
    yield events.RETRY + telling.news(now)
    if now.job.status.terminal:
        return
    async with contextlib.aclosing(follower.follow(now.job.id, silence_seconds=SILENCE_SECONDS)) as following:
        async for seen in following:
            text = telling.news(seen) if seen else events.SILENT
            if text:
                yield text
