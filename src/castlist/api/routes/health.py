"""Whether the process lives, and whether it can serve. For load balancers; no key needed."""

from fastapi import APIRouter

from castlist.api.answers import CheckAnswer, HealthAnswer, ReadyAnswer
from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.domain.errors import FieldProblem, NotReady, ServerError

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="healthz", summary="Lives", responses=documented(ServerError))
async def healthz() -> HealthAnswer:
    """Answer as long as the process runs."""
    return HealthAnswer(status="ok")


@router.get("/readyz", operation_id="readyz", summary="Can serve", responses=documented(ServerError, NotReady))
async def readyz(api: ApiOf) -> ReadyAnswer:
    """Answer 200 while database, storage and queue are well, with what was seen; else 503 with what is not."""
    found = await api.readiness.checks(api.service)
    wrong = tuple(FieldProblem(check.name, check.detail) for check in found if not check.well)
    if wrong:
        raise NotReady(f"Not ready: {'; '.join(f'{one.field}: {one.message}' for one in wrong)}.", details=wrong)
    return ReadyAnswer(status="ok", checks=[CheckAnswer(name=check.name, detail=check.detail) for check in found])
