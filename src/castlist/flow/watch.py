"""How a running job is followed and stopped: shared by the engine's thread and the loop that looks after the job."""

from castlist.domain.errors import JobCanceled


class JobWatch:
    """The `Watch` of one job. Plain attributes written by one side and read by the other need no lock."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self.lost = False
        self.ended = False
        """The job was ended from outside, so nobody will go on with it; otherwise a lost job is another worker's."""
        self._total = total
        self._parts: dict[int, float] = {}

    @property
    def fraction(self) -> float:
        """How far the job is, 0–1."""
        return min(1.0, (self.done + sum(self._parts.copy().values())) / self._total)

    def progress(self, index: int, fraction: float) -> None:
        """See `domain.tasks.Watch`."""
        self._parts[index] = min(1.0, max(0.0, fraction))

    def landed(self, index: int) -> None:
        """Count an image as done."""
        self._parts[index] = 1.0

    def check(self) -> None:
        """See `domain.tasks.Watch`."""
        if self.lost:
            raise JobCanceled

    def stop(self) -> None:
        """Make the next `check` raise."""
        self.lost = True
