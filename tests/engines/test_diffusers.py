"""The local diffusion engine on tiny pipelines: every family, loaded from disk as the real weights are."""

import dataclasses

import numpy as np
import pytest
from diffusion import FAMILIES, SIDE_PX, engine_for, pictures, small

from castlist.domain.errors import JobCanceled
from castlist.testing.engine_kit import Followed, LocalContract

ROUNDING = 3
"""Of 255: what sums in another order may change in a picture of random weights."""


@pytest.fixture
def smaller_qwen(monkeypatch):
    """Qwen-Image-Edit brings every reference to a megapixel, which takes seconds here."""
    plus = pytest.importorskip("diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus")
    monkeypatch.setattr(plus, "VAE_IMAGE_SIZE", 64 * 64)
    monkeypatch.setattr(plus, "CONDITION_IMAGE_SIZE", 56 * 56)


class TestKlein(LocalContract):
    @pytest.fixture(autouse=True)
    def weights(self, tiny):
        self.folder = tiny("Flux2KleinKVPipeline")

    def engine(self):
        return engine_for({"flux-2-klein": self.folder})

    def task(self, **changes):
        return dataclasses.replace(small("flux-2-klein"), **changes)


@pytest.mark.parametrize("pipeline", FAMILIES)
def test_every_family_makes_pictures_of_the_size_asked_for(tiny, pipeline, smaller_qwen):
    model_type, folder = FAMILIES[pipeline], tiny(pipeline)
    engine, watch = engine_for({model_type: folder}), Followed()
    assert engine.unready() is None
    task = dataclasses.replace(small(model_type), width_px=96, height_px=64)
    for made in engine.generate(task, watch):
        assert made.pixels.shape == (64, 96, 3)
        assert made.pixels.dtype == np.uint8
        assert made.pixels.std() > 1
        assert made.prompt
        assert made.model == folder.rpartition("/")[2]
    assert {index for index, _ in watch.told} == {0, 1}
    assert [part for index, part in watch.told if index == 0] == [0.5, 0.75], "two steps of four parts"


@pytest.mark.parametrize("pipeline", FAMILIES)
def test_the_same_seed_gives_the_same_picture_alone_or_among_others(tiny, pipeline, smaller_qwen):
    model_type = FAMILIES[pipeline]
    task = small(model_type, shots=3)
    engine = engine_for({model_type: tiny(pipeline)})
    first = pictures(engine, task)
    alone = pictures(engine, dataclasses.replace(task, shots=task.shots[2:]))
    assert np.array_equal(alone[2], first[2])
    assert not np.array_equal(first[0], first[1])
    at_once = pictures(engine_for({model_type: tiny(pipeline)}, batch=3), task)
    for index, pixels in at_once.items():
        assert np.abs(pixels.astype(int) - first[index]).max() <= ROUNDING


@pytest.mark.parametrize("pipeline", ["Flux2Pipeline", "Flux2KleinKVPipeline", "QwenImage21Pipeline"])
def test_every_reference_counts(tiny, pipeline):
    model_type = FAMILIES[pipeline]
    engine = engine_for({model_type: tiny(pipeline)})
    one, two = (pictures(engine, small(model_type, shots=1, references=count))[0] for count in (1, 2))
    assert not np.array_equal(one, two)
    assert engine.card.most_references(model_type) >= 4


def test_kontext_takes_one_reference(tiny):
    engine = engine_for({"flux-kontext": tiny("FluxKontextPipeline")})
    assert engine.card.most_references("flux-kontext") == 1


@pytest.mark.parametrize("pipeline", ["FluxKontextPipeline", "Flux2KleinKVPipeline"])
def test_it_stops_within_a_step_and_works_again(tiny, pipeline):
    model_type = FAMILIES[pipeline]
    engine = engine_for({model_type: tiny(pipeline)})

    class Impatient(Followed):
        def progress(self, index, fraction):
            super().progress(index, fraction)
            self.canceled = True  # at the end of the first step

    watch = Impatient()
    with pytest.raises(JobCanceled):
        list(engine.generate(small(model_type), watch))
    assert len(watch.told) == 1
    assert len(pictures(engine, small(model_type))) == 2


def test_a_canceled_job_does_not_wait_for_the_gpu(tiny):
    engine, watch = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")}), Followed()
    watch.canceled = True
    with engine._busy, pytest.raises(JobCanceled):
        list(engine.generate(small("flux-2-klein"), watch))


def test_a_substitute_answers_when_it_is_named_and_says_so(tiny):
    folder = tiny("Flux2KleinPipeline")
    engine = engine_for({"flux-2-klein": folder}, substitutes={"nano-banana-pro": "flux-2-klein"})
    assert set(engine.card.model_types) == {"flux-2-klein", "nano-banana-pro"}
    [made] = engine.generate(small("nano-banana-pro", shots=1), Followed())
    assert made.notes == (f"{made.model} stands in for nano-banana-pro.",)
    assert "nano-banana-pro" not in engine_for({"flux-2-klein": folder}).card.model_types


def test_transparency_of_a_reference_is_laid_on_white(tiny):
    engine = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")})
    task = small("flux-2-klein", shots=1)
    hidden = dataclasses.replace(
        task.references[0],
        pixels=np.zeros_like(task.references[0].pixels),
        alpha=np.zeros((SIDE_PX, SIDE_PX), np.float32),
    )
    white = dataclasses.replace(hidden, pixels=np.full_like(hidden.pixels, 255), alpha=None)
    given = [pictures(engine, dataclasses.replace(task, references=(one,)))[0] for one in (hidden, white)]
    assert np.array_equal(*given)
