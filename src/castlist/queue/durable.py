"""The durable engine: enqueues in the caller's transaction, and runs what was enqueued. Only this module imports dbos.

Two halves for two kinds of process: `DurableQueue` for those that submit, `DurableRunner` for the worker. What is
enqueued is a job's id and nothing else, so nothing that is stored there is ever unpickled into objects.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from castlist.domain.pools import DEFAULT_POOL

WORKFLOW = "run_job"
VERSION = "1"
"""Raised by hand when queued jobs of an older release can no longer be run: workers only take their own version."""
ENDED = ["SUCCESS", "ERROR", "CANCELLED"]
FORGET_AT_ONCE = 500
"""Rows removed in one transaction: few enough that nobody waits for it."""
IDLE_SECONDS = 5.0
"""After so long PostgreSQL ends a transaction of the engine's that nobody goes on with, and frees what it locked."""
POLL_SECONDS = 0.1
"""How long a job may lie before a free worker looks for it."""


def migrate(database_url: str) -> None:
    """Create or bring up to date the engine's own tables."""
    from dbos import DBOS

    _quiet()
    DBOS.migrate(database_url)


def is_current(database_url: str) -> bool:
    """Tell whether the engine's own tables are there and as new as this release needs them."""
    from dbos import DBOSClient
    from dbos._error import DBOSInitializationError

    _quiet()
    client: Any = DBOSClient(system_database_url=database_url, lazy=True)
    try:
        client._sys_db.verify_migrations()
    except DBOSInitializationError:
        return False
    finally:
        client.destroy()
    return True


def queue_of(pool: str) -> str:
    """Return the name of a pool's queue."""
    return "jobs" if pool == DEFAULT_POOL else f"jobs.{pool}"


class DurableQueue:
    """The submitting half. Connects to nothing before the first use."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._client: Any = None

    async def enqueue(self, tx: Any, job_id: str, order: int = 1, pool: str = DEFAULT_POOL) -> None:
        """Enqueue a job inside the caller's transaction: it exists when that commits, and not otherwise.

        Args:
            order: jobs with a lower one are taken first, and equal ones as they came; 1 to 2**31 - 1.
            pool: whose workers take it.
        """
        client = self._connected()
        options = {
            "workflow_name": WORKFLOW,
            "queue_name": queue_of(pool),
            "workflow_id": job_id,
            "app_version": VERSION,
            "serialization_type": _portable(),
            "priority": order,
        }

        def insert(connection: Any) -> None:
            client.enqueue_in_transaction(connection, options, job_id)

        await tx.run_sync(insert)

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.destroy()
            self._client = None

    def _connected(self) -> Any:
        if self._client is None:
            from dbos import DBOSClient

            _quiet()
            self._client = DBOSClient(system_database_url=self._url, lazy=True)
        return self._client


class DurableRunner:
    """The running half: one per worker process. `worker_id` must be new for every start of the process."""

    def __init__(
        self,
        database_url: str,
        worker_id: str,
        run: Callable[[str], None],
        *,
        concurrency: int = 1,
        pool: str = DEFAULT_POOL,
    ) -> None:
        """Prepare, starting nothing yet.

        Args:
            run: runs one job by its id to its end; called in threads of its own, `concurrency` at once.
            pool: whose jobs are taken. All its workers run as many at once as the one that started last.
        """
        self._url, self._worker_id, self._run, self._concurrency = database_url, worker_id, run, concurrency
        self._queue = queue_of(pool)

    def start(self) -> None:
        """Begin taking jobs."""
        from dbos import DBOS

        _quiet()
        dbos = DBOS(
            config={
                "name": "castlist",
                "system_database_url": self._url,
                "executor_id": self._worker_id,
                "application_version": VERSION,
                "log_level": "ERROR",
                "run_migrations": False,
                "sys_db_idle_transaction_timeout_sec": IDLE_SECONDS,
                "notification_listener_polling_interval_sec": 1.0,
            }
        )
        self._dbos: Any = dbos
        try:
            self._launch()
        except BaseException:
            self.stop()  # it is one for the whole process: the next to start must not find half of this one
            raise

    def _launch(self) -> None:
        from dbos import DBOS

        run = self._run

        @DBOS.workflow(name=WORKFLOW)
        def run_job(job_id: str) -> None:  # pyright: ignore[reportUnusedFunction]
            run(job_id)

        DBOS.listen_queues([self._queue])
        DBOS.launch()
        DBOS.register_queue(
            self._queue,
            worker_concurrency=self._concurrency,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )

    def hand_back(self, worker_ids: Sequence[str], *, only: Collection[str] | None = None) -> int:
        """Put the jobs that dead workers had begun back into the queue, all or `only` some; return how many there were.

        The engine itself does this only for a restart under the same id. Its own check that a job still belongs to the
        dead worker makes this safe to call by several at once.
        """
        handed = 0
        for worker_id in worker_ids:
            begun = self.begun(worker_id)
            for job_id in sorted(begun if only is None else begun.intersection(only)):
                handed += self._dbos._sys_db.reenqueue_for_recovery(job_id, [worker_id], self._queue)
        return handed

    def begun(self, worker_id: str) -> set[str]:
        """Return the jobs that a worker has begun and not ended, as far as the engine knows."""
        return {pending.workflow_id for pending in self._dbos._sys_db.get_pending_workflows(worker_id, VERSION)}

    def holders(self) -> set[str]:
        """Return the workers whose jobs have begun and not ended, whether they live or not."""
        from dbos import DBOS

        begun = DBOS.list_workflows(status="PENDING", name=WORKFLOW, load_input=False, load_output=False)
        return {each.executor_id for each in begun if each.executor_id}

    def forget(self, ended_before_ms: int) -> int:
        """Remove what is kept of jobs that ended before a moment and return how many; the engine itself keeps all."""
        from dbos import DBOS

        before = datetime.fromtimestamp(ended_before_ms / 1000, UTC).isoformat()
        forgotten = 0
        while True:
            ended = DBOS.list_workflows(
                status=ENDED, completed_before=before, limit=FORGET_AT_ONCE, load_input=False, load_output=False
            )
            if not ended:
                return forgotten
            DBOS.delete_workflows([each.workflow_id for each in ended])
            forgotten += len(ended)

    def pause(self) -> None:
        """Take no more jobs, and let those that run go on."""
        for event in self._dbos.background_thread_stop_events:
            event.set()

    def stop(self) -> None:
        """Take no more jobs. One that still runs stays begun, for another worker to take over."""
        from dbos import DBOS

        DBOS.destroy(destroy_registry=True)


def _portable() -> Any:
    from dbos import WorkflowSerializationFormat

    return WorkflowSerializationFormat.PORTABLE


def _quiet() -> None:
    logging.getLogger("dbos").setLevel(logging.ERROR)
