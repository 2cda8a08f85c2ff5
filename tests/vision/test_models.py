"""Models are loaded once, also when many threads ask at the same time."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from castlist.vision import models


def test_one_session_for_all_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        sessions = set(pool.map(lambda _: id(models.session("selfie_segmentation")), range(32)))
    assert len(sessions) == 1


def test_one_session_runs_in_many_threads() -> None:
    session = models.session("selfie_segmentation")
    pictures = [np.random.default_rng(seed).random((1, 256, 256, 3), dtype=np.float32) for seed in range(8)]
    alone = [session.run(None, {"image": picture})[0] for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda picture: session.run(None, {"image": picture})[0], pictures))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"models/nothing\.onnx"):
        models.session("nothing")
