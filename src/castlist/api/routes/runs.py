"""Submits jobs and says what they would cost."""

import asyncio
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from castlist.api import catalogue
from castlist.api.answers import JobAnswer, QuoteAnswer, RunAnswer
from castlist.api.auth import MayRead, MayRun
from castlist.api.body import run_request
from castlist.api.catalogue import ApiId
from castlist.api.context import Api, ApiOf, BaseUrl
from castlist.api.errors import documented
from castlist.api.preferences import IdempotencyKey, Prefer, ended_within, seconds_of, stamp_of
from castlist.api.present import Presenter, iso
from castlist.domain.credits import to_credits
from castlist.domain.errors import (
    Forbidden,
    IdempotencyMismatch,
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
from castlist.domain.requests import RunRequest
from castlist.flow import consent, tally
from castlist.flow.plan import plan, quote
from castlist.flow.service import Service
from castlist.flow.submit import Caller, Stamp, Submitted, earlier, submit
from castlist.store import ledger

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
    response_model=RunAnswer,
    responses={
        200: {"model": JobAnswer, "description": "With `Prefer: wait`, the job when it ended in time."},
        **documented(*ANY_BODY, InsufficientCredits, InputImageRejected, IdempotencyMismatch),
    },
    openapi_extra=BODY,
)
async def run(
    *,
    apiId: ApiId,
    request: Request,
    caller: MayRun,
    api: ApiOf,
    base_url: BaseUrl,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> RunAnswer | JSONResponse:
    """Hold the price of all images and queue the job. Poll `statusUrl` until it is completed or failed."""
    catalogue.check(apiId)
    service = api.service
    wanted = await run_request(request, service.request_model)
    submitted = await _submit(api, caller, wanted, stamp_of(idempotency_key, apiId, wanted))
    presenter = Presenter(base_url, service.secret)
    if (seconds := seconds_of(prefer)) and (ended := await ended_within(api.follower, submitted.job.id, seconds)):
        answer = presenter.job(*ended).model_dump(mode="json", by_alias=True, exclude_unset=True)
        return JSONResponse(answer, headers={"Preference-Applied": f"wait={seconds}"})
    job = submitted.job
    return RunAnswer(
        job_id=job.id,
        status=job.status.value,
        status_url=presenter.status_url(job.id),
        credit_cost=to_credits(job.held_millis),
        credits_remaining=to_credits(submitted.balance_millis),
        expires_at=iso(job.expires_ms),
    )


async def _submit(api: Api, caller: Caller, wanted: RunRequest, stamp: Stamp | None) -> Submitted:
    """Submit a request, or find the job of a repeated one before its pictures are fetched again."""
    service = api.service
    if stamp is None:
        return await _submit_new(service, caller, wanted, None)
    # Repeats that arrive together wait for the first: a thousand would otherwise decode the same picture a thousand
    # times, only to find in the end that the job is there. Across processes the database alone decides.
    async with api.repeats.setdefault((caller.account_id, stamp.key), asyncio.Lock()):
        async with service.database.read() as tx:
            if (job := await earlier(tx, caller, stamp)) is not None:
                return Submitted(job, await ledger.balance_millis(tx, caller.account_id))
        return await _submit_new(service, caller, wanted, stamp)


async def _submit_new(service: Service, caller: Caller, wanted: RunRequest, stamp: Stamp | None) -> Submitted:
    if service.terms.consent_required:
        async with service.database.read() as tx:
            await consent.demand(tx, service, caller.account_id)
    with service.tracer.span("take in"):
        planned = await plan(service, wanted)
    async with service.database.write() as tx:
        submitted = await submit(tx, service, caller, planned, stamp)
    if submitted.job.request_id == caller.request_id:  # and not an earlier one of the same Idempotency-Key
        tally.submitted(service.meter, submitted.job)
        structlog.get_logger().info("job submitted", job_id=submitted.job.id, account_id=caller.account_id)
    return submitted


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
