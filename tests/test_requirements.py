"""The lock files cover what the project says it needs, by hash, and name no address."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements/base.txt", "requirements/test.txt")
ALL = (*LOCKS, "requirements/gpu.txt", "requirements/torchvision.txt")


def locked(name: str) -> dict[str, list[Requirement]]:
    """Return the pinned requirements of a lock file by their name; one name may have a version for each Python."""
    found: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^([a-z0-9][^\\\n]*) \\$", (ROOT / name).read_text(), re.MULTILINE):
        requirement = Requirement(line)
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def wanted() -> list[Requirement]:
    """Return what pyproject.toml and the lists beside the locks ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements/build.in").read_text().splitlines()
    return [
        Requirement(line.partition("#")[0])
        for line in [*project["dependencies"], *lines]
        if line.partition("#")[0].strip()
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked_within_its_bounds(lock):
    pins = locked(lock)
    for requirement in wanted():
        versions = [next(iter(pin.specifier)).version for pin in pins.get(canonicalize_name(requirement.name), [])]
        assert versions, f"{requirement.name} is not in {lock}: make lock"
        assert all(version in requirement.specifier for version in versions), f"{requirement} but {versions}: make lock"


@pytest.mark.parametrize("lock", ALL)
def test_every_pin_is_exact_and_hashed(lock):
    text = (ROOT / lock).read_text()
    pins = [pin for pins in locked(lock).values() for pin in pins]
    assert all([clause.operator for clause in pin.specifier] == ["=="] for pin in pins)
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    hashed = [entry for entry in entries if "--hash=sha256:" in entry]
    assert len(hashed) == len(pins) == len([entry for entry in entries if entry.strip()])


@pytest.mark.parametrize("lock", ALL)
def test_no_lock_names_an_address(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"--(index|extra-index|find-links)", text)


def test_the_test_lock_only_adds_to_the_base_lock():
    base, test = (locked(lock) for lock in LOCKS)
    assert {name: [str(pin) for pin in pins] for name, pins in base.items()} == {
        name: [str(pin) for pin in pins] for name, pins in test.items() if name in base
    }


def test_what_the_gpu_needs_changes_no_version_of_the_rest():
    test, gpu = (locked(lock) for lock in ("requirements/test.txt", "requirements/gpu.txt"))
    shared = set(test) & set(gpu)
    assert shared
    for name in shared:
        assert {str(pin.specifier) for pin in gpu[name]} <= {str(pin.specifier) for pin in test[name]}, "make lock"
