"""The report of a job as one HTML page or one JPEG sheet. Only reads."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from castlist.api.auth import MayRead
from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.api.routes.jobs import JobId, owned
from castlist.domain.errors import Forbidden, InvalidApiKey, InvalidRequest, JobNotFound, ServerError
from castlist.flow import report, report_sheet

router = APIRouter(tags=["jobs"])
_PAGE: dict[str, Any] = {
    "text/html": {"schema": {"type": "string"}},
    "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
}
Format = Annotated[
    Literal["html", "jpg"] | None,
    Query(
        description="html: one page; jpg: one sheet. Left out, the Accept header decides: image/jpeg gives the sheet."
    ),
]


@router.get(
    "/jobs/{jobId}/report",
    operation_id="getJobReport",
    summary="The report of a job",
    response_class=Response,
    responses={
        200: {
            "description": "The report: one HTML page with every picture in it, or one JPEG sheet.",
            "content": _PAGE,
        },
        **documented(InvalidRequest, InvalidApiKey, Forbidden, JobNotFound, ServerError),
    },
)
async def get_report(request: Request, jobId: JobId, caller: MayRead, api: ApiOf, format: Format = None) -> Response:
    """Show the reference, the images with their scores, settings, times and credits, ready to be sent on."""
    async with api.service.database.read() as tx:
        job, images = await owned(tx, jobId, caller.account_id)
    pictures = await report.gather(api.service, job, images)
    if format == "jpg" or (format is None and _wants_a_picture(request)):
        sheet = await asyncio.to_thread(report_sheet.draw, job, images, pictures)
        return Response(sheet, media_type="image/jpeg", headers={"Vary": "Accept"})
    page = await asyncio.to_thread(report.page, job, images, pictures)
    headers = {"Content-Security-Policy": report.CONTENT_SECURITY_POLICY, "Vary": "Accept"}
    return HTMLResponse(page, headers=headers)


def _wants_a_picture(request: Request) -> bool:
    """Tell whether a caller names image/jpeg and no page: a browser that opens a link names both."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return "image/jpeg" in accepted and "text/html" not in accepted
