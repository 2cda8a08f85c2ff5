"""The body of a run request: the contract's defaults and ranges, narrowed to what the cards offer."""

from typing import Any

import pytest
from pydantic import ValidationError

from castlist.domain.requests import EXAMPLE, RunRequest, request_model

MODEL = request_model(["flux-kontext", "qwen-image-2-pro"], ["neutral", "white"])
URL = {"input_image": "https://example.com/a.png"}


def test_the_defaults_are_those_of_the_contract() -> None:
    request = MODEL(**URL)
    assert request.model_dump() == {
        "input_image": "https://example.com/a.png",
        "num_images": 4,
        "background": "neutral",
        "randomize_images": True,
        "model_type": "flux-kontext",
        "prompt": None,
        "webhook_url": None,
        "aspect_ratio": "1:1",
        "seed": None,
        "output_format": "png",
        "reference_images": [],
        "character_id": None,
        "min_identity": None,
        "on_drift": "deliver",
    }


def test_another_spelling_means_the_same() -> None:
    assert MODEL(**URL, model_type="qwen-image-2.0-pro").model_type == "qwen-image-2-pro"


@pytest.mark.parametrize(
    "wrong",
    [
        {"num_images": 0},
        {"num_images": 14},
        {"num_images": "4"},
        {"num_images": True},
        {"background": "black"},
        {"model_type": "nano-banana-2"},
        {"seed": 2**32},
        {"seed": 1.5},
        {"min_identity": -0.1},
        {"on_drift": "refund"},
        {"prompt": "x" * 4001},
        {"reference_images": ["no url"]},
        {"reference_images": ["https://example.com/a.png"] * 17},
        {"character_id": "chr_1"},
        {"surprise": 1},
    ],
    ids=str,
)
def test_what_the_contract_does_not_allow_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MODEL(**URL, **wrong)


@pytest.mark.parametrize(
    "right", [{"min_identity": 1}, {"seed": 0}, {"seed": 2**32 - 1}, {"num_images": 13}, {"seed": 7.0}], ids=str
)
def test_the_ends_of_the_ranges_are_allowed(right: dict[str, Any]) -> None:
    MODEL(**URL, **right)


def test_a_character_is_needed_and_one_is_enough() -> None:
    for body in ({}, {"input_image": None}, {**URL, "character_id": "chr_1"}):
        with pytest.raises(ValidationError, match="only one of them"):
            MODEL(**body)
    MODEL(character_id="chr_1")


def test_the_example_is_valid() -> None:
    RunRequest.model_validate(EXAMPLE)
    assert MODEL.model_json_schema()["examples"] == [EXAMPLE]
