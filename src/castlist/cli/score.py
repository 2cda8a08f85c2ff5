"""`castlist score`: how much any pictures show the character of a reference. Reads files, keeps and sends nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, print_json, print_table
from castlist.domain.errors import InputImageRejected

if TYPE_CHECKING:
    from castlist.scoring.copies import Print
    from castlist.scoring.heavier import Embedder
    from castlist.scoring.identity import Reference
    from castlist.vision.picture import Picture

MAX_SIDE_PX = 2048


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A reference, ready to be compared with."""

    name: str
    identity: "Reference"
    print: "Print"


def score(
    reference: Annotated[Path, typer.Argument(metavar="REF", help="A picture of the character.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE…", help="Pictures to compare with it.")],
    *,
    more: Annotated[
        list[Path] | None, typer.Option("--reference", help="One more picture of the character; the best match counts.")
    ] = None,
    heavier: Annotated[
        list[str] | None,
        typer.Option("--model", help="Also by a model of yours: face=FILE, picture=FILE or clip=FOLDER, ONNX."),
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="What was asked for: needs --model clip=FOLDER.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score pictures from anywhere: 0 to 1, how much each shows the character of the reference."""
    models = [_model(said) for said in heavier or ()]
    if prompt and not any(hasattr(model, "read") for model in models):
        raise Problem("--prompt needs --model clip=FOLDER.")
    known = [_known(file) for file in (reference, *(more or ()))]
    rows = [_row(known, file) for file in images]
    if models:
        _add_heavier(rows, models, reference, prompt)
    if as_json:
        print_json({"references": [one.name for one in known], "images": rows})
        return
    print_table(
        ("file", "#score", "verdict", "copy", *(f"#{model.name}" for model in models), "reason"),
        [
            (
                row["file"],
                None if row["score"] is None else f"{row['score']:.2f}",
                row["verdict"],
                "yes" if row["copy"] else "",
                *((row.get("models") or {}).get(model.name) for model in models),
                row["error"] or row["reason"],
            )
            for row in rows
        ],
    )


def _model(said: str) -> "Embedder":
    from castlist.scoring import heavier

    kind, _, path = said.partition("=")
    if kind not in heavier.KINDS or not path:
        raise Problem(f"--model takes {', '.join(f'{one}=FILE' for one in heavier.KINDS)}, not {said}.")
    try:
        return heavier.load(kind, Path(path))
    except heavier.UnfitModel as problem:
        raise Problem(str(problem)) from None


def _add_heavier(rows: list[dict[str, Any]], models: "list[Embedder]", reference: Path, prompt: str | None) -> None:
    """Add to each row the cosines by the user's own models: to the reference, and to the prompt."""
    from castlist.scoring.heavier import ClipEmbedder, similarity

    known = {model.name: model.embed(_open(reference).pixels) for model in models}
    wanted = {model.name: model.read(prompt) for model in models if prompt and isinstance(model, ClipEmbedder)}
    for row in rows:
        if row["error"]:
            continue
        seen = {model.name: model.embed(_open(Path(row["file"])).pixels) for model in models}
        row["models"] = {name: _rounded(similarity(vector, known[name])) for name, vector in seen.items()}
        row["prompt"] = {name: _rounded(similarity(seen[name], vector)) for name, vector in wanted.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _known(file: Path) -> _Known:
    from castlist.scoring.copies import imprint
    from castlist.scoring.identity import Reference

    try:
        opened = _open(file)
    except InputImageRejected as error:
        raise Problem(f"{file}: {error.message}") from None
    return _Known(str(file), Reference.prepare(opened.pixels, opened.alpha), imprint(opened.pixels))


def _row(known: list[_Known], file: Path) -> dict[str, Any]:
    from castlist.scoring.copies import imprint, lay_over
    from castlist.scoring.identity import best_of

    row: dict[str, Any] = {"file": str(file), "score": None, "verdict": None, "method": None, "reason": None}
    try:
        opened = _open(file)
    except InputImageRejected as error:
        return {**row, "reference": None, "copy": None, "error": error.message}
    identity, place = best_of([one.identity for one in known], opened.pixels, opened.alpha)
    look = imprint(opened.pixels)
    if len(known) > 1:
        row["copyPaste"] = _copy_paste(known, opened)
    row |= {"score": identity.score, "verdict": identity.verdict, "method": identity.method, "reason": identity.reason}
    return {
        **row,
        "reference": known[place].name,
        "copy": any(lay_over(one.print, look).is_copy for one in known),
        "error": None,
    }


def _copy_paste(known: list[_Known], opened: "Picture") -> float | None:
    """Return the published ratio of the picture's face between the first reference and the second, if all show one."""
    from castlist.scoring import face
    from castlist.scoring.published import copy_paste_ratio

    faces = [one.identity.faces for one in known[:2]]
    found = face.known_faces(opened.pixels) if all(faces) else []
    if not found:
        return None
    pasted, truth = (of[0].embedding for of in faces)
    nearest = max(found, key=lambda one: float(one.embedding @ pasted))
    ratio = copy_paste_ratio(nearest.embedding, pasted, truth)
    return None if ratio is None else round(ratio, 4)


def _open(file: Path) -> "Picture":
    from castlist.vision import picture

    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputImageRejected(f"The file cannot be read: {error.strerror or error}.") from None
    return picture.decode(data, max_side=MAX_SIDE_PX)
