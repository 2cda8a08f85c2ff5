"""Stops a job at its owner's wish. What has landed is delivered and paid, the rest of the hold comes back at once.

The worker that runs it learns of it at its next heartbeat, because it no longer holds the job.
"""

from castlist.domain.errors import Conflict, JobCanceled, JobNotFound
from castlist.flow.finish import Failed, finish
from castlist.flow.service import Service
from castlist.store import jobs
from castlist.store.database import Tx


async def cancel(tx: Tx, service: Service, job_id: str, account_id: str) -> None:
    """End a job as canceled, in the caller's transaction.

    Raises:
        JobNotFound: the account has no such job.
        Conflict: it has ended already.
    """
    job = await jobs.get(tx, job_id, account_id)
    if job is None:
        raise JobNotFound
    if not await finish(tx, service, job, Failed(JobCanceled())):
        raise Conflict(f"The job has ended already: it is {job.status}.")
