"""Seconds per image of the full-size models on this machine's GPU, beside their exact FLOPs and the chip's floor.

    python bench/gpu.py [--cases klein-9b-kv …] [--modes bf16 fp8 …] [--attention cudnn flash …] [--write FILE]
    python bench/gpu.py --tiny        the same at a thousandth of the size, on any processor

One file, needing torch alone (Pillow for files), so that it can be copied to a machine without a network. Weights are
random: the shapes are those of the published ones, so the time is too; the pictures are noise. A job encodes its
prompts and its reference, denoises, decodes and writes files; the decoder runs beside the next image, files are written
by threads of their own.

Source of the shapes: transformer/config.json, text_encoder/config.json and vae/config.json of the named repositories,
as in black-forest-labs/flux:src/flux/util.py, black-forest-labs/flux2:src/flux2/model.py and the defaults and
conversion scripts of diffusers 0.42.1; read 2026-11-22.
"""

import argparse
import gc
import io
import itertools
import json
import math
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TOKEN_PX, SIDE_PX = 16, 1024
WIDTHS = (128, 256, 512, 512)
"""Channels of the autoencoder's levels."""
PEAK_TFLOPS = {"bf16": 989.0, "fp8": 1979.0}
"""Of an H200, dense; NVIDIA's datasheet. What a product of large matrices reaches is measured in each run."""
TERA = 1e12


