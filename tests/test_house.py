"""The rules of the house that no linter knows."""

import re
from pathlib import Path

import pytest

from castlist import engines
from castlist.engines import catalog

SOURCE = Path(__file__).parents[1] / "src" / "castlist"
LOADED = catalog.load({}, {})
OURS = {card.id: type(LOADED.engines[card.id]).__module__ for card in LOADED.cards()}
LONGEST_MODULE = 500


@pytest.mark.parametrize("engine_id", OURS)
def test_no_engine_is_named_outside_its_own_file(engine_id):
    # as a value, as a module or in words such as "the studio engine"; the word itself may mean a room
    name = re.escape(engine_id)
    naming = re.compile(rf"""(['"`]){name}\1|engines[./]{name}\b|\b{name} engine\b""")
    module = OURS[engine_id].removeprefix(f"{engines.__name__}.").partition(".")[0]
    elsewhere = [
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        if file.relative_to(SOURCE).parts[:2] not in {("engines", module), ("engines", f"{module}.py")}
        and naming.search(file.read_text())
    ]
    assert elsewhere == []


def test_only_settings_reads_the_environment():
    reading = re.compile(r"os\.(environ|getenv)|from os import .*environ")
    readers = [str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if reading.search(file.read_text())]
    assert readers == ["settings.py"]


def test_no_module_outgrows_the_house():
    sizes = {str(file.relative_to(SOURCE)): len(file.read_text().splitlines()) for file in SOURCE.rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_every_module_says_what_it_is():
    silent = [
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        if "migrations" not in file.parts and not file.read_text().startswith('"""')
    ]
    assert silent == []


def test_nothing_is_unpickled():
    loading = re.compile(r"\bimport (pickle|dill|joblib|shelve)\b|allow_pickle=True|torch\.load")
    guilty = [str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if loading.search(file.read_text())]
    assert guilty == []
