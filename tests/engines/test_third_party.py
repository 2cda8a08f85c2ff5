"""An engine in a package of its own, as its page says: found by its entry point, and it keeps the contract."""

import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from castlist.engines import catalog

PAGE = Path(__file__).parents[2] / "docs/write-an-engine.md"
FILES = dict(re.findall(r'^```\w+ title="([^"/]+)"\n(.*?)^```$', PAGE.read_text(), re.DOTALL | re.MULTILINE))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay the package down as an installer would: its module, and what it says of itself."""
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    (tmp_path / "castlist_acme.py").write_text(FILES["castlist_acme.py"])
    facts = tmp_path / "castlist_acme-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    [(name, module)] = project["entry-points"]["castlist.engines"].items()
    (facts / "entry_points.txt").write_text(f"[castlist.engines]\n{name} = {module}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("castlist_acme", None)


@pytest.mark.usefixtures("installed")
def test_it_is_found_routed_and_ready() -> None:
    loaded = catalog.load({"acme": {"concurrency": 9}}, {"ACME_KEY": "k"})
    assert loaded.engines["acme"].unready() is None
    assert [engine.card.id for engine in loaded.route("flux-kontext").engines] == ["acme"]


@pytest.mark.usefixtures("installed")
def test_it_keeps_the_contract_of_hosted_engines() -> None:
    names: dict[str, object] = {}
    exec(compile(FILES["test_castlist_acme.py"], "test_castlist_acme.py", "exec"), names)
    case = names["TestAcme"]
    assert isinstance(case, type)
    checks = [name for name in dir(case) if name.startswith("test_")]
    assert len(checks) > 20
    for name in checks:
        getattr(case(), name)()


@pytest.mark.usefixtures("installed")
def test_a_package_that_cannot_be_imported_is_listed_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "castlist_acme.py").write_text("import nothing_of_this_name")
    importlib.invalidate_caches()
    assert "nothing_of_this_name" in catalog.load({}, {}).broken["castlist_acme"]


def test_what_every_installation_gets_has_no_torch_in_it() -> None:
    lock = (PAGE.parents[1] / "requirements/base.txt").read_text()
    assert not re.search(r"^(torch|torchvision|diffusers|transformers|accelerate|nvidia-\w+)\b", lock, re.MULTILINE)


def test_looking_at_every_engine_loads_no_heavy_library() -> None:
    """All cards are read, and no engine's library with them."""
    look = (
        "import sys; from castlist.engines import catalog; catalog.load({}, {}).cards();"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
