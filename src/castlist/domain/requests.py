"""The body of a run request, as the contract writes it: names, types, defaults, ranges. One model for all edges.

The values of `model_type` and `background` come from the engines' cards: `request_model` narrows the base to them.
"""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from castlist.domain.model_types import ALIASES, DEFAULT_MODEL_TYPE
from castlist.domain.seeds import SEED_LIMIT

MAX_IMAGES = 13
MAX_PROMPT_CHARS = 4000
MAX_URL_CHARS = 28_000_000
"""Room for a data: URI of a 20 MB picture; http(s) URLs are held far shorter by the fetcher."""

URL_SCHEMES = ("http://", "https://", "data:")

OutputFormat = Literal["png", "jpg", "webp"]
OnDrift = Literal["deliver", "drop"]
AspectRatio = Literal["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "match_input_image"]


EXAMPLE: dict[str, Any] = {"input_image": "https://example.com/portrait.jpg", "num_images": 4}


class RunRequest(BaseModel):
    """One picture of a character in, `num_images` different pictures of the same character out."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [EXAMPLE]})

    input_image: str | None = Field(
        None,
        description="The character: an http(s) URL, a data: URI or an assetUrl; JPEG, PNG, WebP or GIF (first frame). "
        "Required unless character_id is given.",
        min_length=1,
        max_length=MAX_URL_CHARS,
        json_schema_extra={"format": "uri"},
    )
    num_images: int = Field(4, ge=1, le=MAX_IMAGES, description="How many pictures to make.")
    background: str = Field("neutral", description="What is behind the character when there is no prompt.")
    randomize_images: bool = Field(
        True,
        description="true: that many poses drawn from the thirteen without repeats; false: the first ones in order.",
    )
    model_type: str = Field(DEFAULT_MODEL_TYPE, description="Which family of models makes the pictures.")
    prompt: str | None = Field(
        None,
        max_length=MAX_PROMPT_CHARS,
        description='A scene, such as "the same person hiking on a sunny mountain trail".',
    )
    webhook_url: str | None = Field(
        None, max_length=2048, description="Receives the finished job.", json_schema_extra={"format": "uri"}
    )
    aspect_ratio: AspectRatio = Field("1:1", description="Shape of the pictures, each about one megapixel.")
    seed: int | None = Field(
        None, ge=0, lt=SEED_LIMIT, description="Makes the job repeatable; drawn at random when left out."
    )
    output_format: OutputFormat = Field("png", description="File format of the pictures.")
    reference_images: list[str] = Field(
        default_factory=list[str],
        max_length=16,
        description="Further pictures of the same character, up to the engine's limit.",
    )
    character_id: str | None = Field(
        None, max_length=80, description="A character of the library, instead of input_image."
    )
    min_identity: float | None = Field(
        None, ge=0, le=1, description="Pictures that score lower are taken again, at no charge."
    )
    on_drift: OnDrift = Field(
        "deliver",
        description="A picture of which no take scored high enough: deliver the best with its honest verdict, or drop "
        "it and give its credits back.",
    )

    @field_validator("input_image", "reference_images")
    @classmethod
    def _are_urls(cls, value: Any) -> Any:
        for url in [value] if isinstance(value, str) else value or ():
            if not url[:8].lower().startswith(URL_SCHEMES):
                raise ValueError("must be an http(s) URL, a data: URI or an assetUrl.")
        return value

    @field_validator("num_images", "seed", mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        """Take 4.0 as 4: to JSON, and to JSON Schema, they are the same number."""
        return int(value) if isinstance(value, float) and value.is_integer() else value

    @field_validator("model_type", mode="before")
    @classmethod
    def _one_spelling(cls, value: Any) -> Any:
        return ALIASES.get(value, value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_a_character(self) -> "RunRequest":
        if (self.input_image is None) == (self.character_id is None):
            raise ValueError("give input_image or character_id, and only one of them")
        return self


def request_model(model_types: Sequence[str], backgrounds: Sequence[str]) -> type[RunRequest]:
    """Return the request model with the values of this installation's cards as the only ones allowed."""
    accepted = [*model_types, *(alias for alias, meant in ALIASES.items() if meant in model_types)]
    base = RunRequest.model_fields

    def narrowed(name: str, values: Sequence[str]) -> tuple[Any, Any]:
        return Literal[tuple(values)], Field(base[name].default, description=base[name].description)

    return create_model(
        "RunRequest",
        __base__=RunRequest,
        __doc__=RunRequest.__doc__,
        model_type=narrowed("model_type", accepted),
        background=narrowed("background", backgrounds),
    )
