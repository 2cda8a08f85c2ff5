"""Heavier measures for those who have the weights: a face recogniser, a picture embedder, a picture-text pair.

Called by the command line. Opens ONNX files that the user names, on disk or in a hub's folder layout, and never fetches
any. It must not change what the bundled measures say: these stand beside them.

Which files fit, and under which licence, is told in docs/scores.md. Preparation per kind, from the model cards (read
2026-11-22): ArcFace and AuraFace take the same 112 px cut as SFace, (x - 127.5) / 127.5; DINOv2 takes 224 px with
ImageNet's means; CLIP takes 224 px with its own means and texts as tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from castlist.scoring import face
from castlist.vision import faces
from castlist.vision.faces import Floats, Image

if TYPE_CHECKING:
    import onnxruntime

Kind = Literal["face", "picture", "clip"]
KINDS: tuple[Kind, ...] = ("face", "picture", "clip")

_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CLIP = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_SIDE_PX = 224
_ONNX_NAMES = ("model.onnx", "onnx/model.onnx")


class UnfitModel(ValueError):
    """This file is no model of that kind. The message says why, for people."""


class Embedder(Protocol):
    """One measure: pictures become vectors whose cosines say how alike they are."""

    @property
    def name(self) -> str:
        """What it is called in tables."""
        ...

    def embed(self, image: Image) -> Floats | None:
        """Return a vector of unit length, float32 [N]; None when the picture has not what is measured."""
        ...


def similarity(one: Floats | None, other: Floats | None) -> float | None:
    """Return the cosine of two embeddings, -1 to 1; None when there is not both."""
    return None if one is None or other is None else float(one @ other)


@dataclass(frozen=True, slots=True, eq=False)
class FaceEmbedder:
    """ArcFace, AuraFace and others that take the 112 px cut: the largest face of a person."""

    name: str
    session: onnxruntime.InferenceSession

    def embed(self, image: Image) -> Floats | None:
        """See `Embedder`."""
        found = face.people(image)
        if not found:
            return None
        cut = (faces.align(image, found[0]).astype(np.float32) - 127.5) / 127.5
        return _unit(_run(self.session, {_input(self.session): cut.transpose(2, 0, 1)[None]}))


@dataclass(frozen=True, slots=True, eq=False)
class PictureEmbedder:
    """DINOv2 and others that take a picture of 224 px: its middle square, scaled."""

    name: str
    session: onnxruntime.InferenceSession

    def embed(self, image: Image) -> Floats | None:
        """See `Embedder`."""
        return _unit(_run(self.session, {_input(self.session): _square(image, _IMAGENET)}))


@dataclass(frozen=True, slots=True, eq=False)
class ClipEmbedder:
    """CLIP as one file with both halves, as exported for ONNX, and its tokenizer.json beside it."""

    name: str
    session: onnxruntime.InferenceSession
    tokenizer: Any

    def embed(self, image: Image) -> Floats | None:
        """See `Embedder`."""
        return self._both(_square(image, _CLIP), "a picture", "image_embeds")

    def read(self, prompt: str) -> Floats:
        """Return a prompt's vector, to be compared with pictures': how well they show what was asked for."""
        return self._both(np.zeros((1, 3, _SIDE_PX, _SIDE_PX), np.float32), prompt, "text_embeds")

    def _both(self, pixels: Floats, text: str, wanted: str) -> Floats:
        tokens = self.tokenizer.encode(text)
        ids = np.asarray([tokens.ids[:77]], np.int64)
        given = {"pixel_values": pixels, "input_ids": ids, "attention_mask": np.ones_like(ids)}
        names = {one.name for one in self.session.get_inputs()}
        return _unit(_run(self.session, {name: value for name, value in given.items() if name in names}, wanted))


def load(kind: Kind, path: Path) -> FaceEmbedder | PictureEmbedder | ClipEmbedder:
    """Open a model.

    Args:
        path: an ONNX file, or a folder as hubs lay it out, with ``model.onnx`` or ``onnx/model.onnx`` in it.

    Raises:
        UnfitModel: there is no such file, it is no ONNX model, or its inputs are another kind's.
    """
    file = next((path / name for name in _ONNX_NAMES if (path / name).is_file()), path)
    session = _open(file)
    names = {one.name for one in session.get_inputs()}
    if kind == "clip":
        if not {"pixel_values", "input_ids"} <= names:
            raise UnfitModel(f"{file} takes no pixel_values and input_ids, so it is no whole CLIP model.")
        return ClipEmbedder(file.parent.name, session, _tokenizer(file))
    if len(names) != 1 or len(session.get_inputs()[0].shape) != 4:
        raise UnfitModel(f"{file} does not take one picture, so it is no {kind} embedder.")
    return (FaceEmbedder if kind == "face" else PictureEmbedder)(file.stem, session)


def _open(file: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    if not file.is_file():
        raise UnfitModel(f"{file} is no file.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 2, 4
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # the runtime has a class of its own for every way a file can be broken
        raise UnfitModel(f"{file} is no ONNX model that can be run: {str(problem).splitlines()[0][:200]}") from None


def _tokenizer(file: Path) -> Any:
    try:
        from tokenizers import Tokenizer  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise UnfitModel("Prompts need the extra: pip install 'castlist[clip]'.") from None
    beside = next(
        (folder / "tokenizer.json" for folder in file.parents[:2] if (folder / "tokenizer.json").is_file()), None
    )
    if beside is None:
        raise UnfitModel(f"There is no tokenizer.json beside {file}.")
    return Tokenizer.from_file(str(beside))


def _input(session: onnxruntime.InferenceSession) -> str:
    return str(session.get_inputs()[0].name)


def _run(session: onnxruntime.InferenceSession, given: dict[str, Any], wanted: str | None = None) -> Floats:
    names = [one.name for one in session.get_outputs()]
    found = np.asarray(session.run([wanted if wanted in names else names[0]], given)[0], np.float32)
    # A transformer without a pooled output gives one vector a patch: the first stands for the picture.
    return found[0, 0] if found.ndim == 3 else found[0]


def _square(image: Image, levels: tuple[tuple[float, ...], tuple[float, ...]]) -> Floats:
    import cv2

    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = np.ascontiguousarray(image[top : top + side, left : left + side])
    small = cv2.resize(
        middle, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA if side > _SIDE_PX else cv2.INTER_CUBIC
    )
    means, spans = (np.asarray(part, np.float32) for part in levels)
    scaled = (np.asarray(small, np.float32) / 255 - means) / spans
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], np.float32)


def _unit(vector: NDArray[np.float32]) -> Floats:
    flat = vector.reshape(-1)
    return flat / max(float(np.linalg.norm(flat)), 1e-9)
