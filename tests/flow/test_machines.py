"""State machines for the ledger and for jobs: any order of steps, over the real store, beside a model of the truth."""

import asyncio
import contextlib
import dataclasses
import shutil
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from castlist.domain.credits import EntryKind
from castlist.domain.errors import Conflict, EngineFailed, IdempotencyMismatch, InsufficientCredits
from castlist.domain.jobs import JobStatus
from castlist.flow.cancel import cancel
from castlist.flow.finish import Failed, Succeeded, finish
from castlist.flow.plan import plan
from castlist.flow.submit import Caller, Stamp, submit
from castlist.store import conservation, jobs, keys, ledger
from castlist.store.jobs import Image
from castlist.testing.pictures import figure_uri
from castlist.testing.service import DATABASE, build_service, prepare_template

T = TypeVar("T")
PRICE = 1000
ACCOUNTS = st.sampled_from(["a", "b"])
SETTINGS = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
_shared: dict[str, Any] = {}


@dataclasses.dataclass
class Known:
    """What the model knows of a job."""

    account: str
    images: int
    status: JobStatus = JobStatus.PENDING
    attempt: int = 0
    made: set[int] = dataclasses.field(default_factory=set)


class Machine(RuleBasedStateMachine):
    """An installation of its own for each example, with two accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        folder = Path(self.folder.name)
        if "template" not in _shared:
            _shared["folder"] = TemporaryDirectory()
            _shared["template"] = self.run(prepare_template(Path(_shared["folder"].name) / "template.sqlite"))
        shutil.copyfile(_shared["template"], folder / DATABASE)
        self.service = build_service(folder)
        if "plan" not in _shared:
            request = self.service.request_model(input_image=figure_uri(), num_images=3, seed=7)
            _shared["plan"] = self.run(plan(self.service, request))
        self.accounts = {
            name: self.write(lambda tx, name=name: keys.ensure_account(tx, name, now_ms=0)) for name in "ab"
        }
        self.balances = {"a": 0, "b": 0}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def write(self, act: Any) -> Any:
        async def whole() -> Any:
            async with self.service.database.write() as tx:
                return await act(tx)

        return self.run(whole())

    def teardown(self) -> None:
        self.run(self.service.close())
        self.loop.close()
        self.folder.cleanup()

    @invariant()
    def every_credit_is_accounted_for(self) -> None:
        async def look() -> tuple[list[str], dict[str, int]]:
            async with self.service.database.read() as tx:
                faults = (await conservation.verify(tx)).faults
                return faults, {name: await ledger.balance_millis(tx, id) for name, id in self.accounts.items()}

        faults, balances = self.run(look())
        assert faults == []
        assert balances == self.balances
        assert min(balances.values()) >= 0


class LedgerMachine(Machine):
    """Grants, purchases and adjustments of any size: what would go below zero is refused without a trace."""

    @rule(account=ACCOUNTS, kind=st.sampled_from([EntryKind.GRANT, EntryKind.PURCHASE]), amount=st.integers(0, 5000))
    def add(self, account: str, kind: EntryKind, amount: int) -> None:
        after = self.append(account, kind, amount)
        self.balances[account] += amount
        assert after == self.balances[account]

    @rule(account=ACCOUNTS, amount=st.integers(-6000, 3000))
    def adjust(self, account: str, amount: int) -> None:
        try:
            self.append(account, EntryKind.ADJUST, amount)
        except InsufficientCredits:
            assert self.balances[account] + amount < 0
        else:
            self.balances[account] += amount

    @rule(account=ACCOUNTS, amount=st.integers(0, 3000))
    def break_off(self, account: str, amount: int) -> None:
        async def act(tx: Any) -> None:
            await ledger.append(tx, self.accounts[account], EntryKind.GRANT, amount, now_ms=0)
            raise ConnectionError

        with contextlib.suppress(ConnectionError):
            self.write(act)

    def append(self, account: str, kind: EntryKind, amount: int) -> int:
        return self.write(lambda tx: ledger.append(tx, self.accounts[account], kind, amount, now_ms=0))


class JobMachine(Machine):
    """Jobs submitted, claimed, filled, ended and canceled in any order, by claims that hold and claims that do not."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Known] = {}
        self.by_key: dict[tuple[str, str], tuple[str, int]] = {}

    @initialize()
    def start(self) -> None:
        for name in self.balances:
            self.grant(name, 5)

    @rule(account=ACCOUNTS, images=st.integers(1, 4))
    def grant(self, account: str, images: int) -> None:
        amount = images * PRICE
        self.write(lambda tx: ledger.append(tx, self.accounts[account], EntryKind.GRANT, amount, now_ms=0))
        self.balances[account] += amount

    @rule(target=jobs, account=ACCOUNTS, images=st.integers(1, 3), key=st.sampled_from([None, "k1", "k2"]))
    def order(self, account: str, images: int, key: str | None) -> Any:
        planned = _shared["plan"]
        price = dataclasses.replace(planned.quote, num_images=images, price_millis=PRICE)
        planned = dataclasses.replace(planned, quote=price, poses=planned.poses[:images])
        stamp = None if key is None else Stamp(key, f"{images}")
        before = self.by_key.get((account, key)) if key else None
        caller = Caller(self.accounts[account], None)
        try:
            done = self.write(lambda tx: submit(tx, self.service, caller, planned, stamp))
        except InsufficientCredits:
            assert before is None
            assert self.balances[account] < images * PRICE
            return multiple()
        except IdempotencyMismatch:
            assert before is not None
            assert before[1] != images
            return multiple()
        if before is not None:
            assert before == (done.job.id, images)
            return multiple()
        self.known[done.job.id] = Known(account, images)
        self.balances[account] -= images * PRICE
        if key:
            self.by_key[account, key] = (done.job.id, images)
        return done.job.id

    @rule(job_id=jobs)
    def claim(self, job_id: str) -> None:
        known = self.known[job_id]
        claimed = self.write(lambda tx: jobs.claim(tx, job_id, "w", now_ms=1))
        assert (claimed is None) == known.status.terminal
        if claimed is not None:
            known.status, known.attempt = JobStatus.PROCESSING, known.attempt + 1
            assert claimed.attempt == known.attempt

    @rule(job_id=jobs, behind=st.integers(0, 2), position=st.integers(0, 2), made=st.booleans())
    def keep(self, job_id: str, behind: int, position: int, made: bool) -> None:
        known = self.known[job_id]
        outcome = {"file": "a.png"} if made else {"code": "refused", "message": "No."}

        async def act(tx: Any) -> bool:
            if not await jobs.holds(tx, job_id, known.attempt - behind):
                return False
            common = {"job_id": job_id, "position": position, "pose": "front", "seed": 1, "engine": "toy"}
            await jobs.put_image(tx, Image(**common, created_ms=1, **outcome))
            return True

        kept = self.write(act) if position < known.images else False
        assert kept == (known.status is JobStatus.PROCESSING and behind == 0 and position < known.images)
        if kept:
            (known.made.add if made else known.made.discard)(position)

    @rule(job_id=jobs, behind=st.integers(0, 2), well=st.booleans())
    def end(self, job_id: str, behind: int, well: bool) -> None:
        known = self.known[job_id]
        result = Succeeded() if well else Failed(EngineFailed())

        async def act(tx: Any) -> bool:
            job = await jobs.get(tx, job_id)
            assert job is not None
            return await finish(tx, self.service, job, result, attempt=known.attempt - behind)

        ended = self.write(act)
        assert ended == (known.status is JobStatus.PROCESSING and behind == 0) or (
            known.status is JobStatus.PENDING and behind == 0 and not known.made
        )
        if ended:
            self.settle(known, JobStatus.COMPLETED if known.made else JobStatus.FAILED)

    @rule(job_id=jobs)
    def change_of_mind(self, job_id: str) -> None:
        known = self.known[job_id]
        try:
            self.write(lambda tx: cancel(tx, self.service, job_id, self.accounts[known.account]))
        except Conflict:
            assert known.status.terminal
        else:
            assert not known.status.terminal
            self.settle(known, JobStatus.FAILED)

    def settle(self, known: Known, status: JobStatus) -> None:
        known.status = status
        self.balances[known.account] += (known.images - len(known.made)) * PRICE

    @invariant()
    def jobs_stand_as_they_should(self) -> None:
        async def look() -> list[Any]:
            async with self.service.database.read() as tx:
                return [await jobs.get(tx, job_id) for job_id in self.known]

        for job, known in zip(self.run(look()), self.known.values(), strict=True):
            assert (job.status, job.attempt) == (known.status, known.attempt)
            if known.status.terminal:
                captured = len(known.made) * PRICE
                assert (job.captured_millis, job.released_millis) == (captured, known.images * PRICE - captured)


TestLedger = LedgerMachine.TestCase
TestLedger.settings = SETTINGS
TestJobs = JobMachine.TestCase
TestJobs.settings = SETTINGS
