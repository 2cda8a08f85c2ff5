"""The how-to of hosted engines: its settings load, and its claims about keys and cancelling are those of the cards."""

import re
import tomllib
from pathlib import Path

from castlist.engines import catalog

PAGE = (Path(__file__).parents[2] / "docs/hosted-engines.md").read_text()
LOADED = catalog.load({}, {})
HOSTED = [engine.card for engine in LOADED.engines.values() if engine.card.kind == "hosted"]


def test_every_block_of_settings_loads() -> None:
    blocks = [tomllib.loads(text) for text in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)]
    assert len(blocks) == 4
    for block in blocks:
        assert catalog.load(block.get("engines", {}), {}).broken == {}
        assert set(block.get("engine_order", [])) <= set(LOADED.engines)
        routed = catalog.load(block.get("engines", {}), {}, routes=block.get("routes", {}))
        assert routed.misrouted() == []


def test_it_names_every_key_and_every_engine() -> None:
    for card in HOSTED:
        assert f"`{card.id}`" in PAGE or f"engines.{card.id}]" in PAGE or f'"{card.id}"' in PAGE
        assert all(f"`{name}`" in PAGE for name in card.secrets)


def test_it_says_who_can_be_stopped() -> None:
    line = next(line for line in PAGE.splitlines() if "where it listens" in line)
    assert set(re.findall(r"`(\w+)`", line)) == {card.id for card in HOSTED if card.cancel}
