"""What all workers of an installation know of engines, in its database. Used by `perform` and by starting workers."""

from dataclasses import dataclass

from castlist.domain import lanes as rules
from castlist.domain.lanes import Lane, Wait
from castlist.flow.admission import Step
from castlist.flow.service import Service
from castlist.store import lanes


@dataclass(frozen=True, slots=True)
class SharedLanes:
    """The `Lanes` of an installation: limits and breakers hold for all its workers together."""

    service: Service

    async def change(self, engine: str, step: Step) -> Wait | None:
        """See `flow.admission.Lanes`."""
        async with self.service.database.write() as tx:
            return await lanes.change(tx, engine, step, now_ms=self.service.clock())


async def give_another_chance(service: Service) -> None:
    """Let engines whose key or account was declined be tried at once: whoever starts a worker may have put it right."""

    def step(lane: Lane, now_ms: int) -> Lane:
        return rules.try_again(lane, now_ms) if lane.fault in ("key", "quota") else lane

    async with service.database.write() as tx:
        for engine in await lanes.known(tx):
            await lanes.change(tx, engine, step, now_ms=service.clock())
