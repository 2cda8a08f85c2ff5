"""What an account has and what it has used. Only reads."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from castlist.api.answers import CreditsAnswer, UsageAnswer, UsageRow, UsageTotal
from castlist.api.auth import MayRead
from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.domain.credits import to_credits
from castlist.domain.errors import FieldProblem, Forbidden, InvalidApiKey, InvalidRequest, ServerError
from castlist.store import ledger, usage

router = APIRouter(tags=["account"])
DAYS = 30
MOST_DAYS = 366


def _written_out(value: Any) -> Any:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):  # a bare number would pass as Unix seconds
        raise ValueError("must be a day such as 2026-11-22.")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]


@router.get(
    "/credits",
    operation_id="getCredits",
    summary="Balance",
    responses=documented(InvalidApiKey, Forbidden, ServerError),
)
async def get_credits(caller: MayRead, api: ApiOf) -> CreditsAnswer:
    """Say what can be spent and what jobs that have not ended hold."""
    async with api.service.database.read() as tx:
        balance = await ledger.balance_millis(tx, caller.account_id)
        held = await usage.held_millis(tx, caller.account_id)
    return CreditsAnswer(credits_remaining=to_credits(balance), credits_held=to_credits(held))


@router.get(
    "/usage",
    operation_id="getUsage",
    summary="Usage by day, key and model type",
    responses=documented(InvalidRequest, InvalidApiKey, Forbidden, ServerError),
)
async def get_usage(
    caller: MayRead,
    api: ApiOf,
    first: Annotated[
        date | None, Query(alias="from", description="First day, UTC. Default: 30 days up to `to`.")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day, UTC. Default: today.")] = None,
) -> UsageAnswer:
    """Count requests, delivered images and charged credits by the day of submission."""
    last = last or datetime.fromtimestamp(api.service.clock() / 1000, UTC).date()
    first = first or last - timedelta(days=min(DAYS - 1, (last - date.min).days))
    if not 0 <= (last - first).days < MOST_DAYS:
        problem = FieldProblem("from", f"Must be at most {MOST_DAYS - 1} days before `to`, and not after it.")
        raise InvalidRequest("The days are not valid.", details=(problem,))
    async with api.service.database.read() as tx:
        rows = await usage.by_day(tx, caller.account_id, first, last)
    return UsageAnswer(
        usage=[
            UsageRow(
                day=row.day.isoformat(),
                key_id=row.key_id,
                key_name=row.key_name,
                model_type=row.model_type,
                requests=row.requests,
                images=row.images,
                credits=to_credits(row.charged_millis),
            )
            for row in rows
        ],
        total=UsageTotal(
            requests=sum(row.requests for row in rows),
            images=sum(row.images for row in rows),
            credits=to_credits(sum(row.charged_millis for row in rows)),
        ),
    )
