"""Times work: wall and processor seconds, as medians. Called by `speed` and `served`."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Runs:
    """The runs of one thing. Processor seconds count both cores, and nothing that other programs do."""

    wall_s: list[float] = field(default_factory=list[float])
    cpu_s: list[float] = field(default_factory=list[float])

    def time(self, work: Callable[[], T]) -> T:
        """Run the work once more and return what it returns."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.add(time.perf_counter() - wall, time.process_time() - cpu)
        return result

    def add(self, wall_s: float, cpu_s: float) -> None:
        self.wall_s.append(wall_s)
        self.cpu_s.append(cpu_s)

    def __len__(self) -> int:
        return len(self.wall_s)

    @property
    def wall(self) -> float:
        """The median, s."""
        return median(self.wall_s)

    @property
    def cpu(self) -> float:
        """The median, s."""
        return median(self.cpu_s)

    @property
    def medians(self) -> tuple[float, float]:
        """Wall and processor seconds."""
        return self.wall, self.cpu


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what, its runs, the goal, and the floor beside it (wall and processor seconds)."""

    what: str
    runs: Runs
    goal_s: float | None = None
    floor_s: tuple[float, float] | None = None

    @property
    def ratio(self) -> float | None:
        """Processor seconds over those of the floor."""
        return self.runs.cpu / self.floor_s[1] if self.floor_s else None


def cpu_of(pid: int) -> float:
    """Return the processor seconds that a process has used. Source: proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """Return the most memory a process has held at once, MB of 10⁶ bytes. Source: proc(5), VmHWM."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


def hardware() -> str:
    """Name the processor and the cores that may be used."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, {len(os.sched_getaffinity(0))} cores"