@dataclass(frozen=True)
class Text:
    """A text encoder: decoder layers with grouped queries and a gated MLP."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    mlp: int


@dataclass(frozen=True)
class Shape:
    """A transformer for images. mlp: inner width over width; gated ones have a second matrix into it."""

    name: str
    width: int
    heads: int
    doubles: int
    singles: int
    mlp: int
    gated: bool
    channels: int
    context: int
    steps: int
    text: Text
    prompt: int = 512
    pooled: int = 0
    guidance: bool = False
    shared_modulation: bool = False
    passes: int = 1
    """Forward passes a step: two with true guidance."""
    causal: bool = False
    """Reference tokens attend to themselves alone, so their keys and values can be shared."""


T5_XXL = Text(4096, 24, 64, 64, 64, 10240)
MISTRAL_24B = Text(5120, 40, 32, 8, 128, 32768)
QWEN3_8B = Text(4096, 36, 32, 8, 128, 12288)
QWEN3_4B = Text(2560, 36, 32, 8, 128, 9728)
QWEN25_VL_7B = Text(3584, 28, 28, 4, 128, 18944)
KONTEXT = Shape("kontext", 3072, 24, 19, 38, 4, False, 64, 4096, 28, T5_XXL, pooled=768, guidance=True)
FLUX2_DEV = Shape(
    "flux2-dev", 6144, 48, 8, 48, 3, True, 128, 15360, 28, MISTRAL_24B, guidance=True, shared_modulation=True
)
KLEIN_9B = Shape("klein-9b-kv", 4096, 32, 8, 24, 3, True, 128, 12288, 4, QWEN3_8B, shared_modulation=True, causal=True)
KLEIN_4B = Shape("klein-4b", 3072, 24, 5, 20, 3, True, 128, 7680, 4, QWEN3_4B, shared_modulation=True)
QWEN_EDIT = Shape("qwen-edit", 3072, 24, 60, 0, 4, False, 64, 3584, 40, QWEN25_VL_7B, prompt=400, passes=2)
SHAPES = {shape.name: shape for shape in (KONTEXT, FLUX2_DEV, KLEIN_9B, KLEIN_4B, QWEN_EDIT)}


# --- FLOPs: two for each multiplication of a matrix product; nothing else is counted ---------------------------------


def step_flops(shape: Shape, image: int, text: int, reference: int = 0, cached: int = 0) -> int:
    """Return the FLOPs of one forward pass.

    Args:
        image, text, reference: tokens that go through the layers, all attending to all.
        cached: reference tokens of which only keys and values are there.
    """
    width, layers = shape.width, shape.doubles + shape.singles
    rows = image + text + reference
    per_row = 4 + (3 if shape.gated else 2) * shape.mlp  # queries, keys, values, output; the MLP
    linear = 2 * per_row * width**2 * layers * rows
    attention = 4 * rows * (rows + cached) * width * layers
    ends = 2 * width * (2 * shape.channels * (image + reference) + shape.context * text)
    return linear + attention + ends + _modulation_flops(shape)


def _modulation_flops(shape: Shape) -> int:
    width = shape.width
    doubles, singles = (1, 1) if shape.shared_modulation else (shape.doubles, shape.singles)
    singles = min(singles, shape.singles)
    vectors = 256 * width + width**2
    sources = vectors * (2 if shape.guidance else 1) + ((shape.pooled * width + width**2) if shape.pooled else 0)
    return 2 * (sources + width**2 * (doubles * 2 * 6 + singles * 3 + 2))


def reference_flops(shape: Shape, reference: int) -> int:
    """Return the FLOPs of the pass that computes the keys and values of references alone."""
    return step_flops(shape, 0, 0, reference)


def job_flops(shape: Shape, images: int, *, references: int, shared: bool, side_px: int = SIDE_PX) -> int:
    """Return the FLOPs of the transformer for a job; references have the size of the picture."""
    tokens = (side_px // TOKEN_PX) ** 2
    steps = images * shape.steps * shape.passes
    if shared:
        one = step_flops(shape, tokens, shape.prompt, cached=references * tokens)
        return reference_flops(shape, references * tokens) + steps * one
    return steps * step_flops(shape, tokens, shape.prompt, references * tokens)


def text_flops(text: Text, tokens: int) -> int:
    """Return the FLOPs of encoding one prompt."""
    rows = text.width * (2 * text.heads + 2 * text.kv_heads) * text.head + 3 * text.width * text.mlp
    return text.layers * (2 * tokens * rows + 4 * tokens**2 * text.heads * text.head)


# --- the models: what costs time, and nothing else --------------------------------------------------------------------


def models() -> Any:
    """Define the models; torch is imported here so that FLOPs can be counted without it."""
    import torch
    from torch import nn
    from torch.nn import functional as f

    def rotate(x: Any, angles: Any) -> Any:
        cos, sin = angles
        one, other = x.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.stack((one * cos - other * sin, one * sin + other * cos), -1).flatten(-2)

    class Mlp(nn.Module):
        def __init__(self, width: int, inner: int, gated: bool) -> None:
            super().__init__()
            self.gated = gated
            self.into = nn.Linear(width, inner * (2 if gated else 1), bias=False)
            self.out = nn.Linear(inner, width, bias=False)

        def forward(self, x: Any) -> Any:
            x = self.into(x)
            if not self.gated:
                return self.out(f.gelu(x, approximate="tanh"))
            gate, value = x.chunk(2, -1)
            return self.out(f.silu(gate) * value)

    class Attend(nn.Module):
        """Norm of queries and keys, rotation, attention; keys and values of references from `kept` or into `keep`."""

        def __init__(self, shape: Shape) -> None:
            super().__init__()
            self.heads, head = shape.heads, shape.width // shape.heads
            self.norm_q, self.norm_k = nn.RMSNorm(head, eps=1e-6), nn.RMSNorm(head, eps=1e-6)

        def forward(self, qkv: Any, angles: Any, kept: Any, keep: Any) -> Any:
            query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in qkv.chunk(3, -1))
            query, key = rotate(self.norm_q(query), angles), rotate(self.norm_k(key), angles)
            if keep is not None:
                keep.append((key, value))
            if kept is not None:
                key, value = torch.cat((key, kept[0]), 2), torch.cat((value, kept[1]), 2)
            return f.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)

    class Double(nn.Module):
        def __init__(self, shape: Shape) -> None:
            super().__init__()
            width = shape.width
            self.norm = nn.LayerNorm(width, elementwise_affine=False)
            self.qkv = nn.ModuleList(nn.Linear(width, 3 * width, bias=False) for _ in range(2))
            self.out = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(2))
            self.mlp = nn.ModuleList(Mlp(width, shape.mlp * width, shape.gated) for _ in range(2))
            self.attend = Attend(shape)
            own = not shape.shared_modulation
            self.modulation = nn.ModuleList(nn.Linear(width, 6 * width, bias=False) for _ in range(2)) if own else None

        def forward(self, streams: list[Any], vector: Any, mods: Any, given: Any) -> list[Any]:
            mods = [layer(vector) for layer in self.modulation] if self.modulation is not None else mods
            parts = [one.unsqueeze(1).chunk(6, -1) for one in mods]
            ins = [self.norm(x) * (1 + m[1]) + m[0] for x, m in zip(streams, parts, strict=True)]
            qkv = torch.cat([layer(x) for layer, x in zip(self.qkv, ins, strict=True)], 1)
            done = self.attend(qkv, *given).split([x.shape[1] for x in streams], 1)
            result = []
            for x, m, found, out, mlp in zip(streams, parts, done, self.out, self.mlp, strict=True):
                middle = x + m[2] * out(found)
                result.append(middle + m[5] * mlp(self.norm(middle) * (1 + m[4]) + m[3]))
            return result

    class Single(nn.Module):
        def __init__(self, shape: Shape) -> None:
            super().__init__()
            width, self.gated = shape.width, shape.gated
            self.inner = shape.mlp * width
            self.norm = nn.LayerNorm(width, elementwise_affine=False)
            self.into = nn.Linear(width, 3 * width + self.inner * (2 if shape.gated else 1), bias=False)
            self.out = nn.Linear(width + self.inner, width, bias=False)
            self.attend = Attend(shape)
            self.modulation = None if shape.shared_modulation else nn.Linear(width, 3 * width, bias=False)

        def forward(self, x: Any, vector: Any, mod: Any, given: Any) -> Any:
            mod = self.modulation(vector) if self.modulation is not None else mod
            shift, scale, gate = mod.unsqueeze(1).chunk(3, -1)
            qkv, mlp = self.into(self.norm(x) * (1 + scale) + shift).split(
                [3 * x.shape[-1], self.inner * (2 if self.gated else 1)], -1
            )
            if self.gated:
                one, other = mlp.chunk(2, -1)
                mlp = f.silu(one) * other
            else:
                mlp = f.gelu(mlp, approximate="tanh")
            return x + gate * self.out(torch.cat((self.attend(qkv, *given), mlp), -1))

    class Transformer(nn.Module):
        """`references` go through with the image, or were computed before and are in `kept`."""

        def __init__(self, shape: Shape) -> None:
            super().__init__()
            width, self.shape = shape.width, shape
            self.image_in = nn.Linear(shape.channels, width, bias=False)
            self.text_in = nn.Linear(shape.context, width, bias=False)
            self.time = nn.Sequential(nn.Linear(256, width, bias=False), nn.SiLU(), nn.Linear(width, width, bias=False))
            shared = shape.shared_modulation
            self.mods = nn.ModuleList(nn.Linear(width, n * width, bias=False) for n in (6, 6, 3)) if shared else None
            self.doubles = nn.ModuleList(Double(shape) for _ in range(shape.doubles))
            self.singles = nn.ModuleList(Single(shape) for _ in range(shape.singles))
            self.norm = nn.LayerNorm(width, elementwise_affine=False)
            self.last = nn.Linear(width, 2 * width, bias=False)
            self.out = nn.Linear(width, shape.channels, bias=False)

        def forward(self, image: Any, text: Any, time_: Any, angles: Any, *, kept: Any = None, keep: Any = None) -> Any:
            vector = f.silu(self.time(time_))
            mods = [layer(vector) for layer in self.mods] if self.mods is not None else [None] * 3
            streams = [self.text_in(text), self.image_in(image)]
            kept = kept or [None] * (len(self.doubles) + len(self.singles))
            for place, block in enumerate(self.doubles):
                streams = block(streams, vector, [mods[1], mods[0]], (angles, kept[place], keep))
            x = torch.cat(streams, 1)
            for place, block in enumerate(self.singles, start=len(self.doubles)):
                x = block(x, vector, mods[2], (angles, kept[place], keep))
            shift, scale = self.last(vector).unsqueeze(1).chunk(2, -1)
            return self.out(self.norm(x[:, text.shape[1] :]) * (1 + scale) + shift)

    class Reader(nn.Module):
        """A text encoder without its vocabulary."""

        def __init__(self, text: Text, context: int) -> None:
            super().__init__()
            self.text, self.repeat = text, max(1, round(context / text.width))
            rows = (text.heads + 2 * text.kv_heads) * text.head
            self.qkv = nn.ModuleList(nn.Linear(text.width, rows, bias=False) for _ in range(text.layers))
            self.out = nn.ModuleList(
                nn.Linear(text.heads * text.head, text.width, bias=False) for _ in range(text.layers)
            )
            self.mlp = nn.ModuleList(Mlp(text.width, text.mlp, gated=True) for _ in range(text.layers))
            self.norm = nn.RMSNorm(text.width, eps=1e-6)

        def forward(self, x: Any) -> Any:
            text = self.text
            sizes = [text.heads * text.head, text.kv_heads * text.head, text.kv_heads * text.head]
            for qkv, out, mlp in zip(self.qkv, self.out, self.mlp, strict=True):
                parts = [
                    one.unflatten(-1, (-1, text.head)).transpose(1, 2) for one in qkv(self.norm(x)).split(sizes, -1)
                ]
                found = f.scaled_dot_product_attention(*parts, is_causal=True, enable_gqa=text.heads != text.kv_heads)
                x = x + out(found.transpose(1, 2).flatten(2))
                x = x + mlp(self.norm(x))
            return torch.cat([x] * self.repeat, -1)

    class Residual(nn.Module):
        def __init__(self, before: int, after: int, groups: int) -> None:
            super().__init__()
            self.norms = nn.ModuleList(nn.GroupNorm(groups, size) for size in (before, after))
            self.first = nn.Conv2d(before, after, 3, padding=1)
            self.second = nn.Conv2d(after, after, 3, padding=1)
            self.skip = nn.Conv2d(before, after, 1) if before != after else nn.Identity()

        def forward(self, x: Any) -> Any:
            middle = self.first(f.silu(self.norms[0](x)))
            return self.skip(x) + self.second(f.silu(self.norms[1](middle)))

    class Looks(nn.Module):
        def __init__(self, size: int, groups: int) -> None:
            super().__init__()
            self.norm, self.qkv, self.out = nn.GroupNorm(groups, size), nn.Linear(size, 3 * size), nn.Linear(size, size)

        def forward(self, x: Any) -> Any:
            query, key, value = self.qkv(self.norm(x).flatten(2).transpose(1, 2)).unsqueeze(1).chunk(3, -1)
            found = self.out(f.scaled_dot_product_attention(query, key, value).squeeze(1))
            return x + found.transpose(1, 2).unflatten(2, x.shape[2:])

    def coder(widths: tuple[int, ...], ends: tuple[int, int], layers: int, up: bool, groups: int) -> Any:
        """Return the encoder or decoder of a FLUX autoencoder."""
        widths = widths[::-1] if up else widths
        parts: list[Any] = [nn.Conv2d(ends[0], widths[0], 3, padding=1)]
        middle = [Residual(widths[0 if up else -1], widths[0 if up else -1], groups) for _ in range(2)]
        middle.insert(1, Looks(widths[0 if up else -1], groups))
        parts += middle if up else []
        before = widths[0]
        for level, width in enumerate(widths):
            for _ in range(layers):
                parts.append(Residual(before, width, groups))
                before = width
            if level < len(widths) - 1:
                parts += [nn.Upsample(scale_factor=2.0)] if up else []
                parts.append(nn.Conv2d(width, width, 3, padding=1, stride=1 if up else 2))
        parts += [] if up else middle
        parts += [nn.GroupNorm(groups, before), nn.SiLU(), nn.Conv2d(before, ends[1], 3, padding=1)]
        return nn.Sequential(*parts)

    class Scaled(nn.Module):
        """A linear layer in fp8: weights once, activations by their largest value, as they come."""

        def __init__(self, layer: Any) -> None:
            super().__init__()
            top = torch.finfo(torch.float8_e4m3fn).max
            scale = layer.weight.abs().amax().float() / top
            self.register_buffer("scale", scale)
            self.register_buffer("weight", (layer.weight / scale).to(torch.float8_e4m3fn))

        def forward(self, x: Any) -> Any:
            rows = x.reshape(-1, x.shape[-1])
            if not len(rows):  # the reference pass has no prompt
                return x.new_empty(*x.shape[:-1], len(self.weight))
            scale = rows.abs().amax().float() / torch.finfo(torch.float8_e4m3fn).max
            small = (rows / scale).to(torch.float8_e4m3fn)
            found = torch._scaled_mm(
                small, self.weight.t(), scale_a=scale, scale_b=self.scale, out_dtype=x.dtype, use_fast_accum=True
            )
            return found.unflatten(0, x.shape[:-1])

    return argparse.Namespace(Transformer=Transformer, Reader=Reader, coder=coder, Scaled=Scaled)


def in_fp8(module: Any, scaled: Any) -> None:
    """Put fp8 layers where the large matrices are: in the blocks."""
    import torch

    for block in (*module.doubles, *module.singles):
        modulated = [block.modulation]
        for parent in list(block.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, torch.nn.Linear) and "modulation" not in name and parent not in modulated:
                    setattr(parent, name, scaled(child))


# --- a job ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """What is made: so many images with so many references."""

    shape: Shape
    images: int
    references: int = 1
    shared: bool = False

    def __str__(self) -> str:
        shared = ", shared" if self.shared else ", unshared" if self.shape.causal else ""
        return f"{self.shape.name}, {self.images} × {self.references} reference{'s'[: self.references - 1]}{shared}"


@dataclass(frozen=True)
class Mode:
    """How it is computed. attention: a back end of scaled_dot_product_attention, "" for torch's own choice."""

    numbers: str
    compiled: bool
    attention: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.numbers, "compiled" if self.compiled else "eager", self.attention)))


