"""Submits jobs and says what they would cost."""

from typing import Any

from fastapi import APIRouter, Request

from castlist.api import catalogue
from castlist.api.answers import QuoteAnswer, RunAnswer
from castlist.api.auth import MayRead, MayRun
from castlist.api.body import run_request
from castlist.api.catalogue import ApiId
from castlist.api.context import ApiOf, BaseUrl
from castlist.api.errors import documented
from castlist.api.present import Presenter, iso
from castlist.domain.credits import to_credits
from castlist.domain.errors import (
    Forbidden,
    InputImageRejected,
    InsufficientCredits,
    InvalidApiKey,
    InvalidRequest,
    ModelNotFound,
    ModelUnavailable,
    PayloadTooLarge,
    ServerError,
    UnsupportedMediaType,
)
from castlist.flow.plan import plan, quote
from castlist.flow.submit import submit

router = APIRouter(tags=["run"])
ANY_BODY = (
    InvalidRequest,
    InvalidApiKey,
    Forbidden,
    ModelNotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
    ServerError,
    ModelUnavailable,
)
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RunRequest"}}},
    }
}


@router.post(
    "/models/{apiId}/run",
    status_code=202,
    operation_id="run",
    summary="Submit a job",
    responses=documented(*ANY_BODY, InsufficientCredits, InputImageRejected),
    openapi_extra=BODY,
)
async def run(apiId: ApiId, request: Request, caller: MayRun, api: ApiOf, base_url: BaseUrl) -> RunAnswer:
    """Hold the price of all images and queue the job. Poll `statusUrl` until it is completed or failed."""
    catalogue.check(apiId)
    service = api.service
    wanted = await run_request(request, service.request_model)
    planned = await plan(service, wanted)
    async with service.database.write() as tx:
        submitted = await submit(tx, service, caller, planned)
    job = submitted.job
    return RunAnswer(
        job_id=job.id,
        status=job.status.value,
        status_url=Presenter(base_url, service.secret).status_url(job.id),
        credit_cost=to_credits(job.held_millis),
        credits_remaining=to_credits(submitted.balance_millis),
        expires_at=iso(job.expires_ms),
    )


@router.post(
    "/models/{apiId}/quote",
    operation_id="quote",
    summary="Price a request",
    responses=documented(*ANY_BODY),
    openapi_extra=BODY,
)
async def price(apiId: ApiId, request: Request, caller: MayRead, api: ApiOf) -> QuoteAnswer:
    """Check a request and say what it would cost at most. Nothing is fetched, held or made."""
    catalogue.check(apiId)
    wanted = await run_request(request, api.service.request_model)
    priced = quote(api.service, wanted)
    return QuoteAnswer(
        credit_cost=to_credits(priced.cost_millis),
        price_per_image=to_credits(priced.price_millis),
        num_images=priced.num_images,
        model_type=priced.model_type,
        engine=priced.engine,
        substituted=priced.substituted,
    )
