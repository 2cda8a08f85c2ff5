"""One history: draws a world from a seed, lets it live, and judges it. The same seed is the same history, always."""

import asyncio
import dataclasses
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from castlist.flow.deliver import deliver_due
from castlist.flow.plan import Plan, plan
from castlist.flow.service import Service, Terms
from castlist.flow.strays import sweep_strays
from castlist.flow.sweep import sweep
from castlist.testing.pictures import figure_uri
from castlist.testing.service import build_service
from simulation.audit import audit
from simulation.clients import Customer, Order
from simulation.database import Room
from simulation.engines import AtOnce, Here, There
from simulation.loop import Deadlock
from simulation.site import Site, present
from simulation.world import CALM, START_MS, Killed, Weather, World

HOUR_S = 3600
PLAIN = 0.8
"""Share of histories with one order, one worker and one kind of fault: small ones, of which there can be many."""
STORM_S = 30
"""After so long nothing fails any more: what is still open then must end by itself."""
PATIENCE_S = 900
"""How long a job may still take once nothing fails any more."""
RECEIVERS = ("good",) * 10 + ("moody",) * 3 + ("gone",) * 2 + ("down", "moved", "slow")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a history."""

    seed: int
    violations: tuple[str, ...]
    story: tuple[str, ...]
    counts: Counter[str]
    """Jobs, images, retakes and the like."""
    faults: Counter[str]
    points: Counter[str]
    kills: Counter[str]
    again: Counter[str]
    """Pictures paid for twice because nobody could have known better."""


@dataclass
class Stage:
    """What is the same for all histories: the tables, and a plan for every engine. Made once a process."""

    room: Room = field(default_factory=Room)
    base: Service = field(init=False)
    plans: dict[str, Plan] = field(default_factory=dict[str, Plan])

    def __post_init__(self) -> None:
        with TemporaryDirectory() as folder:
            self.base = build_service(Path(folder), engines=[Here(), There(), AtOnce()])
            for model_type in ("here", "there", "at-once"):
                request = self.base.request_model(
                    input_image=figure_uri(), model_type=model_type, num_images=4, seed=1, randomize_images=False
                )
                self.plans[model_type] = asyncio.run(plan(self.base, request))


def live(stage: Stage, seed: int, *, tell: bool = False, weather: Weather | None = None) -> Report:
    """Run the history of a seed.

    Args:
        tell: note what happens, for people.
        weather: what goes wrong, instead of what the seed says; no plain history then.
    """
    dice = random.Random(seed)
    random.seed(seed)
    stage.room.clear()
    plain = dice.random() < PLAIN and weather is None
    world = World(seed, weather or _weather(dice, plain=plain), tell=tell)
    world.orderly = plain
    terms = Terms(output_ms=3000 if dice.random() < (0.1 if plain else 0.3) else 24 * HOUR_S * 1000)
    site = Site(world, stage.room, dataclasses.replace(stage.base, terms=terms))
    life = _Life(stage, site, dice, plain=plain)
    try:
        world.loop.run_until_complete(life.run())
    except Deadlock:
        world.violate("everybody waits for somebody else")
    finally:
        for process in [*(node.process for node in site.nodes), *(worker.process for worker in site.workers)]:
            process.alive = False
        world.close()
    world.violations.extend(life.found)
    return Report(
        seed, tuple(world.violations), tuple(world.story or ()), life.counts(), world.faults, world.points, world.kills,
        site.service.again,
    )  # fmt: skip


def _weather(dice: random.Random, *, plain: bool) -> Weather:
    """Draw what may go wrong: in a plain history one kind of thing, in the others all at once."""
    if plain:
        kind = dice.choice(("crash", "crash", "crash", "database", "storage", "network"))
        more = {"crash": 0.0, "database": 0.1, "storage": 0.3, "network": 0.2}[kind]
        return (
            Weather(crash=dice.choice((0.02, 0.06)), crashes=1 + (kind == "crash"))
            if not more
            else Weather(**{kind: more})
        )
    bad = dice.random() ** 2
    return Weather(
        crash=dice.choice((0, 0.01, 0.03, 0.08)),
        crashes=dice.randint(1, 6),
        database=dice.choice((0, 0, 0.02, 0.1)) * bad,
        storage=dice.choice((0, 0, 0.1, 0.4)) * bad,
        network=dice.choice((0, 0, 0.05, 0.3)) * bad,
        stall=dice.choice((0, 0, 0.01, 0.05)),
        outages=dice.choice((0, 0, 0, 1, 2)),
        clock_steps=dice.choice((0, 0, 0, 1, 2)),
        ghosts=dice.choice((0, 0, 1, 2)),
    )


class _Life:
    """The course of one history."""

    def __init__(self, stage: Stage, site: Site, dice: random.Random, *, plain: bool) -> None:
        self.plain = plain
        self.stage, self.site, self.world, self.dice = stage, site, site.world, dice
        self.found: list[str] = []
        self.grants: dict[str, int] = {}
        self.orders: list[Order] = []

    async def run(self) -> None:
        """Live through a storm of orders and faults, then calm, then the webhooks' three days, then the sweeping."""
        world, site = self.world, self.site
        world.sweeps = site.service_of(site.process("nobody")).terms.output_ms < HOUR_S * 1000
        self._settle()
        for _ in range(1 if self.plain else self.dice.randint(1, 2)):
            site.start_node()
        for _ in range(1 if self.plain else self.dice.randint(1, 3)):
            site.start_worker(jobs_at_once=self.dice.randint(1, 2))
        outside = [asyncio.ensure_future(site.revive()), *map(asyncio.ensure_future, self._trouble())]
        customers = asyncio.gather(*(Customer(site, order).run() for order in self.orders))
        await asyncio.wait({customers}, timeout=STORM_S)
        await self._until_all_ended(STORM_S - world.loop.time())
        world.weather = CALM
        world.away.clear()
        world.say("weather", "calm")
        await asyncio.wait_for(customers, timeout=300)
        await self._until_all_ended(PATIENCE_S)
        for task in outside:
            task.cancel()
        await self._close()
        await self._deliver_all()
        self.found += audit(site, self.orders, self.grants)
        if self.dice.random() < 0.1:
            await self._sweep_all()

    def _settle(self) -> None:
        """Write down accounts, grants and orders: what there was before."""
        dice, room = self.dice, self.site.room
        for planned in self.stage.plans.values():
            for kept in planned.references:
                self.site.shelf.files[kept.file] = b"reference"
        for number in range(dice.choice((1, 1, 2))):
            account, granted = f"acc_{number}", dice.choice((2_000, 5_000, 100_000))
            self.grants[account] = granted
            room.raw.execute("INSERT INTO accounts (id, name, created_ms) VALUES (?, ?, 0)", (account, account))
            room.raw.execute(
                "INSERT INTO entries (account_id, sequence, kind, amount_millis, change_millis, balance_millis, note, "
                "created_ms) VALUES (?, 1, 'grant', ?, ?, ?, '', 0)",
                (account, granted, granted, granted),
            )
        for number in range(1 if self.plain else dice.choice((1, 1, 2, 2, 3))):
            self._order(number)

    def _order(self, number: int) -> None:
        dice = self.dice
        keyed = dice.random() < 0.6
        # Same seed, same picture, same file: later orders may share files with earlier ones.
        alike = 0.7 if self.world.sweeps else 0.2
        seed = self.orders[0].seed if self.orders and dice.random() < alike else dice.randrange(2**31)
        if any(order.seed == seed and order.plan.quote.model_type != "here" for order in self.orders):
            seed = dice.randrange(2**31)
        order = Order(
            account_id=dice.choice(list(self.grants)),
            plan=self._plan(seed),
            key=f"key-{number}" if keyed else None,
            at_s=dice.random() * 4 * number,
            patience_s=dice.choice((0.02, 1.0, 10.0)),
            twins=dice.choice((1, 1, 2, 3)) if keyed else 1,
            cancel_after_s=dice.random() * 3 if dice.random() < 0.25 else None,
            digest=f"body-{number}",
        )
        self.orders.append(order)
        if keyed and dice.random() < 0.1:
            other = dataclasses.replace(
                order, plan=self._plan(dice.randrange(2**31)), digest="another body", job_ids=set(), refusals=[]
            )
            self.orders.append(other)

    def _plan(self, seed: int) -> Any:
        dice = self.dice
        same = [order.plan for order in self.orders if order.seed == seed]
        template = self.stage.plans["here" if same else dice.choice(("here", "here", "there", "there", "at-once"))]
        count = 1 if self.plain else dice.choice((1, 2, 2, 3))
        kind = dice.choice(RECEIVERS)
        return dataclasses.replace(
            template,
            quote=dataclasses.replace(template.quote, num_images=count),
            seed=seed,
            poses=template.poses[:count],
            webhook_url=f"https://{kind}.test/hook" if dice.random() < 0.4 else None,
        )

    def _trouble(self) -> list[Any]:
        """Return what befalls the installation from outside, each at its time."""
        weather, dice, world = self.world.weather, self.dice, self.world

        async def away() -> None:
            await asyncio.sleep(dice.random() * 8)
            what = dice.choice(("database", "storage"))
            world.away[what] = world.loop.time() + 0.5 + 20 * dice.random() ** 2
            world.faults[f"{what} away for a while"] += 1
            world.say("weather", f"the {what} is away until {world.away[what]:.2f} s")

        async def step() -> None:
            await asyncio.sleep(dice.random() * 8)
            processes = [one.process for one in (*self.site.nodes, *self.site.workers) if one.process.alive]
            process = dice.choice(processes or [self.site.process("nobody")])
            process.skew_ms += dice.choice((-7_200_000, -20_000, 3_000, 20_000, 7_200_000))
            world.stepped = True
            world.faults["clock stepped"] += 1
            world.say(process.name, f"has its clock set by {process.skew_ms} ms")

        async def ghost() -> None:
            await asyncio.sleep(dice.random() * 10)
            jobs = self.site.room.rows("SELECT id FROM jobs ORDER BY created_ms, id")
            if jobs:
                job_id = dice.choice(jobs)[0]
                self.site.room.raw.execute("INSERT INTO sim_queue (job_id) VALUES (?)", (job_id,))
                self.site.room.ring()
                world.faults["message delivered again"] += 1
                world.say("queue", f"delivers {job_id} once more")

        async def told_to_stop() -> None:
            await asyncio.sleep(dice.random() * 8)
            worker = dice.choice(self.site.workers)
            if worker.process.alive:
                world.faults["worker told to stop"] += 1
                world.say(worker.process.name, "is told to stop")
                worker.process.spawn(worker.stop())

        return [
            *(away() for _ in range(weather.outages)),
            *(step() for _ in range(weather.clock_steps)),
            *(ghost() for _ in range(weather.ghosts)),
            *(told_to_stop() for _ in range(0 if self.plain else dice.choice((0, 0, 1)))),
        ]

    async def _until_all_ended(self, seconds: float) -> None:
        until = self.world.loop.time() + seconds
        query = (
            "SELECT 1 FROM jobs WHERE status IN ('pending', 'processing') "
            "UNION SELECT 1 FROM sim_queue WHERE state <> 'done'"
        )
        while self.world.loop.time() < until and self.site.room.rows(query):
            await asyncio.sleep(0.3)

    async def _close(self) -> None:
        """End all processes; what is to be sent and swept is done by others later."""
        for one in (*self.site.nodes, *self.site.workers):
            one.process.kill()
        await asyncio.sleep(0.01)

    async def _deliver_all(self) -> None:
        """Go from one webhook that is due to the next, through three days or more, with kills on the way."""
        world, room = self.world, self.site.room
        if self.dice.random() < 0.3:
            world.weather = Weather(crash=0.02, crashes=world.kills.total() + 3)
        process = self.site.process("worker")
        service = self.site.service_of(process)
        for _ in range(500):
            due = room.rows("SELECT min(next_ms) FROM deliveries WHERE state = 'due'")[0][0]
            if due is None:
                return
            world.loop.jump((due - START_MS) / 1000 + 0.1)
            try:
                await process.spawn(deliver_due(service, present))
            except (Killed, asyncio.CancelledError):
                process = self.site.process("worker")
                service = self.site.service_of(process)
            except Exception as problem:
                self.found.append(f"delivering failed in calm weather: {problem!r}")
                return
        self.found.append("webhooks are tried without end")

    async def _sweep_all(self) -> None:
        """Let a month go by: nothing that anybody has made may be left."""
        world, site = self.world, self.site
        world.weather = CALM
        world.loop.jump(world.loop.time() + 40 * 24 * HOUR_S)
        process = site.process("worker")
        service = site.service_of(process)
        for _ in range(3):
            await process.spawn(sweep(service))
        await process.spawn(sweep_strays(service))
        made = {name for name in site.shelf.files if site.shelf.files[name] != b"reference"}
        self.found += [f"the file {name[:8]} is kept for ever" for name in sorted(made)]
        if site.room.rows("SELECT 1 FROM idempotency_keys"):
            self.found.append("an idempotency key is kept for ever")

    def counts(self) -> Counter[str]:
        """Return what there was of everything."""
        rows = self.site.room.rows
        return Counter(
            {
                "jobs": rows("SELECT count(*) FROM jobs")[0][0],
                "images delivered": rows("SELECT count(*) FROM images WHERE file IS NOT NULL")[0][0],
                "claims": rows("SELECT coalesce(sum(attempt), 0) FROM jobs")[0][0],
                "webhook tries": rows("SELECT count(*) FROM delivery_tries")[0][0],
                "pieces of work at the service": len(self.site.service.work),
                "refused orders": sum(bool(order.refusals) for order in self.orders),
                "jobs that ended as worker_lost": rows("SELECT count(*) FROM jobs WHERE error_code = 'worker_lost'")[0][
                    0
                ],
            }
        )
