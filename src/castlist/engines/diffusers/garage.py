"""Models kept warm: loaded at the first job, parked beside the GPU when another one needs it, dropped when too many.

One garage an engine, used by one thread at a time.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import structlog

from castlist.engines.diffusers import libraries, references
from castlist.engines.diffusers.card import DiffusersOptions
from castlist.engines.diffusers.shared import Shelf, remember
from castlist.engines.diffusers.weights import Model

ROOM = 1.25
"""A model needs so many times the size of its weights on the GPU, for what it computes."""
GB = 10**9


class Device:
    """Where models compute. Asked for its free memory; a CPU has no limit that matters here."""

    def __init__(self, wanted: str, dtype: str) -> None:
        torch = libraries.torch()
        self.name = _available(torch) if wanted == "auto" else wanted
        usual = "float32" if self.name == "cpu" else "bfloat16"
        self.dtype = getattr(torch, usual if dtype == "auto" else dtype)

    @property
    def offloads(self) -> bool:
        """Whether there is another place to park models at."""
        return self.name != "cpu"

    def free_bytes(self) -> int | None:
        """Return the free memory, None where it is not scarce."""
        if not self.name.startswith("cuda"):
            return None
        return int(libraries.torch().cuda.mem_get_info(self.name)[0])

    def total_bytes(self) -> int | None:
        """Return all memory, None where it is not scarce."""
        if not self.name.startswith("cuda"):
            return None
        return int(libraries.torch().cuda.mem_get_info(self.name)[1])

    def tidy(self) -> None:
        """Give memory back that is not in use."""
        import gc

        gc.collect()
        if self.name.startswith("cuda"):
            libraries.torch().cuda.empty_cache()


@dataclass(slots=True)
class Loaded:
    """A model in memory. `place`: device, parked, offload or sequential."""

    model: Model
    pipe: Any
    shelf: Shelf
    size_bytes: int
    place: str = "parked"


class Garage:
    """The models in memory, the one used last at the end."""

    def __init__(self, options: DiffusersOptions, device: Device) -> None:
        self._options, self.device = options, device
        self._models: OrderedDict[Model, Loaded] = OrderedDict()

    @property
    def models(self) -> list[Loaded]:
        """The models in memory, the one used last at the end."""
        return list(self._models.values())

    def take(self, model: Model) -> Loaded:
        """Return a model ready to compute, loading it and making room for it as needed."""
        loaded = self._models.get(model)
        if loaded is None:
            while len(self._models) >= self._options.keep:
                self._drop(next(iter(self._models.values())))
            loaded = self._models[model] = load(model, self._options, self.device)
        self._models.move_to_end(model)
        if loaded.place == "parked":
            self._place(loaded)
        return loaded

    def make_room(self, model: Model) -> None:
        """After running out of memory: forget what is shared, park every other model."""
        for loaded in self.models:
            if loaded.model == model:
                loaded.shelf.shrink()
            else:
                self._park(loaded)
        self.device.tidy()

    def offload(self, model: Model) -> bool:
        """Keep only the part of a model in use on the GPU from now on; False when there is nothing left to save."""
        loaded = self._models.get(model)
        if loaded is None or not self.device.offloads or loaded.place not in ("device", "parked"):
            return False
        loaded.pipe.to("cpu")
        loaded.pipe.enable_model_cpu_offload(device=self.device.name)
        loaded.place = "offload"
        self.device.tidy()
        return True

    def close(self) -> None:
        """Drop every model."""
        for loaded in self.models:
            self._drop(loaded)

    def _place(self, loaded: Loaded) -> None:
        placement = self._options.placement
        if placement == "auto":
            total, wanted = self.device.total_bytes(), loaded.size_bytes * ROOM
            placement = "device" if total is None or wanted <= total else "offload"
        if placement == "device":
            self._free(int(loaded.size_bytes * ROOM), loaded)
            loaded.pipe.to(self.device.name)
        elif placement == "offload":
            loaded.pipe.enable_model_cpu_offload(device=self.device.name)
        else:
            loaded.pipe.enable_sequential_cpu_offload(device=self.device.name)
        loaded.place = placement

    def _free(self, wanted_bytes: int, loaded: Loaded) -> None:
        """Park models, the least recently used first, until there is room for this one."""
        for other in self.models:
            free = self.device.free_bytes()
            if free is None or free >= wanted_bytes:
                return
            if other is not loaded:
                self._park(other)

    def _park(self, loaded: Loaded) -> None:
        loaded.shelf.clear()
        if loaded.place == "device" and self.device.offloads:
            loaded.pipe.to("cpu")
            loaded.place = "parked"
        self.device.tidy()

    def _drop(self, loaded: Loaded) -> None:
        structlog.get_logger().info("model dropped", model=loaded.model.name)
        del self._models[loaded.model]
        loaded.shelf.clear()
        loaded.pipe.remove_all_hooks()
        loaded.pipe = None
        self.device.tidy()


def load(model: Model, options: DiffusersOptions, device: Device) -> Loaded:
    """Read a model's weights, .safetensors alone, into the memory beside the GPU."""
    log = structlog.get_logger().bind(model=model.name, licence=model.licence.title)
    log.info("loading a model", from_=model.source)
    where: dict[str, Any] = {"local_files_only": True} if model.local else {"revision": model.revision}
    pipe = libraries.diffusers().DiffusionPipeline.from_pretrained(
        model.source, use_safetensors=True, dtype=device.dtype, **where
    )
    if type(pipe).__name__ != model.family.pipeline:
        raise RuntimeError(f"{model.source} is a {type(pipe).__name__}, not a {model.family.pipeline}")
    if model.lora is not None:
        folder, _, name = model.lora.rpartition("/")
        pipe.load_lora_weights(folder, weight_name=name, use_safetensors=True, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    shelf = Shelf(int(options.shared_gb * GB))
    remember(pipe, "encode_prompt", shelf)
    remember(pipe, "_encode_vae_image", shelf, ignoring=("generator",))  # they take the mode, and draw nothing
    if model.family.shares_passes:
        references.share(pipe.transformer, shelf)
    parts = [part for part in pipe.components.values() if hasattr(part, "parameters")]
    size = sum(numbers.nbytes for part in parts for numbers in (*part.parameters(), *part.buffers()))
    log.info("model loaded", gigabytes=round(size / GB, 1))
    return Loaded(model, pipe, shelf, size)


def _available(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
