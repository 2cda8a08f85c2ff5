"""The catalogue follows the cards; the schema is the one requests are checked against."""

from pathlib import Path

import httpx2

from castlist.domain.requests import RunRequest
from castlist.flow.service import Service, Terms
from castlist.testing.engines import ToyEngine
from castlist.testing.http import API, client_of
from castlist.testing.service import a_service

ONE = f"{API}/models/consistent-characters"


async def test_the_plain_list(anyone: httpx2.AsyncClient) -> None:
    answer = (await anyone.get(f"{API}/models")).json()
    assert {key: answer[key] for key in ("total", "imageCount", "videoCount")} == {
        "total": 1,
        "imageCount": 1,
        "videoCount": 0,
    }
    (model,) = answer["models"]
    assert set(model) == {"apiId", "name", "description", "modality", "creditCost"}
    assert model["creditCost"] == {"default": 1, "type": "per_image", "amount": 1}


async def test_the_list_by_modality_and_in_detail(anyone: httpx2.AsyncClient) -> None:
    assert (await anyone.get(f"{API}/models", params={"modality": "video"})).json()["models"] == []
    answer = await anyone.get(f"{API}/models", params={"modality": "image", "detailed": "true"})
    assert answer.json()["models"] == [(await anyone.get(ONE)).json()]


async def test_every_parameter_is_described(anyone: httpx2.AsyncClient) -> None:
    model = (await anyone.get(ONE)).json()
    parameters = {parameter["name"]: parameter for parameter in model["parameters"]}
    assert list(parameters) == list(RunRequest.model_fields)
    assert all(parameter["description"] for parameter in parameters.values())
    assert [name for name, parameter in parameters.items() if parameter["required"]] == ["input_image"]
    images = parameters["num_images"]
    assert (images["type"], images["default"], images["minimum"], images["maximum"]) == ("integer", 4, 1, 13)
    assert parameters["seed"]["maximum"] == 2**32 - 1
    assert parameters["prompt"]["maxLength"] == 4000
    assert parameters["reference_images"]["type"] == "string[]"
    assert parameters["background"]["values"] == model["capabilities"]["backgrounds"]
    assert "transparent" in parameters["background"]["values"]


async def test_who_answers_for_each_model_type(tmp_path: Path, template: Path) -> None:
    class Broken(ToyEngine):
        card = ToyEngine.card.__class__(
            **{**vars(ToyEngine.card), "id": "broken", "model_types": ("broken-1",), "stand_in": False}
        )

    engines = [ToyEngine(), Broken(why_unready="needs BROKEN_KEY")]
    terms = Terms(prices={"nano-banana-pro": "2.125"})
    async with (
        a_service(tmp_path, template=template, engines=engines, terms=terms, stand_in="never") as service,
        client_of(service) as client,
    ):
        model = (await client.get(ONE)).json()
    types = {model_type["id"]: model_type for model_type in model["modelTypes"]}
    assert types["toy"]["available"] is True
    assert (types["toy"]["engine"], types["toy"]["pricePerImage"]) == ("toy", 0.5)
    assert types["nano-banana-pro"]["pricePerImage"] == 2.125
    assert (types["nano-banana-pro"]["available"], types["nano-banana-pro"]["engine"]) == (False, None)
    assert "No engine is ready" in types["nano-banana-pro"]["reason"]
    ready = {engine["id"]: (engine["ready"], engine["reason"]) for engine in model["engines"]}
    assert ready == {"toy": (True, None), "broken": (False, "needs BROKEN_KEY")}


async def test_the_stand_in_says_so(anyone: httpx2.AsyncClient) -> None:
    model = (await anyone.get(ONE)).json()
    types = {model_type["id"]: model_type for model_type in model["modelTypes"]}
    assert (types["flux-kontext"]["engine"], types["flux-kontext"]["substituted"]) == ("toy", True)
    assert (types["toy"]["engine"], types["toy"]["substituted"]) == ("toy", False)
    assert [name for name, model_type in types.items() if model_type["default"]] == ["flux-kontext"]


async def test_the_schema(anyone: httpx2.AsyncClient, service: Service) -> None:
    schema = (await anyone.get(f"{ONE}/schema")).json()["schema"]
    assert schema == (await anyone.get(ONE)).json()["requestSchema"]
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(service.request_model.model_fields)
    assert "toy" in schema["properties"]["model_type"]["enum"]