@dataclass(frozen=True)
class Setup:
    """Where it is measured. ceiling: what large matrix products reach, TFLOP/s."""

    device: str
    side_px: int
    widths: tuple[int, ...]
    ceiling: float
    repetitions: int


class Job:
    """A model's parts on a device, and a job run through them."""

    def __init__(self, shape: Shape, mode: Mode, setup: Setup) -> None:
        import torch

        device, widths = setup.device, setup.widths
        self.shape, self.device, self.side_px = shape, device, setup.side_px
        self.dtype = torch.float32 if device == "cpu" else torch.bfloat16
        kinds, latent, groups = models(), shape.channels // 4, math.gcd(32, widths[0])
        self.transformer = self._filled(lambda: kinds.Transformer(shape))
        self.reader = self._filled(lambda: kinds.Reader(shape.text, shape.context))
        self.encoder = self._filled(lambda: kinds.coder(widths, (3, 2 * latent), 2, False, groups))
        self.decoder = self._filled(lambda: kinds.coder(widths, (latent, 3), 3, True, groups))
        if mode.numbers == "fp8":
            in_fp8(self.transformer, kinds.Scaled)
        self.parts_flops = self._parts_flops()
        self._run = torch.compile(self.transformer, dynamic=False) if mode.compiled else self.transformer
        if mode.compiled:
            self.decoder = torch.compile(self.decoder, dynamic=False)
        self._beside = torch.cuda.Stream() if device != "cpu" else None
        self._files = ThreadPoolExecutor(4)

    def _filled(self, make: Any) -> Any:
        """Make a module on its device with random weights, never in another place or number format."""
        import torch

        with torch.device("meta"):
            module = make().to(self.dtype)
        module = module.to_empty(device=self.device).eval().requires_grad_(False)
        for weight in module.parameters():
            torch.nn.init.normal_(weight, std=0.02) if weight.ndim > 1 else torch.nn.init.ones_(weight)
        return module

    def _parts_flops(self) -> dict[str, int]:
        """Return the FLOPs of encoding a reference, decoding a picture and reading a prompt."""
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        side = self.side_px
        given = {
            "encode": (self.encoder, (1, 3, side, side)),
            "decode": (self.decoder, (1, self.latent, side // 8, side // 8)),
        }
        counted: dict[str, int] = {}
        for name, (module, size) in given.items():
            with torch.device("meta"):
                copy = _on_meta(module)
                with FlopCounterMode(display=False) as counter:
                    copy(torch.zeros(size, dtype=self.dtype))
            counted[name] = counter.get_total_flops()
        counted["prompt"] = text_flops(self.shape.text, self.shape.prompt)
        return counted

    @property
    def latent(self) -> int:
        """Channels of a latent picture."""
        return self.shape.channels // 4

    def run(self, case: Case, pipelined: bool = True) -> tuple[float, float]:
        """Make a job from prompts to files; returns its seconds and those until the first file."""
        import torch

        with torch.inference_mode():
            self._wait()
            started = time.perf_counter()
            tokens = (self.side_px // TOKEN_PX) ** 2
            references = torch.cat([self._reference() for _ in range(case.references)], 1)
            kept: list[Any] | None = None
            if case.shared:
                kept = []
                nothing = torch.zeros(1, 0, self.shape.context, **self._like)
                self.transformer(references, nothing, self._moment(0), self._angles(references.shape[1]), keep=kept)
            files: list[Future[float]] = []
            for _ in range(case.images):
                words = self.reader(torch.randn(1, self.shape.prompt, self.shape.text.width, **self._like))
                latents = self._denoised(words, tokens, None if case.shared else references, kept)
                files.append(self._written(latents))
                if not pipelined:
                    files[-1].result()
            ended = [file.result() for file in files]
            return max(ended) - started, min(ended) - started

    @property
    def _like(self) -> dict[str, Any]:
        return {"dtype": self.dtype, "device": self.device}

    def _angles(self, tokens: int) -> tuple[Any, Any]:
        import torch

        turned = torch.rand(tokens, self.shape.width // self.shape.heads // 2, device=self.device)
        return turned.cos().to(self.dtype), turned.sin().to(self.dtype)

    def _moment(self, step: int) -> Any:
        import torch

        return torch.full((1, 256), step / self.shape.steps, **self._like)

    def _reference(self) -> Any:
        """Return a reference as tokens."""
        import torch
        from torch.nn.functional import pixel_unshuffle

        found = self.encoder(torch.rand(1, 3, self.side_px, self.side_px, **self._like))
        return pixel_unshuffle(found[:, : self.latent], 2).flatten(2).transpose(1, 2)

    def _denoised(self, words: Any, tokens: int, references: Any, kept: list[Any] | None) -> Any:
        import torch

        x = torch.randn(1, tokens, self.shape.channels, **self._like)
        rows = words.shape[1] + tokens + (0 if references is None else references.shape[1])
        angles = self._angles(rows)
        for step in range(self.shape.steps):
            given = x if references is None else torch.cat((x, references), 1)
            moved = [
                self._run(given, words, self._moment(step), angles, kept=kept)[:, :tokens]
                for _ in range(self.shape.passes)
            ]
            x = x - sum(moved) / (self.shape.steps * len(moved))
        return x

    def _written(self, latents: Any) -> "Future[float]":
        """Decode beside the next image and write the file in a thread."""
        import torch
        from torch.nn.functional import pixel_shuffle

        side, arrived = self.side_px // TOKEN_PX, None
        with torch.cuda.stream(self._beside) if self._beside else nullcontext():
            if self._beside:
                self._beside.wait_stream(torch.cuda.default_stream())
                latents.record_stream(self._beside)
            grid = pixel_shuffle(latents.transpose(1, 2).unflatten(2, (side, side)), 2)
            pixels = (self.decoder(grid)[0].clamp(-1, 1) * 127.5 + 127.5).permute(1, 2, 0).to(torch.uint8)
            if self._beside:
                pixels = pixels.to("cpu", non_blocking=True)
                arrived = torch.cuda.Event()
                arrived.record(self._beside)
        return self._files.submit(_write, pixels, arrived)

    def _wait(self) -> None:
        import torch

        if self.device != "cpu":
            torch.cuda.synchronize()


def _on_meta(module: Any) -> Any:
    """Return a module of the same shape that holds nothing."""
    import copy

    import torch

    memo = {id(one): torch.empty_like(one, device="meta") for one in (*module.parameters(), *module.buffers())}
    for held in module.parameters():
        memo[id(held)] = torch.nn.Parameter(memo[id(held)], requires_grad=False)
    return copy.deepcopy(module, memo)


def _write(pixels: Any, arrived: Any) -> float:
    """Encode a picture as a file in memory; returns when it was done."""
    if arrived is not None:
        arrived.synchronize()
    try:
        from PIL import Image
    except ImportError:
        pixels.numpy().tobytes()
    else:
        Image.fromarray(pixels.numpy()).save(io.BytesIO(), "PNG", compress_level=1)
    return time.perf_counter()


# --- measuring --------------------------------------------------------------------------------------------------------


def measured_tflops(device: str) -> float:
    """Return what a product of large matrices reaches here, TFLOP/s: the ceiling of everything below."""
    import torch

    side = 8192 if device != "cpu" else 512
    kind = {"dtype": torch.bfloat16 if device != "cpu" else torch.float32, "device": device}
    one, other = torch.randn(side, side, **kind), torch.randn(side, side, **kind)
    for rounds in (3, 10):
        if device != "cpu":
            torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(rounds):
            one @ other
        if device != "cpu":
            torch.cuda.synchronize()
        seconds = (time.perf_counter() - started) / rounds
    return 2 * side**3 / seconds / TERA


def measure(case: Case, job: Job, mode: Mode, setup: Setup) -> dict[str, Any]:
    """Time a case, warm, and put its FLOPs and floor beside it."""
    job.run(case)  # compiles, chooses kernels
    runs = sorted(job.run(case) for _ in range(setup.repetitions))
    seconds, first = runs[len(runs) // 2]
    alone = min(job.run(case, pipelined=False) for _ in range(setup.repetitions))[0]
    flops = job_flops(case.shape, case.images, references=case.references, shared=case.shared, side_px=job.side_px)
    parts = job.parts_flops
    rest = case.references * parts["encode"] + case.images * (parts["decode"] + parts["prompt"])
    on_gpu, ceiling = setup.device != "cpu", setup.ceiling
    fast, slow = (PEAK_TFLOPS[mode.numbers], PEAK_TFLOPS["bf16"]) if on_gpu else (ceiling, ceiling)
    return {
        "case": str(case),
        "mode": str(mode),
        "seconds_per_image": seconds / case.images,
        "one_after_the_other": alone / case.images,
        "first_file_s": first,
        "transformer_tflop_per_image": flops / case.images / TERA,
        "other_tflop_per_image": rest / case.images / TERA,
        "effective_tflops": (flops + rest) / seconds / TERA,
        "floor_s_measured_product": (flops + rest) / case.images / TERA / ceiling,
        "floor_s_peak": (flops / fast + rest / slow) / case.images / TERA,
        "memory_gb": _memory_gb(job.device),
    }


def _memory_gb(device: str) -> float:
    import torch

    return torch.cuda.max_memory_allocated() / 1e9 if device != "cpu" else 0.0


def attention_of(name: str) -> Any:
    """Return a context in which attention runs on a back end."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    full = {"math": "MATH"}.get(name, f"{name.upper()}_ATTENTION")
    return sdpa_kernel(getattr(SDPBackend, full)) if name else nullcontext()


def measure_all(cases: list[Case], mode: Mode, setup: Setup) -> list[dict[str, Any]]:
    """Build a model once and measure its cases; what fails becomes a row that says why."""
    import torch

    rows: list[dict[str, Any]] = []
    job: Job | None = None
    for case in cases:
        try:
            with attention_of(mode.attention):
                job = job or Job(case.shape, mode, setup)
                rows.append(measure(case, job, mode, setup))
        except Exception as problem:  # one back end that is not there must not cost the other rows
            reason = f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0]}"
            rows.append({"case": str(case), "mode": str(mode), "failed": reason})
    del job
    gc.collect()
    torch.compiler.reset()
    if setup.device != "cpu":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    return rows


def cases_of(shape: Shape) -> list[Case]:
    """Return what is measured of a model."""
    if shape.causal:
        return [Case(shape, 8, count, shared) for count in (1, 4) for shared in (False, True)]
    return [Case(shape, 8 if shape.steps < 10 else 1)]


def tiny(shape: Shape) -> Shape:
    """Return the same model a thousandth of the size."""
    kv_heads = 2 if shape.text.kv_heads == shape.text.heads else 1
    text = Text(width=32, layers=1, heads=2, kv_heads=kv_heads, head=16, mlp=64)
    repeat = round(shape.context / shape.text.width)
    sizes = {"width": 64, "heads": 4, "doubles": 1, "singles": min(1, shape.singles), "channels": 16}
    return replace(shape, **sizes, context=32 * repeat, text=text, prompt=8, steps=2)


def table(rows: list[dict[str, Any]], where: str, ceiling: float) -> str:
    """Return the results as Markdown."""
    lines = [
        f"Written by `bench/gpu.py`: {where}. A product of large matrices reaches {ceiling:.0f} TFLOP/s here.",
        "",
        "| What | How | s per image | One after the other | First file, s | TFLOP per image | TFLOP/s "
        "| Floor at that rate, s | Floor at the chip's peak, s | Memory, GB |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        if "failed" in row:
            lines.append(f"| {row['case']} | {row['mode']} | failed: {row['failed']} | | | | | | | |")
            continue
        whole = row["transformer_tflop_per_image"] + row["other_tflop_per_image"]
        lines.append(
            f"| {row['case']} | {row['mode']} | {row['seconds_per_image']:.3f} | {row['one_after_the_other']:.3f} "
            f"| {row['first_file_s']:.3f} | {whole:.4g} | {row['effective_tflops']:.4g} "
            f"| {row['floor_s_measured_product']:.3f} | {row['floor_s_peak']:.3f} | {row['memory_gb']:.1f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = ["klein-9b-kv", "kontext", "flux2-dev", "qwen-edit"]
    parser.add_argument("--cases", nargs="+", choices=SHAPES, default=usual)
    parser.add_argument("--modes", nargs="+", choices=["bf16", "fp8"], default=["bf16", "fp8"])
    parser.add_argument("--eager", action="store_true", help="measure without torch.compile as well")
    parser.add_argument("--attention", nargs="+", choices=["cudnn", "flash", "efficient", "math"], default=[""])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="a thousandth of the size, on this processor")
    parser.add_argument("--write", type=Path, help="also write the results there, as Markdown, and as JSON beside it")
    chosen = parser.parse_args(arguments)
    import torch

    device = "cpu" if chosen.tiny else "cuda"
    ceiling = measured_tflops(device)
    setup = Setup(device, *((64, (4, 4, 8, 8)) if chosen.tiny else (SIDE_PX, WIDTHS)), ceiling, chosen.repetitions)
    what = torch.cuda.get_device_name() if device == "cuda" else "tiny, on a processor"
    where = f"{time.strftime('%Y-%m-%d')}, {what}, torch {torch.__version__}"
    compiled = [False] if chosen.tiny else [False, True] if chosen.eager else [True]
    modes = [Mode(*one) for one in itertools.product(chosen.modes, compiled, chosen.attention)]
    rows: list[dict[str, Any]] = []
    for name, mode in itertools.product(chosen.cases, modes):
        shape = tiny(SHAPES[name]) if chosen.tiny else SHAPES[name]
        rows += measure_all(cases_of(shape), mode, setup)
        if chosen.write:  # after each, so that a run that is cut short has left what it measured
            chosen.write.write_text(table(rows, where, ceiling) + "\n")
            chosen.write.with_suffix(".json").write_text(json.dumps(rows, indent=1))
    print(table(rows, where, ceiling))
    return rows


if __name__ == "__main__":
    main(sys.argv[1:])
