"""The report of a job as one HTML page. Only reads."""

import asyncio
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from castlist.api.auth import MayRead
from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.api.routes.jobs import JobId, owned
from castlist.domain.errors import Forbidden, InvalidApiKey, JobNotFound, ServerError
from castlist.flow import report

router = APIRouter(tags=["jobs"])
_PAGE: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}


@router.get(
    "/jobs/{jobId}/report",
    operation_id="getJobReport",
    summary="The report of a job",
    response_class=Response,
    responses={
        200: {"description": "The report: one HTML page with every picture in it.", "content": _PAGE},
        **documented(InvalidApiKey, Forbidden, JobNotFound, ServerError),
    },
)
async def get_report(jobId: JobId, caller: MayRead, api: ApiOf) -> HTMLResponse:
    """Show the reference, the images with their scores, settings, times and credits, ready to be sent on."""
    async with api.service.database.read() as tx:
        job, images = await owned(tx, jobId, caller.account_id)
    pictures = await report.gather(api.service, job, images)
    page = await asyncio.to_thread(report.page, job, images, pictures)
    return HTMLResponse(page, headers={"Content-Security-Policy": report.CONTENT_SECURITY_POLICY})
