"""Castlist with one mistake each: the simulation has to find every one of them, or it proves nothing."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from castlist.flow.finish import finish
from castlist.flow.patience import Patience
from castlist.store import deliveries, idempotency, jobs, ledger, remotes, workers
from castlist.webhooks import schedule
from simulation.database import Room
from simulation.history import Report, Stage, live
from simulation.storage import SimFiles
from simulation.world import PROCESS, Weather

STALLS = Weather(stall=0.1)
DOUBLES = Weather(stall=0.1, ghosts=8)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: what stands in for what. `guarded` is false where the database's own constraints are taken away."""

    title: str
    door: str
    mistake: Callable[..., Any]
    guarded: bool = True
    weather: Weather | None = None
    """In which it shows soon."""


async def _finish_any(tx: Any, service: Any, job: Any, result: Any, *, attempt: int | None = None) -> bool:
    return await finish(tx, service, job, result)


async def _always(*_: Any) -> bool:
    return True


_end = jobs.end


async def _end_again(tx: Any, job_id: str, ending: Any, **more: Any) -> bool:
    await _end(tx, job_id, ending, **more)
    return True


def _later(act: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Do the same in a transaction of its own, after the one that it belongs to."""

    async def spawn(tx: Any, *parts: Any, **more: Any) -> None:
        process = PROCESS.get()
        database = process.world.site.service_of(process).database

        async def write() -> None:
            async with database.write() as own:
                await act(own, *parts, **more)

        process.spawn(write())

    return spawn


_save = remotes.save


async def _save_late(tx: Any, job_id: str, position: int, seed: int, remote: str) -> None:
    if "remote_id" in remote:
        await _later(_save)(tx, job_id, position, seed, remote)
    else:
        await _save(tx, job_id, position, seed, remote)


async def _all(tx: Any, **_: Any) -> list[str]:
    return list((await tx.execute(select(workers.workers.c.id))).scalars())


async def _at_once(_: Patience, act: Callable[[], Awaitable[Any]]) -> Any:
    return await act()


async def _append_anything(tx: Any, account_id: str, kind: Any, amount: int, **more: Any) -> int:
    with patch.object(ledger, "InsufficientCredits", _Unheard):
        sequence, balance = await ledger._last(tx, account_id)
        change = ledger.balance_change_millis(kind, amount)
        row = {"account_id": account_id, "sequence": sequence + 1, "kind": kind.value, "amount_millis": amount}
        row |= {"change_millis": change, "balance_millis": balance + change, "note": "", "created_ms": more["now_ms"]}
        await tx.execute(ledger.entries.insert().values(**row, job_id=more.get("job_id")))
    return balance + change


class _Unheard(Exception):
    """Raised by nobody."""


_put = SimFiles.put


async def _put_shared(files: SimFiles, data: bytes, extension: str, **_: Any) -> str:
    return await _put(files, data, extension)


def _any_answer(tries: int, http_status: int | None) -> schedule.Verdict:
    return schedule.Verdict(schedule.Next.DELIVERED) if http_status else _judge(tries, http_status)


_judge = schedule.judge

MUTANTS = (
    Mutant(
        "a job is finished without a look at the claim", "castlist.flow.perform.finish", _finish_any, weather=DOUBLES
    ),
    Mutant("a stale claim may keep images", "castlist.store.jobs.holds", _always),
    Mutant("a job can end twice, and is captured twice", "castlist.store.jobs.end", _end_again, guarded=False),
    Mutant("a hold is not compared with the balance", "castlist.store.ledger.append", _append_anything, guarded=False),
    Mutant("the webhook is noted outside the transaction", "castlist.store.deliveries.add", _later(deliveries.add)),
    Mutant(
        "the Idempotency-Key is remembered outside the transaction",
        "castlist.store.idempotency.remember",
        _later(idempotency.remember),
    ),
    Mutant("the id of work at a service is saved late", "castlist.store.remotes.save", _save_late),
    Mutant("a fault of the database breaks a running job off", "castlist.flow.patience.Patience.through", _at_once),
    Mutant("a worker that is dead counts as living", "castlist.store.workers.living", _all),
    Mutant(
        "two jobs with equal pictures share their file", "simulation.storage.SimFiles.put", _put_shared, weather=STALLS
    ),
    Mutant("any answer counts as a delivered webhook", "castlist.webhooks.schedule.judge", _any_answer),
)


@contextmanager
def mistaken(mutant: Mutant) -> Generator[None]:
    """Put a mistake in place of what is right."""
    with patch(mutant.door, mutant.mistake):
        yield


def find(mutant: Mutant, *, within: int) -> Report | None:
    """Run histories until one shows the mistake; None when none of so many does. Call inside `seams.simulated`."""
    stage = Stage(Room(without_guards=not mutant.guarded))
    with mistaken(mutant):
        for seed in range(within):
            report = live(stage, seed, weather=mutant.weather)
            if report.violations:
                return report
    return None
