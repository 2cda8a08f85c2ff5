"""Takes in a local picture and gives back a short-lived URL that can stand as `input_image`."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from castlist.api.answers import UploadAnswer
from castlist.api.auth import MayRun
from castlist.api.context import ApiOf, BaseUrl
from castlist.api.errors import documented
from castlist.api.present import Presenter, iso
from castlist.domain.errors import (
    FieldProblem,
    Forbidden,
    InputImageRejected,
    InvalidApiKey,
    InvalidRequest,
    PayloadTooLarge,
    ServerError,
    UnsupportedMediaType,
)
from castlist.flow.references import keep
from castlist.flow.submit import record_upload
from castlist.store import quotas

router = APIRouter(tags=["uploads"])
FIELD = "file"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "additionalProperties": False,
                    "properties": {
                        FIELD: {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG, WebP or GIF, up to 20 MB.",
                        }
                    },
                }
            }
        },
    }
}


@router.post(
    "/uploads",
    status_code=201,
    operation_id="upload",
    summary="Upload a picture",
    responses=documented(
        InvalidRequest,
        InvalidApiKey,
        Forbidden,
        PayloadTooLarge,
        UnsupportedMediaType,
        InputImageRejected,
        ServerError,
    ),
    openapi_extra=BODY,
)
async def upload(request: Request, caller: MayRun, api: ApiOf, base_url: BaseUrl) -> UploadAnswer:
    """Check a picture and keep it for a while, without its metadata."""
    service = api.service
    kept = await keep(service, await picture_of(request, service.fetch_policy.max_bytes))
    async with service.database.write() as tx:
        quota = await quotas.lock(tx, caller.account_id)
        expires_ms = await record_upload(tx, service, caller.account_id, kept, quota)
    return UploadAnswer(
        asset_url=Presenter(base_url, service.secret).file_url(kept.file, expires_ms),
        expires_at=iso(expires_ms),
        width=kept.width_px,
        height=kept.height_px,
        bytes=kept.size_bytes,
    )


async def picture_of(request: Request, max_bytes: int) -> bytes:
    """Return the bytes of the one file in a multipart body."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        raise UnsupportedMediaType(f"Send the picture as multipart/form-data, in the field {FIELD}.")
    try:
        form = await request.form(max_files=1, max_fields=1)
    except HTTPException as problem:
        raise InvalidRequest(f"The body is not valid multipart/form-data: {problem.detail}") from None
    try:
        unknown = [name for name in form if name != FIELD]
        found = form.get(FIELD)
        if unknown or not isinstance(found, UploadFile):
            problem = "There is one field, file." if unknown else "This field is required: the picture, as a file."
            details = (FieldProblem(unknown[0][:80] if unknown else FIELD, problem),)
            raise InvalidRequest(f"Send one picture in the field {FIELD}.", details=details)
        if (found.size or 0) > max_bytes:
            raise PayloadTooLarge(f"The picture is larger than {max_bytes / 1_000_000:g} MB.")
        return await found.read()
    finally:
        await form.close()
