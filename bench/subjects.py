"""The bundled characters as tasks for the embedded engine. Called by `speed` and `quality`."""

from castlist import data
from castlist.domain.poses import POSES, Pose
from castlist.domain.seeds import image_seed
from castlist.domain.tasks import Reference, Shot, Task
from castlist.vision import picture

PORTRAIT = "samples/astronaut.png"
OTHER_PORTRAIT = "samples/officer.jpg"
"""Cap, glasses and age; a busy backdrop."""
FIGURES = ("samples/cat.png", "samples/cup.png")
DRAWINGS = ("samples/drawn-man.png", "samples/drawn-woman.png", "samples/drawn-robot.png")
SIDE_PX = 1024
SEED, OTHER_SEED = 11, 12


class Unwatched:
    """A watch that nobody looks at."""

    def progress(self, index: int, fraction: float) -> None:
        pass

    def check(self) -> None:
        pass


def opened(sample: str) -> Reference:
    """Open a bundled picture as a job does."""
    found = picture.decode(data.path(sample).read_bytes())
    return Reference(found.pixels, found.sha256, found.alpha)


def task(
    reference: Reference,
    poses: tuple[Pose, ...] = POSES,
    *,
    seed: int = SEED,
    background: str = "neutral",
    prompt: str | None = None,
) -> Task:
    """Ask for one 1024 × 1024 picture per pose."""
    shots = tuple(Shot(index, pose, image_seed(seed, index)) for index, pose in enumerate(poses))
    return Task((reference,), shots, background, SIDE_PX, SIDE_PX, seed, prompt, "studio")
