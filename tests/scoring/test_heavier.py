"""Models of the user's own, opened from disk: tiny ones that give a picture's mean colour."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from castlist import data
from castlist.scoring import heavier
from castlist.scoring.heavier import UnfitModel, load, similarity
from castlist.testing.onnx_files import FLOAT, INT64, model

RED, GREEN = (np.full((300, 200, 3), colour, np.uint8) for colour in ((250, 0, 0), (0, 250, 0)))


def mean_colour(side: int) -> bytes:
    nodes = [("GlobalAveragePool", ["x"], "y", None)]
    return model(nodes, [("x", FLOAT, [0, 3, side, side])], [("y", FLOAT, [0, 3, 1, 1])])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "colour.onnx").write_bytes(mean_colour(224))
    (tmp_path / "face.onnx").write_bytes(mean_colour(112))
    return tmp_path


def test_pictures_become_vectors_of_unit_length(folder: Path) -> None:
    embedder = load("picture", folder / "colour.onnx")
    red, green = embedder.embed(RED), embedder.embed(GREEN)
    assert red is not None
    assert np.linalg.norm(red) == pytest.approx(1, abs=1e-5)
    assert similarity(red, red) == pytest.approx(1, abs=1e-5)
    # ImageNet's means and spans, then the angle between the two, by hand.
    means, spans = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    a, b = ((np.array(colour) / 255 - means) / spans for colour in ((250, 0, 0), (0, 250, 0)))
    wanted = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert similarity(red, green) == pytest.approx(wanted, abs=1e-3)


def test_a_face_embedder_sees_the_face_alone(folder: Path) -> None:
    embedder = load("face", folder / "face.onnx")
    portrait = np.asarray(Pillow.open(data.path("samples/astronaut.png")).convert("RGB"))
    beside = portrait.copy()
    beside[300:] = 0
    assert similarity(embedder.embed(portrait), embedder.embed(beside)) == pytest.approx(1, abs=1e-3)
    assert embedder.embed(RED) is None
    assert similarity(embedder.embed(RED), embedder.embed(portrait)) is None


def test_a_hubs_folder_is_opened(folder: Path) -> None:
    (folder / "onnx").mkdir()
    (folder / "colour.onnx").rename(folder / "onnx" / "model.onnx")
    assert load("picture", folder).embed(RED) is not None


def test_clip_compares_pictures_with_words(folder: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    nodes = [
        ("GlobalAveragePool", ["pixel_values"], "image_embeds", None),
        ("Cast", ["input_ids"], "text_embeds", FLOAT),
    ]
    inputs = [("pixel_values", FLOAT, [0, 3, 224, 224]), ("input_ids", INT64, [0, 0])]
    outputs = [("image_embeds", FLOAT, [0, 3, 1, 1]), ("text_embeds", FLOAT, [0, 0])]
    (folder / "model.onnx").write_bytes(model(nodes, inputs, outputs))
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"no": 0, "yes": 1}, unk_token="no"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.save(str(folder / "tokenizer.json"))
    clip = load("clip", folder)
    assert isinstance(clip, heavier.ClipEmbedder)
    red = clip.embed(RED)
    assert (similarity(red, clip.read("yes no no")) or 0) > (similarity(red, clip.read("no yes no")) or 0)


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("picture", "nothing.onnx", "no file"),
        ("picture", "broken.onnx", "no ONNX model"),
        ("clip", "colour.onnx", "no whole CLIP"),
        ("face", "text.onnx", "not take one picture"),
    ],
)
def test_what_does_not_fit_is_said(folder: Path, kind: heavier.Kind, name: str, words: str) -> None:
    (folder / "broken.onnx").write_bytes(b"not a model")
    text = model([("Cast", ["ids"], "y", FLOAT)], [("ids", INT64, [0, 0])], [("y", FLOAT, [0, 0])])
    (folder / "text.onnx").write_bytes(text)
    with pytest.raises(UnfitModel, match=words):
        load(kind, folder / name)
