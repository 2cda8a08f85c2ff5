"""The catalogue, for everybody: no key needed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from castlist.api import catalogue
from castlist.api.answers import ModelAnswer, ModelsAnswer, SchemaAnswer
from castlist.api.catalogue import ApiId
from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.domain.errors import InvalidRequest, ModelNotFound, ServerError

router = APIRouter(tags=["models"])


@router.get(
    "/models",
    operation_id="listModels",
    summary="The catalogue",
    response_model_exclude_unset=True,
    responses=documented(InvalidRequest, ServerError),
)
async def list_models(
    api: ApiOf,
    detailed: Annotated[bool, Query(description="With capabilities, parameters, engines and request schema.")] = False,
    modality: Annotated[Literal["image", "video"] | None, Query(description="Only models that make these.")] = None,
) -> ModelsAnswer:
    """List the models, their prices and, in detail, all they take."""
    models = [catalogue.model(api.service, detailed=detailed)] if modality in (None, "image") else []
    return ModelsAnswer(models=models, total=len(models), image_count=len(models), video_count=0)


@router.get(
    "/models/{apiId}",
    operation_id="getModel",
    summary="One model in detail",
    response_model_exclude_unset=True,
    responses=documented(ModelNotFound, ServerError),
)
async def get_model(apiId: ApiId, api: ApiOf) -> ModelAnswer:
    """Describe capabilities, parameters, prices, engines and the request's schema."""
    catalogue.check(apiId)
    return catalogue.model(api.service, detailed=True)


@router.get(
    "/models/{apiId}/schema",
    operation_id="getModelSchema",
    summary="JSON Schema of the request body",
    responses=documented(ModelNotFound, ServerError),
)
async def get_schema(apiId: ApiId, api: ApiOf) -> SchemaAnswer:
    """Return the schema against which a run request is checked."""
    catalogue.check(apiId)
    return SchemaAnswer(schema=catalogue.request_schema(api.service.request_model))
