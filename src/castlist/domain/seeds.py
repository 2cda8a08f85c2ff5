"""Seeds: one for the job, one derived for each image and attempt. A seed is 0 … 2³²−1."""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

SEED_LIMIT = 2**32


def image_seed(job_seed: int, index: int, attempt: int = 0) -> int:
    """Return the seed of image `index` (0-based) at `attempt` (0-based): the first 32 bits of a fixed SHA-256."""
    text = f"castlist:{job_seed}:{index}:{attempt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def draw(items: Sequence[T], count: int, seed: int) -> list[T]:
    """Draw `count` of `items` without repeats, the same for the same seed."""
    return random.Random(seed).sample(list(items), count)
