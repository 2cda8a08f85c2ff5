"""Models kept warm, parked and dropped; and what happens when memory runs out."""

import pytest
from diffusion import engine_for, loaded_of, small

from castlist.domain.tasks import Made, NotMade
from castlist.engines.diffusers.card import DiffusersOptions
from castlist.engines.diffusers.garage import Device, Garage, Loaded
from castlist.engines.diffusers.shared import Shelf
from castlist.testing.engine_kit import Followed

torch = pytest.importorskip("torch", reason="castlist[gpu] is not installed: make gpu")


class FakePipe:
    """Says where it was put."""

    def __init__(self, device, size):
        self.device, self.size, self.log = device, size, []

    def to(self, where):
        self.log.append(where)
        self.device.used += self.size if where != "cpu" else -self.size

    def enable_model_cpu_offload(self, device):
        self.log.append("offload")

    def enable_sequential_cpu_offload(self, device):
        self.log.append("sequential")

    def remove_all_hooks(self):
        self.log.append("gone")


class SmallGpu(Device):
    """A card of 100 bytes."""

    def __init__(self):
        self.name, self.dtype, self.used = "cuda", None, 0

    def free_bytes(self):
        return 100 - self.used

    def total_bytes(self):
        return 100

    def tidy(self):
        pass


class FakeGarage(Garage):
    """A garage whose models are only sizes."""

    def add(self, name, size):
        """Put a model there as if it had just been read from disk."""
        self._models[name] = Loaded(name, FakePipe(self.device, size), Shelf(10), size)
        return self._models[name].pipe


def test_models_share_one_card_and_the_one_used_longest_ago_makes_room():
    garage = FakeGarage(DiffusersOptions(), SmallGpu())
    one, two, three = (garage.add(name, 36) for name in "abc")
    for name in "abac":
        garage.take(name)
    assert one.log == ["cuda"]
    assert two.log == ["cuda", "cpu"]
    assert three.log == ["cuda"]
    garage.take("b")
    assert one.log == ["cuda", "cpu"]
    assert garage.device.used == 72


def test_a_model_too_large_for_the_card_is_offloaded_part_by_part():
    garage = FakeGarage(DiffusersOptions(), SmallGpu())
    large = garage.add("large", 90)
    garage.take("large")
    garage.take("large")
    assert large.log == ["offload"]


@pytest.mark.parametrize(("placement", "log"), [("sequential", ["sequential"]), ("offload", ["offload"])])
def test_the_operator_decides_where_models_lie(placement, log):
    garage = FakeGarage(DiffusersOptions(placement=placement), SmallGpu())
    pipe = garage.add("a", 10)
    garage.take("a")
    assert pipe.log == log


def test_a_parked_model_forgets_what_it_shared():
    garage = FakeGarage(DiffusersOptions(), SmallGpu())
    garage.add("a", 70)
    garage.add("b", 70)
    garage.take("a").shelf.put("k", torch.zeros(1))
    garage.take("b")
    assert len(garage.take("a").shelf) == 0


def test_models_stay_warm_and_no_more_of_them_than_told(tiny):
    folders = {
        "flux-2-klein": tiny("Flux2KleinPipeline"),
        "flux-2-dev": tiny("Flux2Pipeline"),
        "flux-kontext": tiny("FluxKontextPipeline"),
    }
    engine = engine_for(folders, keep=2)
    first = loaded_of(engine, small("flux-2-klein"))
    assert loaded_of(engine, small("flux-2-klein")) is first
    loaded_of(engine, small("flux-2-dev"))
    assert loaded_of(engine, small("flux-2-klein")) is first
    loaded_of(engine, small("flux-kontext"))
    assert [loaded.model.family.pipeline for loaded in engine._garage.models] == [
        "Flux2KleinPipeline",
        "FluxKontextPipeline",
    ]
    engine.close()
    assert engine._garage.models == []


def full(loaded, most):
    """Make a model run out of memory whenever it is asked for more than `most` images at once."""
    asked = []

    def look(_module, _args, call):
        count = len(call["hidden_states"])
        asked.append(count)
        if count > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 4.00 GiB.\nand much more")

    loaded.pipe.transformer.register_forward_pre_hook(look, with_kwargs=True)
    return asked


def test_out_of_memory_means_fewer_images_at_once(tiny):
    engine, task = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")}, batch=4), small("flux-2-klein", shots=5)
    asked = full(loaded_of(engine, task), most=1)
    outcomes = list(engine.generate(task, Followed()))
    assert [outcome.index for outcome in outcomes] == [0, 1, 2, 3, 4]
    assert all(isinstance(outcome, Made) for outcome in outcomes)
    assert asked[:2] == [4, 2]
    assert asked[2:] == [1] * 10, "what did not fit is not tried again in this job"


def test_no_room_for_one_image_fails_the_job_in_words_and_the_next_one_works(tiny):
    engine, task = engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")}), small("flux-2-klein")
    loaded = loaded_of(engine, task)
    asked = full(loaded, most=0)
    outcomes = list(engine.generate(task, Followed()))
    assert [type(outcome) for outcome in outcomes] == [NotMade, NotMade]
    assert {outcome.code for outcome in outcomes} == {"engine_failed"}
    assert "memory" in outcomes[0].message
    assert len(asked) == 2, "tried again once, after everything else was out of the way"
    loaded.pipe.transformer._forward_pre_hooks.popitem()
    assert all(isinstance(outcome, Made) for outcome in engine.generate(task, Followed()))


def test_a_failure_of_another_kind_is_not_hidden(tiny):
    engine = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")})
    task = small("flux-2-klein")
    loaded = loaded_of(engine, task)

    def broken(*_):
        raise RuntimeError("a kernel is missing")

    loaded.pipe.transformer.register_forward_pre_hook(broken)
    with pytest.raises(RuntimeError, match="kernel"):
        list(engine.generate(task, Followed()))
