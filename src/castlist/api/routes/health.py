"""Whether the process lives, and whether it can serve. For load balancers; no key needed."""

import structlog
from fastapi import APIRouter

from castlist.api.answers import HealthAnswer
from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.domain.errors import NotReady, ServerError

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="healthz", summary="Lives", responses=documented(ServerError))
async def healthz() -> HealthAnswer:
    """Answer as long as the process runs."""
    return HealthAnswer(status="ok")


@router.get("/readyz", operation_id="readyz", summary="Can serve", responses=documented(ServerError, NotReady))
async def readyz(api: ApiOf) -> HealthAnswer:
    """Answer as long as the database does."""
    try:
        await api.service.database.ping()
    except Exception:
        structlog.get_logger().exception("the database does not answer")
        raise NotReady from None
    return HealthAnswer(status="ok")
