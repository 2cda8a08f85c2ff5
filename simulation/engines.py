"""Three engines for the simulated world: one here, one that is asked for later, one that answers at once.

Their pictures are twelve bytes. The fifth says whether the take shows the character, which the scorer double reads.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np

from castlist.domain.cards import Card
from castlist.domain.errors import EngineFailed, ImageRefused
from castlist.domain.tasks import Made, NotMade, Outcome, Pixels, Shot, Task, Watch
from castlist.domain.wire import Broken, Finished, Parsed, Pending, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions, Local
from simulation.network import BASE
from simulation.world import PROCESS

DRIFTS = 0.15
"""Share of takes that show somebody else."""


class Here(Local):
    """Makes its pictures in this process, the same for the same seed."""

    card = Card(
        id="here", title="Here", summary="Simulated.", model_types=("here",), kind="local", stand_in=True,
        seed="exact", min_identity=0.5, price_credits="0.5", licence="none", source="made up",
    )  # fmt: skip

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """See `Local`."""
        world = PROCESS.get().world
        for shot in task.shots:
            watch.check()
            if world.befalls("engine: refuses an image", world.weather.network / 4):
                yield NotMade(shot.index, ImageRefused.code, "Not this.")
                continue
            if world.befalls("engine: breaks off", world.weather.network / 4):
                raise EngineFailed
            watch.progress(shot.index, 0.5)
            yield Made(shot.index, painted(shot.seed), shot.seed, model="here-1", seconds=0.1)


class Options(HostedOptions):
    """Where the simulated service is, and little patience."""

    base_url: str = BASE
    request_seconds: float = 3
    total_seconds: float = 60
    poll_seconds: float = 0.3


class There(Hosted):
    """Asks a service that takes work on and is asked for it later."""

    card = Card(
        id="there", title="There", summary="Simulated.", model_types=("there",), kind="hosted", cancel=True,
        seed="none", min_identity=0.5, price_credits="1", licence="none", source="made up", options=Options,
    )  # fmt: skip
    default_models: ClassVar[Mapping[str, str]] = {"there": "there-1"}

    def build(self, task: Task, shot: Shot) -> Request:
        """See `Hosted`."""
        body = {"job": task.job_seed, "index": shot.index, "seed": shot.seed, "at once": not self.queues}
        return Request("POST", f"{BASE}/work", body=body)

    def parse(self, reply: Reply) -> Parsed:
        """See `Hosted`."""
        if reply.status == 404:
            return Broken("no such work", gone=True)
        if reply.status >= 400:
            return Broken(f"status {reply.status}", retry=True)
        match reply.json():
            case {"refused": str(why)}:
                return Refused(why)
            case {"picture": str(url)}:
                return Finished((url,))
            case {"id": str(name)}:
                at = f"{BASE}/work/{name}"
                return Pending(name, Request("GET", at), Request("DELETE", at))
        return Broken("the work is spoilt")


class AtOnce(There):
    """Asks a service whose first answer is the picture."""

    card = Card(
        id="at-once", title="At once", summary="Simulated.", model_types=("at-once",), kind="hosted",
        seed="none", min_identity=0.5, price_credits="2", licence="none", source="made up", options=Options,
    )  # fmt: skip
    default_models: ClassVar[Mapping[str, str]] = {"at-once": "at-once-1"}
    queues = False


def painted(seed: int) -> Pixels:
    """Return the picture of a seed: uint8 [2, 2, 3]."""
    return pixels_of(seed.to_bytes(4, "big") * 3)


def pixels_of(data: bytes) -> Pixels:
    """Return twelve bytes as a picture, good or drifted as they fall."""
    drifted = (data[0] * 256 + data[1]) / 65536 < DRIFTS
    return np.frombuffer(data[:4] + bytes([drifted]) + data[5:12], np.uint8).reshape(2, 2, 3)
