"""Serves pictures over their signed URLs: no key, the right type, parts, caching, gone when expired."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from castlist.api import ranges
from castlist.api.context import ApiOf, request_id_of
from castlist.api.errors import documented, render
from castlist.domain.errors import Forbidden, OutputExpired, RangeNotSatisfiable, ServerError
from castlist.domain.links import LinkState, check
from castlist.store.files import CONTENT_TYPES, content_type, is_name

router = APIRouter(tags=["files"])
NAME_CHARS = 12
_PICTURE: dict[str, Any] = {name: {"schema": {"type": "string", "format": "binary"}} for name in CONTENT_TYPES.values()}


@router.get(
    "/files/{name}",
    operation_id="getFile",
    summary="A picture",
    response_class=Response,
    responses={
        200: {"description": "The picture.", "content": _PICTURE},
        206: {"description": "The part that Range asked for.", "content": _PICTURE},
        304: {"description": "It has not changed: If-None-Match names its ETag."},
        **documented(Forbidden, OutputExpired, RangeNotSatisfiable, ServerError),
    },
)
async def get_file(
    request: Request,
    api: ApiOf,
    name: Annotated[str, Path(description="Name of the file.")],
    expires: Annotated[str, Query(description="Unix seconds, as in the signed URL.")] = "",
    signature: Annotated[str, Query(description="As in the signed URL.")] = "",
) -> Response:
    """Serve a picture. The URL, as jobs and uploads give it, is all that is needed, until it expires."""
    service = api.service
    now_ms = service.clock()
    state = check(name, expires, signature, secret=service.secret, now_ms=now_ms)
    if state is LinkState.FORGED or not is_name(name):
        raise Forbidden("The signature of this URL is not valid.")
    if state is LinkState.EXPIRED:
        raise OutputExpired
    data = await service.files.get(name)
    if data is None:
        raise OutputExpired
    headers = _headers(name, seconds_left=int(expires) - now_ms // 1000)
    etag = headers["ETag"]
    if ranges.matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range") if ranges.range_still_holds(request.headers.get("if-range"), etag) else None
    try:
        part = ranges.part_of(wanted, len(data))
    except ranges.Unsatisfiable:
        beyond = {"Content-Range": f"bytes */{len(data)}", "Accept-Ranges": "bytes"}
        return render(RangeNotSatisfiable(), request_id_of(request), beyond)
    if part is None:
        return Response(data, headers=headers, media_type=content_type(name))
    headers["Content-Range"] = f"bytes {part.first}-{part.last}/{len(data)}"
    return Response(data[part.first : part.last + 1], 206, headers=headers, media_type=content_type(name))


def _headers(name: str, seconds_left: int) -> dict[str, str]:
    digest, _, extension = name.partition(".")
    return {
        "ETag": f'"{digest}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={max(0, seconds_left)}, immutable",
        "Content-Disposition": f'inline; filename="castlist-{digest[:NAME_CHARS]}.{extension}"',
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
