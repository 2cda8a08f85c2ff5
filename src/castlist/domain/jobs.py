"""The states of a job and the only arrows between them.

    pending ──claim──▶ processing ──finish──▶ completed
       │                   │  ▲ │
       │                   └──┘ └──finish──▶ failed      (claim again: a worker died, a new one takes over)
       └──finish (canceled, expired)──────▶ failed

`completed` has at least one image, `failed` has none. Compared with the schema by a test.
"""

from enum import StrEnum


class JobStatus(StrEnum):
    """The four words of the contract; existing clients stop polling on the last two."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        return self in (JobStatus.COMPLETED, JobStatus.FAILED)


ARROWS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.PROCESSING, JobStatus.FAILED}),
    JobStatus.PROCESSING: frozenset({JobStatus.PROCESSING, JobStatus.COMPLETED, JobStatus.FAILED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
}


def may_go(source: JobStatus, target: JobStatus) -> bool:
    """Tell whether a job may pass from one state to the other."""
    return target in ARROWS[source]


MAX_ATTEMPTS = 5
"""Claims after which a job that keeps losing its worker is given up and refunded; those put down do not count."""
