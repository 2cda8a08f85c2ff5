"""A plan decides everything once, and refuses what the engine cannot do."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from castlist.domain.errors import InputImageRejected, InvalidRequest, ModelUnavailable, NoSubjectFound
from castlist.domain.poses import POSES
from castlist.domain.requests import RunRequest
from castlist.flow.plan import Plan, quote
from castlist.flow.service import Service, Terms
from castlist.testing.engines import ToyEngine
from castlist.testing.pictures import data_uri, figure_file, figure_uri
from castlist.testing.service import a_service

MakePlan = Callable[..., Awaitable[Plan]]
MakeRequest = Callable[..., RunRequest]


class Modest(ToyEngine):
    card = replace(ToyEngine.card, id="modest", model_types=("modest",), references=(1, 1), backgrounds=("white",))


async def test_the_same_seed_plans_the_same(service: Service, plan_of: MakePlan) -> None:
    first, second = [await plan_of(service, num_images=5) for _ in range(2)]
    assert first == second
    assert first.seed == 7
    assert len({pose.id for pose in first.poses}) == 5
    other = await plan_of(service, num_images=5, seed=8)
    assert other.poses != first.poses


async def test_without_a_seed_one_is_drawn(service: Service, plan_of: MakePlan) -> None:
    seeds = {(await plan_of(service, seed=None, num_images=1)).seed for _ in range(4)}
    assert len(seeds) == 4


async def test_in_order_means_the_first_poses(service: Service, plan_of: MakePlan) -> None:
    planned = await plan_of(service, randomize_images=False, num_images=13)
    assert planned.poses == POSES


async def test_the_size_may_follow_the_input(service: Service, plan_of: MakePlan) -> None:
    wide = data_uri(figure_file(width_px=200, height_px=100))
    planned = await plan_of(service, input_image=wide, aspect_ratio="match_input_image")
    assert planned.width_px == pytest.approx(2 * planned.height_px, rel=0.03)
    square = await plan_of(service, input_image=wide)
    assert (square.width_px, square.height_px) == (1024, 1024)


async def test_references_are_kept_in_order(service: Service, plan_of: MakePlan) -> None:
    others = [figure_uri(seed=1), figure_uri(seed=2)]
    planned = await plan_of(service, reference_images=others)
    assert len({kept.file for kept in planned.references}) == 3
    assert planned.as_json()["references"] == [kept.file for kept in planned.references]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"background": "black"}, "background"),
        ({"background": "transparent"}, "background"),
        ({"background": "white", "reference_images": [figure_uri()]}, "reference_images"),
        ({"background": "white", "character_id": "chr_1", "input_image": None}, "character_id"),
    ],
    ids=str,
)
async def test_what_the_card_does_not_offer_is_refused(
    tmp_path: Path, template: Path, request_of: MakeRequest, wish: dict[str, Any], field: str
) -> None:
    async with a_service(tmp_path, template=template, engines=[Modest(), ToyEngine()]) as service:
        with pytest.raises(InvalidRequest) as caught:
            quote(service, request_of(service, model_type="modest", **wish))
    assert [problem.field for problem in caught.value.details] == [field]


@pytest.mark.parametrize(
    ("prices", "millis"),
    [
        ({}, {"flux-kontext": 2000, "toy": 500}),
        ({"toy": "3", "flux-kontext": "0.001"}, {"flux-kontext": 1, "toy": 3000}),
    ],
    ids=str,
)
async def test_the_price_is_the_configured_one_then_the_cards_then_the_default(
    tmp_path: Path, template: Path, request_of: MakeRequest, prices: dict[str, str], millis: dict[str, int]
) -> None:
    terms = Terms(prices=prices, default_price="2")
    async with a_service(tmp_path, template=template, terms=terms) as service:
        for model_type, price_millis in millis.items():
            priced = quote(service, request_of(service, model_type=model_type, num_images=3))
            assert (priced.price_millis, priced.cost_millis) == (price_millis, 3 * price_millis)


async def test_no_engine_is_an_error_that_names_those_that_are_there(
    tmp_path: Path, template: Path, request_of: MakeRequest
) -> None:
    async with a_service(tmp_path, template=template, engines=[ToyEngine(why_unready="asleep")]) as service:
        with pytest.raises(ModelUnavailable, match="No engine is ready at all"):
            quote(service, request_of(service))


@pytest.mark.parametrize(
    ("image", "error"),
    [("data:image/png;base64,AAAA", InputImageRejected), ("http://10.0.0.1/a.png", InputImageRejected)],
)
async def test_a_picture_of_no_use_ends_the_plan(
    service: Service, plan_of: MakePlan, image: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await plan_of(service, input_image=image)


async def test_a_blank_picture_shows_nobody(service: Service, plan_of: MakePlan) -> None:
    import numpy as np

    from castlist.vision import picture

    for level in (0, 128, 255):
        blank = picture.encode(np.full((64, 64, 3), level, np.uint8), "jpg")
        with pytest.raises(NoSubjectFound):
            await plan_of(service, input_image=data_uri(blank, "image/jpeg"))
