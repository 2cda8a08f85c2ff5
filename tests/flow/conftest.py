"""Short ways to a plan and to a submitted job."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from castlist.domain.requests import RunRequest
from castlist.flow.plan import Plan, plan
from castlist.flow.service import Service
from castlist.flow.submit import Caller, submit
from castlist.store.jobs import Job
from castlist.testing.pictures import figure_uri
from castlist.testing.service import Customer

MakePlan = Callable[..., Awaitable[Plan]]
MakeJob = Callable[..., Awaitable[Job]]


@pytest.fixture
def request_of() -> Callable[..., RunRequest]:
    """Gives a valid request, with changes."""

    def make(service: Service, **changes: Any) -> RunRequest:
        return service.request_model(**{"input_image": figure_uri(), "seed": 7, **changes})

    return make


@pytest.fixture
def plan_of(request_of: Callable[..., RunRequest]) -> MakePlan:
    """Gives the plan of a valid request."""

    async def make(service: Service, **changes: Any) -> Plan:
        return await plan(service, request_of(service, **changes))

    return make


@pytest.fixture
def job_of(plan_of: MakePlan) -> MakeJob:
    """Submits a valid request and gives the job."""

    async def make(service: Service, customer: Customer, **changes: Any) -> Job:
        planned = await plan_of(service, **changes)
        async with service.database.write() as tx:
            return (await submit(tx, service, Caller(customer.account_id, customer.key_id), planned)).job

    return make
