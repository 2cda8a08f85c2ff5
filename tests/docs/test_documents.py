"""What the documents say is so: generated parts are in step, links lead somewhere, examples run."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from castlist import data, engines
from castlist.engines import catalog

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def blocks(document: Path) -> list[tuple[str, str]]:
    """Return the fenced blocks of a document as (info, text)."""
    return re.findall(r"^```(\S.*?)\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)


def test_the_generated_parts_are_in_step(capsys):
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "scripts" / "generate_docs.py")
    generate_docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate_docs)
    assert generate_docs.main(check=True) == 0, capsys.readouterr().out


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{target} is not there"


def test_every_decision_is_listed():
    listed = (ROOT / "docs/decisions/README.md").read_text()
    for page in ROOT.glob("docs/decisions/0*.md"):
        assert page.name in listed


def test_the_strip_is_small_enough_for_a_first_screen():
    assert (ROOT / "docs/img/strip.jpg").stat().st_size < 400_000


def test_the_notice_names_every_source_of_bundled_data():
    notice = (ROOT / "NOTICE").read_text()
    for entry in json.loads(data.path("manifest.json").read_text())["files"]:
        assert entry["file"] in notice
        assert entry["licence"] in notice


def test_the_settings_page_has_settings_that_load(tmp_path, monkeypatch):
    from castlist.settings import Settings

    [(_, text)] = [block for block in blocks(ROOT / "docs/settings.md") if block[0] == "toml"]
    (tmp_path / "castlist.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert catalog.load(Settings().engines, {}).broken == {}


@pytest.fixture
def written_engine(tmp_path, monkeypatch):
    """Put the example's engine among ours, as its page says, and return the text of its test."""
    files = {re.search(r'title="(.+?)"', info)[1]: text for info, text in blocks(ROOT / "docs/write-an-engine.md")}
    [engine] = [name for name in files if name.startswith("src/castlist/engines/")]
    [test] = [name for name in files if name.startswith("tests/engines/")]
    assert len([name for name in files if "/" in name]) == 2, "an engine touches two files"
    (tmp_path / Path(engine).name).write_text(files[engine])
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(tmp_path)])
    yield files[test]
    sys.modules.pop(f"castlist.engines.{Path(engine).stem}", None)


def test_the_written_engine_keeps_the_contract(written_engine):
    names = {}
    exec(compile(written_engine, "test_nothing.py", "exec"), names)
    [case] = [value for name, value in names.items() if name.startswith("Test")]
    asserted = [getattr(case(), name) for name in dir(case) if name.startswith("test_")]
    assert asserted
    for check in asserted:
        check()


def test_the_written_engine_is_everywhere_without_another_change(written_engine):
    from castlist import bootstrap
    from castlist.settings import Settings

    loaded = bootstrap.load_catalog(Settings(stand_in="always"))
    assert "nothing" in loaded.engines
    assert loaded.route("nothing").engine.card.id == "nothing"
    model = bootstrap.request_model_of(loaded)
    assert model(input_image="https://example.com/a.png", model_type="nothing").model_type == "nothing"
    assert "nothing" in json.dumps(model.model_json_schema())
