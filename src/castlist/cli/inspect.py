"""`castlist inspect`: what a picture's own marks say about who or what made it. Reads files only."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from castlist.cli.common import AsJson, Problem, console, load_settings, print_json
from castlist.domain.errors import InputImageRejected


def inspect(
    file: Annotated[Path, typer.Argument(help="A picture: JPEG, PNG, WebP or GIF.")],
    *,
    anchors: Annotated[
        Path | None, typer.Option("--trust", help="More certificates to trust beside this installation's own, PEM.")
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Also look for the watermark of a cropped or resized picture; slower.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a picture's credentials, watermark and tags back and say what they amount to."""
    from castlist.bootstrap import own_anchor
    from castlist.provenance import inspect as marks

    trusted = own_anchor(load_settings()) + (_read(anchors) if anchors else b"")
    try:
        found = marks.inspect(_read(file), anchors=trusted, thorough=thorough)
    except InputImageRejected as error:
        raise Problem(f"{file}: {error.message}") from None
    if as_json:
        print_json({"file": str(file), **dataclasses.asdict(found)})
        return
    out = console()
    out.print(f"{file}: {found.format}, {found.width_px} × {found.height_px} px", markup=False)
    out.print(found.conclusion, style="bold", markup=False)
    for finding in found.findings:
        out.print(f"  {finding}", markup=False)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror or error}.") from None
