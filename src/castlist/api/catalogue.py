"""The catalogue: what this installation offers, derived from engines' cards and the request model. Names no engine."""

from typing import Annotated, Any, Literal

from fastapi import Path

from castlist.api.answers import (
    Capabilities,
    CreditCost,
    EngineAnswer,
    ModelAnswer,
    ModelTypeAnswer,
    Parameter,
)
from castlist.domain.credits import to_credits
from castlist.domain.errors import ModelNotFound, ModelUnavailable
from castlist.domain.model_types import DEFAULT_MODEL_TYPE, MODEL_TYPES
from castlist.domain.poses import POSES
from castlist.domain.requests import MAX_IMAGES, RunRequest
from castlist.engines.base import Engine
from castlist.flow.service import Service

API_ID = "consistent-characters"
NAME = "Consistent Characters"
DESCRIPTION = "One picture of a character in, up to thirteen different pictures of the same character out."


ApiId = Annotated[str, Path(description="Name of a model.", json_schema_extra={"enum": [API_ID]})]
"""The parameter of routes about a model; `check` refuses what is none."""


def check(api_id: str) -> None:
    """Raise ModelNotFound for an id that is no model's."""
    if api_id != API_ID:
        raise ModelNotFound(f"There is no model of this name. There is {API_ID}.")


def model(service: Service, *, detailed: bool) -> ModelAnswer:
    """Describe the one model of this API."""
    price = to_credits(service.price_millis(DEFAULT_MODEL_TYPE))
    answer = ModelAnswer(
        api_id=API_ID,
        name=NAME,
        description=DESCRIPTION,
        modality="image",
        credit_cost=CreditCost(default=price, type="per_image", amount=price),
    )
    if detailed:
        answer.capabilities = _capabilities(service)
        answer.parameters = _parameters(service.request_model)
        answer.model_types = _model_types(service)
        answer.engines = _engines(service)
        answer.request_schema = request_schema(service.request_model)
    return answer


def request_schema(request_model: type[RunRequest]) -> dict[str, Any]:
    """Return the JSON Schema of a run request's body."""
    schema = request_model.model_json_schema()
    # The model's own rule across fields, which JSON Schema cannot take from it.
    schema["anyOf"] = [{"required": ["input_image"]}, {"required": ["character_id"]}]
    return schema


def _capabilities(service: Service) -> Capabilities:
    properties = request_schema(service.request_model)["properties"]
    return Capabilities(
        max_images=MAX_IMAGES,
        max_references=max((card.references[1] for card in service.catalog.cards()), default=1),
        backgrounds=properties["background"]["enum"],
        aspect_ratios=properties["aspect_ratio"]["enum"],
        output_formats=properties["output_format"]["enum"],
        poses=[pose.id for pose in POSES],
    )


def _parameters(request_model: type[RunRequest]) -> list[Parameter]:
    schema = request_schema(request_model)
    return [_parameter(name, field) for name, field in schema["properties"].items()]


def _parameter(name: str, field: dict[str, Any]) -> Parameter:
    kind: dict[str, Any] = next((kind for kind in field.get("anyOf", []) if kind["type"] != "null"), field)
    limits = {
        ours: kind[theirs]
        for theirs, ours in (
            ("enum", "values"),
            ("minimum", "minimum"),
            ("maximum", "maximum"),
            ("maxLength", "max_length"),
            ("maxItems", "max_items"),
        )
        if theirs in kind
    }
    if "exclusiveMaximum" in kind:
        limits["maximum"] = kind["exclusiveMaximum"] - 1
    return Parameter(
        name=name,
        type=f"{kind['items']['type']}[]" if kind["type"] == "array" else kind["type"],
        required=name == "input_image",
        description=field.get("description", ""),
        default=field.get("default"),
        **limits,
    )


def _model_types(service: Service) -> list[ModelTypeAnswer]:
    titles = {model_type.id: model_type.title for model_type in MODEL_TYPES}
    for card in service.catalog.cards():
        for name in card.model_types:
            titles.setdefault(name, card.title)
    return [_model_type(service, name, title) for name, title in titles.items()]


def _model_type(service: Service, name: str, title: str) -> ModelTypeAnswer:
    try:
        route = service.catalog.route(name)
    except ModelUnavailable as unavailable:
        route, reason = None, unavailable.message
    else:
        reason = None
    return ModelTypeAnswer(
        id=name,
        title=title,
        default=name == DEFAULT_MODEL_TYPE,
        price_per_image=to_credits(service.price_millis(name)),
        available=route is not None,
        engine=route.engine.card.id if route else None,
        substituted=route.substituted if route else False,
        reason=reason,
    )


def _engines(service: Service) -> list[EngineAnswer]:
    ordered = [service.catalog.engines[card.id] for card in service.catalog.cards()]
    return [_engine(engine) for engine in ordered]


def _engine(engine: Engine) -> EngineAnswer:
    card, reason = engine.card, engine.unready()
    seed: Literal["exact", "best_effort", "none"] = card.seed
    return EngineAnswer(
        id=card.id,
        title=card.title,
        summary=card.summary,
        kind=card.kind,
        model_types=list(card.model_types),
        ready=reason is None,
        reason=reason,
        min_references=card.references[0],
        max_references=card.references[1],
        backgrounds=list(card.backgrounds),
        seed=seed,
        cannot=list(card.cannot),
        licence=card.licence,
    )
