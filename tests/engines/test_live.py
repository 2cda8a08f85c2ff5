"""One real picture from each service whose key is there: pytest -m live tests/engines/test_live.py. Costs money."""

import asyncio

import pytest

from castlist import settings
from castlist.domain.tasks import Made, Outcome
from castlist.engines import catalog
from castlist.engines.base import Hosted
from castlist.flow.hosted import Desk, outcomes
from castlist.flow.references import reference
from castlist.testing.engine_kit import Followed, a_task
from castlist.testing.pictures import figure_file

CHOSEN = settings.Settings()
CARDS = [card for card in catalog.load(CHOSEN.engines, {}).cards() if card.kind == "hosted"]


@pytest.mark.live
@pytest.mark.parametrize("name", [card.id for card in CARDS])
def test_a_real_picture(name: str, request: pytest.FixtureRequest) -> None:
    if "live" not in request.config.option.markexpr:
        pytest.skip("costs money; ask for it with -m live")
    names = {secret for card in CARDS for secret in card.secrets}
    engine = catalog.load(CHOSEN.engines, settings.secrets(names)).engines[name]
    if (why := engine.unready()) is not None:
        pytest.skip(f"{name} {why}")
    assert isinstance(engine, Hosted)

    async def collect(model_type: str) -> list[Outcome]:
        figure = reference(figure_file(width_px=768, height_px=768))
        task = a_task(model_type, shots=1, references=[figure], prompt="a friendly cartoon character in a garden")
        return [outcome async for _, outcome in outcomes(engine, task, Followed(), Desk())]

    for model_type in engine.card.model_types:
        (outcome,) = asyncio.run(collect(model_type))
        assert isinstance(outcome, Made), f"{model_type}: {outcome}"
