"""One installation under test: on SQLite, one server and its worker; on PostgreSQL, two API nodes and three workers."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.chaos import audit
from bench.chaos.load import Load
from bench.chaos.network import Wire
from bench.chaos.processes import PostgresServer, Process, answers, environment, free_port, wait_for
from bench.chaos.recovery import Recoveries

if TYPE_CHECKING:
    from castlist.store.files import Bucket

SECRET = "chaos-0123456789abcdef0123456789abcdef"
API_NODES, WORKERS = 2, 3
CREDITS = "1000000"


@dataclass
class Installation:
    """Its processes, its database, its key."""

    folder: Path
    url: str
    settings: dict[str, str]
    nodes: dict[str, Process] = field(default_factory=dict[str, Process])
    workers: dict[str, Process] = field(default_factory=dict[str, Process])
    postgres: PostgresServer | None = None
    bucket: "Bucket | None" = None
    """Where pictures lie, if not in the folder."""
    key: str = ""
    claims: Recoveries = field(init=False)
    """Looks on how soon jobs of dead workers are claimed again."""

    def __post_init__(self) -> None:
        self.claims = Recoveries(self.url)

    @classmethod
    def on_sqlite(cls, folder: Path, *, seconds: float = 0.2, **settings: str) -> "Installation":
        """Prepare one server with its one worker."""
        made = cls(folder, f"sqlite:///{folder / 'castlist.sqlite'}", environment(folder, seconds, **settings))
        made._add_node("serve")
        return made

    @classmethod
    def on_postgres(
        cls,
        folder: Path,
        *,
        seconds: float = 0.2,
        nodes: int = API_NODES,
        workers: int = WORKERS,
        server_settings: Mapping[str, str] | None = None,
        **settings: str,
    ) -> "Installation":
        """Prepare a database server, which may have variables of its own in its environment, API nodes and workers."""
        server = PostgresServer(folder / "postgres", server_settings)
        more = {"CASTLIST_DATABASE_URL": server.url, "CASTLIST_SECRET": SECRET, **settings}
        made = cls(folder, server.url, environment(folder, seconds, **more), postgres=server)
        made.castlist("migrate")
        for _ in range(nodes):
            made._add_node("api")
        for number in range(workers):
            name = f"worker-{number}"
            made.workers[name] = Process(name, ["worker"], made.settings, folder / f"{name}.log")
        return made

    def _add_node(self, kind: str) -> None:
        port = free_port()
        name = f"http://127.0.0.1:{port}"
        log = self.folder / f"{kind}-{port}.log"
        self.nodes[name] = Process(kind, [kind, "--port", str(port)], self.settings, log)

    def castlist(self, *arguments: str) -> str:
        """Run a command to its end and return what it printed."""
        command = [sys.executable, "-m", "castlist.cli", *arguments]
        done = subprocess.run(
            command, check=False, env=self.settings, cwd=self.folder, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def start(self) -> None:
        """Start everything, wait until it answers, make a key."""
        for process in (*self.nodes.values(), *self.workers.values()):
            process.start()
        self.wait_until_ready()
        said = self.castlist("keys", "create", "--name", "chaos", "--credits", CREDITS, "--json")
        self.key = json.loads(said)["key"]

    def load(self, **how: int | float) -> Load:
        """Return clients of this installation."""
        return Load(list(self.nodes), self.key, **how)  # type: ignore[arg-type]

    def lead(self, process: Process, wire: Wire) -> None:
        """Have a process reach the database over a wire, from its next start on."""
        process.settings = {**process.settings, "CASTLIST_DATABASE_URL": wire.url}

    def revive(self) -> None:
        """Start whatever does not run."""
        for process in (*self.nodes.values(), *self.workers.values()):
            if not process.alive():
                process.start()

    def settle(self, seconds: float) -> float:
        """Wait until every job has ended, and return how long that took; fails when none does for so many seconds."""
        began = moved = time.monotonic()
        fewest = left = audit.read(self.url).open
        while left:
            if left < fewest:
                fewest, moved = left, time.monotonic()
            if time.monotonic() - moved > seconds:
                raise TimeoutError(f"{left} jobs never end")
            time.sleep(0.2)
            left = audit.read(self.url).open
        return time.monotonic() - began

    def file(self, name: str) -> bytes | None:
        """Return a stored picture, from the folder or the bucket."""
        if self.bucket is not None:
            import obstore

            from castlist.store.files import Files

            try:
                return bytes(obstore.get(Files.in_bucket(self.bucket).store, f"{name[:2]}/{name}").bytes())
            except FileNotFoundError:
                return None
        path = self.folder / "files" / name[:2] / name
        return path.read_bytes() if path.exists() else None

    def holders(self) -> dict[int, list[tuple[str, int]]]:
        """Return which jobs run, and their attempts, by the process id of their worker."""
        found: dict[int, list[tuple[str, int]]] = {}
        question = "SELECT worker_id, id, attempt FROM jobs WHERE status = 'processing' AND worker_id IS NOT NULL"
        for worker_id, job_id, attempt in audit.ask(self.url, question):
            found.setdefault(int(worker_id[1:].partition("-")[0]), []).append((job_id, attempt))
        return found

    def pick(self, dice: random.Random) -> list[Process]:
        """Return one, some or all of the nodes and workers, by chance."""
        those = [*self.nodes.values(), *self.workers.values()]
        return dice.sample(those, dice.randint(1, len(those)))

    def wait_until_ready(self) -> None:
        """Wait until every process has come up, starting again what ends meanwhile, as its supervisor would."""

        def all_up() -> bool:
            self.revive()
            return all(map(answers, self.nodes)) and all(process.ready() for process in self.workers.values())

        wait_for(all_up, "nodes and workers")

    def close(self) -> None:
        """End everything."""
        for process in (*self.nodes.values(), *self.workers.values()):
            process.end()
        if self.postgres is not None:
            self.postgres.close()
