"""What many histories came to: counted, added up, kept on file so that a run can be stopped and taken up again."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simulation.history import Report

ROOT = Path(__file__).parent.parent
MOST_FAILURES = 50


@dataclass
class Tally:
    """The sums over histories."""

    code: str = ""
    """Which code ran: a digest of everything under src/castlist and simulation."""
    histories: int = 0
    next_seed: int = 0
    cpu_seconds: float = 0.0
    failed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By seed, what was wrong."""
    counts: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    points: Counter[str] = field(default_factory=Counter[str])
    kills: Counter[str] = field(default_factory=Counter[str])
    again: Counter[str] = field(default_factory=Counter[str])

    def note(self, report: Report) -> None:
        """Add one history."""
        self.histories += 1
        if report.violations and len(self.failed) < MOST_FAILURES:
            self.failed[str(report.seed)] = list(report.violations)
        for name in ("counts", "faults", "points", "kills", "again"):
            getattr(self, name).update(getattr(report, name))

    def add(self, other: "Tally") -> None:
        """Add what another process has counted."""
        self.histories += other.histories
        self.cpu_seconds += other.cpu_seconds
        self.failed.update(other.failed)
        for name in ("counts", "faults", "points", "kills", "again"):
            getattr(self, name).update(getattr(other, name))

    def save(self, path: Path) -> None:
        """Write it down, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(vars(self), indent=1, sort_keys=True))
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Tally":
        """Read what was written down; an empty one when there is none, or when other code wrote it."""
        code = fingerprint(code_files())
        if path.exists():
            found = json.loads(path.read_text())
            if found["code"] == code:
                for name in ("counts", "faults", "points", "kills", "again"):
                    found[name] = Counter(found[name])
                return cls(**found)
        return cls(code=code)


def code_files() -> list[Path]:
    """Return every file whose change makes another history of a seed."""
    return sorted([*(ROOT / "src" / "castlist").rglob("*.py"), *(ROOT / "simulation").glob("*.py")])


def fingerprint(files: Iterable[Path]) -> str:
    """Return the first 12 hex digits of a digest of files."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
