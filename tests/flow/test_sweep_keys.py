"""Idempotency keys are kept for 30 days, and then forgotten."""

from castlist.flow.plan import plan
from castlist.flow.service import Service
from castlist.flow.submit import Caller, Stamp, earlier, submit
from castlist.flow.sweep import sweep
from castlist.testing.pictures import figure_uri
from castlist.testing.service import Clock, Customer


async def test_a_key_outlives_a_month_and_no_more(service: Service, customer: Customer, clock: Clock) -> None:
    caller, stamp = Caller(customer.account_id, customer.key_id), Stamp("order-7", "0" * 64)
    planned = await plan(service, service.request_model.model_validate({"input_image": figure_uri()}))
    async with service.database.write() as tx:
        job = (await submit(tx, service, caller, planned, stamp)).job

    async def meant() -> str | None:
        async with service.database.read() as tx:
            found = await earlier(tx, caller, stamp)
        return found.id if found else None

    clock.advance(hours=30 * 24)
    await sweep(service)
    assert await meant() == job.id
    clock.advance(seconds=1)
    await sweep(service)
    assert await meant() is None
