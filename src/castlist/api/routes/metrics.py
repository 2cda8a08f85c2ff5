"""Every metric, in the form that Prometheus scrapes. Open, or for those who know the operator's token."""

import hmac
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.api.exposition import CONTENT_TYPE, exposition
from castlist.domain.errors import InvalidApiKey, ServerError
from castlist.flow.survey import readings

router = APIRouter(tags=["health"])
_TEXT: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics",
    response_class=Response,
    responses={
        200: {"description": "Text in Prometheus's form.", "content": _TEXT},
        **documented(InvalidApiKey, ServerError),
    },
)
async def metrics(request: Request, api: ApiOf) -> Response:
    """Give the numbers of the whole installation, whichever node is asked."""
    wanted = api.service.terms.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    if wanted is not None and not hmac.compare_digest(given, wanted.encode()):
        raise InvalidApiKey("These metrics need the token of metrics_token. Send it as: Authorization: Bearer …")
    return Response(exposition(await readings(api.service)), media_type=CONTENT_TYPE)
