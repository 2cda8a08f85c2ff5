"""The durable queue of the simulated world: rows in the same database, so they commit with the job.

It behaves like `queue.durable`: a message is taken by one worker, stays its own until it reports the end, and goes back
when somebody hands the dead worker's messages back. It may be delivered twice.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from simulation.database import Room, SimDatabase
from simulation.world import Process, World


class SimQueue:
    """Both halves of the queue, for one process."""

    def __init__(self, world: World, process: Process, room: Room, database: SimDatabase) -> None:
        self._world, self._process, self._room, self._database = world, process, room, database

    async def enqueue(self, tx: Any, job_id: str, *_: Any, **__: Any) -> None:
        """See `flow.service.JobQueue`."""
        tx.tables.add("queue")
        self._room.raw.execute("INSERT INTO sim_queue (job_id) VALUES (?)", (job_id,))

    async def take(self, worker_id: str) -> tuple[int, int, str]:
        """Wait for a message and make it this worker's; returns its number, its token and the job's id."""
        while True:
            while not self._room.rows("SELECT 1 FROM sim_queue WHERE state = 'waiting' LIMIT 1"):
                await self._room.news()
                await asyncio.sleep(0.1 * self._world.dice.random())  # production looks ten times a second
            async with self._database.write() as tx:
                found = self._room.rows(
                    "SELECT id, token + 1, job_id FROM sim_queue WHERE state = 'waiting' ORDER BY id LIMIT 1"
                )
                if found:
                    tx.tables.add("queue")
                    self._room.raw.execute(
                        "UPDATE sim_queue SET state = 'begun', owner = ?, token = token + 1 WHERE id = ?",
                        (worker_id, found[0][0]),
                    )
            if found:
                self._world.say(self._process.name, f"takes {found[0][2]}")
                return found[0]

    async def done(self, number: int, token: int) -> None:
        """Report a message's end, unless somebody has taken it since: the engine's token does the same."""
        async with self._database.write() as tx:
            tx.tables.add("queue")
            self._room.raw.execute(
                "UPDATE sim_queue SET state = 'done' WHERE id = ? AND token = ? AND state = 'begun'", (number, token)
            )

    def holders(self) -> set[str]:
        """Return the workers that have begun messages which have not ended."""
        return {row[0] for row in self._room.rows("SELECT DISTINCT owner FROM sim_queue WHERE state = 'begun'")}

    def begun(self, worker_id: str) -> set[str]:
        """Return the jobs whose messages a worker has begun and not ended, as far as the queue knows."""
        query = "SELECT job_id FROM sim_queue WHERE state = 'begun' AND owner = ?"
        return {row[0] for row in self._room.rows(query, worker_id)}

    async def hand_back(self, worker_ids: Sequence[str], only: Collection[str] | None = None) -> None:
        """Put the messages that workers had begun back, all of them or those of some jobs."""
        async with self._database.write() as tx:
            tx.tables.add("queue")
            for worker_id in worker_ids:
                for job_id in sorted(self.begun(worker_id) if only is None else only):
                    self._room.raw.execute(
                        "UPDATE sim_queue SET state = 'waiting', owner = NULL "
                        "WHERE state = 'begun' AND owner = ? AND job_id = ?",
                        (worker_id, job_id),
                    )

    def close(self) -> None:
        """See `flow.service.JobQueue`."""
